"""The program with a window, from its start to its end: sign-in, the window, lock, sign-out, the next agent."""

import gc
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QByteArray, QObject, QPoint, QSettings, Signal
from PySide6.QtWidgets import QApplication

from workstation.app import Desk, load_settings, now
from workstation.app.entrance import Entrance
from workstation.app.leaving import note_what_waits
from workstation.app.window import Workstation, bind_keys, open_workstation, renew_window
from workstation.errors import WorkstationError
from workstation.home import Home
from workstation.language import _, ngettext
from workstation.services.sync.standing import Connection, Counts, counts
from workstation.settings import Settings
from workstation.ui.doors import ArrivedCall, Doors
from workstation.ui.shell.call_watch import MOST
from workstation.ui.shell.main_window import MainWindow
from workstation.ui.shell.one_window import OneWindow, call_running
from workstation.ui.sign_in.lock_screen import IdleWatch, LockScreen
from workstation.ui.theme import Theme

# The window waits this long every time it takes Python's lock back from a thread that reckons. Measured, the longest key
# during a first fill of 200,000 rows: 20 to 36 ms in four runs with half a millisecond, 14 to 24 with this, no less with
# a fifth of it; the fill takes as long (12 to 13 s) with any of them.
SWITCH_SECONDS = 0.0001
# Looking for garbage stops every thread: with Python's own figures for up to 140 ms during a first fill, with these,
# and without what was loaded at the start, at most 48 ms (measured).
COLLECTED_AFTER = (50_000, 20, 100)


class Shift(QObject):
    """One agent's window from sign-in to sign-out, with its lock.

    Signals:
        over: the window is closed and everything behind it has ended.
        sign_out_wanted: the window is hidden; the sign-in may show.
    """

    over = Signal()
    sign_out_wanted = Signal()

    def __init__(self, application: QApplication, desk: Desk, doors: Doors, closing: ExitStack) -> None:
        super().__init__()
        self.desk, self._closing = desk, closing
        self.workstation: Workstation = closing.enter_context(open_workstation(desk, doors))
        self._application = application
        self._counted: int | None = None  # how many waited when it was last counted, since the sign-out
        self._has_ended = False
        self._idle = IdleWatch(application, desk.settings.lock_minutes)
        self._idle.idled.connect(self.lock_now)
        doors.online_changed.connect(self._note_standing)
        self._take(self.workstation.window)
        for notice in desk.notices:
            self.window.say(notice, "warn")

    def _take(self, window: MainWindow) -> None:
        """Work in this window from now on."""
        self.window, self.lock = window, LockScreen(window, self.workstation.seat.name)
        keys = bind_keys(self._application, window, self.workstation.calls, self.lock_now)
        self.lock.covered.connect(partial(setattr, keys, "is_paused", True))
        self.lock.uncovered.connect(partial(setattr, keys, "is_paused", False))
        self.lock.unlock_wanted.connect(self._unlock)
        self.lock.sign_out_wanted.connect(self.sign_out)
        window.top_bar.lock_asked.connect(self.lock_now)
        window.top_bar.sign_out_asked.connect(self.sign_out)
        window.closed.connect(self.end)

    def renew(self, then: Callable[[MainWindow], object]) -> None:
        """Put the window together anew, in the language spoken now; `then` hears of it before it shows."""

        one, background = self.workstation, self.workstation.background

        def renewed(settings: Settings) -> None:
            one.desk = replace(one.desk, settings=settings)
            self._take(renew_window(one))
            then(self.window)
            self.window.show()

        def kept(_nothing: object) -> None:
            background.call(self, load_settings, self.desk.home, then=renewed)

        self.window.keep_drafts()
        # Written in order: once this is, so are the drafts, and the new window finds them.
        background.write(self, _nothing, then=kept)

    @property
    def waiting(self) -> int:
        """How many changes central does not have yet."""
        if self._counted is not None:
            return self._counted
        connection = self.workstation.watch.connection
        return connection.waiting if connection is not None else 0

    def lock_now(self) -> None:
        """Cover the window; drafts go to the disk first."""
        self.window.keep_drafts()
        self.workstation.calls.hold()
        self.lock.cover()

    def sign_out(self) -> None:
        """Let the next agent in; what waits is still delivered, locked, and stays on this PC where it cannot be."""
        self.window.keep_drafts()
        self.workstation.calls.hold()
        self.window.left.emit()
        self.lock.cover()
        self.window.hide()
        # Behind all that is being written: what was saved a moment ago waits too.
        self.workstation.background.write(self, counts, then=self._left)

    def end(self) -> None:
        """Close what this shift holds; may be said twice."""
        if self._has_ended:
            return
        self._has_ended = True
        self._idle.stop()
        self.window.keep_drafts()
        with suppress(RuntimeError):
            self.window.closed.disconnect(self.end)
        _note_waiting(self.desk)
        self._closing.close()
        self.over.emit()

    def _left(self, found: Counts) -> None:
        self._counted = found.waiting
        self.sign_out_wanted.emit()
        self._leave_when_delivered(found)

    def _leave_when_delivered(self, found: Counts) -> None:
        self._counted = found.waiting
        if not found.waiting:
            self.end()

    def _unlock(self, password: str) -> None:
        self.workstation.background.call(self, self.desk.is_password, password, then=self._unlocked)

    def _unlocked(self, is_right: bool) -> None:
        if is_right:
            self.lock.unlock.setEnabled(True)
            self.lock.uncover()
            self.workstation.calls.release()
        else:
            self.lock.show_problem(_("This is not the password of this agent."))

    def _note_standing(self, connection: Connection) -> None:
        self.workstation.background.call(self, _note_waiting, self.desk)
        if self._counted:
            self.workstation.background.read(self, counts, then=self._leave_when_delivered)


