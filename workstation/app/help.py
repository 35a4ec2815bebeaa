"""Help in the window: the report for support, and what this program is."""

import sys
from functools import partial
from pathlib import Path

from PySide6.QtCore import QStandardPaths

from workstation import resources
from workstation.app import Desk, checks
from workstation.app.report import PARTS, write_desk_report
from workstation.central.live import PROGRAM
from workstation.ui.background import Background
from workstation.ui.shell.about import AboutCard, AboutDialog
from workstation.ui.shell.main_window import MainWindow
from workstation.ui.shell.report_dialog import ReportDialog

THIRD_PARTY = "THIRD_PARTY.txt"


def join_help(window: MainWindow, background: Background, desk: Desk) -> None:
    """What the Help menu asks for is shown over the window; whatever touches the disk or central is done beside it."""

    def save_report() -> None:
        name = f"workstation-report-{desk.clock():%Y%m%d-%H%M%S}.txt"
        dialog = ReportDialog(window, _place(), name)
        dialog.save_wanted.connect(partial(_save, background, desk, dialog, name))
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


def _save(background: Background, desk: Desk, dialog: ReportDialog, name: str, said: str) -> None:
    background.call(
        dialog, write_desk_report, desk, said, name,
        then=dialog.show_saved, refused=lambda refusal: dialog.show_failed(str(refusal)),
    )  # fmt: skip


def _place() -> Path:
    """Where the person looks for own files."""
    found = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return Path(found) if found else Path.home()
