"""The outbox: every save of this PC as operations for central, written in the transaction of the row itself."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, inspect, select
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from workstation.records import OutboxEntry, Record, Underlay, Values
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
    never deleted here.
    """
    if any(isinstance(gone, Record) for gone in session.deleted):
        raise TypeError("a record is never deleted on a desk; mark it")
    new = [record for record in session.new if isinstance(record, Record)]
    dirty = [r for r in session.dirty if isinstance(r, Record) and session.is_modified(r)]
    changed = sorted(new, key=_rank) + sorted(dirty, key=_rank)
    if not changed:
        return []
    sets = [(record, _set_of(record, is_new=i < len(new))) for i, record in enumerate(changed)]
    sets = [(record, fields) for record, fields in sets if fields]
    open_ids = _not_accepted(session, sets) | {record.id for record in new}
    covered = _covered(session, [record.id for record, _ in sets])
    new_ids = {id(record) for record in new}
    underlays = []
    for record, fields in sets:
        if record.id not in covered:
            covered.add(record.id)
            is_new = id(record) in new_ids
            underlays.append(_underlay(record, fields, is_new=is_new))
    if underlays:
        session.connection().execute(insert(Underlay), underlays)
    saves: dict[UUID | None, UUID] = session.info.setdefault("saves", {})
    entries = [_entry(record, fields, saves, open_ids, id(record) in new_ids, now) for record, fields in sets]
    if entries:
        session.connection().execute(insert(OutboxEntry), entries)
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


def _underlay(record: Record, fields: Values, *, is_new: bool) -> dict[str, Any]:
    body: str | None = None
    if not is_new:
        before = {c.name: to_wire(getattr(record, c.name)) for c in columns_of(type(record))}
        before |= {name: old for name, (old, _) in fields.items()}
        body = json.dumps(before, ensure_ascii=False)
    return {"entity": record.__tablename__, "entity_id": record.id, "version": record.version, "body": body}


def _entry(
    record: Record, fields: Values, saves: dict[UUID | None, UUID], open_ids: set[UUID], is_new: bool, now: datetime
) -> dict[str, Any]:
    about = record.about()
    return {
        "op_id": uuid7(),
        "save": saves.setdefault(about, uuid7()),
        "kind": "add" if is_new else "edit",
        "entity": record.__tablename__,
        "entity_id": record.id,
        "customer_id": about,
        "set": fields,
        "needs": sorted(str(i) for i in _stands_on(record) if i in open_ids and (not is_new or i != record.id)),
        "made_at": now,
        "op_schema": OP_SCHEMA,
        "state": "waiting",
        "lost": [],
    }


def _stands_on(record: Record) -> set[UUID]:
    """The records without which this one cannot be at central, itself included."""
    values = (getattr(record, column.name) for column in columns_of(type(record)))
    return {value for value in values if isinstance(value, UUID)}


def _not_accepted(session: Session, sets: Iterable[tuple[Record, Values]]) -> set[UUID]:
    wanted = {i for record, _ in sets for i in _stands_on(record)}
    query = select(OutboxEntry.entity_id).where(OutboxEntry.kind == "add", OutboxEntry.state.in_(NOT_ACCEPTED))
    return _among(session, query, OutboxEntry.entity_id, list(wanted))


def _covered(session: Session, ids: Sequence[UUID]) -> set[UUID]:
    return _among(session, select(Underlay.entity_id), Underlay.entity_id, ids)


def _among(session: Session, query: Any, column: Any, ids: Sequence[UUID]) -> set[UUID]:
    found: set[UUID] = set()
    for start in range(0, len(ids), SLICE):
        found |= set(session.connection().scalars(query.where(column.in_(ids[start : start + SLICE]))))
    return found
