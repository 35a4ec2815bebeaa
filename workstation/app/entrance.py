"""Signing in: the screen, and the attempts behind it, which wait for disk, keyring and central beside the window."""

import logging
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import datetime

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QApplication

from workstation import settings as settings_file
from workstation.app import Desk, load_settings, now, open_desk, sign_in
from workstation.app.help import GateReport
from workstation.app.window import here
from workstation.errors import CentralOffline, CentralRefused, LoginRefused, WorkstationError
from workstation.home import Home, SignIn, waiting_of
from workstation.language import _
from workstation.replica import keychain, vault
from workstation.ui import wording
from workstation.ui.doors import Doors
from workstation.ui.sign_in.screen import SignInScreen, WaitingLine
from workstation.ui.speech import speak

log = logging.getLogger(__name__)


class Entrance(QObject):
    """Shows the sign-in and tries what was given there.

    Signals:
        entered: (Desk, Doors, ExitStack); somebody is in, and what is to be closed at the end.
    """

    entered = Signal(object, object, object)
    _tried = Signal(int, object, object)
    _recalled = Signal(str, str)

    def __init__(self, application: QApplication, home: Home) -> None:
        super().__init__()
        self._application, self._home = application, home
        self._settings = load_settings(home)
        self.speak(self._settings.language or "en")
        self.gate: SignInScreen | None = None
        self._attempt = 0
        self._tried.connect(self._on_tried, Qt.ConnectionType.QueuedConnection)
        self._recalled.connect(self._on_recalled, Qt.ConnectionType.QueuedConnection)

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
        self.gate.report_asked.connect(GateReport(self.gate, self._home).begin)
        self.gate.resize(1093, 614)
        self.gate.show_waiting(self._waiting_here())
        for warning in (*settings.warnings, words):
            if warning:
                self.gate.show_notice(warning)
        self.gate.show()
        if last is not None:
            self._recall(last)

    def _sign_in(self, central: str, login: str, password: str, remember: bool) -> None:
        central = settings_file.whole_address(central)

        def attempt(doors: Doors, closing: ExitStack) -> Desk:
            desk = closing.enter_context(sign_in(self._home, central, login, password, doors.announce))
            if remember and desk.settings.remember_allowed:
                keychain.remember(central, login, password)
            return desk

        self._try(attempt, _("Asking central…"))

    def _work_offline(self, central: str, login: str, password: str) -> None:
        central = settings_file.whole_address(central)

        def attempt(doors: Doors, closing: ExitStack) -> Desk:
            known = next((one for one in self._home.sign_ins() if (one.central, one.agent) == (central, login)), None)
            return closing.enter_context(
                open_desk(self._home, known or SignIn(central, login), password, doors.announce)
            )

        self._try(attempt, _("Opening what is on this PC…"))

    def _try(self, attempt: Callable[[Doors, ExitStack], Desk], words: str) -> None:
        if self.gate is not None:
            self.gate.show_busy(words)
        self._attempt += 1
        number, doors, closing = self._attempt, Doors(), ExitStack()

        def run() -> None:
            try:
                desk = attempt(doors, closing)
            except WorkstationError as error:
                self._tried.emit(number, error, None)
            except Exception as error:
                log.exception("signing in failed")
                self._tried.emit(number, error, None)
            else:
                self._tried.emit(number, desk, (doors, closing))

        threading.Thread(target=run, name="sign-in", daemon=True).start()

    @Slot(int, object, object)
    def _on_tried(self, number: int, outcome: object, parts: tuple[Doors, ExitStack] | None) -> None:
        if isinstance(outcome, Desk) and parts is not None:
            doors, closing = parts
            if number == self._attempt and self.gate is not None:
                self._leave()
                self.entered.emit(outcome, doors, closing)
            else:
                closing.close()  # cancelled meanwhile
        elif number == self._attempt and self.gate is not None:
            is_away = isinstance(outcome, CentralOffline | CentralRefused) and not isinstance(outcome, LoginRefused)
            may = is_away and self._has_replica()
            defect = _("This is a defect of the program; it was written to the log.")
            words = str(outcome) if isinstance(outcome, WorkstationError) else defect
            self.gate.show_problem(words, may_work_offline=may)

    def _leave(self) -> None:
        gate, self.gate = self.gate, None
        if gate is not None:
            gate.hide()
            gate.deleteLater()

    def _has_replica(self) -> bool:
        assert self.gate is not None, "asked while it shows"
        central = settings_file.whole_address(self.gate.central.text())
        folder = self._home.replica_folder(central, self.gate.login.text().strip())
        return vault.has_key(folder)

    def _cancel(self) -> None:
        self._attempt += 1
        if self.gate is not None:
            self.gate.show_ready()

    def _recall(self, last: SignIn) -> None:
        """Fill in the password that was remembered; the keyring may wait for a dialog of its own, so beside."""

        def run() -> None:
            password = keychain.recall(last.central, last.agent)
            if password:
                self._recalled.emit(last.agent, password)

        threading.Thread(target=run, name="keyring", daemon=True).start()

    @Slot(str, str)
    def _on_recalled(self, login: str, password: str) -> None:
        gate = self.gate
        if gate is not None and gate.login.text() == login and not gate.password.text():
            gate.password.setText(password)
            gate.remember.setChecked(True)

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
        if gate is not None:
            gate.hide()
            gate.deleteLater()

    def _waiting_here(self) -> list[WaitingLine]:
        lines = []
        with suppress(WorkstationError):
            for one in self._home.sign_ins():
                waiting, since = waiting_of(self._home, one)
                if waiting:
                    moment = wording.moment(datetime.fromisoformat(since), here(), now())
                    lines.append(WaitingLine(one.central, one.agent, waiting, moment))
        return lines
