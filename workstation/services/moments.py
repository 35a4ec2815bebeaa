"""Reads a time as people type it ("tomorrow 10", "через 20 мин", "juma 15:30"), and offers times to pick."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from workstation.language import _, ngettext
from workstation.services.calling_hours import DEFAULT, Hours, next_inside
from workstation.services.moment_words import (
    AMOUNTS,
    AT,
    CLOCK_WORDS,
    DAYS,
    IN,
    MONTHS,
    NOISE,
    NOON_HOURS,
    NOW,
    PARTS,
    UNITS,
    WEEKDAYS,
    WHOLE_SPANS,
)

LONGEST = 80  # characters; nobody types more for a time
USUAL_TIME = time(10)  # of a day that was named without a time
SMALL_HOURS = range(1, 8)  # "at 3" of somebody at work means the afternoon
MOST_OF_A_UNIT = 10_000

_CLOCK = re.compile(r"([0-2]?\d)[:.\-]([0-5]\d)", re.ASCII)
_AM_PM = re.compile(r"(\d{1,2})(?:[:.]([0-5]\d))?([ap])m", re.ASCII)
_HOUR = re.compile(r"([0-2]?\d)", re.ASCII)
_ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_DAY = re.compile(r"(\d{1,2})[./](\d{1,2})(?:[./](\d{4}|\d{2}))?", re.ASCII)
_DAY_OF_MONTH = re.compile(r"(\d{1,2})", re.ASCII)
_SPAN = re.compile(r"\+?(\d{1,5})([^\d\W]+)")


@dataclass(frozen=True, slots=True)
class Pick:
    """A time to choose with one gesture, and its words; `at` is UTC."""

    words: str
    at: datetime


def parse(text: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """What a person at `zone` means: an instant (UTC) for "in 20 min", else the wall clock there, without a zone.

    English, Russian, Uzbek (both alphabets) and Belarusian words. A day without a time means 10:00; a time without
    a day the next time a clock shows it. None when it cannot be read; any text may come.
    """
    words = _words(text)
    if not words:
        return None
    here = now.astimezone(zone).replace(tzinfo=None)
    try:
        after = None if _says_a_clock(words) else _span([word for word in words if word not in NOISE])
        if after is not None:
            return _whole_minute(now.astimezone(UTC) + after)
        return _wall([word for word in words if word not in NOISE | CLOCK_WORDS], here)
    except (ValueError, OverflowError):
        return None


def quick_picks(now: datetime, zone: ZoneInfo, hours: Hours = DEFAULT) -> list[Pick]:
    """From 5 minutes to next week; days are those of `zone`."""
    return [*_soon((5, 15, 30, 60, 120), now), *_days(now, zone, hours)]


def snoozes(now: datetime, zone: ZoneInfo) -> list[Pick]:
    """For how long a reminder may be put off; tomorrow is that of `zone`, the agent's own."""
    tomorrow = _at_wall(now.astimezone(zone).date() + timedelta(days=1), USUAL_TIME, zone)
    return [*_soon((5, 10, 20, 60), now), Pick(_("tomorrow {time}").format(time=f"{USUAL_TIME:%H:%M}"), tomorrow)]


def examples() -> str:
    """What may be typed, for a hint beside the field."""
    return _("tomorrow 10 · in 20 min · fri 15:30 · 27.11 10:00")


def _words(text: str) -> list[str]:
    if len(text) > LONGEST:
        return []
    plain = unicodedata.normalize("NFC", text).casefold()
    for apostrophe in "'`‘’ʻʼ":
        plain = plain.replace(apostrophe, "")
    plain = plain.replace("ё", "е").replace(",", " ")
    plain = re.sub(r"(\d)\s*([ap])\.?m\.?(?!\w)", r"\1\2m", plain)
    return [word for word in (word.rstrip(".") for word in plain.split()) if word]


def _says_a_clock(words: list[str]) -> bool:
    """ "в 10 часов" and "soat 10" are no span of ten hours."""
    if IN.intersection(words):
        return False
    return bool(AT.intersection(words)) or words[0] in CLOCK_WORDS


def _span(words: list[str]) -> timedelta | None:
    """ "in 20 min", "через час", "2 soatdan keyin", "+20", "2h", "half an hour"."""
    is_said = bool(IN.intersection(words))
    words = [word for word in words if word not in IN]
    if len(words) == 1 and re.fullmatch(r"\+\d{1,4}", words[0], re.ASCII):
        return timedelta(minutes=int(words[0]))
    if words in ([w] for w in NOW):
        return timedelta(0)
    total = timedelta(0)
    waiting: float | None = None
    for word in words:
        if word in UNITS and (waiting is not None or is_said or word in WHOLE_SPANS):
            total += UNITS[word] * (1 if waiting is None else waiting)
            waiting = None
        elif waiting is None and word in AMOUNTS:
            waiting = AMOUNTS[word]
        elif waiting is None and re.fullmatch(r"\+?\d{1,5}", word, re.ASCII):
            waiting = int(word)
        elif waiting is None and (glued := _SPAN.fullmatch(word)) and glued[2] in UNITS and glued[1].isascii():
            total += UNITS[glued[2]] * int(glued[1])
        else:
            return None
    if waiting is not None or not words or total > timedelta(days=MOST_OF_A_UNIT):
        return None
    return total


