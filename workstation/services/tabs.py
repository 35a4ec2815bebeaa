"""The customers an agent has open, so that a restart or a crash brings them back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from workstation.errors import NotFound
from workstation.services import drafts, lookup

KIND = "tabs"
MOST = 30


@dataclass(frozen=True, slots=True)
class TabLine:
    """One open customer."""

    id: UUID
    name: str


def keep_tabs(session: Session, open_ones: Sequence[UUID], current: UUID | None, now: datetime) -> None:
    """Remember which customers are open, and which of them is seen."""
    values = {"open": [str(one) for one in open_ones[-MOST:]], "current": str(current) if current else None}
    drafts.keep_draft(session, KIND, None, values, now)


def tabs_kept(session: Session) -> tuple[list[TabLine], UUID | None]:
    """The tabs of last time that are still on this PC, and the one that was seen."""
    found = drafts.draft_of(session, KIND, None)
    kept = found.values if found is not None else {}
    lines = [line for text in kept.get("open", []) if (line := tab_of(session, UUID(text))) is not None]
    unique = list({line.id: line for line in lines}.values())
    current = kept.get("current")
    return unique, UUID(current) if current else None


def tab_of(session: Session, customer_id: UUID) -> TabLine | None:
    """What the tab of a customer shows; None when they are not on this PC."""
    try:
        found = lookup.customer_of(session, customer_id)
    except NotFound:
        return None
    return TabLine(found.id, found.name)
