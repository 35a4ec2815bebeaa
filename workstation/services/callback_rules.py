"""What may be promised to a customer: the form of a callback, the rules it must keep, and what it would mean."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.orm import Session

from workstation.errors import NotFound, Refused
from workstation.language import _
from workstation.records import ContactPoint, Customer
from workstation.services import attempts, calling_hours, lookup, texts
from workstation.services.attempts import DEFAULT_LIMITS, Limits
from workstation.services.calling_hours import DEFAULT, Hours

HORIZON = timedelta(days=90)  # product.md 3.6
GRACE = timedelta(minutes=1)
WINDOW_MINUTES = 60
SHORTEST_WINDOW = 5  # minutes left before closing that are still worth a promise
LONGEST_WINDOW = 24 * 60
ZONES = {"UZ": "Asia/Tashkent", "BY": "Europe/Minsk", "RU": "Europe/Moscow", "KZ": "Asia/Almaty"}
CUSTOMER_ASKED, WE_PROMISED = "customer asked", "we promised"
BY_PEOPLE = (CUSTOMER_ASKED, WE_PROMISED)
MADE_BY = (*BY_PEOPLE, "retry rule", "expiry rule")
PRIORITIES = ("normal", "promised", "deadline")


@dataclass(frozen=True, slots=True)
class CallbackForm:
    """What an agent says of a callback: `at` is an instant, or without an offset the wall clock in `zone`.

    `override_reason` says why a rule that allows it is not kept this time; `window_minutes` is cut at closing time.
    """

    at: str
    zone: str | None
    reason: str | None
    owner_id: UUID | None
    team_id: UUID | None = None
    window_minutes: int = WINDOW_MINUTES
    made_by: str = WE_PROMISED
    priority: str = "normal"
    contact_point_id: UUID | None = None
    said: str | None = None
    override_reason: str | None = None


@dataclass(frozen=True, slots=True)
class TeamRules:
    """The calling hours and limits in force."""

    hours: Hours = DEFAULT
    limits: Limits = DEFAULT_LIMITS


@dataclass(frozen=True, slots=True)
class Objection:
    """A rule this callback does not keep, in words; `may_override` with a reason."""

    words: str
    field: str
    may_override: bool = False


@dataclass(frozen=True, slots=True)
class CallbackPreview:
    """What a form means, shown while it is filled in.

    `starts` and `ends` are UTC, None where the time itself is wrong; `zone` is the customer's. `objection` is why it
    cannot be saved as it stands; `waived` the words of rules that the customer's wish or a reason sets aside.
    """

    starts: datetime | None
    ends: datetime | None
    zone: str
    hours_words: str
    attempts_words: str
    objection: Objection | None
    waived: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Promise:
    """A form that was read: the customer, the wall clock as it is kept, the instant (UTC) and the window."""

    customer: Customer
    zone: str
    wall: datetime
    starts: datetime
    minutes: int
    objections: tuple[Objection, ...] = field(default=())


STANDARD = TeamRules()


def read_form(
    session: Session, customer_id: UUID, form: CallbackForm, now: datetime, region: str, rules: TeamRules = STANDARD
) -> Promise:
    """Read a form and weigh it: what can never be kept raises Refused, in the order of product.md 3.6; what a reason
    may set aside comes back as objections."""
    customer = lookup.customer_of(session, customer_id)
    zone = zone_for(customer, form.zone, region)
    there, wall = _wall_clock(form.at, zone, now)
    _check_choice(form.made_by, MADE_BY, "made_by")
    _check_choice(form.priority, PRIORITIES, "priority")
    if not 1 <= form.window_minutes <= LONGEST_WINDOW:
        raise Refused(_("The window is from 1 minute to a day long."), "window_minutes")
    for objection in _forbidden(session, customer, form, now):
        raise Refused(objection.words, objection.field)
    left = calling_hours.minutes_left(there, ZoneInfo(zone), rules.hours)
    minutes = min(form.window_minutes, left) if left >= SHORTEST_WINDOW else form.window_minutes
    return Promise(customer, zone, wall, there, minutes, tuple(_unwise(session, customer, zone, there, rules)))


def standing_objection(promise: Promise, form: CallbackForm) -> Objection | None:
    """The rule that still says no: the customer's own wish and a reason set it aside."""
    if form.made_by == CUSTOMER_ASKED or (form.override_reason or "").strip():
        return None
    return next(iter(promise.objections), None)


def preview(
    session: Session, customer_id: UUID, form: CallbackForm, now: datetime, region: str, rules: TeamRules = STANDARD
) -> CallbackPreview:
    """What saving this form would mean; never refuses, but says in words what is wrong. Raises NotFound alone."""
    customer = lookup.customer_of(session, customer_id)
    zone_name = _zone_or_utc(customer, form.zone, region)
    zone, hours_words = ZoneInfo(zone_name), calling_hours.in_words(rules.hours)
    tried = attempts.attempts_of(session, customer.id)
    try:
        promise = read_form(session, customer_id, form, now, region, rules)
    except NotFound:
        raise
    except Refused as error:
        words = attempts.in_words(tried, now, now, zone, rules.limits)
        starts = _instant_or_none(form.at, zone_name)
        return CallbackPreview(starts, None, zone_name, hours_words, words, Objection(str(error), error.field or "at"))
    standing = standing_objection(promise, form)
    is_inside = calling_hours.is_inside(promise.starts, zone, rules.hours)
    return CallbackPreview(
        starts=promise.starts,
        ends=promise.starts + timedelta(minutes=promise.minutes),
        zone=promise.zone,
        hours_words=_("inside calling hours") if is_inside else _("outside calling hours"),
        attempts_words=attempts.in_words(tried, promise.starts, now, zone, rules.limits),
        objection=standing,
        waived=() if standing else tuple(objection.words for objection in promise.objections),
        warnings=tuple(_warnings(session, form)),
    )


