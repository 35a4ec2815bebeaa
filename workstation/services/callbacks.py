"""Promised callbacks: who owes one to whom, and by when at the customer's wall clock."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select
from sqlalchemy.orm import Session

from workstation.errors import NotFound, Refused
from workstation.language import _
from workstation.records import Callback, Customer
from workstation.services import lookup, texts

HORIZON = timedelta(days=90)  # product.md 3.6
GRACE = timedelta(minutes=1)
ZONES = {"UZ": "Asia/Tashkent", "BY": "Europe/Minsk", "RU": "Europe/Moscow", "KZ": "Asia/Almaty"}


@dataclass(frozen=True, slots=True)
class CallbackLine:
    """One callback of a list. Times are UTC; `owner` is a login or "team"; overdue = its window is over."""

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


@dataclass(frozen=True, slots=True)
class CallbackForm:
    """What an agent says of a callback: `at` is an instant, or without an offset the wall clock in `zone`."""

    at: str
    zone: str | None
    reason: str | None
    owner_id: UUID | None
    team_id: UUID | None = None


def add_callback(
    session: Session, customer_id: UUID, author: UUID, form: CallbackForm, now: datetime, region: str
) -> UUID:
    """Promise a callback. Raises Refused for a time that is past, over 90 days away or skipped by that zone's clocks,
    and for a customer who must not be contacted."""
    customer = lookup.customer_of(session, customer_id)
    if customer.do_not_contact and (customer.do_not_contact_until is None or customer.do_not_contact_until > now):
        raise Refused(
            _("This customer must not be contacted ({scope}).").format(scope=customer.do_not_contact), "customer"
        )
    zone = form.zone or customer.time_zone or ZONES.get(region, "UTC")
    wall = _wall_clock(form.at, zone, now)
    callback = Callback(
        customer_id=customer.id,
        scope_id=customer.scope_id,
        author_id=author,
        owner_id=form.owner_id,
        team_id=form.team_id,
        wall_start=_as_text(wall),
        zone=zone,
        reason=texts.optional(form.reason, _("The reason")),
        made_at=now,
    )
    session.add(callback)
    return callback.id


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Refused(
            _("There is no time zone {zone}; write it as Asia/Tashkent.").format(zone=name), "zone"
        ) from error


def _wall_clock(at: str, zone_name: str, now: datetime) -> datetime:
    """The clock on the customer's wall; with an offset only the second time that clocks put back show it."""
    zone = _zone(zone_name)
    said = texts.moment_or_wall(at, _("The time"))
    try:
        local = said.replace(tzinfo=zone) if said.tzinfo is None else said.astimezone(zone)
        there = local.astimezone(UTC)
    except OverflowError as error:
        raise Refused(_("A callback can be at most {days} days away.").format(days=HORIZON.days), "at") from error
    wall = local.replace(tzinfo=None)
    if there.astimezone(zone).replace(tzinfo=None) != wall:
        raise Refused(
            _("At {time} the clocks of {zone} are put forward; this time does not exist.").format(
                time=wall, zone=zone_name
            ),
            "at",
        )
    if there < now - GRACE:
        raise Refused(_("This time is past."), "at")
    if there > now + HORIZON:
        raise Refused(_("A callback can be at most {days} days away.").format(days=HORIZON.days), "at")
    is_second = local.utcoffset() != local.replace(fold=0).utcoffset()
    return local.astimezone(timezone(local.utcoffset() or timedelta(0))) if is_second else wall


def _as_text(wall: datetime) -> str:
    return wall.isoformat(timespec="auto" if wall.second or wall.microsecond else "minutes")


def due_at(callback: Callback) -> datetime:
    """The instant of a callback, UTC, by the zone's rules of today; a time that cannot be read is due at its making."""
    try:
        wall = datetime.fromisoformat(callback.wall_start)
        return (wall if wall.tzinfo else wall.replace(tzinfo=ZoneInfo(callback.zone))).astimezone(UTC)
    except (ValueError, OverflowError, OSError, ZoneInfoNotFoundError):
        return callback.made_at


def callbacks(session: Session, now: datetime, *, only_due: bool = False) -> list[CallbackLine]:
    """The open callbacks, soonest first; `only_due` leaves out those whose time has not come."""
    query = select(Callback, Customer.name).outerjoin(Customer, Customer.id == Callback.customer_id)
    logins = lookup.names_of_agents(session)
    lines = [_line(c, name, logins, now) for c, name in session.execute(query.where(Callback.state == "open"))]
    return sorted((line for line in lines if line.is_due or not only_due), key=lambda line: (line.due_at, line.id))


def _line(callback: Callback, customer: str | None, logins: dict[UUID, str], now: datetime) -> CallbackLine:
    due = due_at(callback)
    until = due + timedelta(minutes=min(max(callback.window_minutes, 0), 100_000))
    is_open = callback.state == "open"
    owner = "team" if callback.owner_id is None else logins.get(callback.owner_id, str(callback.owner_id))
    return CallbackLine(
        id=callback.id,
        customer_id=callback.customer_id,
        customer=customer or _("not on this PC"),
        due_at=due,
        until=until,
        owner=owner,
        state=callback.state,
        reason=callback.reason,
        zone=callback.zone,
        is_due=is_open and due <= now,
        is_overdue=is_open and until < now,
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


def reschedule(session: Session, callback_id: UUID, author: UUID, at: str, now: datetime, region: str) -> UUID:
    """Another time: a new callback takes the place of the old one, which names it."""
    old = _open(session, callback_id)
    form = CallbackForm(at, old.zone, old.reason, old.owner_id, old.team_id)
    new = add_callback(session, old.customer_id, author, form, now, region)
    old.state, old.rescheduled_to, old.closed_at = "rescheduled", new, now
    return new


def reassign(session: Session, callback_id: UUID, owner_id: UUID | None, reason: str | None) -> None:
    """Give a callback to another agent, or to the team (None). Central checks the right."""
    callback = _open(session, callback_id)
    callback.owner_id = owner_id
    if reason is not None:
        callback.state_reason = texts.required(reason, _("The reason"))
