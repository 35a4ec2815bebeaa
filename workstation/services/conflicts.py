"""Conflicts: one field changed by two people; both values are kept until somebody chooses."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Boolean, Integer, Text, select
from sqlalchemy.orm import Session

from workstation.errors import Refused
from workstation.language import _
from workstation.records import KINDS, Conflict, Record
from workstation.records.base import Id, UtcTime
from workstation.services import customers, lookup, record_words, texts


@dataclass(frozen=True, slots=True)
class ConflictLine:
    """A field with two values: central's (`kept`), the other one (`lost`), and what both started from (`before`).

    `mine` and `theirs` are the same as this desk's agent sees them; `names` tells what ids and codes in it stand for.
    """

    id: UUID
    customer_id: UUID | None
    customer: str | None
    entity: str
    entity_id: UUID
    field: str
    kept: Any
    lost: Any
    before: Any
    lost_by: str | None
    is_mine_lost: bool
    found_at: datetime
    names: Mapping[str, str]

    @property
    def mine(self) -> Any:
        """What this desk's agent wrote, if it was one of the two; else central's value."""
        return self.lost if self.is_mine_lost else self.kept

    @property
    def theirs(self) -> Any:
        """The other value."""
        return self.kept if self.is_mine_lost else self.lost


def open_conflicts(session: Session, me: UUID) -> list[ConflictLine]:
    """All conflicts nobody has decided yet, oldest first."""
    found = list(
        session.scalars(select(Conflict).where(Conflict.resolution.is_(None)).order_by(Conflict.found_at, Conflict.id))
    )
    names = customers.names_of(session, [c.customer_id for c in found if c.customer_id])
    logins = lookup.names_of_agents(session)
    told = [(c, _value(c.kept), _value(c.lost), _value(c.before)) for c in found]
    words = lookup.named(session, [value for _conflict, *values in told for value in values])
    return [
        ConflictLine(
            c.id, c.customer_id, names.get(c.customer_id) if c.customer_id else None, c.entity, c.entity_id, c.field,
            kept, lost, before, logins.get(c.lost_by) if c.lost_by else None, c.lost_by == me, c.found_at, words,
        )
        for c, kept, lost, before in told
    ]  # fmt: skip


def resolve(session: Session, conflict_id: UUID, take: str, me: UUID, now: datetime) -> None:
    """Choose mine or theirs; an ordinary change, offline too. Raises Refused when it is decided already."""
    conflict = session.get(Conflict, conflict_id)
    if conflict is None or conflict.resolution is not None:
        raise Refused(_("This conflict is decided already."))
    wants_lost = (take == "mine") == (conflict.lost_by == me)
    if wants_lost:
        _give_back(session, conflict)
    conflict.resolution, conflict.resolved_at = ("lost" if wants_lost else "kept"), now


def _give_back(session: Session, conflict: Conflict) -> None:
    kind: type[Record] | None = KINDS.get(conflict.entity)
    record = session.get(kind, conflict.entity_id) if kind else None
    if kind is None or record is None or conflict.field not in kind.editable:
        raise Refused(_("The record of this conflict is not on this PC."))
    setattr(record, conflict.field, _as_held(kind.__table__.columns[conflict.field], _value(conflict.lost)))


def _as_held(column: Any, value: Any) -> Any:
    """A value that travelled, as its column holds it. Raises Refused when it cannot."""
    wire = {Id: str, UtcTime: str, Text: str, Boolean: bool, JSON: dict, Integer: int}
    called = record_words.field_words(column.name, column.table.name)
    fits = any(isinstance(column.type, kind) and type(value) is python for kind, python in wire.items())
    try:
        if value is None and column.nullable:
            return None
        if not fits:
            raise ValueError(column.name)
        if isinstance(column.type, UtcTime):
            return texts.instant(value, called, column.name)
        return UUID(value) if isinstance(column.type, Id) else value
    except ValueError as error:
        raise Refused(_("{field} cannot take this value any more.").format(field=called), column.name) from error


def _value(text: str) -> Any:
    """A value as it travelled; what is no JSON is shown as it stands."""
    try:
        return json.loads(text)
    except ValueError:
        return text
