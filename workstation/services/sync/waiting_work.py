"""The work of this PC that central does not have: how much, since when, and the whole of it for a person to read."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from workstation.records import Meta, OutboxEntry, Values
from workstation.replica.outbox import NOT_ACCEPTED
from workstation.replica.store import Store
from workstation.services import customers, drafts
from workstation.services.sync.decisions import in_words

EXPORTED = "exported_n"  # the highest outbox number that was written to a file


@dataclass(frozen=True, slots=True)
class WaitingSum:
    """How many changes central does not have, refused ones included, since when (UTC), and how many of them were
    exported to a file."""

    changes: int
    since: datetime | None
    exported: int


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """One change that central does not have, or a draft (`entity` "draft"); `values` whole, as they were written."""

    made_at: datetime
    state: str
    entity: str
    entity_id: UUID
    customer_id: UUID | None
    customer: str | None
    values: Values
    reason: str | None


def waiting_sum(session: Session) -> WaitingSum:
    """Count what central does not have."""
    waits = OutboxEntry.state.in_(NOT_ACCEPTED)
    changes, since = session.execute(select(func.count(), func.min(OutboxEntry.made_at)).where(waits)).one()
    known = session.get(Meta, EXPORTED)
    upto = int(known.value) if known is not None and known.value else 0
    exported = session.scalar(select(func.count()).where(waits, OutboxEntry.n <= upto)) if upto else 0
    return WaitingSum(changes, since, exported or 0)


def waiting_work(session: Session) -> list[WaitingLine]:
    """All of it, the oldest first, and what is still being written."""
    query = select(OutboxEntry).where(OutboxEntry.state.in_(NOT_ACCEPTED)).order_by(OutboxEntry.n)
    entries, unsaved = list(session.scalars(query)), drafts.drafts(session)
    about = [entry.customer_id for entry in entries] + [draft.customer_id for draft in unsaved]
    names = customers.names_of(session, [one for one in about if one is not None])
    found = [
        WaitingLine(
            entry.made_at, entry.state, entry.entity, entry.entity_id, entry.customer_id,
            names.get(entry.customer_id) if entry.customer_id else None,
            {name: pair[1] for name, pair in entry.set.items()},
            in_words(entry.reason, entry.entity) if entry.reason else None,
        )
        for entry in entries
    ]  # fmt: skip
    found += [
        WaitingLine(
            draft.changed_at, "draft", "draft", draft.id, draft.customer_id,
            names.get(draft.customer_id) if draft.customer_id else None, draft.values, None,
        )
        for draft in unsaved
    ]  # fmt: skip
    return found


def note_exported(store: Store) -> None:
    """All that waits now lies in a file too: it no longer keeps this agent from another central."""
    with store.read() as session:
        highest = session.scalar(select(func.max(OutboxEntry.n)).where(OutboxEntry.state.in_(NOT_ACCEPTED)))
    store.note_facts({EXPORTED: str(highest or 0)})
