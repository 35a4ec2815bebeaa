"""What this desk's agent does now and since when: chosen, begun by a contact, or left; kept here, told to central."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from workstation.central.port import Interval
from workstation.errors import Refused
from workstation.language import _
from workstation.records import Meta

# Base states decide work (product.md 3.11).
STATES = ("available", "on_contact", "wrap_up", "break", "meal", "training", "meeting", "away", "offline")
CHOOSABLE = ("available", "break", "meal", "training", "meeting", "away")  # the others follow from what the agent does
WORKING = frozenset({"available", "on_contact", "wrap_up"})
WORKING_OFFLINE = "working_offline"  # an interval without a line to central; it lies over the states
TEXT_CHARACTERS = 100
LONGEST_SHIFT = timedelta(hours=16)
MOST_UNSENT = 5_000  # intervals; months without a line

_STATE, _UNSENT, _OUTAGE = "presence", "presence_unsent", "presence_outage"


@dataclass(frozen=True, slots=True)
class PresenceLine:
    """The own state. Times are UTC; `offline_since`: working without a line since then."""

    state: str
    since: datetime
    text: str | None = None
    customer_id: UUID | None = None
    offline_since: datetime | None = None


def words_of(state: str) -> str:
    """A state as people call it."""
    return {
        "available": _("Available"),
        "on_contact": _("On contact"),
        "wrap_up": _("Wrap-up"),
        "break": _("Break"),
        "meal": _("Meal"),
        "training": _("Training"),
        "meeting": _("Meeting"),
        "away": _("Away"),
        "offline": _("Offline"),
        WORKING_OFFLINE: _("Working offline"),
    }.get(state, state)


def own_presence(session: Session, now: datetime) -> PresenceLine:
    """The own state as it was last kept; offline from now before the first."""
    said = _read(session, _STATE, {})
    if said.get("state") not in STATES:
        return PresenceLine("offline", now)
    customer = said.get("customer_id")
    since = datetime.fromisoformat(said["since"])
    return PresenceLine(said["state"], since, said.get("text"), UUID(customer) if customer else None)


def with_line(line: PresenceLine, is_online: bool, since: datetime | None) -> PresenceLine:
    """The same as it is shown: losing the network is not leaving, it has a timer of its own."""
    return replace(line, offline_since=None if is_online else since)


def choose_state(session: Session, state: str, text: str, now: datetime) -> PresenceLine:
    """The agent says what they do. Raises Refused for a state that follows from work, and for too long a text."""
    if state not in CHOOSABLE:
        raise Refused(_("This state is not chosen; it follows from what you do."), "state")
    said = " ".join(text.replace("\0", "").split())
    if len(said) > TEXT_CHARACTERS:
        raise Refused(_("The text is limited to {limit} characters.").format(limit=TEXT_CHARACTERS), "text")
    return _become(session, PresenceLine(state, now, said or None), now)


def begin_contact(session: Session, customer_id: UUID | None, now: datetime) -> PresenceLine:
    """A contact's timer runs: on contact, whatever was before. With another customer it is another contact."""
    return _become(session, PresenceLine("on_contact", now, customer_id=customer_id), now)


def begin_wrap_up(session: Session, now: datetime) -> PresenceLine:
    """A contact's timer was stopped or a contact was saved. Who is in a break or a meeting stays there."""
    here = own_presence(session, now)
    if here.state not in ("on_contact", "available"):
        return here
    return _become(session, PresenceLine("wrap_up", now, customer_id=here.customer_id), now)


def finish_wrap_up(session: Session, now: datetime) -> PresenceLine:
    """The wrap-up is done: available again. Nothing happens in another state."""
    here = own_presence(session, now)
    return _become(session, PresenceLine("available", now), now) if here.state == "wrap_up" else here


