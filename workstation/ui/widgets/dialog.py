"""The frame of every dialog: a heading, what it asks, a line for what is wrong, Cancel and one main button."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QFrame, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from workstation.language import _
from workstation.ui.widgets.icons import Icon
from workstation.ui.widgets.parts import button, label, row


class Dialog(QDialog):
    """Opened with `open()`: the rest of the window waits, the program does not. Ctrl+Enter saves, Esc leaves."""

    def __init__(self, parent: QWidget | None, title: str) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(16, 14, 16, 14)
        outer.setSpacing(10)
        outer.addWidget(label(title, "title"))
        self.body = QVBoxLayout()
        self.body.setSpacing(8)
        outer.addLayout(self.body, 1)
        self._words: QLabel = label("", wrap=True)
        self._words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._problem = row(Icon("alert", "danger"), self._words, gap=8, margins=(10, 7, 10, 7), alert="danger")
        self._problem.hide()
        outer.addWidget(self._problem)
        self._foot = QVBoxLayout()
        outer.addLayout(self._foot)
        self.primary: QPushButton | None = None

    def add_buttons(self, primary: str, on_primary: Callable[[], object], role: str = "primary") -> QFrame:
        """Cancel and the main button; gives the row, to put more to its left."""
        self.primary = button(primary, role, clicked=on_primary)
        self.primary.setToolTip("Ctrl+Enter")
        foot = row("stretch", button(_("Cancel"), clicked=self.reject), self.primary, gap=8)
        self._foot.addWidget(foot)
        return foot

    def show_problem(self, words: str, field: QWidget | None = None) -> None:
        """Say what is wrong, and go to the field that is meant."""
        self._words.setText(words)
        self._problem.setVisible(bool(words))
        self.fit()
        if words and field is not None:
            field.setFocus(Qt.FocusReason.OtherFocusReason)

    def fit(self) -> None:
        """Grow to what is said now: texts wrap, so that the height follows from the width."""
        layout = self.layout()
        if layout is not None and self.isVisible():
            QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
            self.resize(self.width(), max(self.height(), layout.totalHeightForWidth(self.width())))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier and self.primary is not None:
            if self.primary.isEnabled():
                self.primary.click()
            return
        if is_enter:
            return  # a plain Enter is for the field it was pressed in
        super().keyPressEvent(event)
