"""What this program is: its version, whose work is inside, and where the data of this PC lie."""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QGridLayout, QPlainTextEdit, QWidget

from workstation.language import _
from workstation.ui.widgets.dialog import Dialog
from workstation.ui.widgets.parts import Elided, button, label, row, rule

WIDTH = 500


@dataclass(frozen=True)
class AboutCard:
    """The version, those of the parts inside as (name, version), central's address, this PC's id there, the folder of
    the data, and the licences of the parts; empty where they did not come with the program."""

    version: str
    parts: tuple[tuple[str, str], ...]
    central: str
    device: str
    folder: Path
    licences: str


class AboutDialog(Dialog):
    """Left by Esc; what it says can be copied at once."""

    def __init__(self, parent: QWidget, card: AboutCard) -> None:
        super().__init__(parent, _("About Agent Workstation"))
        self.setMinimumWidth(WIDTH)
        self._card = card
        self.body.addWidget(label(_("Version {version}").format(version=card.version), "strong"))
        self.body.addWidget(
            label(_("Free software under the MIT licence; its parts have licences of their own."), wrap=True)
        )
        self.body.addWidget(rule())
        self.body.addLayout(self._of_this_pc())
        self.body.addWidget(rule())
        self.body.addLayout(self._inside())
        self._copied = label("", "muted")
        more = [button(_("Open the data folder"), "quiet", clicked=lambda: open_folder(card.folder))]
        if card.licences:
            more.append(button(_("Licences"), "quiet", clicked=self._show_licences))
        copy = button(_("Copy"), name=_("Copy all of this"), clicked=self._copy)
        self.close_button = button(_("Close"), "primary", clicked=self.accept)
        self.body.addWidget(row(*more, "stretch", gap=8))
        self.body.addWidget(row(self._copied, "stretch", copy, self.close_button, gap=8))
        self.close_button.setFocus()

    @property
    def text(self) -> str:
        """All that is said, for the clipboard."""
        head = (("Agent Workstation", self._card.version), *self._facts())
        return "\n".join(f"{name}: {value}" for name, value in (*head, *self._card.parts))

    def _facts(self) -> tuple[tuple[str, str], ...]:
        card = self._card
        return (
            (_("Data folder"), str(card.folder)),
            (_("Central"), card.central),
            (_("This PC at central"), card.device),
        )

    def _of_this_pc(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(1, 1)
        for at, (name, value) in enumerate(self._facts()):
            grid.addWidget(label(name, "muted"), at, 0)
            grid.addWidget(Elided(value), at, 1)
        return grid

    def _inside(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(3)
        half = (len(self._card.parts) + 1) // 2
        for number, (name, version) in enumerate(self._card.parts):
            at, column = number % half, number // half * 2
            grid.addWidget(label(name, "faint"), at, column)
            grid.addWidget(label(version, "faint"), at, column + 1)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        return grid

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text)
        self._copied.setText(_("Copied."))

    def _show_licences(self) -> None:
        LicencesDialog(self, self._card.licences).open()


class LicencesDialog(Dialog):
    """The licences of all parts, to read."""

    def __init__(self, parent: QWidget, text: str) -> None:
        super().__init__(parent, _("Licences"))
        self.text = QPlainTextEdit(text)
        self.text.setReadOnly(True)
        self.text.setAccessibleName(_("Licences"))
        self.text.setMinimumSize(640, 360)
        self.body.addWidget(self.text)
        self.body.addWidget(row("stretch", button(_("Close"), "primary", clicked=self.accept)))


def open_folder(folder: Path) -> None:
    """Show a folder in the file manager of this PC."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
