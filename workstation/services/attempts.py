"""How often a person was tried, when it failed, and when to try next (product.md 3.7)."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from workstation.language import _, ngettext
from workstation.records import Contact, ContactPoint, Disposition
from workstation.services.calling_hours import DEFAULT, SATURDAY, SUNDAY, Hours, is_inside, openings

NOT_AGAIN = timedelta(hours=2)  # around the hour of a failed attempt, on the same kind of day
REMEMBERED_DAYS = 30
SEARCHED_DAYS = 14
STEP = timedelta(minutes=30)
AFTERNOON, EVENING = 12, 17  # o'clock


@dataclass(frozen=True, slots=True)
class Limits:
    """How often one person may be tried, in their own days: product.md 3.6; a team may have others."""

    a_day: int = 3
    a_week: int = 8


@dataclass(frozen=True, slots=True)
class Attempt:
    """One time we tried: the instant (UTC), the contact point that was used, and whether it reached them.

    `reached` is None where the outcome says nothing about it.
    """

    at: datetime
    point: UUID | None
    reached: bool | None


@dataclass(frozen=True, slots=True)
class AttemptCounts:
    """How many attempts there were, in the customer's own days."""

    today: int
    days_7: int
    days_30: int
    in_all: int


@dataclass(frozen=True, slots=True)
class PointTried:
    """What became of the contacts by one contact point within a year.

    Attributes:
        attempts: times we tried.
        answered_at: when a person last spoke or wrote there (UTC): the one we wanted, or whoever came to us.
        result: the label of the last outcome.
    """

    attempts: int
    answered_at: datetime | None
    result: str | None


@dataclass(frozen=True, slots=True)
class Slot:
    """A time worth trying (UTC), and in words why this one."""

    at: datetime
    why: str


DEFAULT_LIMITS = Limits()


# One reading of a year, however it ends: there may be ten thousand contacts in it.
_TRIED = (
    select(Contact.contact_point_id, Contact.direction, Contact.disposition, func.count(), func.max(Contact.started_at))
    .where(
        Contact.customer_id == bindparam("customer"),
        Contact.started_at > bindparam("since"),
        Contact.contact_point_id.is_not(None),
    )
    .group_by(Contact.contact_point_id, Contact.direction, Contact.disposition)
)
_OUTCOMES = select(Disposition.code, Disposition.label, Disposition.is_right_party)


def attempts_of(session: Session, customer_id: UUID) -> list[Attempt]:
    """Every outgoing contact with a person, oldest first."""
    right_party = dict(session.execute(select(Disposition.code, Disposition.is_right_party)).all())
    query = select(Contact.started_at, Contact.contact_point_id, Contact.disposition)
    query = query.where(Contact.customer_id == customer_id, Contact.direction == "out").order_by(Contact.started_at)
    return [
        Attempt(at, point, None if code is None else right_party.get(code))
        for at, point, code in session.execute(query)
    ]


def attempts_on_number(session: Session, contact_point_id: UUID) -> list[Attempt]:
    """Every attempt on one number, whichever customers share it, oldest first."""
    point = session.get(ContactPoint, contact_point_id)
    if point is None:
        return []
    if not point.digits:
        return [a for a in attempts_of(session, point.customer_id) if a.point == contact_point_id]
    same = session.execute(
        select(ContactPoint.id, ContactPoint.customer_id).where(ContactPoint.digits == point.digits)
    ).all()
    ids = {found.id for found in same}
    tried = [a for owner in {found.customer_id for found in same} for a in attempts_of(session, owner)]
    return sorted((a for a in tried if a.point in ids), key=lambda a: a.at)


