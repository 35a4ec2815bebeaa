"""Drafts: what an agent is still writing, kept on this PC alone until it is saved or discarded."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from workstation.records import Customer, Draft, Values

QUICK_NOTE = "quick_note"
CORRECTION = "correction "  # and the id of the note that is corrected
LOOKED = "looked"  # when this agent last looked at a customer: kept in the same table, no draft
_NAMES = UUID("5d0c0f0e-6c1b-5d0e-9a55-0d6f6b1c8f02")  # makes one id of a kind and a customer: one draft each


@dataclass(frozen=True, slots=True)
class DraftLine:
    """One draft; `values` is what its panel put in, `changed_at` UTC."""

    id: UUID
    kind: str
    customer_id: UUID | None
    values: Values
    changed_at: datetime


def keep_draft(session: Session, kind: str, customer_id: UUID | None, values: Values, now: datetime) -> UUID:
    """Keep what stands in a panel; there is one draft of a kind for a customer, and the newest words stand."""
    draft_id = _id_of(kind, customer_id)
    kept = session.get(Draft, draft_id)
    if kept is None:
        session.add(Draft(id=draft_id, kind=kind, customer_id=customer_id, values=values, changed_at=now))
    else:
        kept.values, kept.changed_at = values, now
    return draft_id


def draft_of(session: Session, kind: str, customer_id: UUID | None) -> DraftLine | None:
    """What was being written on this customer, or on one that was merged into them since."""
    return next((_line(draft) for draft in _found(session, kind, customer_id)), None)


def drafts(session: Session) -> list[DraftLine]:
    """Everything that is not saved yet, newest first."""
    is_draft = or_(Draft.kind < LOOKED, Draft.kind > LOOKED)  # as "not equal", but by the index
    query = select(Draft).where(is_draft).order_by(Draft.changed_at.desc(), Draft.id)
    return [_line(draft) for draft in session.scalars(query)]


def discard_draft(session: Session, kind: str, customer_id: UUID | None) -> None:
    """Forget what was being written, in the transaction that saves it or because the agent says so."""
    for draft in list(_found(session, kind, customer_id)):
        session.delete(draft)


def stranded(session: Session) -> list[DraftLine]:
    """Drafts whose customer is not on this PC any more: no card shows them, and nothing of them is lost."""
    query = select(Draft).outerjoin(Customer, Customer.id == Draft.customer_id).where(*_STRANDED)
    return [_line(draft) for draft in session.scalars(query.order_by(Draft.changed_at, Draft.id))]


def count_stranded(session: Session) -> int:
    """How many there are."""
    query = select(func.count(Draft.id)).outerjoin(Customer, Customer.id == Draft.customer_id)
    return session.scalar(query.where(*_STRANDED)) or 0


def give_draft(session: Session, draft_id: UUID, customer_id: UUID, now: datetime) -> None:
    """Go on writing it on another customer, below what is being written there. Nothing happens to one that is gone."""
    kept = session.get(Draft, draft_id)
    if kept is None:
        return
    there = draft_of(session, QUICK_NOTE, customer_id)
    texts = [str(values.get("text", "")) for values in (there.values if there else {}, kept.values)]
    text = "\n\n".join(text for text in texts if text)
    keep_draft(session, QUICK_NOTE, customer_id, (there.values if there else kept.values) | {"text": text}, now)
    session.delete(kept)


def forget_draft(session: Session, draft_id: UUID) -> None:
    """Give a draft up."""
    kept = session.get(Draft, draft_id)
    if kept is not None:
        session.delete(kept)


def look(session: Session, customer_id: UUID, now: datetime) -> None:
    """This agent looks at a customer now; what comes later is new to them."""
    keep_draft(session, LOOKED, customer_id, {"at": now.isoformat()}, now)


def last_looked(session: Session, customer_id: UUID) -> datetime | None:
    """When this agent last looked at a customer on this PC, UTC."""
    found = draft_of(session, LOOKED, customer_id)
    return found.changed_at if found is not None else None


_STRANDED = (Draft.kind != LOOKED, Draft.customer_id.is_not(None), Customer.id.is_(None))


def _found(session: Session, kind: str, customer_id: UUID | None) -> Iterator[Draft]:
    own = session.get(Draft, _id_of(kind, customer_id))
    if own is not None:
        yield own
    if customer_id is not None and kind != LOOKED:
        merged = select(Draft).join(Customer, Customer.id == Draft.customer_id)
        merged = merged.where(Draft.kind == kind, Customer.merged_into == customer_id)
        yield from session.scalars(merged.order_by(Draft.changed_at.desc()))


def _id_of(kind: str, customer_id: UUID | None) -> UUID:
    return uuid5(_NAMES, f"{kind}\0{customer_id}")


def _line(draft: Draft) -> DraftLine:
    return DraftLine(draft.id, draft.kind, draft.customer_id, dict(draft.values), draft.changed_at)
