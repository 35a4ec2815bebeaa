"""What a supervisor sees of the own team, live from central, every figure with its moment."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from workstation.central.port import Central
from workstation.errors import Refused
from workstation.language import _
from workstation.records import Values
from workstation.services.presence import WORKING

SILENT_AFTER = timedelta(seconds=30)  # three beats that did not come
GONE_AFTER = timedelta(hours=12)  # nobody's shift: whoever was silent as long has left without a word
WRAP_UP_STEPS = (10, 60, 300)  # seconds; product.md 3.12


@dataclass(frozen=True, slots=True)
class DeskLine:
    """A PC on which work of an agent waits: "PC 14: 18 of Aziza"."""

    host: str
    waiting: int
    undecided: int
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class AgentLine:
    """One agent of the team. Times are UTC by central's clock.

    Attributes:
        standing: here; silent: no word for over 30 s, the state is the last one told; out: signed out, or silent for
            half a day; never: no desk has told anything yet.
        state: as presence names it; offline where nothing was told.
        in_state: seconds in this state when the figures were made.
        worked_offline: from and until when the desk last worked without a line, as it told at its return.
        desks: PCs on which changes wait or ask for a decision.
    """

    id: UUID
    login: str
    name: str
    role: str
    standing: str
    state: str
    text: str | None
    since: datetime | None
    in_state: float | None
    seen_at: datetime | None
    customer_id: UUID | None
    customer: str | None
    contacts_today: int
    waiting: int
    undecided: int
    host: str | None
    desks: tuple[DeskLine, ...] = ()
    worked_offline: tuple[datetime, datetime] | None = None


@dataclass(frozen=True, slots=True)
class NeedLine:
    """A callback that needs somebody. Times are UTC; `stands`: overdue, due or soon (within an hour)."""

    id: UUID
    customer_id: UUID
    customer: str
    owner_id: UUID | None
    owner: str | None
    owner_absent: bool
    due_at: datetime
    until: datetime
    stands: str
    reason: str | None
    zone: str


@dataclass(frozen=True, slots=True)
class FiguresCard:
    """The figures of the strip.

    Attributes:
        working: agents available, on contact or in wrap-up, whose PC is heard.
        signed_in: agents not signed out, silent ones included.
        contacts_today: contacts of the team that began today (the day of the zone asked for, by central's clock).
        callbacks_overdue, callbacks_due: open ones whose window is over, or has begun.
        callbacks_unowned: open ones of nobody whose time comes within an hour, or has come.
        silent: signed in, no word for over 30 s. waiting, undecided: operations on all PCs of the team.
        feed_delay: seconds for which a session has held back what other desks are told; 0 = nothing does.
    """

    working: int
    signed_in: int
    contacts_today: int
    callbacks_overdue: int
    callbacks_due: int
    callbacks_unowned: int
    silent: int
    waiting: int
    undecided: int
    feed_delay: float


@dataclass(frozen=True, slots=True)
class MonitoringCard:
    """The whole tab as of one moment (UTC, central's clock); `feed_holder` is the login of the session that holds back
    the feed when nothing ends it by itself (it is no agent's), else empty."""

    team: str
    agents: tuple[AgentLine, ...]
    figures: FiguresCard
    callbacks: tuple[NeedLine, ...]
    as_of: datetime
    feed_holder: str


def monitoring_of(central: Central, zone: str) -> MonitoringCard:
    """Ask central for the caller's team; the day begins at midnight of `zone`.

    Raises Refused for anyone but a team's supervisor, CentralOffline and CentralRefused.
    """
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Refused(
            _("There is no time zone {zone}; write it as Asia/Tashkent.").format(zone=zone), "zone"
        ) from error
    found = central.monitoring(zone)
    as_of = datetime.fromisoformat(found["as_of"])
    agents = tuple(_agent(values, as_of) for values in found["agents"])
    return MonitoringCard(
        found["team"] or "",
        agents,
        _figures(agents, found),
        tuple(map(_need, found["callbacks"])),
        as_of,
        found.get("feed_holder") or "",
    )


def standing_of(state: str | None, seen_at: datetime | None, as_of: datetime) -> str:
    """Whether a desk is heard: here, silent, out or never."""
    if state is None or seen_at is None:
        return "never"
    if state == "offline" or as_of - seen_at > GONE_AFTER:
        return "out"
    return "silent" if as_of - seen_at > SILENT_AFTER else "here"


def wrap_up_step(seconds: float) -> int:
    """How many of its steps a wrap-up has passed: 0 to 3. No other clock has any: a long talk is no fault."""
    return sum(seconds >= step for step in WRAP_UP_STEPS)


def _agent(values: Values, as_of: datetime) -> AgentLine:
    since, seen_at = _time(values["since"]), _time(values["seen_at"])
    away = (_time(values["away_from"]), _time(values["away_until"]))
    return AgentLine(
        id=UUID(values["id"]),
        login=values["login"],
        name=values["name"],
        role=values["role"],
        standing=standing_of(values["state"], seen_at, as_of),
        state=values["state"] or "offline",
        text=values["text"],
        since=since,
        in_state=max(0.0, (as_of - since).total_seconds()) if since else None,
        seen_at=seen_at,
        customer_id=_id(values["customer_id"]),
        customer=values["customer"],
        contacts_today=values["contacts_today"],
        waiting=values["waiting"],
        undecided=values["undecided"],
        host=values["host"],
        desks=tuple(_desk(desk) for desk in values["desks"]),
        worked_offline=(away[0], away[1]) if away[0] and away[1] else None,
    )


def _desk(values: Values) -> DeskLine:
    seen_at = datetime.fromisoformat(values["seen_at"])
    return DeskLine(values["host"] or "", values["waiting"], values["undecided"], seen_at)


def _need(values: Values) -> NeedLine:
    return NeedLine(
        id=UUID(values["id"]),
        customer_id=UUID(values["customer_id"]),
        customer=values["customer"],
        owner_id=_id(values["owner_id"]),
        owner=values["owner"],
        owner_absent=values["owner_absent"],
        due_at=datetime.fromisoformat(values["due_at"]),
        until=datetime.fromisoformat(values["until"]),
        stands=values["stands"],
        reason=values["reason"],
        zone=values["zone"],
    )


def _figures(agents: Iterable[AgentLine], found: Values) -> FiguresCard:
    lines = list(agents)
    return FiguresCard(
        working=sum(line.standing == "here" and line.state in WORKING for line in lines),
        signed_in=sum(line.standing in ("here", "silent") for line in lines),
        contacts_today=sum(line.contacts_today for line in lines),
        callbacks_overdue=found["overdue"],
        callbacks_due=found["due"],
        callbacks_unowned=found["unowned"],
        silent=sum(line.standing == "silent" for line in lines),
        waiting=sum(line.waiting for line in lines),
        undecided=sum(line.undecided for line in lines),
        feed_delay=float(found["feed_delay"]),
    )


def _time(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _id(text: Any) -> UUID | None:
    return UUID(text) if text else None