def points_tried(session: Session, customer_id: UUID, since: datetime) -> dict[UUID, PointTried]:
    """Of each contact point of a customer that a contact since then names; two questions, however many points."""
    by_point: dict[Any, list[Any]] = defaultdict(list)  # rows of (point, direction, outcome, how often, last time)
    for row in session.execute(_TRIED, {"customer": customer_id, "since": since}):
        by_point[row.contact_point_id].append(row)
    outcomes = {row.code: row for row in session.execute(_OUTCOMES)} if by_point else {}
    right_party = {code for code, row in outcomes.items() if row.is_right_party}
    tried = {}
    for point, rows in by_point.items():
        _at, last = max(((at, code) for _p, _way, code, _n, at in rows if code is not None), default=(None, None))
        answers = (at for _p, way, code, _n, at in rows if way == "in" or code in right_party)
        tried[point] = PointTried(
            attempts=sum(n for _p, way, _code, n, _at in rows if way == "out"),
            answered_at=max(answers, default=None),
            result=outcomes[last].label if last in outcomes else None,
        )
    return tried


def count(attempts: Sequence[Attempt], now: datetime, zone: ZoneInfo) -> AttemptCounts:
    """Attempts by the customer's own days: a day ends at their midnight, and today is the last of the 7 and 30."""
    today = now.astimezone(zone).date()
    ages = [(today - a.at.astimezone(zone).date()).days for a in attempts]
    return AttemptCounts(
        today=sum(age == 0 for age in ages),
        days_7=sum(0 <= age < 7 for age in ages),
        days_30=sum(0 <= age < REMEMBERED_DAYS for age in ages),
        in_all=len(ages),
    )


def why_too_many(
    attempts: Sequence[Attempt], at: datetime, zone: ZoneInfo, limits: Limits = DEFAULT_LIMITS
) -> str | None:
    """In words why another attempt at `at` would be one too many; None while there is one left."""
    made = count(attempts, at, zone)
    if made.today >= limits.a_day:
        return ngettext(
            "Already {n} attempt that day; the limit is {limit}.",
            "Already {n} attempts that day; the limit is {limit}.",
            made.today,
        ).format(n=made.today, limit=limits.a_day)
    if made.days_7 >= limits.a_week:
        return ngettext(
            "Already {n} attempt in 7 days; the limit is {limit}.",
            "Already {n} attempts in 7 days; the limit is {limit}.",
            made.days_7,
        ).format(n=made.days_7, limit=limits.a_week)
    return None


def in_words(
    attempts: Sequence[Attempt], at: datetime, now: datetime, zone: ZoneInfo, limits: Limits = DEFAULT_LIMITS
) -> str:
    """ "attempt 2 of 3 today": which one a call at `at` would be."""
    made = count(attempts, at, zone)
    if made.today < limits.a_day and made.days_7 + 1 >= limits.a_week:
        return _("attempt {n} of {limit} in 7 days").format(n=made.days_7 + 1, limit=limits.a_week)
    if at.astimezone(zone).date() == now.astimezone(zone).date():
        return _("attempt {n} of {limit} today").format(n=made.today + 1, limit=limits.a_day)
    return _("attempt {n} of {limit} that day").format(n=made.today + 1, limit=limits.a_day)


def counts_in_words(counts: AttemptCounts) -> str:
    """ "2 today · 5 in 7 days · 9 in all", for the card."""
    return _("{today} today · {week} in 7 days · {all} in all").format(
        today=counts.today, week=counts.days_7, all=counts.in_all
    )


def parts_never_tried(attempts: Sequence[Attempt], zone: ZoneInfo, hours: Hours = DEFAULT) -> list[str]:
    """Parts of the week in which nobody ever tried, in words: "weekday evenings", "Saturday"."""
    tried = {part_of(a.at, zone) for a in attempts}
    return [_part_names()[part] for part in _parts(hours) if part not in tried]


def part_of(moment: datetime, zone: ZoneInfo) -> str:
    """The part of the customer's week: morning, afternoon, evening (of weekdays), saturday or sunday."""
    local = moment.astimezone(zone)
    if local.weekday() == SATURDAY:
        return "saturday"
    if local.weekday() == SUNDAY:
        return "sunday"
    return "morning" if local.hour < AFTERNOON else "afternoon" if local.hour < EVENING else "evening"


