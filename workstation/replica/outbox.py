"""The outbox: every save of this PC as operations for central, written in the transaction of the row itself."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import inspect
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from workstation.records import Record, Values
from workstation.records.base import EPOCH, MICROSECOND
from workstation.wire import OP_SCHEMA, columns_of, to_wire

WAITING = ("waiting", "sent", "held")  # not yet at central
LAID_ON_TOP = ("waiting", "sent", "held", "acknowledged")  # part of what the agent sees
REJECTED = ("refused", "quarantined")  # waits for a decision
NOT_ACCEPTED = (*WAITING, *REJECTED)
SLICE = 500  # ids a statement

# A customer before its contact points, those before the contact that used one, and so on.
_RANK = {name: rank for rank, name in enumerate(("customer", "contact_point", "contact", "callback"))}


def record_changes(session: Session, now: datetime) -> list[tuple[type[Record], UUID, UUID | None]]:
    """Write the operations and underlays of all changed records of a session, before its flush.

    Gives (kind, id, customer) of each changed record. Raises TypeError for a deletion: a record is closed or marked,
    never deleted here. The statements are raw: this runs within every save.
    """
    if any(isinstance(gone, Record) for gone in session.deleted):
        raise TypeError("a record is never deleted on a desk; mark it")
    new = [record for record in session.new if isinstance(record, Record)]
    dirty = [r for r in session.dirty if isinstance(r, Record) and session.is_modified(r)]
    new_ids = {record.id for record in new}
    changed = [*sorted(new, key=_rank), *sorted(dirty, key=_rank)]
    sets = [(record, fields) for record in changed if (fields := _set_of(record, is_new=record.id in new_ids))]
    if not sets:
        return []
    driver: Any = session.connection().connection.driver_connection
    open_ids = new_ids | _not_accepted(driver, {i for record, _ in sets for i in _stands_on(record)})
    saves: dict[UUID | None, UUID] = session.info.setdefault("saves", {})
    driver.executemany(
        "insert into underlay (entity, entity_id, version, body) values (?, ?, ?, ?) on conflict do nothing",
        [_underlay(record, fields, is_new=record.id in new_ids) for record, fields in sets],
    )
    driver.executemany(
        'insert into outbox (op_id, save, kind, entity, entity_id, customer_id, "set", needs, made_at, op_schema, '
        "state, lost) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting', '[]')",
        [_entry(record, fields, saves, open_ids, record.id in new_ids, now) for record, fields in sets],
    )
    return [(type(record), record.id, record.about()) for record, _ in sets]


def _rank(record: Record) -> int:
    return _RANK.get(record.__tablename__, len(_RANK))


def _set_of(record: Record, *, is_new: bool) -> Values:
    """{field: [old, new]} of what this save changes; a new record names what it fills."""
    state = inspect(record)
    fields: Values = {}
    for column in columns_of(type(record)):
        name = column.name
        if name in ("id", "version"):
            continue
        value = getattr(record, name)
        if is_new:
            if value is not None:
                fields[name] = [None, to_wire(value)]
            continue
        history = state.attrs[name].history
        if history.has_changes():
            old = history.deleted[0] if history.deleted else None
            if to_wire(old) != to_wire(value):
                fields[name] = [to_wire(old), to_wire(value)]
    return fields


def _underlay(record: Record, fields: Values, *, is_new: bool) -> tuple[Any, ...]:
    """The record as central sent it: what is there before this save, when nothing of ours lay on it yet."""
    body: str | None = None
    if not is_new:
        before = {c.name: to_wire(getattr(record, c.name)) for c in columns_of(type(record))}
        before |= {name: old for name, (old, _) in fields.items()}
        body = json.dumps(before, ensure_ascii=False)
    return record.__tablename__, record.id.bytes, record.version, body


def _entry(
    record: Record, fields: Values, saves: dict[UUID | None, UUID], open_ids: set[UUID], is_new: bool, now: datetime
) -> tuple[Any, ...]:
    about = record.about()
    needs = sorted(str(i) for i in _stands_on(record) if i in open_ids and (not is_new or i != record.id))
    return (
        uuid7().bytes,
        saves.setdefault(about, uuid7()).bytes,
        "add" if is_new else "edit",
        record.__tablename__,
        record.id.bytes,
        about.bytes if about else None,
        json.dumps(fields),
        json.dumps(needs),
        (now - EPOCH) // MICROSECOND,
        OP_SCHEMA,
    )


def _stands_on(record: Record) -> set[UUID]:
    """The records without which this one cannot be at central, itself included."""
    values = (getattr(record, column.name) for column in columns_of(type(record)))
    return {value for value in values if isinstance(value, UUID)}


def _not_accepted(driver: Any, ids: Iterable[UUID]) -> set[UUID]:
    """Of these records, the ones whose creation central has not acknowledged."""
    wanted, found = [i.bytes for i in ids], set()
    states = ", ".join(f"'{state}'" for state in NOT_ACCEPTED)
    for start in range(0, len(wanted), SLICE):
        part = wanted[start : start + SLICE]
        query = f"select entity_id from outbox where kind = 'add' and +state in ({states}) and entity_id in "
        found |= {UUID(bytes=i) for (i,) in driver.execute(f"{query}({', '.join('?' * len(part))})", part)}
    return found
