"""Reminders of callbacks: what to remind of now, what was missed meanwhile, and what was put off until when.

What was seen and put off is kept in this replica, so that a restart or a crash forgets nothing; it is of this PC
alone and never travels.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from workstation.records import Callback, Meta
from workstation.services import callbacks
from workstation.services.callbacks import CallbackLine

FACT = "reminders"
SNOOZED, SEEN = "snoozed", "seen"


@dataclass(frozen=True, slots=True)
class ReminderCard:
    """What a reminder shows: every callback of mine whose moment came and that I have not answered, oldest first.

    `next_at` is when the next one will come (UTC), None when there is none.
    """

    lines: tuple[CallbackLine, ...]
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Memory:
    """By callback: until when it was put off, and for which time it was answered."""

    snoozed: Mapping[UUID, datetime]
    seen: Mapping[UUID, datetime]


def reminder(session: Session, me: UUID, now: datetime) -> ReminderCard:
    """What to remind this agent of. After sleep or a restart all that was missed comes at once, each callback once."""
    memory = _recall(session)
    due: list[tuple[datetime, CallbackLine]] = []
    ahead: list[datetime] = []
    for line in _mine(session, me, now):
        moment = _moment(line, memory)
        if moment is None:
            continue
        if moment <= now:
            due.append((moment, line))
        else:
            ahead.append(moment)
    lines = tuple(line for _, line in sorted(due, key=lambda pair: (pair[1].due_at, pair[1].id)))
    return ReminderCard(lines, min(ahead, default=None))


def next_reminder_at(session: Session, me: UUID, now: datetime) -> datetime | None:
    """When the next reminder of this agent comes (UTC), after those that are due already."""
    return reminder(session, me, now).next_at


def snooze(session: Session, ids: Iterable[UUID], until: datetime, me: UUID, now: datetime) -> None:
    """Remind of these again at `until`; survives a restart."""
    memory = _recall(session)
    wanted = set(ids)
    _keep(session, {**memory.snoozed, **dict.fromkeys(wanted, until)}, memory.seen, me, now)


def dismiss(session: Session, ids: Iterable[UUID], me: UUID, now: datetime) -> None:
    """Do not remind of these any more; they stay due, and another time they are given reminds anew."""
    memory = _recall(session)
    wanted = set(ids)
    seen = {line.id: line.due_at for line in _mine(session, me, now) if line.id in wanted}
    snoozed = {known: until for known, until in memory.snoozed.items() if known not in wanted}
    _keep(session, snoozed, {**memory.seen, **seen}, me, now)


def _moment(line: CallbackLine, memory: _Memory) -> datetime | None:
    """When to remind of a callback; None when that was answered."""
    if line.id in memory.snoozed:
        return memory.snoozed[line.id]
    return None if memory.seen.get(line.id) == line.due_at else line.due_at


def _mine(session: Session, me: UUID, now: datetime) -> list[CallbackLine]:
    return list(callbacks.open_lines(session, now, Callback.owner_id == me))


def _recall(session: Session) -> _Memory:
    """What was kept; nothing where it cannot be read, for one reminder too many harms less than none."""
    found = session.get(Meta, FACT)
    try:
        kept = json.loads(found.value) if found is not None else {}
        return _Memory(_times(kept.get(SNOOZED, {})), _times(kept.get(SEEN, {})))
    except (ValueError, AttributeError, TypeError):
        return _Memory({}, {})


def _times(kept: Mapping[str, str]) -> dict[UUID, datetime]:
    return {UUID(key): datetime.fromisoformat(value).astimezone(UTC) for key, value in kept.items()}


def _keep(
    session: Session, snoozed: Mapping[UUID, datetime], seen: Mapping[UUID, datetime], me: UUID, now: datetime
) -> None:
    """Remember, but only of callbacks that are open and this agent's yet."""
    known = {line.id for line in _mine(session, me, now)}
    value = json.dumps(
        {
            name: {str(key): at.astimezone(UTC).isoformat() for key, at in times.items() if key in known}
            for name, times in ((SNOOZED, snoozed), (SEEN, seen))
        }
    )
    found = session.get(Meta, FACT)
    if found is None:
        session.add(Meta(key=FACT, value=value))
    else:
        found.value = value
