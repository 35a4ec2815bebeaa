"""How the desk stands towards central, from facts: the last good sync, what waits, the last error."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from workstation.records import Conflict, Cursor, Customer, Meta, OutboxEntry
from workstation.replica.delivery import Counts, counts
from workstation.replica.outbox import WAITING
from workstation.replica.store import Store
from workstation.services.drafts import count_stranded


@dataclass(frozen=True, slots=True)
class Standing:
    """`is_online`: the last attempt reached central. Times are ISO 8601, UTC; `clock_offset_ms`: central's clock minus
    ours at the last hello."""

    is_online: bool
    last_sync: str | None
    clock_offset_ms: int | None


@dataclass(frozen=True, slots=True)
class Connection:
    """What a window shows of its line to central.

    Attributes:
        state: online, filling (the first fill runs), busy (another program syncs this desk), offline, refused (central
            says no), login (it does not take the password), update (one of the two programs is too old).
        words: one sentence for the agent; empty when there is nothing to say.
        since: when this state began, UTC.
        waiting: changes that central does not have yet.
        undecided: what waits for this agent's decision: refused and quarantined changes, conflicts they lost, drafts
            whose customer is gone.
        last_sync: the last good sync, UTC.
        clock_offset_ms: central's clock minus this PC's.
        filled: customers read so far, while filling.
        waiting_since: when the oldest of these changes was made, UTC.
    """

    state: str
    words: str
    since: datetime
    waiting: int = 0
    undecided: int = 0
    last_sync: datetime | None = None
    clock_offset_ms: int | None = None
    filled: int | None = None
    waiting_since: datetime | None = None

    @property
    def is_online(self) -> bool:
        """Whether central answered when it was last asked."""
        return self.state in ("online", "filling", "busy")

    @property
    def has_line(self) -> bool:
        """Whether this desk works with central, be it only to deliver: not "working offline"."""
        return self.is_online or self.state == "update"


def facts(store: Store) -> Standing:
    """Read the facts of this replica."""
    last, error, offset = store.fact("last_sync"), store.fact("last_error"), store.fact("clock_offset_ms")
    return Standing(last is not None and not error, last, int(offset) if offset else None)


def connection_of(session: Session, me: UUID, state: str, words: str, since: datetime) -> Connection:
    """The whole picture; `state`, `words` and `since` are those of the last round of the sync."""
    outbox = counts(session)
    lost = select(func.count()).select_from(Conflict).where(Conflict.resolution.is_(None), Conflict.lost_by == me)
    last, offset = (session.get(Meta, key) for key in ("last_sync", "clock_offset_ms"))
    unfinished = select(func.count()).select_from(Cursor).where(Cursor.fill_entity != "")
    is_filling = state in ("online", "filling") and (last is None or bool(session.scalar(unfinished)))
    return Connection(
        state="filling" if is_filling else state,
        words=words,
        since=since,
        waiting=outbox.waiting,
        undecided=outbox.refused + int(session.scalar(lost) or 0) + count_stranded(session),
        last_sync=datetime.fromisoformat(last.value) if last is not None and last.value else None,
        clock_offset_ms=int(offset.value) if offset is not None and offset.value else None,
        filled=session.scalar(select(func.count()).select_from(Customer)) if is_filling else None,
        waiting_since=_oldest(session) if outbox.waiting else None,
    )


def _oldest(session: Session) -> datetime | None:
    query = select(OutboxEntry.made_at).where(OutboxEntry.state.in_(WAITING))
    return session.scalar(query.order_by(OutboxEntry.n).limit(1))


__all__ = ["Connection", "Counts", "Standing", "connection_of", "counts", "facts"]
