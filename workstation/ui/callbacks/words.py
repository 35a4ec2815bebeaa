"""How a callback is told in one line: its state with icon and tone, its time there and here, who has it."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from workstation.language import _
from workstation.services import agenda, calling_hours
from workstation.services.callbacks import CallbackLine
from workstation.ui import wording
from workstation.ui.seat import Seat


@dataclass(frozen=True, slots=True)
class StateLook:
    """An icon and a word, never a colour alone."""

    icon: str
    tone: str
    words: str


def look_of(line: CallbackLine, now: datetime) -> StateLook:
    """How urgent a callback is."""
    urgency = agenda.urgency(line, now)
    if urgency == agenda.OVERDUE:
        late = wording.ago((now - line.until).total_seconds())
        return StateLook("alert", "danger", _("Overdue {late}").format(late=late))
    if urgency == agenda.DUE:
        return StateLook("callback", "warn", _("Due now"))
    if urgency == agenda.DEADLINE:
        return StateLook("timer", "note", _("Deadline"))
    if urgency == agenda.LATER_SOON:
        ahead = wording.ago((line.due_at - now).total_seconds())
        return StateLook("clock", "muted", _("In {time}").format(time=ahead))
    return StateLook("clock", "faint", _("Later"))


def owner_of(line: CallbackLine, seat: Seat) -> str:
    """Whose it is, and whether anyone may take it."""
    if line.owner_id == seat.agent_id:
        return _("me")
    if line.owner_id is None:
        return _("team")
    return _("{name} · may be taken").format(name=line.owner_name) if line.is_released else line.owner_name


def theirs(moment: datetime, zone: str, now: datetime) -> str:
    """Day and time on the customer's wall."""
    return wording.moment(moment, zone_of(zone), now)


def ours(moment: datetime, zone: str, seat: Seat, now: datetime) -> str:
    """The time here; with the day where that is another one."""
    there, here = moment.astimezone(zone_of(zone)), moment.astimezone(seat.zone)
    if there.date() == here.date():
        return wording.clock_time(moment, seat.zone)
    return wording.moment(moment, seat.zone, now)


def their_time(moment: datetime, zone: str, seat: Seat, now: datetime) -> str:
    """ "today 10:00 theirs · 08:00 ours"; one time alone where both clocks show the same."""
    there = theirs(moment, zone, now)
    if not wording.offset(zone_of(zone), seat.zone, moment):
        return there
    return _("{theirs} theirs · {ours} ours").format(theirs=there, ours=ours(moment, zone, seat, now))


def both_times(moment: datetime, zone: str, seat: Seat, now: datetime) -> str:
    """ "Tomorrow 10:00 theirs · 08:00 ours"."""
    there = moment.astimezone(zone_of(zone))
    is_near = abs((there.date() - now.astimezone(zone_of(zone)).date()).days) <= 1
    weekday = "" if is_near else calling_hours.short_weekday_names()[there.weekday()]
    said = _("{theirs} theirs · {ours} ours").format(
        theirs=" ".join(filter(None, (weekday, theirs(moment, zone, now)))), ours=ours(moment, zone, seat, now)
    )
    return wording.standing_alone(said)


def zone_of(name: str) -> ZoneInfo:
    """The zone of this name; UTC where this PC does not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
