"""Writes many records into central at once, as its owner: for an invented centre, never for agents' work."""

import json
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text

from workstation.central.admin import as_owner
from workstation.records import RECORDS, Record
from workstation.wire import columns_of, to_wire

ROWS = 2_000  # a statement; the capture writes the feed once for each


def load(url: str, records: Iterable[Record]) -> int:
    """Insert records, what others point to first; the capture makes their feed as for any other change. Gives how
    many there were."""
    waiting: dict[type[Record], list[Record]] = {kind: [] for kind in RECORDS}
    count = 0
    for record in records:
        waiting[type(record)].append(record)
        count += 1
        if count % ROWS == 0:
            _flush(url, waiting)
    _flush(url, waiting)
    return count


def agent_ids(url: str) -> dict[str, tuple[UUID, UUID | None]]:
    """(id, team) of every agent, by login."""
    with as_owner(url) as connection:
        rows = connection.execute(text("select login, id, team_id from workstation.agent"))
        return {login: (agent, team) for login, agent, team in rows}


def _flush(url: str, waiting: dict[type[Record], list[Record]]) -> None:
    order = sorted(waiting, key=lambda kind: _RANK.get(kind.__tablename__, len(_RANK)))
    with as_owner(url) as connection:
        for kind in order:
            if not waiting[kind]:
                continue
            names = [column.name for column in columns_of(kind) if column.name != "version"]
            rows = [{name: to_wire(getattr(record, name)) for name in names} for record in waiting[kind]]
            listed = ", ".join(names)
            connection.execute(
                text(
                    f"insert into workstation.{kind.__tablename__} ({listed}) select {listed} "  # noqa: S608 - our names
                    f"from jsonb_populate_recordset(null::workstation.{kind.__tablename__}, cast(:rows as jsonb))"
                ),
                {"rows": json.dumps(rows)},
            )
            waiting[kind] = []


_RANK = {name: rank for rank, name in enumerate(("customer", "contact_point", "contact", "note", "callback"))}
