"""Signing in: the screen, and the attempts behind it, which wait for disk, keyring and central beside the window."""

import logging
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QApplication

from workstation import programs
from workstation import settings as settings_file
from workstation.app import load_settings, now
from workstation.app.loading import load_rest
from workstation.app.updates import Updates
from workstation.app.zone import here
from workstation.errors import CentralOffline, CentralRefused, LoginRefused, WorkstationError
from workstation.home import Home, SignIn, waiting_of
from workstation.language import _
from workstation.ui import wording
from workstation.ui.doors import Doors
from workstation.ui.sign_in.screen import SignInScreen, WaitingLine
from workstation.ui.speech import speak

if TYPE_CHECKING:
    from workstation.app.desk import Desk

log = logging.getLogger(__name__)


class Entrance(QObject):
    """Shows the sign-in and tries what was given there.

    Signals:
        entered: (Desk, Doors, ExitStack); somebody is in, and what is to be closed at the end.
        loaded: everything behind the sign-in is.

    Attributes:
        updates: the newer program, offered here, where no draft is open.
    """

    entered = Signal(object, object, object)
    loaded = Signal()
    _tried = Signal(int, object, object)
    _recalled = Signal(str, str)

    def __init__(self, application: QApplication, home: Home) -> None:
        super().__init__()
        self._application, self._home = application, home
        self._settings = load_settings(home)
        self.speak(self._settings.language or "en")
        self.gate: SignInScreen | None = None
        version = programs.own_version() if programs.own_folder() is not None else None
        self.updates = Updates(version, programs.taken_folder())
        self._attempt = 0
        self._loading: threading.Thread | None = None
        self._is_loaded = self._is_report_wanted = False
        self._tried.connect(self._on_tried, Qt.ConnectionType.QueuedConnection)
        self._recalled.connect(self._on_recalled, Qt.ConnectionType.QueuedConnection)
        self.loaded.connect(self._on_loaded, Qt.ConnectionType.QueuedConnection)

    def show(self) -> None:
        """The sign-in, with who came last and whose work waits."""
        last, words = None, ""
        try:
            last = self._home.last_sign_in()
        except WorkstationError as error:
            words = str(error)
        settings = self._settings
        central = settings_file.whole_address(settings.central or (last.central if last else ""))
        self.gate = SignInScreen(central, last.agent if last else "", settings.remember_allowed, self._language)
        self.gate.submitted.connect(self._sign_in)
        self.gate.offline_wanted.connect(self._work_offline)
        self.gate.cancelled.connect(self._cancel)
        self.gate.language_chosen.connect(self._choose_language)
        self.gate.report_asked.connect(self._report)
        self.gate.resize(1093, 614)
        self.gate.show_waiting(_waiting_in(self._home))
        for warning in (*settings.warnings, words):
            if warning:
                self.gate.show_notice(warning)
        self.gate.painted.connect(partial(self._load, last))
        self.gate.painted.connect(partial(self.updates.offer, self.gate, settings.update_folder))
        self.gate.show()

    def close(self) -> None:
        """What is being loaded is loaded to its end: a thread cut off in the middle takes the program down with it."""
        if self._loading is not None:
            self._loading.join()
        self.updates.close()

    def _load(self, last: SignIn | None) -> None:
        """Load what comes after the sign-in, then fill in the password that was remembered."""

        def run() -> None:
            load_rest()
            self.loaded.emit()

        self._loading = _beside(run, "loading")
        if last is not None:
            self._recall(last)

    def _recall(self, last: SignIn) -> None:
        """The keyring may wait for a dialog of its own, so beside."""

        def run() -> None:
            load_rest()
            from workstation.app import attempts

            password = attempts.recalled(last)
            if password:
                self._recalled.emit(last.agent, password)

        _beside(run, "keyring")

    def _sign_in(self, central: str, login: str, password: str, remember: bool) -> None:
        who = SignIn(settings_file.whole_address(central), login)

        def attempt(doors: Doors, closing: ExitStack) -> "Desk":
            from workstation.app import attempts

            return attempts.by_central(self._home, who, password, doors.announce, closing, remember=remember)

        self._try(who, attempt, _("Asking central…"))

    def _work_offline(self, central: str, login: str, password: str) -> None:
        who = SignIn(settings_file.whole_address(central), login)

        def attempt(doors: Doors, closing: ExitStack) -> "Desk":
            from workstation.app import attempts

            return attempts.by_replica(self._home, who, password, doors.announce, closing)

        self._try(who, attempt, _("Opening what is on this PC…"))

    def _try(self, who: SignIn, attempt: "Callable[[Doors, ExitStack], Desk]", words: str) -> None:
        if self.gate is not None:
            self.gate.show_busy(words)
        self._attempt += 1
        number, doors, closing = self._attempt, Doors(), ExitStack()

        def run() -> None:
            try:
                load_rest()
                desk = attempt(doors, closing)
            except Exception as error:
                closing.close()
                if not isinstance(error, WorkstationError):
                    log.exception("signing in failed")
                self._tried.emit(number, error, _may_work_offline(self._home, who, error))
            else:
                self._tried.emit(number, desk, (doors, closing))

        _beside(run, "sign-in")

    @Slot(int, object, object)
    def _on_tried(self, number: int, outcome: object, parts: object) -> None:
        is_awaited = number == self._attempt and self.gate is not None
        if isinstance(parts, tuple):
            doors, closing = parts
            if is_awaited:
                gate, self.gate = self.gate, None
                _dismiss(gate)
                self.entered.emit(outcome, doors, closing)
            else:
                closing.close()  # cancelled meanwhile
        elif self.gate is not None and is_awaited:
            defect = _("This is a defect of the program; it was written to the log.")
            words = str(outcome) if isinstance(outcome, WorkstationError) else defect
            self.gate.show_problem(words, may_work_offline=bool(parts))

    def _cancel(self) -> None:
        self._attempt += 1
        if self.gate is not None:
            self.gate.show_ready()

    @Slot(str, str)
    def _on_recalled(self, login: str, password: str) -> None:
        gate = self.gate
        if gate is not None and gate.login.text() == login and not gate.password.text():
            gate.password.setText(password)
            gate.remember.setChecked(True)

    def _report(self) -> None:
        """The report of somebody who cannot sign in; asked for while it loads, its dialog comes a moment later."""
        self._is_report_wanted = not self._is_loaded
        if self._is_loaded and self.gate is not None:
            from workstation.app.help import GateReport

            GateReport(self.gate, self._home).begin()

    @Slot()
    def _on_loaded(self) -> None:
        self._is_loaded = True
        if self._is_report_wanted:
            self._report()

    def speak(self, language: str) -> None:
        """What shows from now on speaks this language."""
        self._language = language
        speak(self._application, language)

    def _choose_language(self, language: str) -> None:
        self.speak(language)
        with suppress(WorkstationError):
            settings_file.save(self._home.root, {"language": language})
        gate, self.gate = self.gate, None
        self.show()
        _dismiss(gate)


def _dismiss(gate: SignInScreen | None) -> None:
    if gate is not None:
        gate.hide()
        gate.deleteLater()


def _waiting_in(home: Home) -> list[WaitingLine]:
    """Whose work waits on this PC."""
    lines = []
    with suppress(WorkstationError):
        for one in home.sign_ins():
            waiting, since = waiting_of(home, one)
            if waiting:
                moment = wording.moment(datetime.fromisoformat(since), here(), now())
                lines.append(WaitingLine(one.central, one.agent, waiting, moment))
    return lines


def _beside(run: Callable[[], None], name: str) -> threading.Thread:
    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    return thread


def _may_work_offline(home: Home, who: SignIn, error: Exception) -> bool:
    """Whether it was central's absence that kept somebody out who has a replica here."""
    if not isinstance(error, CentralOffline | CentralRefused) or isinstance(error, LoginRefused):
        return False
    from workstation.app import attempts

    return attempts.has_replica(home, who)