def next_best_slot(
    attempts: Sequence[Attempt],
    after: datetime,
    zone: ZoneInfo,
    hours: Hours = DEFAULT,
    limits: Limits = DEFAULT_LIMITS,
) -> Slot | None:
    """The time to try next: inside hours and limits, far from the hours that failed, in a part of the week that was
    not tried yet, and soon; None when there is no such time within two weeks."""
    failed = [a.at.astimezone(zone) for a in attempts if a.reached is False and a.at > after - _remembered()]
    tried = {part_of(a.at, zone) for a in attempts}
    # Some three hundred times are weighed, and there may be thousands of attempts: what only a day or a time of day
    # decides is decided once for it.
    has_room = cache(partial(_has_room, Counter(a.at.astimezone(zone).date() for a in attempts), limits))
    failures_near = cache(partial(_failures_near, failed))
    best: tuple[tuple[int, bool, datetime], str] | None = None
    for at in _candidates(after, zone, hours):
        there = at.astimezone(zone)
        if not has_room(there.date()):
            continue
        near, part = failures_near(_day_kind(there), there.time()), part_of(at, zone)
        rank = (near, bool(tried) and part in tried, at)
        if best is None or rank < best[0]:
            best = rank, part
    if best is None:
        return None
    (near, was_tried, at), part = best
    return Slot(at, _why(near, was_tried, part, has_failed=bool(failed)))


def _remembered() -> timedelta:
    return timedelta(days=REMEMBERED_DAYS)


def _candidates(after: datetime, zone: ZoneInfo, hours: Hours) -> list[datetime]:
    """Every half hour of the calling hours of the next two weeks, soonest first."""
    after = after.astimezone(UTC)
    found: list[datetime] = []
    for opening in openings(after, zone, hours):
        if opening - after > timedelta(days=SEARCHED_DAYS):
            break
        at, day = opening, opening.astimezone(zone).date()
        while is_inside(at, zone, hours) and at.astimezone(zone).date() == day:
            if at >= after:
                found.append(at)
            at += STEP
    return found


def _has_room(days: Mapping[date, int], limits: Limits, day: date) -> bool:
    """Whether the limits allow one more attempt on that day; `days` are those of the attempts."""
    week = sum(days.get(day - timedelta(days=back), 0) for back in range(7))
    return days.get(day, 0) < limits.a_day and week < limits.a_week


def _failures_near(failed: Sequence[datetime], day_kind: int, at: time) -> int:
    """Failed attempts within two hours of this time of day, on the same kind of day."""
    return sum(_day_kind(there) == day_kind and _apart(there.time(), at) <= NOT_AGAIN for there in failed)


def _day_kind(local: datetime) -> int:
    return max(local.weekday(), SATURDAY - 1)


def _apart(one: time, other: time) -> timedelta:
    minutes = abs((one.hour * 60 + one.minute) - (other.hour * 60 + other.minute))
    return timedelta(minutes=minutes)


def _parts(hours: Hours) -> list[str]:
    """The parts of the week in which calls may be made at all."""
    parts = []
    if hours.weekdays & set(range(SATURDAY)):
        within = [("morning", 0, AFTERNOON), ("afternoon", AFTERNOON, EVENING), ("evening", EVENING, 24)]
        opens, closes = hours.opens.hour, hours.closes.hour + (1 if hours.closes.minute else 0)
        parts = [name for name, begins, ends in within if opens < ends and closes > begins]
    return parts + [name for name, day in (("saturday", SATURDAY), ("sunday", SUNDAY)) if day in hours.weekdays]


def _part_names() -> dict[str, str]:
    return {
        "morning": _("weekday mornings"),
        "afternoon": _("weekday afternoons"),
        "evening": _("weekday evenings"),
        "saturday": _("Saturday"),
        "sunday": _("Sunday"),
    }


def _why(near: int, was_tried: bool, part: str, *, has_failed: bool) -> str:
    if near:
        return _("the hour that failed least often")
    if not was_tried and has_failed:
        return _("never tried: {part}").format(part=_part_names()[part])
    return _("away from the hours that failed") if has_failed else _("the next calling hours")
