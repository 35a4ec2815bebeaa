"""What to call next: the open callbacks of an agent and the team by urgency, and what a callback's form starts from."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from workstation.records import Agent, Callback, Conflict, OutboxEntry
from workstation.services import attempts, callback_rules, callbacks, customers, lookup
from workstation.services.attempts import Slot
from workstation.services.callbacks import CallbackLine
from workstation.services.customers import ContactPointLine

SOON = timedelta(hours=2)
DEADLINE_AHEAD = timedelta(hours=24)
OVERDUE, DUE, DEADLINE, LATER_SOON, LATER = "overdue", "due", "deadline", "soon", "later"
URGENCY = (OVERDUE, DUE, DEADLINE, LATER_SOON, LATER)
MINE, TEAM, ALL = "mine", "team", "all"
WAITING, UNDECIDED = ("waiting", "sent", "held"), ("refused", "quarantined")


@dataclass(frozen=True, slots=True)
class OwnWorkCard:
    """What of this agent's own work is not settled: changes waiting for central, and what waits for a decision."""

    waiting: int
    undecided: int


@dataclass(frozen=True, slots=True)
class CallbackStartCard:
    """What the form of a new callback starts from. `zone` is the customer's; `slot` the time worth trying next."""

    customer_id: UUID
    customer: str
    zone: str
    points: tuple[ContactPointLine, ...]
    agents: tuple[tuple[UUID, str], ...]
    attempts_words: str
    never_tried: tuple[str, ...]
    slot: Slot | None


def urgency(line: CallbackLine, now: datetime) -> str:
    """How much a callback presses: overdue, due, deadline (within a day), soon (within 2 hours) or later."""
    if line.is_overdue:
        return OVERDUE
    if line.is_due:
        return DUE
    if line.priority == "deadline" and line.due_at <= now + DEADLINE_AHEAD:
        return DEADLINE
    return LATER_SOON if line.due_at <= now + SOON else LATER


def in_order(lines: Iterable[CallbackLine], now: datetime) -> list[CallbackLine]:
    """By urgency, the oldest first within one."""
    return sorted(lines, key=lambda line: (URGENCY.index(urgency(line, now)), line.due_at, line.id))


def release_absent(lines: Iterable[CallbackLine], absent: frozenset[UUID], now: datetime) -> list[CallbackLine]:
    """The same lines, those of absent owners released 15 minutes after their time (product.md 3.6), all others not."""
    return [
        replace(line, is_released=line.owner_id in absent and line.due_at + callbacks.RELEASED_AFTER <= now)
        for line in lines
    ]


def agenda(
    session: Session,
    me: UUID,
    team: UUID | None,
    now: datetime,
    within: timedelta | None = None,
    present: frozenset[UUID] = frozenset(),
) -> list[CallbackLine]:
    """My callbacks, those of my team and those its absent members let pass, by urgency; `within` leaves out what is
    due later than that."""
    lines = callbacks.open_lines(session, now, _near(session, me, team), present=present)
    latest = None if within is None else now + within
    return in_order(
        (
            line
            for line in lines
            if (latest is None or line.due_at <= latest or line.priority == "deadline")
            and (is_mine(line, me) or is_for_team(line, team))
        ),
        now,
    )


def board(
    session: Session,
    me: UUID,
    team: UUID | None,
    now: datetime,
    whose: str = MINE,
    present: frozenset[UUID] = frozenset(),
) -> list[CallbackLine]:
    """The open callbacks of one filter: mine, team (unowned, released and its members'), all or overdue."""
    if whose == MINE:
        return in_order(callbacks.open_lines(session, now, Callback.owner_id == me, present=present), now)
    if whose == TEAM:
        near = callbacks.open_lines(session, now, _near(session, me, team), present=present)
        of_team = (line for line in near if is_for_team(line, team) or (team is not None and line.owner_team == team))
        return in_order(of_team, now)
    lines = callbacks.open_lines(session, now, present=present)
    return in_order((line for line in lines if line.is_overdue or whose != OVERDUE), now)


def next_due(
    session: Session, me: UUID, team: UUID | None, now: datetime, present: frozenset[UUID] = frozenset()
) -> CallbackLine | None:
    """What to take next: the most pressing callback whose time has come, my own before the team's."""
    due = [line for line in agenda(session, me, team, now, timedelta(0), present) if line.is_due]
    return min(due, key=lambda line: not is_mine(line, me), default=None)  # min keeps the order of equals


def _near(session: Session, me: UUID, team: UUID | None) -> ColumnElement[bool]:
    """Mine, nobody's, and those of my team's people: the rest of a large centre is not even read."""
    if team is None:
        return or_(Callback.owner_id.is_(None), Callback.owner_id == me)
    members = session.scalars(select(Agent.id).where(Agent.team_id == team))
    return or_(Callback.owner_id.is_(None), Callback.owner_id.in_([me, *members]), Callback.team_id == team)


def is_mine(line: CallbackLine, me: UUID) -> bool:
    """Whether I am to call."""
    return line.owner_id == me


def is_for_team(line: CallbackLine, team: UUID | None) -> bool:
    """Whether anyone of this team may call: nobody's, or an absent member's whose time passed."""
    if line.owner_id is None:
        return line.owner_team in (None, team)
    return line.is_released and team is not None and line.owner_team == team


def own_work(session: Session) -> OwnWorkCard:
    """How much of this PC waits for central, and how much for a decision."""
    by_state = dict(session.execute(select(OutboxEntry.state, func.count()).group_by(OutboxEntry.state)).all())
    conflicts = session.scalar(select(func.count()).select_from(Conflict).where(Conflict.resolution.is_(None))) or 0
    return OwnWorkCard(
        waiting=sum(by_state.get(state, 0) for state in WAITING),
        undecided=conflicts + sum(by_state.get(state, 0) for state in UNDECIDED),
    )


def zone_of(session: Session, customer_id: UUID, region: str) -> str:
    """Whose clock counts for a customer: an IANA name. Raises NotFound."""
    return callback_rules.zone_for(lookup.customer_of(session, customer_id), None, region)


def callback_start(session: Session, customer_id: UUID, now: datetime, region: str) -> CallbackStartCard:
    """What the form of a callback needs to know of its customer. Raises NotFound."""
    customer = lookup.customer_of(session, customer_id)
    zone = callback_rules.zone_named(callback_rules.zone_for(customer, None, region))
    tried = attempts.attempts_of(session, customer.id)
    return CallbackStartCard(
        customer_id=customer.id,
        customer=customer.name,
        zone=zone.key,
        points=tuple(p for p in customers.contact_points_of(session, customer.id) if not p.do_not_use),
        agents=_agents(session),
        attempts_words=attempts.counts_in_words(attempts.count(tried, now, zone)),
        never_tried=tuple(attempts.parts_never_tried(tried, zone)) if tried else (),
        slot=attempts.next_best_slot(tried, now, zone),
    )


def _agents(session: Session) -> tuple[tuple[UUID, str], ...]:
    query = select(Agent.id, Agent.name).where(Agent.is_active).order_by(Agent.name, Agent.id)
    return tuple((row.id, row.name) for row in session.execute(query))


def callback_of(session: Session, callback_id: UUID, now: datetime) -> CallbackLine | None:
    """One open callback; None when it is closed or not here."""
    return next(iter(callbacks.open_lines(session, now, Callback.id == callback_id)), None)
