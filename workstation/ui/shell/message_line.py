"""One calm line at the bottom for what nobody else has a place to say; it goes by itself, a click takes it away."""

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from workstation.language import _
from workstation.ui.widgets.icons import Icon, IconButton
from workstation.ui.widgets.parts import button, label, set_role

SECONDS = 8
QUIET = ("info", "ok")


class MessageLine(QFrame):
    """Shown over the page, never instead of it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._area = parent
        self.setProperty("alert", "info")
        self._icon, self._words = Icon("info", "accent"), label("", wrap=True)
        self._undo: Callable[[], object] | None = None
        self._alert = "info"
        self.undo_button = button(_("Undo"), "quiet", clicked=self.undo)
        self.undo_button.setToolTip("Ctrl+Shift+Z")
        close = IconButton("close", _("Close this message"), size=14)
        close.clicked.connect(self.hide)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 8)
        layout.addWidget(self._icon)
        layout.addWidget(self._words, 1)
        layout.addWidget(self.undo_button)
        layout.addWidget(close)
        self._timer = QTimer(self, singleShot=True, interval=SECONDS * 1000)
        self._timer.timeout.connect(self.hide)
        self.hide()

    @property
    def words(self) -> str:
        """What is said now; empty when nothing is."""
        return self._words.text() if self.isVisible() else ""

    def undo(self) -> None:
        """Take back what is said to be done, while it is said."""
        undo, self._undo = self._undo, None
        if undo is not None and self.isVisible():
            self.hide()
            undo()

    def say(self, words: str, alert: str = "info", undo: Callable[[], object] | None = None) -> None:
        """Say this for a few seconds, in which `undo` can take it back. A warning that is still there stays."""
        if alert in QUIET and self.words and self._alert not in QUIET:
            words, alert = f"{self.words}\n{words}", self._alert
        self._undo, self._alert = undo, alert
        self.undo_button.setVisible(undo is not None)
        set_role(self, "alert", alert)
        tone = {"info": "accent", "ok": "ok", "warn": "warn", "danger": "danger"}[alert]
        self._icon.show_icon("check" if alert == "ok" else "info" if alert == "info" else "alert", tone)
        self._words.setText(words)
        self.setAccessibleName(words)
        self.place()
        self.show()
        self.raise_()
        self._timer.start()

    def warn(self, words: str) -> None:
        """Say what a person must know: why something was refused."""
        self.say(words, "warn")

    def complain(self, words: str) -> None:
        """Say that something went wrong."""
        self.say(words, "danger")

    def tell_done(self, words: str, undo: Callable[[], object]) -> None:
        """Say what was done, and offer to take it back."""
        self.say(words, "ok", undo)

    def place(self) -> None:
        """At the bottom of the window, in the middle."""
        area = self._area
        width = min(560, area.width() - 80)
        self.setFixedWidth(width)
        self.adjustSize()
        self.move((area.width() - width) // 2, area.height() - self.height() - 16)
        self._words.setAlignment(Qt.AlignmentFlag.AlignVCenter)