def zone_for(customer: Customer, said: str | None, region: str) -> str:
    """The zone of a promise: as said, else the customer's, else that of the region of this PC."""
    return said or customer.time_zone or ZONES.get(region, "UTC")


def zone_named(name: str) -> ZoneInfo:
    """A time zone by its name. Raises Refused for one that does not exist."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Refused(
            _("There is no time zone {zone}; write it as Asia/Tashkent.").format(zone=name), "zone"
        ) from error


def as_text(wall: datetime) -> str:
    """A wall clock as it is kept: without seconds where there are none."""
    return wall.isoformat(timespec="auto" if wall.second or wall.microsecond else "minutes")


def first_name(customer: Customer) -> str | None:
    """How a person is called in a sentence; None for what is no person."""
    return customer.name.split()[0] if customer.kind != "organisation" and customer.name.split() else None


def _wall_clock(at: str, zone_name: str, now: datetime) -> tuple[datetime, datetime]:
    """The instant (UTC) and the clock on the customer's wall; with an offset only the second time that clocks put
    back show it."""
    zone = zone_named(zone_name)
    said = texts.moment_or_wall(at, _("The time"))
    try:
        local = said.replace(tzinfo=zone) if said.tzinfo is None else said.astimezone(zone)
        there = local.astimezone(UTC)
    except OverflowError as error:
        raise Refused(_("A callback can be at most {days} days away.").format(days=HORIZON.days), "at") from error
    if there < now - GRACE:
        raise Refused(_("This time is past."), "at")
    if there > now + HORIZON:
        raise Refused(_("A callback can be at most {days} days away.").format(days=HORIZON.days), "at")
    wall = local.replace(tzinfo=None)
    if there.astimezone(zone).replace(tzinfo=None) != wall:
        raise Refused(
            _("At {time} the clocks of {zone} are put forward; this time does not exist.").format(
                time=wall, zone=zone_name
            ),
            "at",
        )
    is_second = local.utcoffset() != local.replace(fold=0).utcoffset()
    return there, local.astimezone(timezone(local.utcoffset() or timedelta(0))) if is_second else wall


def _check_choice(said: str, choices: tuple[str, ...], name: str) -> None:
    if said not in choices:
        raise Refused(_("{field} is one of: {values}.").format(field=name, values=", ".join(choices)), name)


def _forbidden(session: Session, customer: Customer, form: CallbackForm, now: datetime) -> Iterator[Objection]:
    """Rules that nobody sets aside here: whoever must not be contacted, and numbers not to be used."""
    if customer.do_not_contact and (customer.do_not_contact_until is None or customer.do_not_contact_until > now):
        why = "; ".join(filter(None, (customer.do_not_contact, customer.do_not_contact_reason)))
        yield Objection(_("This customer must not be contacted ({scope}).").format(scope=why), "customer")
    if form.contact_point_id is not None:
        point = session.get(ContactPoint, form.contact_point_id)
        if point is None or point.customer_id != customer.id:
            yield Objection(_("This number is not one of this customer's."), "contact_point")
        elif point.do_not_use:
            yield Objection(_("{number} is marked as not to be used.").format(number=point.value), "contact_point")


def _unwise(
    session: Session, customer: Customer, zone_name: str, starts: datetime, rules: TeamRules
) -> Iterator[Objection]:
    """Rules that a reason sets aside: calling hours, then the limits of attempts."""
    zone = ZoneInfo(zone_name)
    outside = calling_hours.why_outside(starts, zone, rules.hours, first_name(customer))
    if outside:
        yield Objection(outside, "at", may_override=True)
    elif calling_hours.minutes_left(starts, zone, rules.hours) < SHORTEST_WINDOW:
        closes = f"{rules.hours.closes:%H:%M}"
        yield Objection(_("Calling hours end at {time}; that is too late to begin.").format(time=closes), "at", True)
    too_many = attempts.why_too_many(attempts.attempts_of(session, customer.id), starts, zone, rules.limits)
    if too_many:
        yield Objection(too_many, "at", may_override=True)


def _warnings(session: Session, form: CallbackForm) -> Iterator[str]:
    """What is known of the number that was chosen."""
    point = session.get(ContactPoint, form.contact_point_id) if form.contact_point_id else None
    if point is not None and point.status in {"voice robot", "IVR", "wrong person", "not in service", "invalid", "fax"}:
        words = _("{number}: {status}").format(number=point.value, status=_(point.status))
        yield f"{words} · {point.way_through}" if point.way_through else words


def _zone_or_utc(customer: Customer, said: str | None, region: str) -> str:
    try:
        return zone_named(zone_for(customer, said, region)).key
    except Refused:
        return "UTC"


def _instant_or_none(at: str, zone: str) -> datetime | None:
    try:
        said = texts.moment_or_wall(at, "at")
        return (said if said.tzinfo else said.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    except (Refused, OverflowError):
        return None
