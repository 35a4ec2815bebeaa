"""Chooses the outcome: all of a queue at once, each with its key; folded into one row where the window is low."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QGridLayout,
    QLabel,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from workstation.language import _
from workstation.services.quick_note import DispositionLine
from workstation.ui.shortcuts import latin_key, places
from workstation.ui.widgets.parts import label, set_role

KEYS = "1234567890QWERT"
MOST = len(KEYS)
MARGINS = 12  # px, of an outcome's button on both sides together


class DispositionChoice(QWidget):
    """Has the keyboard as one field: 1…9, 0 and the five keys right of Tab choose, again gives it up.

    Signals: chosen: code, or "" for none.
    """

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(_("Outcome: keys 1 to 9, 0 and the five right of Tab"))
        self._known = places()
        self._lines: list[DispositionLine] = []
        self.code = ""
        self._is_folded = False
        self._group = QButtonGroup(self)
        self._group.setExclusive(False)
        self._buttons: list[QPushButton] = []
        self._grid_holder, self.row = QWidget(), QComboBox()
        self.row.setAccessibleName(_("Outcome"))
        self.row.activated.connect(lambda at: self.choose(self.row.itemData(at) or ""))
        self._grid = QGridLayout(self._grid_holder)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(4)
        self._hint: QLabel = label(_("OUTCOME"), "heading")
        holder = QWidget()
        self._stack = QStackedLayout(holder)
        self._stack.addWidget(self._grid_holder)
        self._stack.addWidget(self.row)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(4)
        outer.addWidget(self._hint)
        outer.addWidget(holder)

    def show_lines(self, lines: Sequence[DispositionLine]) -> None:
        """These can be chosen; the choice stays where it can."""
        if self.code and lines and self.code not in [line.code for line in lines[:MOST]]:
            self.code = ""  # an outcome nobody sees is not saved unseen
        if list(lines[:MOST]) == self._lines:
            self._mark()
            return
        self._lines = list(lines[:MOST])
        for old in self._buttons:
            old.hide()
            old.deleteLater()
        self._buttons = []
        self.row.clear()
        self.row.addItem(_("no outcome yet"), "")
        for number, (key, line) in enumerate(zip(KEYS, self._lines, strict=False)):
            made = _Outcome(f"{key}  {line.label}", line.label)
            made.clicked.connect(lambda _on=False, code=line.code: self.choose(code))
            self._grid.addWidget(made, number // 2, number % 2)
            made.show()  # now, or the layout does not count it
            self._buttons.append(made)
            self.row.addItem(f"{key}  {line.label}", line.code)
        self._mark()
        self.fold(self._is_folded)

    def fold(self, is_folded: bool) -> None:
        """One row instead of all, where there is no room."""
        self._is_folded = is_folded
        self._stack.setCurrentIndex(1 if is_folded else 0)
        height = self.row.sizeHint().height() if is_folded else self._grid_holder.sizeHint().height()
        holder = self._grid_holder.parentWidget()
        if holder is not None:
            holder.setMaximumHeight(height)

    def choose(self, code: str) -> None:
        """Choose it; what is chosen already is given up."""
        self.code = "" if code == self.code else code
        self._mark()
        self.chosen.emit(self.code)

    def set_code(self, code: str) -> None:
        """Show a choice that was made before."""
        self.code = code
        self._mark()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = latin_key(event.key(), event.nativeScanCode(), self._known)
        letter = chr(key) if 0x20 <= key < 0x80 else ""
        if not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier and letter and letter in KEYS:
            at = KEYS.index(letter)
            if at < len(self._lines):
                self.choose(self._lines[at].code)
            return
        super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        set_role(self._hint, "role", "link")

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        set_role(self._hint, "role", "heading")

    def _mark(self) -> None:
        for made, line in zip(self._buttons, self._lines, strict=False):
            made.setChecked(line.code == self.code)
        self.row.setCurrentIndex(max(0, self.row.findData(self.code)))


class _Outcome(QPushButton):
    """Ends with … where there is no room for all of its words; the tooltip has them."""

    def __init__(self, words: str, label: str) -> None:
        super().__init__(words)
        self._words = words
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setProperty("role", "outcome")
        self.setAccessibleName(label)
        self.setToolTip(label)
        self.setMinimumWidth(40)

    def sizeHint(self) -> QSize:
        """Of all its words, whatever is shown of them."""
        return QSize(self.fontMetrics().horizontalAdvance(self._words) + MARGINS, super().sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        room = event.size().width() - MARGINS
        self.setText(self.fontMetrics().elidedText(self._words, Qt.TextElideMode.ElideRight, room))
