"""Times, lengths and values as people read them, in the language of the window."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from PySide6.QtCore import QDate, QLocale, QTime

from workstation.language import _
from workstation.services.record_words import LINKS, stored_words


def clock_time(moment: datetime, zone: ZoneInfo) -> str:
    """The time of day in `zone`, as "14:02"."""
    local = moment.astimezone(zone)
    return QLocale().toString(QTime(local.hour, local.minute), "HH:mm")


def day(moment: datetime, zone: ZoneInfo, now: datetime) -> str:
    """Today, Tomorrow, Yesterday, else "21 May", with the year where it is another one."""
    local, today = moment.astimezone(zone).date(), now.astimezone(zone).date()
    near = {0: _("Today"), 1: _("Tomorrow"), -1: _("Yesterday")}.get((local - today).days)
    if near is not None:
        return near
    shape = "d MMM" if local.year == today.year else "d MMM yyyy"
    return QLocale().toString(QDate(local.year, local.month, local.day), shape)


def day_within(moment: datetime, zone: ZoneInfo, now: datetime) -> str:
    """The day inside a phrase: "today", "21 May"; months keep what the locale gives them."""
    is_near = abs((moment.astimezone(zone).date() - now.astimezone(zone).date()).days) <= 1
    said = day(moment, zone, now)
    return said.lower() if is_near else said  # right in each of our languages


def moment(moment: datetime, zone: ZoneInfo, now: datetime) -> str:
    """Day and time inside a phrase: "today 14:02"."""
    return " ".join((day_within(moment, zone, now), clock_time(moment, zone)))


def standing_alone(words: str) -> str:
    """A phrase that begins a line or fills a cell: "Today 14:02"."""
    return words[:1].upper() + words[1:]


def duration(seconds: float) -> str:
    """A length as "12:04", from an hour on "1:02:03"."""
    minutes, second = divmod(max(0, int(seconds)), 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02}:{second:02}" if hour else f"{minute:02}:{second:02}"


def ago(seconds: float) -> str:
    """How long since, roughly: "2 s", "4 min", "3 h", "2 d"."""
    whole = max(0, int(seconds))
    if whole < 60:
        return _("{n} s").format(n=whole)
    if whole < 3600:
        return _("{n} min").format(n=whole // 60)
    if whole < 2 * 86_400:
        return _("{n} h").format(n=whole // 3600)
    return _("{n} d").format(n=whole // 86_400)


def number(value: int) -> str:
    """A number with its thousands apart."""
    return QLocale().toString(value)


def offset(zone: ZoneInfo, other: ZoneInfo, now: datetime) -> timedelta:
    """How far the clocks of two zones are apart now."""
    return (now.astimezone(zone).utcoffset() or timedelta(0)) - (now.astimezone(other).utcoffset() or timedelta(0))


def value(value: object, field: str, entity: str, names: Mapping[str, str], zone: ZoneInfo, now: datetime) -> str:
    """What stands in a field of a record, as people read it. `names` tells what ids and codes stand for."""
    if value is None or value == "":
        return _("(empty)")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {one}" for name, one in value.items())
    if not isinstance(value, str):
        return str(value)
    stands_for = names.get(value) if field == "disposition" or field in LINKS else None
    return stands_for or stored_words(field, value, entity) or _time_in(field, value, zone, now) or value


def _time_in(field: str, text: str, zone: ZoneInfo, now: datetime) -> str | None:
    if not field.endswith(("_at", "_until", "_start")):
        return None
    try:
        found = datetime.fromisoformat(text)
        there = found if found.tzinfo else found.replace(tzinfo=zone)  # a wall's time is told as it is
        return moment(there, zone, now)
    except (ValueError, OverflowError):
        return None
