"""Parts of the quick note: the timer of a contact, and the next step."""

from collections.abc import Callable, Sequence
from datetime import datetime

from PySide6.QtCore import QSignalBlocker, QStringListModel, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QCompleter, QFrame, QHBoxLayout, QLineEdit, QVBoxLayout

from workstation.language import _
from workstation.services.customers import ContactPointLine
from workstation.ui import wording
from workstation.ui.widgets.icons import IconButton
from workstation.ui.widgets.parts import label, set_role

KINDS = {"call": "phone", "email": "email", "chat": "telegram", "web": "site"}  # of contact points, by channel
DEAD = frozenset({"voice robot", "wrong person", "not in service", "invalid", "fax"})


class PointField(QComboBox):
    """The number or address used: the most likely one is there already, what was chosen or typed stays."""

    def __init__(self) -> None:
        super().__init__()
        self.setEditable(True)
        line = self.lineEdit()
        assert line is not None, "editable"
        line.setPlaceholderText(_("Number"))
        self._points: list[ContactPointLine] = []
        self._suggested = ""

    def show_points(self, points: Sequence[ContactPointLine], channel: str) -> None:
        """These can be chosen."""
        text = self.currentText()
        self._points = [point for point in points if not point.do_not_use]
        blocker = QSignalBlocker(self)
        self.clear()
        self.addItems([point.value for point in self._points])
        self.setCurrentText(text)
        self.suggest(channel)
        del blocker

    def show_text(self, text: str) -> None:
        """What was chosen before, by the agent."""
        self._suggested = ""
        self.setCurrentText(text)

    def suggest(self, channel: str) -> None:
        """For another channel another one is likely: the main one that works; nothing takes the place of what was
        chosen here."""
        if self.currentText() != self._suggested:
            return
        fitting = [point for point in self._points if point.kind == KINDS.get(channel)]
        best = min(fitting, key=lambda point: (point.status in DEAD, not point.is_primary), default=None)
        self._suggested = best.value if best is not None else ""
        self.setCurrentText(self._suggested)
        field = self.lineEdit()
        if field is not None:
            field.setCursorPosition(0)  # a long one is seen from its beginning


class ContactTimer(QFrame):
    """How long a contact takes; started by a dial, a channel, an outcome, or its button. Stopped it keeps its time.

    Signals:
        began: it runs now and did not before.
        ended: the person stopped it: the talk is over.
        toggled: the person started or stopped it.
    """

    began = Signal()
    ended = Signal()
    toggled = Signal()

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self._clock = clock
        self.started_at: datetime | None = None
        self.ended_at: datetime | None = None
        self._words = label("", "muted")
        self.button = IconButton("timer", _("Start or stop the timer"), size=14)
        self.button.clicked.connect(self._toggle)
        self._ticking = QTimer(self, interval=1000)
        self._ticking.timeout.connect(self._tick)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.button)
        layout.addWidget(self._words)

    def start(self, at: datetime | None = None) -> None:
        """Run, from `at` or from now on; one that runs goes on."""
        if self.started_at is None:
            self.show_start(at or self._clock())
            self.began.emit()

    def show_start(self, at: datetime | None, ended_at: datetime | None = None) -> None:
        """Show one that was started then, and stopped then; None: none runs."""
        self.started_at, self.ended_at = at, ended_at if at is not None else None
        self._tick()

    def _toggle(self) -> None:
        if self.started_at is None:
            self.start()
        elif self.ended_at is None:
            self.show_start(self.started_at, self._clock())
            self.ended.emit()
        else:
            self.show_start(self.started_at)
            self.began.emit()
        self.toggled.emit()

    def _tick(self) -> None:
        started = self.started_at
        if started is None:
            self._ticking.stop()
            self._words.setText("")
        else:
            self._ticking.start() if self.ended_at is None else self._ticking.stop()
            self._words.setText(wording.duration(((self.ended_at or self._clock()) - started).total_seconds()))


class NextStep(QFrame):
    """The next callback, said as people say it, and what that means.

    Signals:
        typed: another time, or another reason.
    """

    typed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.when, self.times, self.reason = _When(), label("", "muted", wrap=True), QLineEdit()
        self.owed = label("", "muted", wrap=True)
        self.owed.hide()
        self.when.setPlaceholderText(_("tomorrow 10"))
        self.when.setAccessibleName(_("Next step: callback when"))
        self.reason.setPlaceholderText(_("Why it may be so this time"))
        self.reason.setAccessibleName(_("Reason of the exception"))
        self.reason.hide()
        self._picks = QStringListModel(self)
        completer = QCompleter(self._picks, self.when)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self.when.setCompleter(completer)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for part in (self.owed, self.when, self.times, self.reason):
            layout.addWidget(part)
        self.when.textChanged.connect(lambda _text: self.typed.emit())
        self.reason.textChanged.connect(lambda _text: self.typed.emit())

    def show_texts(self, when: str, reason: str) -> None:
        """What was typed before is back."""
        blockers = [QSignalBlocker(one) for one in (self.when, self.reason)]
        self.when.setText(when)
        self.reason.setText(reason)
        self.reason.setVisible(bool(reason))
        self.times.setText("")
        del blockers

    def show_owed(self, words: str, tone: str) -> None:
        """What becomes of the callback that is due; empty: none is."""
        self.owed.setText(words)
        self.owed.setVisible(bool(words))
        set_role(self.owed, "role", tone)

    def show_picks(self, words: Sequence[str]) -> None:
        """What Down offers; who is choosing just now chooses among what they see."""
        offered = self.when.completer().popup()
        is_chosen_from = offered is not None and offered.isVisible()
        if not is_chosen_from and self._picks.stringList() != list(words):
            self._picks.setStringList(list(words))

    def show_times(self, words: str, tone: str, *, asks_reason: bool = False) -> None:
        """What the typed time means, or why it cannot be."""
        self.times.setText(words)
        set_role(self.times, "role", tone)
        self.reason.setVisible(asks_reason or bool(self.reason.text()))


class _When(QLineEdit):
    """Down offers the usual times."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        completer = self.completer()
        popup = completer.popup()
        if event.key() == Qt.Key.Key_Down and popup is not None and not popup.isVisible():
            completer.complete()
            popup.setCurrentIndex(completer.completionModel().index(0, 0))
        else:
            super().keyPressEvent(event)