def _nothing(_session: object) -> None:
    """Writes nothing."""


def _note_waiting(desk: Desk) -> None:
    with suppress(WorkstationError, OSError):
        note_what_waits(desk.home, desk.who, desk.store)


class Program(QObject):
    """Leads from the sign-in to a shift and back."""

    def __init__(self, application: QApplication, home: Home) -> None:
        super().__init__()
        self._application, self._home = application, home
        self.entrance = Entrance(application, home)
        self.entrance.entered.connect(self.enter)
        self.theme = Theme(application)
        self.one = OneWindow(home.root, now)
        self.one.asked.connect(self._come_forward)
        self.one.handed.connect(self._hand_on)
        self._early: list[ArrivedCall] = []  # calls before anybody has signed in
        self.shift: Shift | None = None
        self._leaving: list[Shift] = []

    def enter(self, desk: Desk, doors: Doors, closing: ExitStack) -> Shift:
        """The window of this desk."""
        self.shift = Shift(self._application, desk, doors, closing)
        self.shift.over.connect(partial(self._shift_over, self.shift))
        self.shift.sign_out_wanted.connect(self._signed_out)
        window = self.shift.window
        self.theme.wear(desk.settings.theme)
        self._hear(window)
        geometry = self._place().value("geometry")
        window.restore_place(geometry if isinstance(geometry, QByteArray) else QByteArray())
        window.show()
        early, self._early = self._early, []
        for call in early:
            self.shift.workstation.calls.keep(call)
        self.shift.workstation.calls.release()
        return self.shift

    def _hand_on(self, call: ArrivedCall) -> None:
        if self.shift is not None:
            self.shift.workstation.doors.call_arrived.emit(call)
        else:
            self._early = [*self._early, call][-MOST:]
            call.answer({"shown": "later"})

    def _hear(self, window: MainWindow) -> None:
        """What is chosen in the settings of this window is in force at once; its pop stands where the last one did."""
        if self.shift is not None:
            popup, place = self.shift.workstation.calls.popup, self._place().value("pop")
            popup.place = place if isinstance(place, QPoint) else None
            popup.moved.connect(lambda moved: self._place().setValue("pop", moved))
        settings = window.screen_of("settings")
        settings.theme_chosen.connect(self.theme.wear)
        settings.language_chosen.connect(self._speak)

    def _speak(self, language: str) -> None:
        self.entrance.speak(language)
        if self.shift is not None:
            self.shift.renew(self._hear)

    def close(self) -> None:
        """End every shift; what waits, waits on this PC."""
        for shift in [*self._leaving, *([self.shift] if self.shift else [])]:
            shift.end()
        self.one.close()

    def _place(self) -> QSettings:
        """Where the window stood, beside the replica of this PC."""
        return QSettings(str(self._home.root / "window.ini"), QSettings.Format.IniFormat)

    def _signed_out(self) -> None:
        if self.shift is not None:
            self._leaving.append(self.shift)
            waiting, self.shift = self.shift.waiting, None
            self.entrance.show()
            gate = self.entrance.gate
            if waiting and gate is not None:
                told = ngettext(
                    "{n} change is still being delivered; until then it is kept on this PC.",
                    "{n} changes are still being delivered; until then they are kept on this PC.",
                    waiting,
                )
                gate.show_notice(told.format(n=waiting))

    def _shift_over(self, shift: Shift) -> None:
        with suppress(RuntimeError):
            self._place().setValue("geometry", shift.window.saveGeometry())
        if shift in self._leaving:
            self._leaving.remove(shift)
        elif shift is self.shift:
            self.shift = None
            self._application.quit()

    def _come_forward(self) -> None:
        window = self.shift.window if self.shift is not None else self.entrance.gate
        if window is not None:
            window.showNormal() if window.isMinimized() else window.show()
            window.raise_()
            window.activateWindow()


def keep_pauses_short() -> None:
    """For the whole process, before its window: what others do in Python holds the window up as little as can be."""
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.freeze()
    gc.set_threshold(*COLLECTED_AFTER)


def run_window(home: Home) -> int:
    """Open the window of this home, or bring the one that is open to the front. Gives the exit status."""
    keep_pauses_short()
    application = QApplication([])
    application.setApplicationName("Agent Workstation")
    application.setDesktopFileName("agent-workstation")  # by this a desktop knows whose icon and menu entry it is
    application.setQuitOnLastWindowClosed(False)
    if call_running(home.root):
        return 0
    program = Program(application, home)
    program.entrance.show()
    status = application.exec()
    program.close()
    return status
