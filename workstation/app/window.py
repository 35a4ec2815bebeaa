"""Puts the window together: every object of one agent's open window is made here, and only here."""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from workstation.app.desk import Desk
from workstation.app.help import join_help
from workstation.app.zone import here
from workstation.language import _
from workstation.services.monitoring import MonitoringCard, monitoring_of
from workstation.services.sync.beat import Beat, BeatingDesk
from workstation.services.sync.loop import SyncLoop
from workstation.ui.background import Background
from workstation.ui.callbacks.board import CallbackBoard
from workstation.ui.desk.screen import DeskScreen
from workstation.ui.doors import Doors
from workstation.ui.monitoring.screen import MonitoringScreen
from workstation.ui.seat import Seat
from workstation.ui.settings.screen import SettingsScreen
from workstation.ui.shell.call_popup import CallPopup, Offer
from workstation.ui.shell.call_watch import CallWatch
from workstation.ui.shell.connection import ConnectionLabel, DecisionsButton, OutageBanner
from workstation.ui.shell.decisions import DecisionsTray
from workstation.ui.shell.key_sheet import KeySheet
from workstation.ui.shell.main_window import MainWindow
from workstation.ui.shell.note_indexing import NoteIndexing
from workstation.ui.shell.own_presence import OwnPresence
from workstation.ui.shell.presence_menu import PresenceMenu
from workstation.ui.shell.rail import Page
from workstation.ui.shell.reminder import ReminderWatch
from workstation.ui.shell.reminder_sound import ring
from workstation.ui.shell.search_box import SearchBox
from workstation.ui.shell.standing_watch import StandingWatch
from workstation.ui.shortcuts import Keys
from workstation.ui.today.screen import TodayScreen

MONITORING_SECONDS = 5.0


