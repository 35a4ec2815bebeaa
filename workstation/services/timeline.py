"""One customer as a whole: the profile, and everything that happened, newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from workstation.language import _
from workstation.records import Callback, Conflict, Contact, Customer, Note, OutboxEntry
from workstation.services import callbacks, customers, lookup
from workstation.services.customers import ContactPointLine

WAITING = ("waiting", "sent", "held")


@dataclass(frozen=True, slots=True)
class TimelineLine:
    """One thing that happened: a note, contact or callback, its time (UTC), author's login, and what it says."""

    id: UUID
    kind: str
    at: datetime
    author: str
    is_waiting: bool
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CustomerCard:
    """A customer with contact points, timeline, and the number of undecided conflicts."""

    customer: dict[str, Any]
    contact_points: list[ContactPointLine]
    timeline: list[TimelineLine]
    conflicts: int
    is_waiting: bool


def card_of(session: Session, customer_id: UUID) -> CustomerCard:
    """Everything this PC knows of a customer. Raises NotFound."""
    customer = lookup.customer_of(session, customer_id)
    waiting = set(
        session.scalars(
            select(OutboxEntry.entity_id).where(OutboxEntry.customer_id == customer.id, OutboxEntry.state.in_(WAITING))
        )
    )
    open_conflicts = session.scalars(
        select(Conflict.id).where(Conflict.customer_id == customer.id, Conflict.resolution.is_(None))
    ).all()
    return CustomerCard(
        customer={c.name: getattr(customer, c.name) for c in Customer.__table__.columns},
        contact_points=customers.contact_points_of(session, customer.id),
        timeline=timeline_of(session, customer.id, waiting),
        conflicts=len(open_conflicts),
        is_waiting=customer.id in waiting,
    )


def timeline_of(session: Session, customer_id: UUID, waiting: set[UUID]) -> list[TimelineLine]:
    """Notes, contacts and callbacks of a customer, newest first, ties by id."""
    logins = lookup.names_of_agents(session)

    def line(record: Note | Contact | Callback, at: datetime, **facts: Any) -> TimelineLine:
        author = logins.get(record.author_id, str(record.author_id)) if record.author_id else _("another system")
        return TimelineLine(record.id, record.__tablename__, at, author, record.id in waiting, facts)

    superseded = {
        old
        for (old,) in session.execute(
            select(Note.supersedes).where(Note.customer_id == customer_id, Note.supersedes.is_not(None))
        )
    }
    lines = [
        line(n, n.written_at, text=n.body, pinned=n.is_pinned, contact_id=n.contact_id)
        for n in session.scalars(select(Note).where(Note.customer_id == customer_id, Note.is_deleted.is_(False)))
        if n.id not in superseded
    ]
    lines += [
        line(
            c,
            c.started_at,
            channel=c.channel,
            direction=c.direction,
            disposition=c.disposition,
            phone=c.phone,
            ended_at=c.ended_at,
        )
        for c in session.scalars(select(Contact).where(Contact.customer_id == customer_id))
    ]
    lines += [
        line(c, c.made_at, due_at=callbacks.due_at(c), state=c.state, reason=c.reason, zone=c.zone)
        for c in session.scalars(select(Callback).where(Callback.customer_id == customer_id))
    ]
    return sorted(lines, key=lambda entry: (entry.at, entry.id), reverse=True)
