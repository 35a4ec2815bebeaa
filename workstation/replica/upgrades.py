"""Brings a replica of any age to this program's tables, without ever touching what waits for central."""

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.schema import CreateColumn
from sqlalchemy.sql.ddl import CreateIndex, CreateTable

from workstation.errors import CannotOpen
from workstation.language import _
from workstation.records import Base
from workstation.replica import mention_index, note_index, search_index
from workstation.wire import FORMS

VERSION = 1  # raised when a step below is added

# Of the replica alone: how the desk reads one customer's history, newest first, page by page. A note stands on its
# own or belongs to another record; each kind has its index, so that a note costs one more entry and not two.
INDEXES = """
create index if not exists contact_history on contact (customer_id, started_at, id);
create index if not exists note_history on note (customer_id, written_at, id)
    where contact_id is null and supersedes is null;
create index if not exists note_attached on note (customer_id, written_at, id)
    where contact_id is not null or supersedes is not null;
create index if not exists note_of_contact on note (contact_id) where contact_id is not null;
create index if not exists note_superseded on note (supersedes) where supersedes is not null;
create index if not exists note_pinned on note (customer_id) where is_pinned is 1;
create index if not exists callback_history on callback (customer_id, made_at, id);
create index if not exists callback_closed on callback (customer_id, closed_at, id) where closed_at is not null;
create index if not exists draft_kind on draft (kind, changed_at)
"""


def fingerprint() -> str:
    """Names the synced tables and columns of this program; a cursor with another one fills anew."""
    return str(VERSION) + ":" + ",".join(f"{form.entity}/{len(form.names)}" for form in FORMS.values())


def bring_up_to_date(engine: Engine) -> None:
    """Create the tables, or add what is missing: one transaction, so that a killed upgrade never half happened.

    Raises CannotOpen for a replica made by a newer program.
    """
    with engine.begin() as connection:
        found = connection.exec_driver_sql("pragma user_version").scalar_one()
        if found > VERSION:
            raise CannotOpen(_("The data on this PC was written by a newer version of this program; update it first."))
        existing = {
            name for (name,) in connection.exec_driver_sql("select name from sqlite_master where type = 'table'")
        }
        for table in Base.metadata.sorted_tables:
            if table.name not in existing:
                connection.execute(CreateTable(table))
            elif table.name in FORMS:
                _add_columns(connection, table)
            for index in table.indexes:
                connection.execute(CreateIndex(index, if_not_exists=True))
        for index_of_ours in INDEXES.split(";"):
            connection.exec_driver_sql(index_of_ours)
        driver: Any = connection.connection.driver_connection
        search_index.create(driver)
        if "customer" in existing and "search_person" not in existing:
            search_index.rebuild(driver)
        mention_index.create(driver)
        if "note" in existing and "search_mention" not in existing:
            mention_index.rebuild(driver)
        note_index.create(driver)  # filled while the window is open: seconds for many notes
        if found != VERSION:
            connection.exec_driver_sql(f"pragma user_version = {VERSION:d}")


def _add_columns(connection: Any, table: Any) -> None:
    """A new column is empty until the fill that the changed fingerprint asks for; so none may be NOT NULL here."""
    there = {row[1] for row in connection.exec_driver_sql(f"pragma table_info({table.name})")}
    for column in table.columns:
        if column.name not in there:
            declared = str(CreateColumn(column).compile(dialect=connection.dialect)).replace(" NOT NULL", "")
            connection.exec_driver_sql(f"alter table {table.name} add column {declared}")
