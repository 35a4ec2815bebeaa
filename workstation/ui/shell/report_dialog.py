"""Asks where the report for support shall lie, and says when it does."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QLineEdit, QPushButton, QWidget

from workstation.language import _
from workstation.ui.shell.about import open_folder
from workstation.ui.widgets.dialog import Dialog
from workstation.ui.widgets.icons import Icon
from workstation.ui.widgets.parts import button, label, row

WIDTH = 520


class ReportDialog(Dialog):
    """Signals:
    save_wanted: text, text; the file or folder where the report shall be written, as it was typed, and the name of
        the file in a folder.
    """

    save_wanted = Signal(str, str)

    def __init__(self, parent: QWidget, folder: Path, name: str) -> None:
        super().__init__(parent, _("Save report for support"))
        self._folder, self._name = folder, name
        self.setMinimumWidth(WIDTH)
        told = label(
            _(
                "One file with the versions, the self-test of this PC, how many records it holds, and the log. "
                "Nobody's name, number, notes, address or password is in it."
            ),
            wrap=True,
        )
        self.path = QLineEdit(str(folder / name))
        self.path.setAccessibleName(_("File of the report"))
        self.path.setCursorPosition(0)
        self.other = button(_("Other folder…"), clicked=self._choose)
        self._busy = label(_("Looking at this PC and asking central…"), "muted", wrap=True)
        self._busy.hide()
        self._saved_words = label("", wrap=True)
        self._saved = row(Icon("check", "ok"), self._saved_words, gap=8, margins=(10, 7, 10, 7), alert="ok")
        self._saved.hide()
        self._place = row(self.path, self.other, gap=8)
        for part in (told, self._place, self._busy, self._saved):
            self.body.addWidget(part)
        foot = self.add_buttons(_("Save"), self._submit)
        self._cancel = next(one for one in foot.findChildren(QPushButton) if one is not self.primary)
        self.path.setFocus()

    def show_saved(self, path: Path) -> None:
        """It lies there."""
        self._show_busy(False)
        self._place.hide()
        self._saved_words.setText(
            _("Saved as {path}. Send this file to whoever supports you.").format(path=_breakable(str(path)))
        )
        self._saved.show()
        self.fit()
        self._cancel.setText(_("Close"))
        self._cancel.setAccessibleName(_("Close"))
        if self.primary is not None:
            self.primary.setText(_("Open the folder"))
            self.primary.setAccessibleName(_("Open the folder"))
            self.primary.clicked.disconnect()
            self.primary.clicked.connect(lambda _is_on=False: open_folder(path.parent))
            self.primary.setFocus()

    def show_failed(self, words: str) -> None:
        """It could not be written."""
        self._show_busy(False)
        self.show_problem(words, self.path)

    def _submit(self) -> None:
        said = self.path.text().strip()
        if not said:
            self.show_problem(_("Name a file."), self.path)
            return
        self.show_problem("")
        self._show_busy(True)
        self.save_wanted.emit(said, self._name)

    def _show_busy(self, is_busy: bool) -> None:
        self._busy.setVisible(is_busy)
        self.fit()
        self._place.setEnabled(not is_busy)
        if self.primary is not None:
            self.primary.setEnabled(not is_busy)

    def _choose(self) -> None:
        chooser = QFileDialog(self, _("Folder of the report"), str(self._folder))
        chooser.setFileMode(QFileDialog.FileMode.Directory)
        chooser.setOption(QFileDialog.Option.ShowDirsOnly)
        chooser.fileSelected.connect(lambda chosen: self.path.setText(str(Path(chosen) / self._name)))
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()


def _breakable(path: str) -> str:
    """A long path may go on in the next line after each of its folders."""
    return path.replace("/", "/\u200b").replace("\\", "\\\u200b")
