"""Promised callbacks: who owes one to whom, and by when at the customer's wall clock."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from workstation.errors import NotFound, Refused
from workstation.language import _
from workstation.records import Agent, Callback, Contact, ContactPoint, Customer, Disposition
from workstation.services import attempts, callback_rules, contacts, texts
from workstation.services.attempts import Slot
from workstation.services.callback_rules import STANDARD, ZONES, CallbackForm, TeamRules, read_form, standing_objection

__all__ = ["ZONES", "CallbackForm"]  # and all that is defined here

RELEASED_AFTER = timedelta(minutes=15)  # product.md 3.6
NO_ANSWER = "no_answer"


@dataclass(frozen=True, slots=True)
class CallbackLine:
    """One callback of a list. Times are UTC; `owner` is a login or "team", `owner_name` what colleagues call them;
    overdue = its window is over.

    `zone` is the customer's; `contact_point` the number to call, where one was chosen. Released: its owner has let
    15 minutes pass, so that the team may take it.
    """

    id: UUID
    customer_id: UUID
    customer: str
    due_at: datetime
    until: datetime
    owner: str
    state: str
    reason: str | None
    zone: str
    is_due: bool
    is_overdue: bool
    owner_id: UUID | None = None
    owner_team: UUID | None = None
    priority: str = "normal"
    made_by: str = callback_rules.WE_PROMISED
    contact_point: str | None = None
    said: str | None = None
    is_released: bool = False
    owner_name: str = ""


@dataclass(frozen=True, slots=True)
class AttemptOutcome:
    """What logging an attempt led to: the contact, whether the callback is closed, and when to try next if not."""

    contact_id: UUID
    callback_id: UUID
    is_closed: bool
    attempts_words: str
    zone: str
    proposed: Slot | None


def add_callback(
    session: Session,
    customer_id: UUID,
    author: UUID,
    form: CallbackForm,
    now: datetime,
    region: str,
    *,
    rules: TeamRules = STANDARD,
    warn: Callable[[str], None] | None = None,
) -> UUID:
    """Promise a callback. Raises Refused for a time that is past, over 90 days away or skipped by that zone's clocks,
    for a customer who must not be contacted and a number not to be used; and, unless the customer asked or the form
    gives a reason, outside calling hours and above the limits of attempts. With `warn` those two are only told."""
    promise = read_form(session, customer_id, form, now, region, rules)
    objection = standing_objection(promise, form)
    if objection is not None:
        if warn is None:
            raise Refused(objection.words, objection.field)
        for standing in promise.objections:
            warn(standing.words)
    callback = Callback(
        customer_id=promise.customer.id,
        scope_id=promise.customer.scope_id,
        author_id=author,
        owner_id=form.owner_id,
        team_id=form.team_id,
        contact_point_id=form.contact_point_id,
        wall_start=callback_rules.as_text(promise.wall),
        window_minutes=promise.minutes,
        zone=promise.zone,
        reason=texts.optional(form.reason, _("The reason")),
        said=texts.optional(form.said, _("What was said"), Callback.limits["said"]),
        made_by=form.made_by,
        priority=form.priority,
        # Why a rule was set aside belongs to the state it is in, until another reason follows.
        state_reason=texts.optional((form.override_reason or "").strip() or None, _("The reason of the exception")),
        made_at=now,
    )
    session.add(callback)
    return callback.id


def due_at(callback: Callback) -> datetime:
    """The instant of a callback, UTC, by the zone's rules of today; a time that cannot be read is due at its making."""
    return instant_of(callback.wall_start, callback.zone, callback.made_at)


