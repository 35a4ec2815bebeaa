"""The search box: one line, reached by one key from anywhere; below it the people it finds, then those of notes."""

from collections.abc import Sequence
from uuid import UUID

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QFocusEvent, QIcon, QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from workstation.language import _
from workstation.services import search
from workstation.services.search import NoteLine, SearchLine
from workstation.ui.background import Background
from workstation.ui.theme import icon_pixmap

FOUND, IN_NOTES = 12, 5  # as many as fit below the line on the smallest screen
CUSTOMER = Qt.ItemDataRole.UserRole


def matched_words(matched: str) -> str:
    """By what somebody was found."""
    return {
        "name": _("name"), "phone": _("phone"), "email": _("e-mail"), "number": _("contract or external number"),
    }.get(matched, matched)  # fmt: skip


class SearchBox(QLineEdit):
    """Signals:
    customer_chosen: (UUID, in a new tab).
    new_customer_asked: text; nobody fits.
    """

    customer_chosen = Signal(object, bool)
    new_customer_asked = Signal(str)

    def __init__(self, background: Background) -> None:
        super().__init__()
        self._background = background
        self.setProperty("role", "search")
        self.setPlaceholderText(_("Search name, phone, e-mail, notes…"))
        self.setAccessibleName(_("Search customers"))
        self.setMaxLength(300)
        self._glass = self.addAction(QIcon(), QLineEdit.ActionPosition.LeadingPosition)
        self._wipe = self.addAction(QIcon(), QLineEdit.ActionPosition.TrailingPosition)
        self._wipe.setText(_("Clear"))
        self._wipe.setVisible(False)
        self._wipe.triggered.connect(self._leave)
        self.textChanged.connect(lambda text: self._wipe.setVisible(bool(text)))
        self._tint()
        self.found = _Found(self)
        self.found.list.itemClicked.connect(lambda item: self._choose(item, in_new_tab=False))
        self._answered = ""
        self._notes: list[NoteLine] | None = None  # come before the people
        self._is_enter_waiting: bool | None = None
        self.textEdited.connect(self._ask)

    def begin(self) -> None:
        """Here is where the agent types now; what stood there is replaced by the first key."""
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Down, Qt.Key.Key_Up) and self.found.isVisible():
            self.found.step(1 if key == Qt.Key.Key_Down else -1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._enter(in_new_tab=bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))
        elif key == Qt.Key.Key_Escape:
            self._leave()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._tint()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.found.hide()

    def _tint(self) -> None:
        for action, name in ((self._glass, "search"), (self._wipe, "close")):
            action.setIcon(QIcon(icon_pixmap(name, "muted", 16, 2.0)))

    def _leave(self) -> None:
        self.found.hide()
        self.clear()

    def _ask(self, text: str) -> None:
        self._is_enter_waiting = None
        if text.strip():
            self._search(text)
        else:
            self._answered = ""
            self.found.hide()

    def _search(self, text: str) -> None:
        def show(lines: list[SearchLine]) -> None:
            self._show(text, lines)

        def show_notes(notes: list[NoteLine]) -> None:
            self._show_notes(text, notes)

        self._notes = None
        self._background.latest(self, "search", search.find, text, FOUND, then=show)
        self._background.latest(self, "notes", search.find_in_notes, text, IN_NOTES, then=show_notes)

    def _show(self, text: str, lines: Sequence[SearchLine]) -> None:
        if text != self.text():
            return
        self._answered = text
        self.found.show_lines(text, lines, self)
        if self._notes:
            self.found.show_notes(self._notes, self)
        self._notes = None
        if self._is_enter_waiting is not None:  # Enter came quicker than the answer
            self._enter(in_new_tab=self._is_enter_waiting)

    def _show_notes(self, text: str, notes: list[NoteLine]) -> None:
        """The second group; the people do not wait for it, and it waits for them."""
        if text != self.text():
            return
        if self._answered != text:
            self._notes = notes
        elif notes and self.found.isVisible():
            self.found.show_notes(notes, self)

    def _enter(self, *, in_new_tab: bool) -> None:
        if not self.text().strip():
            return
        if self._answered != self.text():
            self._is_enter_waiting = in_new_tab
            self._search(self.text())
            return
        self._is_enter_waiting = None
        item = self.found.list.currentItem()
        if item is not None:
            self._choose(item, in_new_tab=in_new_tab)

    def _choose(self, item: QListWidgetItem, *, in_new_tab: bool) -> None:
        text, customer = self.text(), item.data(CUSTOMER)
        self.found.hide()
        self._answered = ""
        self.clear()
        if isinstance(customer, UUID):
            self.customer_chosen.emit(customer, in_new_tab)
        else:
            self.new_customer_asked.emit(text.strip())


class _Found(QFrame):
    """The people found, over the page below the search box; the keyboard stays in the box."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "raised")
        self.list = QListWidget()
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setAccessibleName(_("Customers found"))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(self.list)
        self.hide()

    def show_lines(self, text: str, lines: Sequence[SearchLine], below: QWidget) -> None:
        self.list.clear()
        for line in lines:
            item = QListWidgetItem(f"{line.name}   ·  {matched_words(line.matched)}")
            item.setData(CUSTOMER, line.id)
            self.list.addItem(item)
        words = _("Nobody found. Add “{text}” as a new customer") if not lines else _("Add “{text}” as a new customer")
        self.list.addItem(QListWidgetItem(words.format(text=text.strip()[:60])))
        self.list.setCurrentRow(0)
        self._place(below)

    def show_notes(self, notes: Sequence[NoteLine], below: QWidget) -> None:
        """Add those in whose notes it stands; the row that is chosen stays so."""
        heading = QListWidgetItem(_("In notes"))
        heading.setFlags(Qt.ItemFlag.NoItemFlags)
        self.list.addItem(heading)
        for note in notes:
            item = QListWidgetItem(f"{note.name}   ·  {note.words}")
            item.setToolTip(note.words)
            item.setData(CUSTOMER, note.id)
            self.list.addItem(item)
        self._place(below)

    def step(self, by: int) -> None:
        """To the next row that can be chosen."""
        row = self.list.currentRow() + by
        while 0 <= row < self.list.count():
            if self.list.item(row).flags() & Qt.ItemFlag.ItemIsSelectable:
                self.list.setCurrentRow(row)
                return
            row += by

    def _place(self, below: QWidget) -> None:
        window = below.window()
        self.setParent(window)
        self.move(below.mapTo(window, QPoint(0, below.height() + 2)))
        rows = self.list.sizeHintForRow(0) * self.list.count() + 14
        self.resize(max(below.width(), 480), min(rows, window.height() - self.y() - 8))
        self.show()
        self.raise_()
