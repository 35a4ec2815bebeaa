"""Help in the window: the report for support, and what this program is."""

import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths, Slot
from PySide6.QtWidgets import QWidget

from workstation import resources
from workstation.app import checks, now
from workstation.app.desk import Desk
from workstation.app.report import PARTS, write_desk_report, write_home_report
from workstation.central.live import PROGRAM
from workstation.errors import WorkstationError
from workstation.home import Home
from workstation.language import _
from workstation.ui.background import Background
from workstation.ui.relay import Relay, outcome_of
from workstation.ui.shell.about import AboutCard, AboutDialog
from workstation.ui.shell.main_window import MainWindow
from workstation.ui.shell.report_dialog import ReportDialog
from workstation.ui.sign_in.screen import SignInScreen

THIRD_PARTY = "THIRD_PARTY.txt"


def join_help(window: MainWindow, background: Background, desk: Desk) -> None:
    """What the Help menu asks for is shown over the window; whatever touches the disk or central is done beside it."""

    def save_report() -> None:
        dialog = _dialog(window, desk.clock())
        dialog.save_wanted.connect(partial(_save, background, desk, dialog))
        dialog.open()

    def show_about() -> None:
        background.call(window, about_of, desk, then=lambda card: AboutDialog(window, card).open())

    window.top_bar.report_asked.connect(save_report)
    window.top_bar.about_asked.connect(show_about)


def about_of(desk: Desk) -> AboutCard:
    """The version of the program and of its parts, where its data lie, and whose work is inside."""
    parts = (("Python", sys.version.split(maxsplit=1)[0]), *((part, checks.version_of(part)) for part in PARTS))
    device = str(desk.who.device) if desk.who.device else ""
    return AboutCard(PROGRAM, parts, desk.who.central, device, desk.home.root, licences())


def licences() -> str:
    """The licences of all parts, which come with the packaged program; empty elsewhere."""
    for folder in (Path(sys.executable).parent, resources.folder().parent):
        try:
            return (folder / THIRD_PARTY).read_text("utf-8", "replace")
        except OSError:
            continue
    return ""


class GateReport(QObject):
    """The report of somebody who has not signed in: without a window there is no background yet, so it has a thread of
    its own. What can be opened with the password typed so far is in it."""

    def __init__(self, gate: SignInScreen, home: Home) -> None:
        super().__init__(gate)
        self._gate, self._home = gate, home
        self._dialog: ReportDialog | None = None
        self._relay = Relay(self._show)

    @Slot()
    def begin(self) -> None:
        """Ask where it shall lie."""
        self._dialog = _dialog(self._gate, now())
        self._dialog.save_wanted.connect(self._save)
        self._dialog.open()

    def _save(self, said: str, name: str) -> None:
        asked = (self._home, self._gate.password.text(), said, name, self._relay.tell)
        threading.Thread(target=_write, args=asked, name="report", daemon=True).start()

    def _show(self, outcome: object) -> None:
        dialog = self._dialog
        assert dialog is not None, "who asked for it"
        with suppress(RuntimeError):  # closed meanwhile
            if isinstance(outcome, Path):
                dialog.show_saved(outcome)
            else:
                defect = _("This is a defect of the program; it was written to the log.")
                dialog.show_failed(str(outcome) if isinstance(outcome, WorkstationError) else defect)


def _write(home: Home, password: str, said: str, name: str, tell: Callable[[object], None]) -> None:
    """On a thread: tells where the report lies, or why there is none."""
    tell(outcome_of(partial(write_home_report, home, lambda _who: password, said, name)))


def _dialog(parent: QWidget, at: datetime) -> ReportDialog:
    return ReportDialog(parent, _place(), f"workstation-report-{at:%Y%m%d-%H%M%S}.txt")


def _save(background: Background, desk: Desk, dialog: ReportDialog, said: str, name: str) -> None:
    background.call(
        dialog, write_desk_report, desk, said, name,
        then=dialog.show_saved, refused=lambda refusal: dialog.show_failed(str(refusal)),
    )  # fmt: skip


def _place() -> Path:
    """Where the person looks for own files."""
    found = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return Path(found) if found else Path.home()
