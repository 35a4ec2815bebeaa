"""When customers may be called: hours of their own wall clock, and in words why another time is not among them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from workstation.language import _

LONGEST_SEARCH = timedelta(days=400)  # nobody closes for over a year
SATURDAY, SUNDAY = 5, 6


@dataclass(frozen=True, slots=True)
class Hours:
    """From `opens` until before `closes` of the customer's wall clock, on these weekdays (Monday is 0), but not on
    holidays. The defaults are those of product.md 3.6; a team may have others."""

    opens: time = time(9)
    closes: time = time(20)
    weekdays: frozenset[int] = frozenset(range(SUNDAY))
    holidays: frozenset[date] = frozenset()


DEFAULT = Hours()


def weekday_names() -> list[str]:
    """Monday to Sunday in full."""
    return [_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday")]


def short_weekday_names() -> list[str]:
    """Mon to Sun."""
    return [_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")]


def is_inside(moment: datetime, zone: ZoneInfo, hours: Hours = DEFAULT) -> bool:
    """Whether a call may be made at this instant."""
    local = moment.astimezone(zone)
    return _is_open(local.date(), hours) and hours.opens <= local.time().replace(fold=0) < hours.closes


def is_window_inside(moment: datetime, minutes: int, zone: ZoneInfo, hours: Hours = DEFAULT) -> bool:
    """Whether all of a window lies in the calling hours of one day."""
    return is_inside(moment, zone, hours) and minutes_left(moment, zone, hours) >= minutes


def minutes_left(moment: datetime, zone: ZoneInfo, hours: Hours = DEFAULT) -> int:
    """Whole minutes from a moment inside until closing; 0 outside."""
    if not is_inside(moment, zone, hours):
        return 0
    closing = datetime.combine(moment.astimezone(zone).date(), hours.closes, zone)
    return max(0, int((closing.astimezone(UTC) - moment.astimezone(UTC)).total_seconds() // 60))


def why_outside(moment: datetime, zone: ZoneInfo, hours: Hours = DEFAULT, whose: str | None = None) -> str | None:
    """In words why nobody may call at this instant ("Sunday at Dilnoza's; …"); None when it is inside."""
    if is_inside(moment, zone, hours):
        return None
    local = moment.astimezone(zone)
    if local.date() in hours.holidays:
        when = _("A holiday")
    elif local.weekday() not in hours.weekdays:
        when = weekday_names()[local.weekday()]
    else:
        when = f"{local:%H:%M}"
    if whose:
        return _("{when} at {name}'s; calling hours are {hours}").format(when=when, name=whose, hours=in_words(hours))
    return _("{when} at the customer's; calling hours are {hours}").format(when=when, hours=in_words(hours))


def in_words(hours: Hours = DEFAULT) -> str:
    """ "Mon–Sat 09:00–20:00", as an agent reads it."""
    return f"{', '.join(_runs(hours.weekdays))} {hours.opens:%H:%M}–{hours.closes:%H:%M}"


def next_inside(moment: datetime, zone: ZoneInfo, hours: Hours = DEFAULT) -> datetime | None:
    """The first instant from `moment` on at which a call may be made, UTC; None where there is none within a year."""
    if is_inside(moment, zone, hours):
        return moment.astimezone(UTC)
    return next((opening for opening in openings(moment, zone, hours) if opening >= moment), None)


def openings(moment: datetime, zone: ZoneInfo, hours: Hours = DEFAULT) -> Iterator[datetime]:
    """When calling hours begin on the day of `moment` there and on those after it, UTC."""
    first = moment.astimezone(zone).date()
    for number in range(LONGEST_SEARCH.days):
        try:
            opening = datetime.combine(first + timedelta(days=number), hours.opens, zone).astimezone(UTC)
        except OverflowError:
            return
        if is_inside(opening, zone, hours):  # a day may be skipped, and an hour of it
            yield opening


def _is_open(day: date, hours: Hours) -> bool:
    return day.weekday() in hours.weekdays and day not in hours.holidays


def _runs(weekdays: frozenset[int]) -> list[str]:
    """Days that follow each other as "Mon–Sat"."""
    names, runs = short_weekday_names(), list[list[int]]()
    for day in sorted(weekdays):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return [names[run[0]] if len(run) == 1 else f"{names[run[0]]}–{names[run[-1]]}" for run in runs]
