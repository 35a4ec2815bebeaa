"""The program with a window, from its start to its end: sign-in, the window, lock, sign-out, the next agent."""

import gc
import logging
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QObject, QPoint, QSettings, Qt, Slot
from PySide6.QtWidgets import QApplication

from workstation import programs
from workstation.app import now
from workstation.app.entrance import Entrance
from workstation.home import Home
from workstation.language import _, ngettext
from workstation.programs import Release
from workstation.ui.doors import MOST_CALLS, ArrivedCall, Doors
from workstation.ui.garbage import Collecting
from workstation.ui.shell.one_window import OneWindow, call_running
from workstation.ui.theme import Theme

if TYPE_CHECKING:
    from workstation.app.desk import Desk
    from workstation.app.shift import Shift
    from workstation.ui.shell.main_window import MainWindow

# So long the window waits every time it takes Python's lock back from a thread that reckons. Measured, the longest key
# during a first fill of 200,000 rows: 20 to 36 ms in four runs with half a millisecond, 14 to 24 with this, no less
# with a fifth of it; the fill takes as long (12 to 13 s) with any of them.
SWITCH_SECONDS = 0.0001

log = logging.getLogger(__name__)


class Program(QObject):
    """Leads from the sign-in to a shift and back.

    Attributes:
        successor: the newer program that is to take this one's place as soon as nobody works here and nothing is
            being delivered.
    """

    def __init__(self, application: QApplication, home: Home) -> None:
        super().__init__()
        self._application, self._home = application, home
        self.entrance = Entrance(application, home)
        self.entrance.entered.connect(self.enter)
        self.entrance.updates.taken.connect(self._make_way)
        self.theme = Theme(application)
        self.one = OneWindow(home.root, now)
        self.one.asked.connect(self._come_forward)
        self.one.handed.connect(self._hand_on)
        self._early: list[ArrivedCall] = []  # calls before anybody has signed in
        self.shift: Shift | None = None
        self._leaving: list[Shift] = []
        self.successor: Release | None = None

    def enter(self, desk: "Desk", doors: Doors, closing: ExitStack) -> "Shift":
        """The window of this desk."""
        from workstation.app.shift import Shift

        self.shift = Shift(self._application, desk, doors, closing)
        self.shift.over.connect(self._shift_over)
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
            self._early = [*self._early, call][-MOST_CALLS:]
            call.answer({"shown": "later"})

    def _hear(self, window: "MainWindow") -> None:
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
            shift.end_now()
        self.entrance.close()
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

    def _shift_over(self, shift: "Shift") -> None:
        self._place().setValue("geometry", shift.geometry)
        if shift in self._leaving:
            self._leaving.remove(shift)
            self._make_way(self.successor)
        elif shift is self.shift:
            self.shift = None
            self._application.quit()

    @Slot(object)
    def _make_way(self, successor: Release | None) -> None:
        self.successor = successor
        if successor is None or self.shift is not None:
            return
        if not self._leaving:
            self._application.quit()
        elif self.entrance.gate is not None:
            words = _("Version {version} starts when what waits here is delivered, or when you next start the program.")
            self.entrance.gate.show_newer(words.format(version=successor.words), False)

    def _come_forward(self) -> None:
        window = self.shift.window if self.shift is not None else self.entrance.gate
        if window is not None:
            window.showNormal() if window.isMinimized() else window.show()
            window.raise_()
            window.activateWindow()


def keep_pauses_short(application: QApplication) -> None:
    """For the whole process, before its window: what others do in Python holds the window up as little as can be."""
    sys.setswitchinterval(SWITCH_SECONDS)
    Collecting(application)


def run_window(home: Home) -> int:
    """Open the window of this home, or bring the one that is open to the front. Gives the exit status."""
    application = QApplication([])
    keep_pauses_short(application)
    application.setApplicationName("Agent Workstation")
    application.setDesktopFileName("agent-workstation")  # by this a desktop knows whose icon and menu entry it is
    application.setQuitOnLastWindowClosed(False)
    if call_running(home.root):
        programs.confirm_start()
        return 0
    program = Program(application, home)
    program.entrance.loaded.connect(gc.freeze, Qt.ConnectionType.SingleShotConnection)
    program.entrance.show()
    status = application.exec()
    program.close()
    if program.successor is not None:
        try:
            programs.become(program.successor, sys.argv)
        except OSError:
            log.exception("the newer program did not start")
    return status
