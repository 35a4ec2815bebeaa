"""Asks for a customer: type, arrows choose, Enter takes."""

from collections.abc import Sequence
from uuid import UUID

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QListWidget, QListWidgetItem, QWidget

from workstation.language import _
from workstation.services import search
from workstation.services.search import SearchLine
from workstation.ui.background import Background
from workstation.ui.widgets.dialog import Dialog
from workstation.ui.widgets.parts import label

FOUND = 20
CUSTOMER = Qt.ItemDataRole.UserRole


class CustomerChoice(Dialog):
    """Signals:
    customer_chosen: UUID.
    """

    customer_chosen = Signal(object)

    def __init__(self, parent: QWidget, background: Background, what: str) -> None:
        super().__init__(parent, _("Give to another customer"))
        self._background = background
        self.search = QLineEdit(placeholderText=_("Search name, phone, e-mail, number…"), maxLength=300)
        self.search.setAccessibleName(_("Search customers"))
        self.found = QListWidget()
        self.found.setAccessibleName(_("Customers found"))
        self.found.setProperty("role", "choices")
        self.found.setMinimumHeight(160)
        for part in (label(what, "muted", wrap=True), self.search, self.found):
            self.body.addWidget(part)
        self.add_buttons(_("Give to this customer"), self._choose)
        self.search.textChanged.connect(self._ask)
        self.search.returnPressed.connect(self._choose)
        self.search.installEventFilter(self)
        self.found.itemDoubleClicked.connect(lambda _item: self._choose())
        self.search.setFocus()
        self.resize(440, 360)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if step is not None and self.found.count():
                place = self.found.currentRow() + step
                self.found.setCurrentRow(min(max(place, 0), self.found.count() - 1))
                return True
        return super().eventFilter(watched, event)

    def _ask(self, text: str) -> None:
        if text.strip():
            self._background.latest(self, "customers", search.find, text, FOUND, then=self._show)
        else:
            self.found.clear()

    def _show(self, lines: Sequence[SearchLine]) -> None:
        self.found.clear()
        for line in lines:
            item = QListWidgetItem(line.name)
            item.setData(CUSTOMER, str(line.id))
            self.found.addItem(item)
        self.found.setCurrentRow(0)

    def _choose(self) -> None:
        item = self.found.currentItem()
        if item is None:
            self.show_problem(_("Find the customer who shall have it."), self.search)
            return
        self.customer_chosen.emit(UUID(item.data(CUSTOMER)))
        self.accept()
