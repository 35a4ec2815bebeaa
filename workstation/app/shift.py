"""One agent's window from sign-in to sign-out, with its lock."""

import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QByteArray, QObject, Signal
from PySide6.QtWidgets import QApplication

from workstation.app import load_settings
from workstation.app.desk import Desk
from workstation.app.leaving import note_what_waits
from workstation.app.window import Workstation, bind_keys, open_workstation, renew_window
from workstation.errors import WorkstationError
from workstation.language import _
from workstation.services.sync.standing import Connection, Counts, counts
from workstation.settings import Settings
from workstation.ui.doors import Doors
from workstation.ui.relay import Relay
from workstation.ui.shell.main_window import MainWindow
from workstation.ui.sign_in.lock_screen import IdleWatch, LockScreen


class Shift(QObject):
    """One agent's window from sign-in to sign-out, with its lock.

    Signals:
        over: Shift, this one; the window is closed and everything behind it has ended.
        sign_out_wanted: the window is hidden; the sign-in may show.
    """

    over = Signal(object)
    sign_out_wanted = Signal()

    def __init__(self, application: QApplication, desk: Desk, doors: Doors, closing: ExitStack) -> None:
        super().__init__()
        self.desk, self._closing = desk, closing
        closing.callback(_note_waiting, desk)  # after the last write, before the store closes
        self.workstation: Workstation = closing.enter_context(open_workstation(desk, doors))
        self._application = application
        self._counted: int | None = None  # how many waited when it was last counted, since the sign-out
        self._ending: threading.Thread | None = None
        self._is_over = False
        self.geometry = QByteArray()  # where the window stood at the end
        self._closed = Relay(self._tell_over)
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
        """Close what this shift holds, which a dead line may take seconds for: beside the window. May be said twice."""
        if self._ending is not None:
            return
        self._idle.stop()
        self.window.keep_drafts()
        with suppress(RuntimeError):
            self.window.closed.disconnect(self.end)
        self.geometry = self.window.saveGeometry()
        self.workstation.leave()
        self._ending = threading.Thread(target=_close, args=(self._closing, self._closed.tell), name="end of shift")
        self._ending.start()

    def end_now(self) -> None:
        """The same, and wait for it: the program is leaving."""
        self.end()
        if self._ending is not None:
            self._ending.join()
        self._tell_over()

    def _tell_over(self, _what: object = None) -> None:
        if not self._is_over:
            self._is_over = True
            self.over.emit(self)

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


def _close(closing: ExitStack, tell: Callable[[object], None]) -> None:
    """On a thread; what the stack holds of the window goes on with the shift, which lives until this is told."""
    try:
        closing.close()
    finally:
        tell(None)


def _nothing(_session: object) -> None:
    """Writes nothing."""


def _note_waiting(desk: Desk) -> None:
    with suppress(WorkstationError, OSError):
        note_what_waits(desk.home, desk.who, desk.store)