@dataclass
class Workstation:
    """An open window and what stands behind it; the window may be another one later, see `renew_window`."""

    desk: Desk
    seat: Seat
    doors: Doors
    background: Background
    window: MainWindow
    watch: StandingWatch
    loop: SyncLoop
    beat: Beat
    calls: CallWatch
    has_left: bool = False

    def leave(self) -> None:
        """The window goes, and nothing comes in any more; on the UI thread, the rest may close on any other."""
        if not self.has_left:
            self.has_left = True
            self.doors.stop()
            self.calls.close()
            self.window.close()
            self.window.deleteLater()


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
    the sync hung up; what waits, waits on this PC. That end may take seconds on a dead line; once the window has left
    it may come on another thread."""
    with ExitStack() as closing:
        yield _put_together(desk, doors, closing)


def _put_together(desk: Desk, doors: Doors, closing: ExitStack) -> Workstation:
    seat = seat_of(desk)
    background = Background(desk.store)
    closing.callback(background.close)
    watch = StandingWatch(background, doors, seat)
    loop = desk.sync_loop(watch.hear)
    closing.callback(loop.stop)
    beat = _beat_of(desk)
    closing.callback(beat.stop)
    background.written.connect(loop.wake)
    window = _main_window(desk, seat, doors, background, beat, loop)
    doors.start_minutes(desk.clock())
    loop.start()
    beat.start()
    calls = _call_watch(window, background, doors, seat)
    workstation = Workstation(desk, seat, doors, background, window, watch, loop, beat, calls)
    closing.callback(workstation.leave)
    return workstation


def renew_window(workstation: Workstation) -> MainWindow:
    """Put the window together anew, as after another language was chosen; what was open, opens again. The old one
    goes, and what it was writing must be kept before."""
    one, old = workstation, workstation.window
    one.window = _main_window(one.desk, one.seat, one.doors, one.background, one.beat, one.loop)
    calls, one.calls = one.calls, _call_watch(one.window, one.background, one.doors, one.seat)
    one.calls.go_on_with(calls)
    if one.watch.connection is not None:
        one.doors.online_changed.emit(one.watch.connection)
    one.window.go_to(old.place)
    one.window.setGeometry(old.geometry())
    one.window.setWindowState(old.windowState())
    old.hide()
    old.deleteLater()
    return one.window


def _beat_of(desk: Desk) -> Beat:
    device = desk.who.device
    assert device is not None, "a desk that signed in has a device"
    return Beat(BeatingDesk(desk.store, device, desk.clock, lambda: desk.central("presence")))


def _main_window(
    desk: Desk, seat: Seat, doors: Doors, background: Background, beat: Beat, loop: SyncLoop
) -> MainWindow:
    window = MainWindow(seat, SearchBox(background), _pages(desk, seat, doors, background))
    background.refused.connect(window.message.warn)
    background.broke.connect(window.message.complain)
    window.active_changed.connect(loop.set_active)
    menu = PresenceMenu(seat.clock, seat.zone)
    presence = OwnPresence(menu, background, doors, seat, beat.wake)
    tray = DecisionsTray(window, background, doors, seat)
    _add_standing(window, doors, seat, tray)
    NoteIndexing(window, background, doors)
    join_help(window, background, desk)
    window.top_bar.add(menu.done)
    window.top_bar.add(menu)
    desk_screen = window.screen_of("desk")
    desk_screen.contact_begun.connect(presence.begin_contact)
    desk_screen.contact_ended.connect(presence.begin_wrap_up)
    desk_screen.said.connect(window.say)
    desk_screen.done.connect(window.message.tell_done)
    reminders = ReminderWatch(window, background, doors, seat, ring if desk.settings.sound else _silence)
    reminders.customer_chosen.connect(window.open_customer)
    desk_screen.tabs.switched.connect(reminders.answer)
    window.left.connect(reminders.stop)
    window.left.connect(presence.leave)
    return window


def _call_watch(window: MainWindow, background: Background, doors: Doors, seat: Seat) -> CallWatch:
    """The pop: it offers, the agent chooses, the window leads there."""
    calls, desk = CallWatch(CallPopup(window, seat), background, doors, seat), window.screen_of("desk")

    def take(customer_id: UUID, offer: Offer) -> None:
        window.go_to("desk")
        desk.calls.take(customer_id, offer.card, is_talking=not offer.is_away)
        desk.note.focus_editor()

    def create(offer: Offer) -> None:
        window.go_to("desk")
        desk.calls.create(offer.card, is_talking=not offer.is_away)

    def come_back(number: str) -> None:
        QGuiApplication.clipboard().setText(number)
        words = _("Nothing was dialled: on this PC this program itself opens tel: addresses. {number} is copied.")
        window.say(words.format(number=number), "warn")

    calls.accepted.connect(take)
    calls.came_back.connect(come_back)
    desk.dialled.connect(calls.dialling.note)
    calls.create_wanted.connect(create)
    calls.said.connect(window.say)
    return calls


def _silence() -> None:
    """For those who do not want the sound."""


def _add_standing(window: MainWindow, doors: Doors, seat: Seat, tray: DecisionsTray) -> None:
    """How we stand towards central: the word, the banner, and what waits for a decision."""
    word, banner, button = ConnectionLabel(seat.clock), OutageBanner(seat.clock, seat.zone), DecisionsButton()
    window.top_bar.add(button)
    window.top_bar.add(word)
    window.add_banner(banner)
    doors.online_changed.connect(word.show_connection)
    doors.online_changed.connect(banner.show_connection)
    doors.online_changed.connect(button.show_connection)
    button.clicked.connect(tray.begin)
    banner.details_wanted.connect(tray.begin)


def bind_keys(application: QApplication, window: MainWindow, calls: CallWatch, lock: Callable[[], object]) -> Keys:
    """The keys of ui.md 3; those of places that are not here do nothing."""
    keys, desk = Keys(application, window), window.screen_of("desk")

    def on_desk(does: Callable[[], object]) -> Callable[[], object]:
        def run() -> None:
            window.go_to("desk")
            does()

        return run

    def show_sheet() -> None:
        KeySheet(window, frozenset(window.pages)).open()

    keys.bind("search", window.search_box.begin)
    keys.bind("note", on_desk(desk.note.focus_editor))
    keys.bind("callback", on_desk(desk.begin_callback))
    keys.bind("pane", desk.next_pane)
    keys.bind("take_next", window.screen_of("today").take_next)
    keys.bind("close_tab", on_desk(desk.tabs.close_current))
    keys.bind("next_tab", on_desk(partial(desk.tabs.step, 1)))
    keys.bind("last_tab", on_desk(partial(desk.tabs.step, -1)))
    keys.bind("accept_call", calls.popup.accept)
    keys.bind("next_caller", calls.popup.choose_next)
    keys.bind("dismiss_call", calls.dismiss)
    keys.bind("undo", window.message.undo)
    keys.bind("lock", lock)
    keys.bind("sheet", show_sheet)
    window.top_bar.keys_asked.connect(show_sheet)
    for place in window.pages:
        keys.bind(place, partial(window.go_to, place))
    return keys


def _pages(desk: Desk, seat: Seat, doors: Doors, background: Background) -> list[Page]:
    pages = [
        Page("today", "home", _("Today"), TodayScreen(background, doors, seat)),
        Page("desk", "person", _("Desk"), DeskScreen(background, doors, seat)),
        Page("callbacks", "callback", _("Callbacks"), CallbackBoard(background, doors, seat)),
    ]
    if seat.is_supervisor:
        ask = partial(_ask_monitoring, desk, seat.zone.key)
        pages.append(Page("monitoring", "monitor", _("Monitoring"), MonitoringScreen(background, doors, seat, ask)))
    own = SettingsScreen(background, desk.home.root, desk.settings)
    pages.append(Page("settings", "settings", _("Settings"), own))
    return pages


def _ask_monitoring(desk: Desk, zone: str) -> MonitoringCard:
    with contextlib.closing(desk.central("monitoring", MONITORING_SECONDS)) as central:
        return monitoring_of(central, zone)
