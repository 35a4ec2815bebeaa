"""Whole rows of synced tables, by raw statements: where a page of five thousand records must not cost five thousand
objects. Table and column names come from our own record classes, never from outside."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from workstation.replica.outbox import SLICE
from workstation.wire import FORMS, Form

Row = tuple[Any, ...]


def upsert(connection: Any, form: Form, rows: Sequence[Row], *, force: bool) -> None:
    """Write rows; an older version than the one there is skipped unless forced."""
    if not rows:
        return
    columns = ", ".join(form.names)
    marks = ", ".join("?" * len(form.names))
    changes = ", ".join(f"{name} = excluded.{name}" for name in form.names if name != "id")
    newer = "" if force else f" where excluded.version >= {form.entity}.version"
    connection.executemany(
        f"insert into {form.entity} ({columns}) values ({marks}) on conflict (id) do update set {changes}{newer}", rows
    )


def drop(connection: Any, form: Form, ids: Sequence[bytes], scope: int | None) -> list[Row]:
    """Delete rows that are in `scope` (None = in any); gives what was there."""
    gone: list[Row] = []
    for part in slices(ids):
        where = f"where id in ({marks(part)}) and (scope_id = ? or ? is null)"
        columns = ", ".join(form.names)
        gone += connection.execute(f"select {columns} from {form.entity} {where}", (*part, scope, scope)).fetchall()
        connection.execute(f"delete from {form.entity} {where}", (*part, scope, scope))
    return gone


def one(connection: Any, form: Form, record_id: bytes) -> Row | None:
    """The row of a record, if it is here."""
    columns = ", ".join(form.names)
    found: Row | None = connection.execute(f"select {columns} from {form.entity} where id = ?", (record_id,)).fetchone()
    return found


def count_here(connection: Any, entity: str, ids: Sequence[bytes]) -> int:
    """How many of these records are on this PC."""
    query = f"select count(*) from {FORMS[entity].entity} where id in "
    return sum(connection.execute(f"{query}({marks(part)})", part).fetchone()[0] for part in slices(ids))


def count_all(connection: Any) -> int:
    """How many records of all kinds are on this PC."""
    return sum(connection.execute(f"select count(*) from {entity}").fetchone()[0] for entity in FORMS)


def ids_of_scope(connection: Any, entity: str, scope: int) -> list[bytes]:
    """The ids of a scope's records."""
    return [i for (i,) in connection.execute(f"select id from {FORMS[entity].entity} where scope_id = ?", (scope,))]


def versions(connection: Any, form: Form, scope: int, since: int) -> Iterator[tuple[bytes, int]]:
    """(id, version) of a scope's records without an underlay; history from `since` on (stored microseconds)."""
    time = form.kind.history_time
    recent = f"t.{time} >= ?" if time else "? is not null"
    query = (
        f"select t.id, t.version from {form.entity} t where t.scope_id = ? and {recent} and not exists "
        "(select 1 from underlay u where u.entity = ? and u.entity_id = t.id)"
    )
    yield from connection.execute(query, (scope, since, form.entity))


def older(connection: Any, form: Form, before: int) -> list[bytes]:
    """The ids of history from before a moment (stored microseconds)."""
    query = f"select id from {form.entity} where {form.kind.history_time} < ?"
    return [i for (i,) in connection.execute(query, (before,))]


def note_facts(connection: Any, facts: Mapping[str, str]) -> None:
    """Write facts about this replica into `meta`."""
    connection.executemany(
        "insert into meta (key, value) values (?, ?) on conflict (key) do update set value = excluded.value",
        list(facts.items()),
    )


def slices(ids: Sequence[bytes]) -> Iterable[Sequence[bytes]]:
    """Parts that fit one statement."""
    return (ids[start : start + SLICE] for start in range(0, len(ids), SLICE))


def marks(part: Sequence[Any]) -> str:
    """As many places for values as there are values."""
    return ",".join("?" * len(part))