def _wall(words: list[str], here: datetime) -> datetime | None:
    """A day and a time in any order; each at most once, and nothing else."""
    found_day, rest = _take_day(words, here)
    at, part, rest = _take_time(rest)
    if rest or (found_day is None and at is None and part is None):
        return None
    clock = _clock(at, part)
    if found_day is not None:
        return datetime.combine(found_day(clock), clock)
    today = datetime.combine(here.date(), clock)
    return today if today >= here.replace(second=0, microsecond=0) else today + timedelta(days=1)


Day = Callable[[time], date]


def _take_day(words: list[str], here: datetime) -> tuple[Day | None, list[str]]:
    """The first thing that names a day, and what is left."""
    today = here.date()
    for at, word in enumerate(words):
        rest = words[:at] + words[at + 1 :]
        if word in DAYS:
            day = today + timedelta(days=DAYS[word])
            return lambda _clock, day=day: day, rest
        if word in WEEKDAYS:
            ahead = (WEEKDAYS[word] - today.weekday()) % 7
            return lambda clock, ahead=ahead: _next_weekday(ahead, clock, here), rest
        if at and word in MONTHS and _DAY_OF_MONTH.fullmatch(words[at - 1]):
            day = _of_this_year_or_next(int(words[at - 1]), MONTHS[word], today)
            return lambda _clock, day=day: day, words[: at - 1] + words[at + 1 :]
        if (numbers := _date_in_numbers(word, today)) is not None:
            return lambda _clock, day=numbers: day, rest
    return None, words


def _next_weekday(ahead: int, clock: time, here: datetime) -> date:
    """Today counts while its time is still to come."""
    if ahead == 0 and datetime.combine(here.date(), clock) < here.replace(second=0, microsecond=0):
        ahead = 7
    return here.date() + timedelta(days=ahead)


def _date_in_numbers(word: str, today: date) -> date | None:
    if iso := _ISO_DAY.fullmatch(word):
        return date(int(iso[1]), int(iso[2]), int(iso[3]))
    found = _DAY.fullmatch(word)
    if not found or not 1 <= int(found[2]) <= 12 or not 1 <= int(found[1]) <= 31:
        return None
    if found[3] is None:
        return _of_this_year_or_next(int(found[1]), int(found[2]), today)
    year = int(found[3])
    return date(year + 2000 if year < 100 else year, int(found[2]), int(found[1]))


def _of_this_year_or_next(day: int, month: int, today: date) -> date:
    """29 February may be years away."""
    for year in range(today.year, today.year + 9):
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found >= today:
            return found
    raise ValueError("no such day")


def _take_time(words: list[str]) -> tuple[tuple[int, int | None] | None, str | None, list[str]]:
    """(hour, minutes or None where only the hour was said), part of the day, what is left."""
    clock: tuple[int, int | None] | None = None
    part: str | None = None
    rest: list[str] = []
    for word in words:
        if part is None and word in PARTS:
            part = PARTS[word]
        elif clock is None and (found := _clock_of(word)) is not None:
            clock = found
        else:
            rest.append(word)
    return clock, part, rest


def _clock_of(word: str) -> tuple[int, int | None] | None:
    if found := _AM_PM.fullmatch(word):
        hour = int(found[1])
        if not 1 <= hour <= 12:
            raise ValueError("no such hour")
        return hour % 12 + (12 if found[3] == "p" else 0), int(found[2] or 0)
    if found := _CLOCK.fullmatch(word):
        return int(found[1]), int(found[2])
    if found := _HOUR.fullmatch(word):
        return int(found[1]), None
    return None


def _clock(said: tuple[int, int | None] | None, part: str | None) -> time:
    """ "3" is 15:00 and "03:00" is not; "7 вечера" is 19:00."""
    if said is None:
        return NOON_HOURS[part] if part else USUAL_TIME
    hour, minutes = said
    if (part in {"afternoon", "evening"} and hour < 12) or (part is None and minutes is None and hour in SMALL_HOURS):
        hour += 12
    return time(hour, minutes or 0)


def _whole_minute(moment: datetime) -> datetime:
    """Up to the next minute: nobody promises seconds."""
    whole = moment.replace(second=0, microsecond=0)
    return whole if whole == moment else whole + timedelta(minutes=1)


def _soon(minutes: tuple[int, ...], now: datetime) -> list[Pick]:
    return [Pick(_in(n), _whole_minute(now.astimezone(UTC) + timedelta(minutes=n))) for n in minutes]


def _in(minutes: int) -> str:
    if minutes % 60:
        return ngettext("in {n} min", "in {n} min", minutes).format(n=minutes)
    return ngettext("in {n} h", "in {n} h", minutes // 60).format(n=minutes // 60)


def _days(now: datetime, zone: ZoneInfo, hours: Hours) -> list[Pick]:
    """Tomorrow (or the next day on which calls are made), and the Monday of next week.

    The words are such as `parse` reads back to the same time: they stand in the field afterwards. "Monday" said on a
    Monday may be today, so that one is named by its date.
    """
    today = now.astimezone(zone).date()
    monday = today + timedelta(days=7 - today.weekday())
    named = f"{monday:%d.%m} {{time}}" if today.weekday() == 0 else _("Monday {time}")
    picks = []
    for words, day in ((_("tomorrow {time}"), today + timedelta(days=1)), (named, monday)):
        at = _at_wall(day, USUAL_TIME, zone)
        if next_inside(at, zone, hours) == at:
            picks.append(Pick(words.format(time=f"{USUAL_TIME:%H:%M}"), at))
    return picks


def _at_wall(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, zone).astimezone(UTC)
