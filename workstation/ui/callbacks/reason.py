"""Asks why, in one line."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from workstation.language import _
from workstation.ui.widgets.dialog import Dialog
from workstation.ui.widgets.parts import label


class ReasonDialog(Dialog):
    """Signals:
    reason_given: the text, never blank.
    """

    reason_given = Signal(str)

    def __init__(self, parent: QWidget | None, title: str, question: str, does: str) -> None:
        super().__init__(parent, title)
        self.setMinimumWidth(420)
        self.field = QLineEdit()
        self.field.setAccessibleName(question)
        asked = label(question, "muted", wrap=True)
        asked.setBuddy(self.field)
        self.body.addWidget(asked)
        self.body.addWidget(self.field)
        self.add_buttons(does, self._give)
        self.field.returnPressed.connect(self._give)
        self.field.setFocus()

    def _give(self) -> None:
        text = self.field.text().strip()
        if not text:
            self.show_problem(_("Some words are needed: others will read why."), self.field)
            return
        self.reason_given.emit(text)
        self.accept()
