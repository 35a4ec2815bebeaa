"""What an administrator does to central: builds it, adds people, looks after it. Needs the owner's connection."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from workstation.central.dispositions import STARTER
from workstation.central.failures import code_of
from workstation.central.troubles import NOT_BUILT, READ_ONLY
from workstation.errors import CentralOffline, Refused
from workstation.language import _
from workstation.records import RECORDS, AboutCustomer, Record
from workstation.records.base import TEXT_LIMIT
from workstation.wire import FORMS, OP_SCHEMA, columns_of

ROLES = ("agent", "senior", "supervisor", "admin")
SCHEMA_FOLDER = files("workstation.central.schema")
_GROUND = """
do $$ declare r text; begin
    foreach r in array array['workstation_api', 'workstation_agent', 'workstation_external'] loop
        if not exists (select from pg_roles where rolname = r) then
            begin execute format('create role %I nologin', r);
            exception when duplicate_object or unique_violation then null; end;
        end if;
    end loop;
end $$;
create schema if not exists workstation;
create schema if not exists api;
"""


@contextmanager
def as_owner(url: str) -> Iterator[Connection]:
    """One transaction at central as its owner. Raises Refused or CentralOffline in words."""
    try:
        address = make_url(url)
        if address.get_backend_name() != "postgresql":
            raise ArgumentError
        engine = create_engine(address, connect_args={"connect_timeout": 5, "application_name": "ws:admin"})
    except (ArgumentError, ModuleNotFoundError, ValueError) as error:
        raise Refused(
            _("The address cannot be read; it looks like postgresql://owner@host:5432/workstation.")
        ) from error
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        raise _in_words(error) from error
    except psycopg.Error as error:  # of a script, which does not pass through SQLAlchemy
        if code_of(error) != READ_ONLY:
            raise
        raise _takes_no_writes() from error
    finally:
        engine.dispose()


def _in_words(error: DBAPIError) -> Exception:
    code = getattr(error.orig, "sqlstate", None)
    if code in NOT_BUILT:
        return Refused(_("This database is not a central, or an older one: run “workstation admin init” on it first."))
    if code == READ_ONLY:
        return _takes_no_writes()
    first = str(error.orig).strip().splitlines()[:1]
    if isinstance(error, OperationalError) and code is None and "password" not in "".join(first):
        return CentralOffline(_("Central cannot be reached at this address."))
    return Refused(_("Central answered: {error}").format(error="".join(first)))


def _takes_no_writes() -> Refused:
    return Refused(_("Central takes no writes now, and nothing was changed; workstation admin status says why."))


def init(url: str) -> str:
    """Build central in an empty database, or bring an older one up to date; safe to repeat.

    Gives the schema version.
    """
    with as_owner(url) as connection:
        owner = connection.execute(text("select rolsuper from pg_roles where rolname = current_user")).scalar()
        if not owner:
            raise Refused(_("Building central needs a superuser of PostgreSQL once."))
        if int(connection.execute(text("show server_version_num")).scalar_one()) < 150_000:
            raise Refused(_("Central needs PostgreSQL 15 or newer."))
        if connection.execute(text("show server_encoding")).scalar_one() != "UTF8":
            raise Refused(_("Central needs a database in UTF-8: createdb --encoding=UTF8 --template=template0."))
        run_script(connection, _GROUND)
        script = Config()
        script.set_main_option("script_location", str(SCHEMA_FOLDER))
        script.attributes["connection"] = connection
        command.upgrade(script, "head")
        version = ScriptDirectory.from_config(script).get_current_head() or ""
        _write_catalogue(connection)
        for part in sorted(p.name for p in SCHEMA_FOLDER.joinpath("sql").iterdir() if p.name.endswith(".sql")):
            run_script(connection, SCHEMA_FOLDER.joinpath("sql", part).read_text(encoding="utf-8"))
        _settle_database(connection)
        _first_rows(connection, version)
    return version


def run_script(connection: Connection, script: str) -> None:
    """A script of ours as it stands: the driver must not read its % signs as places for values."""
    driver: Any = connection.connection.driver_connection
    driver.execute(script.encode())


def _write_catalogue(connection: Connection) -> None:
    """What agents may write, read from the record classes: the only list of it there is."""
    connection.execute(text("delete from workstation.entity"))
    for position, kind in enumerate(RECORDS):
        connection.execute(
            text("insert into workstation.entity "
                 "values (:name, :addable, :about, :author, :time, :position, cast(:defaults as jsonb))"),
            {
                "name": kind.__tablename__, "addable": kind.addable, "about": issubclass(kind, AboutCustomer),
                "author": kind.author, "time": kind.history_time, "position": position,
                "defaults": json.dumps(FORMS[kind.__tablename__].defaults()),
            },
        )  # fmt: skip
        connection.execute(
            text("insert into workstation.field values (:entity, :name, :add, :edit, :required, :chars, :safer, :of)"),
            [_field(kind, column.name, column.info.get("of")) for column in columns_of(kind)],
        )


def _field(kind: type[Record], name: str, refers_to: str | None) -> dict[str, Any]:
    return {
        "entity": kind.__tablename__,
        "name": name,
        "add": kind.addable and name not in ("id", "version", "merged_into"),
        "edit": name in kind.editable,
        "required": name in kind.required,
        "chars": kind.limits.get(name, TEXT_LIMIT),
        "safer": name in kind.safer,
        "of": refers_to,
    }


def _settle_database(connection: Connection) -> None:
    """What a dead client may not hold: half-open lines and open transactions end by themselves (sync.md, section 6)."""
    name = connection.execute(text("select quote_ident(current_database())")).scalar_one()
    for setting in (
        "tcp_keepalives_idle = 10",
        "tcp_keepalives_interval = 5",
        "tcp_keepalives_count = 3",
        "client_connection_check_interval = '10s'",
        "idle_in_transaction_session_timeout = '10s'",
        "jit = off",  # compiling a statement takes longer than any of ours runs
        # What agents type stands in the messages of errors, and in the DETAIL (values of rows, parameters) and CONTEXT
        # of any message: none of it reaches the server's log ("log" outranks error; FATAL is still logged).
        "log_min_messages = log",
        "log_min_error_statement = panic",
        "log_error_verbosity = terse",
    ):
        connection.exec_driver_sql(f"alter database {name} set {setting}")


def _first_rows(connection: Connection, version: str) -> None:
    """The epoch, the first scope and team, the starter set of dispositions: only where there are none."""
    facts = {"epoch": secrets.token_hex(8), "min_program": "0.1", "feed_floor": "0"}
    for key, value in facts.items():
        connection.execute(
            text("insert into workstation.meta values (:k, :v) on conflict do nothing"), {"k": key, "v": value}
        )
    known = text("insert into workstation.meta values (:k, :v) on conflict (key) do update set value = excluded.value")
    for key, value in {"schema": version, "min_op_schema": "1", "max_op_schema": str(OP_SCHEMA)}.items():
        connection.execute(known, {"k": key, "v": value})
    connection.exec_driver_sql(
        "insert into workstation.meta "
        "select 'restored_check', workstation.identity_of_database() on conflict do nothing"
    )
    connection.exec_driver_sql("insert into workstation.scope (number, name) values (1, 'main') on conflict do nothing")
    connection.exec_driver_sql("insert into workstation.team (name) values ('main') on conflict do nothing")
    if not connection.exec_driver_sql("select exists (select from workstation.disposition)").scalar():
        write_dispositions(connection, STARTER)


def write_dispositions(connection: Connection, rows: list[dict[str, Any]]) -> int:
    """Make these the dispositions: known codes are changed, new ones added, the others closed. Gives their number."""
    for position, row in enumerate(rows):
        values = {
            "queue": "support",
            "uncallable": None,
            "retry_rule": None,
            "right_party": False,
            "closes": False,
        } | row
        done = connection.execute(
            text("update workstation.disposition set label = :label, queue = :queue, position = :position, "
                 "uncallable = :uncallable, retry_rule = :retry_rule, is_right_party = :right_party, "
                 "closes_callback = :closes, is_active = true where code = :code"),
            values | {"position": position},
        )  # fmt: skip
        if not done.rowcount:
            connection.execute(
                text("insert into workstation.disposition (code, label, queue, position, uncallable, retry_rule, "
                     "is_right_party, closes_callback) values (:code, :label, :queue, :position, :uncallable, "
                     ":retry_rule, :right_party, :closes)"),
                values | {"position": position},
            )  # fmt: skip
    codes = [row["code"] for row in rows]
    connection.execute(
        text("update workstation.disposition set is_active = false where is_active and not code = any(:codes)"),
        {"codes": codes},
    )
    return len(rows)


def restored(url: str) -> tuple[str, int]:
    """End a restore from a dump: a new epoch, the feed archived, grants laid anew. Gives (epoch, entries archived).

    The feed of a dump counts transactions of another cluster; read by cursors of before it would lose rows.
    """
    init(url)
    with as_owner(url) as connection:
        epoch = secrets.token_hex(8)
        archived = connection.exec_driver_sql(
            "with gone as (delete from workstation.feed returning *) insert into workstation.feed_archive "
            "(scope_id, xid, seq, entity, entity_id, version, kind, actor, changed, at) "
            "select scope_id, xid, seq, entity, entity_id, version, kind, actor, changed, at from gone"
        ).rowcount
        connection.execute(text("update workstation.meta set value = :epoch where key = 'epoch'"), {"epoch": epoch})
        connection.exec_driver_sql(
            "update workstation.meta set value = workstation.identity_of_database() where key = 'restored_check'"
        )
        connection.exec_driver_sql("update workstation.meta set value = '0' where key = 'feed_floor'")
    return epoch, archived