def arrive(session: Session, now: datetime) -> PresenceLine:
    """The desk opens: a restart shows the state of before; who had signed out, or not been here for a shift, is
    available."""
    here = own_presence(session, now)
    if here.state != "offline" and timedelta(0) <= now - here.since <= LONGEST_SHIFT:
        return here
    last = _text(session, "last_sync")
    ended = max(here.since, min(datetime.fromisoformat(last), now)) if last else here.since
    if here.state == "offline":
        ended = now
    if _text(session, _STATE):
        _keep(session, here, min(ended, now))
    return _write(session, PresenceLine("available", now))


def leave(session: Session, now: datetime) -> PresenceLine:
    """The agent signs out or closes the desk."""
    return _become(session, PresenceLine("offline", now), now)


def line_lost(session: Session, now: datetime) -> None:
    """Central cannot be reached from now on; said again, the first time holds."""
    if not _text(session, _OUTAGE):
        session.merge(Meta(key=_OUTAGE, value=now.isoformat()))


def line_back(session: Session, now: datetime) -> None:
    """Central can be reached again: the time without becomes an interval."""
    since = _text(session, _OUTAGE)
    if since:
        session.merge(Meta(key=_OUTAGE, value=""))
        _keep(session, PresenceLine(WORKING_OFFLINE, datetime.fromisoformat(since)), now)


def is_line_lost(session: Session) -> bool:
    """Whether the last word was that central cannot be reached."""
    return bool(_text(session, _OUTAGE))


def unsent_intervals(session: Session, limit: int = 500) -> tuple[Interval, ...]:
    """What was spent in which state and central has not heard of, the oldest first."""
    return tuple(_interval(values) for values in _read(session, _UNSENT, [])[:limit])


def forget_intervals(session: Session, sent: Iterable[UUID]) -> None:
    """Central has kept these."""
    gone = {str(interval_id) for interval_id in sent}
    if gone:
        left = [values for values in _read(session, _UNSENT, []) if values["id"] not in gone]
        session.merge(Meta(key=_UNSENT, value=json.dumps(left, ensure_ascii=False)))


def _become(session: Session, wanted: PresenceLine, now: datetime) -> PresenceLine:
    here = own_presence(session, now)
    if (here.state, here.text, here.customer_id) == (wanted.state, wanted.text, wanted.customer_id):
        return here if _text(session, _STATE) else _write(session, wanted)
    if (here.state, here.customer_id) == (wanted.state, wanted.customer_id):
        return _write(session, replace(wanted, since=here.since))  # only what explains it changed: its timer goes on
    if _text(session, _STATE):
        _keep(session, here, now)
    return _write(session, wanted)


def _write(session: Session, line: PresenceLine) -> PresenceLine:
    values = {
        "state": line.state,
        "since": line.since.isoformat(),
        "text": line.text,
        "customer_id": str(line.customer_id) if line.customer_id else None,
    }
    session.merge(Meta(key=_STATE, value=json.dumps(values, ensure_ascii=False)))
    return line


def _keep(session: Session, line: PresenceLine, ended: datetime) -> None:
    """Note an interval that is over; a clock set back makes an empty one, never a negative one."""
    values = {
        "id": str(uuid7()),
        "state": line.state,
        "text": line.text,
        "customer_id": str(line.customer_id) if line.customer_id else None,
        "began_at": min(line.since, ended).isoformat(),
        "ended_at": ended.isoformat(),
    }
    kept = [*_read(session, _UNSENT, []), values][-MOST_UNSENT:]
    session.merge(Meta(key=_UNSENT, value=json.dumps(kept, ensure_ascii=False)))


def _interval(values: dict[str, Any]) -> Interval:
    return Interval(
        UUID(values["id"]),
        values["state"],
        values["text"],
        UUID(values["customer_id"]) if values["customer_id"] else None,
        datetime.fromisoformat(values["began_at"]),
        datetime.fromisoformat(values["ended_at"]),
    )


def _text(session: Session, key: str) -> str:
    found = session.get(Meta, key)
    return found.value if found is not None else ""


def _read(session: Session, key: str, empty: Any) -> Any:
    text = _text(session, key)
    return json.loads(text) if text else empty