def instant_of(wall_start: str, zone: str, made_at: datetime) -> datetime:
    """The same from the three fields."""
    try:
        wall = datetime.fromisoformat(wall_start)
        return (wall if wall.tzinfo else wall.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    except (ValueError, OverflowError, OSError, ZoneInfoNotFoundError):
        return made_at


def callbacks(
    session: Session, now: datetime, *, only_due: bool = False, present: frozenset[UUID] = frozenset()
) -> list[CallbackLine]:
    """The open callbacks, soonest first; `only_due` leaves out those whose time has not come.

    `present` are the agents known to be at work: theirs are not released.
    """
    lines = [line for line in open_lines(session, now, present=present) if line.is_due or not only_due]
    return sorted(lines, key=lambda line: (line.due_at, line.id))


def open_lines(
    session: Session, now: datetime, *where: ColumnElement[bool], present: frozenset[UUID] = frozenset()
) -> Iterable[CallbackLine]:
    """The open callbacks in no order, those that fulfil `where`."""
    # Columns, not records: ten thousand objects would cost more than all the rest.
    query = (
        select(*_COLUMNS, Customer.name.label("customer"), ContactPoint.value.label("point"))
        .select_from(Callback)
        .outerjoin(Customer, Customer.id == Callback.customer_id)
        .outerjoin(ContactPoint, ContactPoint.id == Callback.contact_point_id)
        .where(Callback.state == "open", *where)
    )
    people = {row.id: row for row in session.execute(select(Agent.id, Agent.login, Agent.name, Agent.team_id))}
    return (_line(row, people, now, present) for row in session.execute(query))


_COLUMNS = (
    Callback.id, Callback.customer_id, Callback.owner_id, Callback.team_id, Callback.wall_start, Callback.zone,
    Callback.window_minutes, Callback.made_at, Callback.state, Callback.reason, Callback.priority, Callback.made_by,
    Callback.said,
)  # fmt: skip


def _line(row: Any, people: dict[UUID, Any], now: datetime, present: frozenset[UUID]) -> CallbackLine:
    due = instant_of(row.wall_start, row.zone, row.made_at)
    until = due + timedelta(minutes=min(max(row.window_minutes, 0), 100_000))
    owner = people.get(row.owner_id) if row.owner_id is not None else None
    login = "team" if row.owner_id is None else owner.login if owner is not None else str(row.owner_id)
    return CallbackLine(
        id=row.id,
        customer_id=row.customer_id,
        customer=row.customer or _("not on this PC"),
        due_at=due,
        until=until,
        owner=login,
        state=row.state,
        reason=row.reason,
        zone=row.zone,
        is_due=due <= now,
        is_overdue=until < now,
        owner_id=row.owner_id,
        owner_team=row.team_id or (owner.team_id if owner is not None else None),
        priority=row.priority,
        made_by=row.made_by,
        contact_point=row.point,
        said=row.said,
        owner_name=owner.name if owner is not None else login,
        is_released=row.owner_id is not None and row.owner_id not in present and due + RELEASED_AFTER <= now,
    )


def _open(session: Session, callback_id: UUID) -> Callback:
    found = session.get(Callback, callback_id)
    if found is None:
        raise NotFound(_("This callback is not on this PC."))
    if found.state != "open":
        raise Refused(_("This callback is closed already ({state}).").format(state=found.state))
    return found


def mark_done(session: Session, callback_id: UUID, now: datetime) -> None:
    """The callback was made and closes."""
    callback = _open(session, callback_id)
    callback.state, callback.closed_at = "done", now


def cancel(session: Session, callback_id: UUID, reason: str, now: datetime) -> None:
    """The callback will not be made; why is kept."""
    callback = _open(session, callback_id)
    callback.state_reason = texts.required(reason, _("The reason"))
    callback.state, callback.closed_at = "cancelled", now


def reschedule(
    session: Session,
    callback_id: UUID,
    author: UUID,
    at: str,
    now: datetime,
    region: str,
    *,
    override_reason: str | None = None,
    made_by: str | None = None,
    warn: Callable[[str], None] | None = None,
) -> UUID:
    """Another time: a new callback takes the place of the old one, which names it. The same rules as for a new one."""
    old = _open(session, callback_id)
    form = CallbackForm(
        at, old.zone, old.reason, old.owner_id, old.team_id, _window_again(old), made_by or _made_by_again(old),
        old.priority if old.priority in callback_rules.PRIORITIES else "normal", _point_again(session, old), old.said,
        override_reason,
    )  # fmt: skip
    new = add_callback(session, old.customer_id, author, form, now, region, warn=warn)
    close_as_rescheduled(session, callback_id, new, now)
    return new


def close_as_rescheduled(session: Session, callback_id: UUID, new: UUID, now: datetime) -> None:
    """The callback `new` has taken the place of this one."""
    old = _open(session, callback_id)
    old.state, old.rescheduled_to, old.closed_at = "rescheduled", new, now


def replace(session: Session, callback_id: UUID, author: UUID, form: CallbackForm, now: datetime, region: str) -> UUID:
    """Reschedule with everything said anew, as the form of the window does."""
    new = add_callback(session, _open(session, callback_id).customer_id, author, form, now, region)
    close_as_rescheduled(session, callback_id, new, now)
    return new


def _window_again(old: Callback) -> int:
    """A window once cut at closing time is whole again on another day."""
    usable = callback_rules.WINDOW_MINUTES <= old.window_minutes <= callback_rules.LONGEST_WINDOW
    return old.window_minutes if usable else callback_rules.WINDOW_MINUTES


def _made_by_again(old: Callback) -> str:
    """The customer asked for the old time, not for the new one."""
    is_ours = old.made_by in callback_rules.MADE_BY and old.made_by != callback_rules.CUSTOMER_ASKED
    return old.made_by if is_ours else callback_rules.WE_PROMISED


def _point_again(session: Session, old: Callback) -> UUID | None:
    """The number, unless it may not be used any more."""
    point = session.get(ContactPoint, old.contact_point_id) if old.contact_point_id else None
    return None if point is None or point.do_not_use or point.customer_id != old.customer_id else point.id


def reassign(session: Session, callback_id: UUID, owner_id: UUID | None, reason: str | None) -> None:
    """Give a callback to another agent, or to the team (None). Central checks the right."""
    callback = _open(session, callback_id)
    callback.owner_id = owner_id
    if reason is not None:
        callback.state_reason = texts.required(reason, _("The reason"))


def take(session: Session, callback_id: UUID, me: UUID, now: datetime, reason: str | None = None) -> None:
    """Make a callback mine: at once when it is the team's or released, with a reason when a colleague still has it."""
    callback = _open(session, callback_id)
    if callback.owner_id == me:
        return
    if callback.owner_id is not None:
        is_released = due_at(callback) + RELEASED_AFTER <= now
        if not (reason or "").strip() and not is_released:
            raise Refused(_("A colleague has this callback; say why you take it over."), "reason")
        callback.state_reason = texts.required(
            (reason or "").strip() or _("not made within {minutes} minutes").format(minutes=15), _("The reason")
        )
    callback.owner_id = me


def record_attempt(
    session: Session,
    callback_id: UUID,
    author: UUID,
    now: datetime,
    disposition: str = NO_ANSWER,
    channel: str = "call",
    rules: TeamRules = STANDARD,
) -> AttemptOutcome:
    """Log that we tried, and let the outcome decide: reaching nobody never closes a callback, but proposes a time."""
    callback = _open(session, callback_id)
    code = contacts.disposition_of(session, disposition)
    contact = Contact(
        customer_id=callback.customer_id,
        scope_id=callback.scope_id,
        author_id=author,
        channel=texts.required(channel, _("The channel"), 40),
        direction="out",
        disposition=code,
        contact_point_id=callback.contact_point_id,
        callback_id=callback.id,
        started_at=now,
        ended_at=now,
        written_at=now,
    )
    session.add(contact)
    session.flush()
    is_closed = settle_by_outcome(session, callback_id, code, now)
    zone = zone_of(callback)
    tried = attempts.attempts_of(session, callback.customer_id)
    return AttemptOutcome(
        contact_id=contact.id,
        callback_id=callback.id,
        is_closed=is_closed,
        attempts_words=attempts.counts_in_words(attempts.count(tried, now, zone)),
        zone=zone.key,
        proposed=None if is_closed else attempts.next_best_slot(tried, now, zone, rules.hours, rules.limits),
    )


def settle_by_outcome(session: Session, callback_id: UUID, disposition: str | None, now: datetime) -> bool:
    """Close a callback if this outcome of its contact does so; says whether it did."""
    query = select(Disposition.closes_callback).where(Disposition.code == disposition)
    if disposition is None or not session.scalars(query.limit(1)).first():
        return False
    mark_done(session, callback_id, now)
    return True


def zone_of(callback: Callback) -> ZoneInfo:
    """The customer's zone of a callback; UTC where its name is not known here."""
    try:
        return ZoneInfo(callback.zone)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return ZoneInfo("UTC")
