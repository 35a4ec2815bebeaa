"""The forms of a way to reach a customer: one more, and how to get through there."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QLineEdit, QWidget

from workstation.errors import Refused
from workstation.language import _
from workstation.services.customers import POINT_KINDS, ContactPointLine
from workstation.services.record_words import point_kind_words
from workstation.ui.widgets.dialog import Dialog


class PointForm(Dialog):
    """Signals:
    submitted: (kind, value, label) as texts.
    """

    submitted = Signal(str, str, str)

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent, _("One more way to reach them"))
        self.kind, self.value, self.label = QComboBox(), QLineEdit(), QLineEdit()
        for kind in POINT_KINDS:
            self.kind.addItem(point_kind_words(kind), kind)
        form = QFormLayout()
        for words, field in ((_("Value"), self.value), (_("Kind"), self.kind), (_("Label"), self.label)):
            field.setAccessibleName(words)
            form.addRow(words, field)
        self.body.addLayout(form)
        self.value.returnPressed.connect(self._submit)
        self.label.returnPressed.connect(self._submit)
        self.value.textEdited.connect(self._guess)
        self.add_buttons(_("Add"), self._submit)
        self.setMinimumWidth(420)
        self.value.setFocus()

    def show_refusal(self, refusal: Refused) -> None:
        """What is wrong; nothing typed is lost."""
        self.show_problem(str(refusal), self.value)

    def _guess(self, text: str) -> None:
        kind = "telegram" if text.startswith("@") else "email" if "@" in text else "site" if "." in text else "phone"
        self.kind.setCurrentIndex(self.kind.findData(kind))

    def _submit(self) -> None:
        self.submitted.emit(str(self.kind.currentData()), self.value.text(), self.label.text())


class WayForm(Dialog):
    """Signals:
    submitted: text; how to get through, empty when there is nothing to know.
    """

    submitted = Signal(str)

    def __init__(self, parent: QWidget | None, point: ContactPointLine) -> None:
        super().__init__(parent, _("How to get through at {value}").format(value=point.value))
        self.way = QLineEdit(point.way_through or "", placeholderText=_("press 2, then 0"))
        self.way.setAccessibleName(_("How to get through"))
        self.body.addWidget(self.way)
        self.way.returnPressed.connect(self._submit)
        self.add_buttons(_("Save"), self._submit)
        self.setMinimumWidth(420)
        self.way.setFocus()

    def show_refusal(self, refusal: Refused) -> None:
        """What is wrong; nothing typed is lost."""
        self.show_problem(str(refusal), self.way)

    def _submit(self) -> None:
        self.submitted.emit(self.way.text())
