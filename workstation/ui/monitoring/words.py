"""What a supervisor reads of an agent: the state in words, its icon and tone, and how old a word is."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from workstation.language import _
from workstation.services.monitoring import AgentLine, DeskLine, wrap_up_step
from workstation.services.presence import words_of
from workstation.ui import wording
from workstation.ui.widgets.states import ICONS, TONES

TOLD_FOR = timedelta(minutes=10)  # that a desk has just worked offline explains what arrives late


def state_words(line: AgentLine, zone: ZoneInfo, now: datetime) -> str:
    """The state, or how long no word came; with the agent's own text."""
    if line.standing == "silent" and line.seen_at is not None:
        return _("No word since {time}").format(time=_short(line.seen_at, zone, now))
    if line.standing in ("out", "never"):
        return words_of("offline")
    said = words_of(line.state)
    if line.text:
        said = _("{state}: {text}").format(state=said, text=line.text)
    if line.worked_offline is not None and now - line.worked_offline[1] < TOLD_FOR:
        length = wording.ago((line.worked_offline[1] - line.worked_offline[0]).total_seconds())
        said = _("{state} (worked offline {length})").format(state=said, length=length)
    return said


def state_icon(line: AgentLine) -> tuple[str, str]:
    """(icon, tone) of a state."""
    if line.standing == "silent":
        return "alert", "warn"
    state = "offline" if line.standing in ("out", "never") else line.state
    return ICONS[state], TONES.get(state, "muted")


def state_tone(line: AgentLine) -> str | None:
    """The colour of the state's words."""
    tone = state_icon(line)[1]
    return None if tone == "accent" else tone


def seconds_in_state(line: AgentLine, now: datetime) -> float | None:
    """How long this state lasts; of a silent desk how long the silence."""
    since = line.seen_at if line.standing == "silent" else line.since
    if line.standing in ("out", "never") or since is None:
        return None
    return max(0.0, (now - since).total_seconds())


def time_tone(line: AgentLine, now: datetime) -> str | None:
    """Only a wrap-up has steps: no clock turns red for the length of a talk."""
    if line.standing != "here" or line.state != "wrap_up":
        return None
    return ("muted", None, "warn", "danger")[wrap_up_step(seconds_in_state(line, now) or 0.0)]


def seen_words(line: AgentLine, zone: ZoneInfo, now: datetime) -> str:
    """When this desk was last heard."""
    if line.seen_at is None:
        return _("never")
    return _("now") if line.standing == "here" else wording.standing_alone(_short(line.seen_at, zone, now))


def desk_words(desk: DeskLine, zone: ZoneInfo, now: datetime) -> str:
    """What waits on a PC, and when it said so."""
    said = _("{host}: {waiting} wait, {undecided} undecided")
    told = _("as of {time}").format(time=_short(desk.seen_at, zone, now))
    return f"{said.format(host=desk.host, waiting=desk.waiting, undecided=desk.undecided)} · {told}"


def _short(moment: datetime, zone: ZoneInfo, now: datetime) -> str:
    if moment.astimezone(zone).date() == now.astimezone(zone).date():
        return wording.clock_time(moment, zone)
    return wording.moment(moment, zone, now)
