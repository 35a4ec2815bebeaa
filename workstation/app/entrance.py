"""Signing in: the screen, and the attempts behind it, which wait for disk, keyring and central beside the window."""

import logging
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
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
from workstation.ui.relay import Relay
from workstation.ui.sign_in.screen import SignInScreen, WaitingLine
from workstation.ui.speech import speak

if TYPE_CHECKING:
    from workstation.app.attempts import Announce
    from workstation.app.desk import Desk

Tell = Callable[[object], None]

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

    def __init__(self, application: QApplication, home: Home) -> None:
        super().__init__()
        self._application, self._home = application, home
        self._settings = load_settings(home)
        self.speak(self._settings.language or "en")
        self.gate: SignInScreen | None = None
        version = programs.own_version() if programs.own_folder() is not None else None
        self.updates = Updates(version, programs.taken_folder())
        self._attempt, self._trying = 0, dict[int, tuple[Doors, ExitStack]]()
        self._loading: threading.Thread | None = None
        self._is_loaded = self._is_report_wanted = False
        self._tried, self._recalled = Relay(self._on_tried), Relay(self._on_recalled)
        self._rest = Relay(self._on_loaded)

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
        self._loading = _beside("loading", _load, self._rest.tell)
        if last is not None:
            _beside("keyring", _recall, last, self._recalled.tell)  # which may wait for a dialog of its own

    def _sign_in(self, central: str, login: str, password: str, remember: bool) -> None:
        who = SignIn(settings_file.whole_address(central), login)
        self._try(who, partial(_by_central, self._home, who, password, remember), _("Asking central…"))

    def _work_offline(self, central: str, login: str, password: str) -> None:
        who = SignIn(settings_file.whole_address(central), login)
        self._try(who, partial(_by_replica, self._home, who, password), _("Opening what is on this PC…"))

    def _try(self, who: SignIn, way: "Callable[[Announce, ExitStack], Desk]", words: str) -> None:
        if self.gate is not None:
            self.gate.show_busy(words)
        self._attempt += 1
        doors, closing = self._trying[self._attempt] = Doors(), ExitStack()
        attempt = partial(way, doors.announce, closing)
        _beside("sign-in", _attempt, self._attempt, attempt, closing, self._home, who, self._tried.tell)

    def _on_tried(self, told: "tuple[int, Desk | Exception, bool]") -> None:
        number, outcome, may_work_offline = told
        doors, closing = self._trying.pop(number)
        is_awaited = number == self._attempt and self.gate is not None
        if not isinstance(outcome, Exception):
            if is_awaited:
                gate, self.gate = self.gate, None
                _dismiss(gate)
                self.entered.emit(outcome, doors, closing)
            else:
                closing.close()  # cancelled meanwhile
        elif self.gate is not None and is_awaited:
            defect = _("This is a defect of the program; it was written to the log.")
            words = str(outcome) if isinstance(outcome, WorkstationError) else defect
            self.gate.show_problem(words, may_work_offline=may_work_offline)

    def _cancel(self) -> None:
        self._attempt += 1
        if self.gate is not None:
            self.gate.show_ready()

    def _on_recalled(self, told: tuple[str, str]) -> None:
        (login, password), gate = told, self.gate
        if gate is not None and gate.login.text() == login and not gate.password.text():
            gate.password.setText(password)
            gate.remember.setChecked(True)

    def _report(self) -> None:
        """The report of somebody who cannot sign in; asked for while it loads, its dialog comes a moment later."""
        self._is_report_wanted = not self._is_loaded
        if self._is_loaded and self.gate is not None:
            from workstation.app.help import GateReport

            GateReport(self.gate, self._home).begin()

    def _on_loaded(self, _what: object) -> None:
        self._is_loaded = True
        self.loaded.emit()
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


def _beside(name: str, does: Callable[..., None], *args: object) -> threading.Thread:
    """Run a function of this module, whose arguments hold nothing of Qt's but relays."""
    thread = threading.Thread(target=does, args=args, name=name, daemon=True)
    thread.start()
    return thread


def _load(tell: Tell) -> None:
    load_rest()
    tell(None)
    programs.confirm_start()


def _recall(last: SignIn, tell: Tell) -> None:
    load_rest()
    from workstation.app import attempts

    password = attempts.recalled(last)
    if password:
        tell((last.agent, password))


def _attempt(
    number: int, attempt: "Callable[[], Desk]", closing: ExitStack, home: Home, who: SignIn, tell: Tell
) -> None:
    try:
        load_rest()
        desk = attempt()
    except Exception as error:
        closing.close()
        if not isinstance(error, WorkstationError):
            log.exception("signing in failed")
        tell((number, error, _may_work_offline(home, who, error)))
    else:
        tell((number, desk, False))


def _by_central(
    home: Home, who: SignIn, password: str, remember: bool, announce: "Announce", closing: ExitStack
) -> "Desk":
    from workstation.app import attempts

    return attempts.by_central(home, who, password, announce, closing, remember=remember)


def _by_replica(home: Home, who: SignIn, password: str, announce: "Announce", closing: ExitStack) -> "Desk":
    from workstation.app import attempts

    return attempts.by_replica(home, who, password, announce, closing)


def _may_work_offline(home: Home, who: SignIn, error: Exception) -> bool:
    """Whether it was central's absence that kept somebody out who has a replica here."""
    if not isinstance(error, CentralOffline | CentralRefused) or isinstance(error, LoginRefused):
        return False
    from workstation.app import attempts

    return attempts.has_replica(home, who)
