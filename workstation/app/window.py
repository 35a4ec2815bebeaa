"""Puts the window together: every object of one agent's open window is made here, and only here."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from PySide6.QtCore import QTimeZone

from workstation.app import Desk
from workstation.services import presence
from workstation.services.sync.beat import Beat, BeatingDesk
from workstation.services.sync.loop import SyncLoop
from workstation.ui.background import Background
from workstation.ui.doors import Doors
from workstation.ui.seat import Seat
from workstation.ui.shell.main_window import MainWindow
from workstation.ui.shell.rail import Page
from workstation.ui.shell.search_box import SearchBox
from workstation.ui.shell.standing_watch import StandingWatch


@dataclass(frozen=True)
class Workstation:
    """An open window and what stands behind it."""

    desk: Desk
    seat: Seat
    doors: Doors
    background: Background
    window: MainWindow
    watch: StandingWatch
    loop: SyncLoop
    beat: Beat


def here() -> ZoneInfo:
    """The time zone of this PC, by the rules that come with the program; UTC where the PC does not say."""
    name = bytes(QTimeZone.systemTimeZoneId().data()).decode("ascii", "replace")
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def seat_of(desk: Desk) -> Seat:
    """The agent of a desk, as the screens know them."""
    agent = desk.agent()
    team = agent.get("team_id")
    return Seat(
        desk.agent_id, desk.who.agent, str(agent.get("name") or desk.who.agent), desk.role,
        UUID(str(team)) if team else None, desk.scope, desk.regions, desk.clock, here(),
    )  # fmt: skip


@contextmanager
def open_workstation(desk: Desk, doors: Doors) -> Iterator[Workstation]:
    """The window of a desk whose store announces to `doors`; not shown yet. At the end what is written is finished,
    the sync hung up; what waits, waits on this PC."""
    with ExitStack() as closing:
        seat = seat_of(desk)
        background = Background(desk.store)
        closing.callback(background.close)
        watch = StandingWatch(background, doors, seat)
        loop = desk.sync_loop(watch.hear)
        closing.callback(loop.stop)
        beat = _beat_of(desk)
        closing.callback(beat.stop)
        window = _main_window(desk, seat, doors, background, beat)
        background.written.connect(loop.wake)
        background.refused.connect(window.say)
        background.broke.connect(lambda words: window.say(words, "danger"))
        window.active_changed.connect(loop.set_active)
        with desk.store.write() as session:
            presence.arrive(session, desk.clock())
        closing.callback(doors.stop)
        doors.start_minutes(desk.clock())
        loop.start()
        beat.start()
        yield Workstation(desk, seat, doors, background, window, watch, loop, beat)
        window.close()
        window.deleteLater()


def _beat_of(desk: Desk) -> Beat:
    device = desk.who.device
    assert device is not None, "a desk that signed in has a device"
    return Beat(BeatingDesk(desk.store, device, desk.clock, lambda: desk.central("presence")))


def _main_window(desk: Desk, seat: Seat, doors: Doors, background: Background, beat: Beat) -> MainWindow:
    pages: list[Page] = []
    return MainWindow(seat, SearchBox(background), pages)
