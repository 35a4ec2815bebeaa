"""The quick note: written while talking, with channel, number, timer, outcome and next step beside the text."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QComboBox, QCompleter, QFrame, QLineEdit, QPlainTextEdit, QVBoxLayout

from workstation.language import _
from workstation.services.customers import ContactPointLine
from workstation.services.quick_note import DispositionLine
from workstation.ui import wording
from workstation.ui.desk.disposition_choice import DispositionChoice
from workstation.ui.widgets.icons import Icon, IconButton
from workstation.ui.widgets.parts import button, label, row, rule, set_role

PAUSE_MS = 300  # of typing; then the draft is kept
LOW = 560  # px: below, outcomes are one row and the next step is short


def channels() -> list[tuple[str, str, str]]:
    """(channel, direction, words) that can be chosen; the first is a plain note."""
    return [
        ("", "", _("Note")), ("call", "in", _("Call in")), ("call", "out", _("Call out")),
        ("chat", "in", _("Chat in")), ("chat", "out", _("Chat out")), ("email", "in", _("E-mail in")),
        ("email", "out", _("E-mail out")), ("web", "out", _("Web form")), ("third party", "out", _("Third party")),
    ]  # fmt: skip


class NotePanel(QFrame):
    """Signals:
    paused: the agent stopped typing for a moment; the draft is to be kept.
    submitted: Ctrl+Enter or Save.
    when_typed: the text of the next step changed.
    began: the timer runs.
    """

    paused = Signal()
    submitted = Signal()
    when_typed = Signal()
    began = Signal()

    def __init__(self, zone: ZoneInfo, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self.setProperty("role", "pane")
        self.setAccessibleName(_("Quick note"))
        self._clock, self._zone = clock, zone
        self.started_at: datetime | None = None
        self.is_changed = False
        self.timer = label("", "muted")
        self.clock_button = IconButton("timer", _("Start or stop the timer"), size=14)
        self.channel, self.point = QComboBox(), QComboBox()
        self.editor = _Editor(self)
        self.kept = label("", "faint")
        self._kept_icon = Icon("check", "ok", 14)
        self.outcome = DispositionChoice()
        self.when = QLineEdit()
        self.times, self.reason = label("", "muted", wrap=True), QLineEdit()
        self.problem = label("", "danger", wrap=True)
        self.save = button(_("Save"), "primary", clicked=self.submitted.emit)
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._ticking = QTimer(self, interval=1000)
        self._lay_out()
        self._join()
        self.clear()

    def values(self) -> dict[str, Any]:
        """All that stands here, as a draft keeps it."""
        channel, direction = self.channel.currentData() or ("", "")
        return {
            "text": self.editor.toPlainText(), "channel": channel, "direction": direction,
            "phone": self.point.currentText(), "disposition": self.outcome.code, "when": self.when.text(),
            "override": self.reason.text(),
            "started_at": self.started_at.isoformat() if self.started_at is not None else "",
        }  # fmt: skip

    def clear(self) -> None:
        """Nothing is being written."""
        self.show_values({})
        self.show_problem("")
        self._tell_kept("")
        self.is_changed = False

    def show_values(self, values: dict[str, Any]) -> None:
        """What was being written is back."""
        blockers = [QSignalBlocker(one) for one in (self.editor, self.channel, self.point, self.when, self.reason)]
        self.editor.setPlainText(values.get("text", ""))
        wanted = (values.get("channel", ""), values.get("direction", ""))
        found = [(c, d) for c, d, _words in channels()]
        self.channel.setCurrentIndex(found.index(wanted) if wanted in found else 0)
        self.point.setCurrentText(values.get("phone", ""))
        self.outcome.set_code(values.get("disposition", ""))
        self.when.setText(values.get("when", ""))
        self.reason.setText(values.get("override", ""))
        self.reason.setVisible(bool(values.get("override")))
        started = values.get("started_at", "")
        self.started_at = datetime.fromisoformat(started) if started else None
        self._tick()
        self.is_changed = bool(values)
        if values:
            self._tell_kept(_("draft kept"))
        self.times.setText("")
        del blockers

    def show_points(self, points: Sequence[ContactPointLine]) -> None:
        """The ways to reach this customer; what was chosen or typed stays."""
        text = self.point.currentText()
        blocker = QSignalBlocker(self.point)
        self.point.clear()
        self.point.addItems([point.value for point in points if not point.do_not_use])
        self.point.setCurrentText(text)
        del blocker

    def show_outcomes(self, lines: Sequence[DispositionLine]) -> None:
        """The outcomes that can be chosen."""
        self.outcome.show_lines(lines)
        self._fold()

    def show_picks(self, words: Sequence[str]) -> None:
        """What the next step offers on Down."""
        completer = QCompleter(list(words), self.when)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self.when.setCompleter(completer)

    def show_kept(self) -> None:
        """The draft is on the disk."""
        self._tell_kept(_("draft kept"))

    def show_problem(self, words: str, field: str | None = None) -> None:
        """Why it was not saved, beside the field; nothing typed is lost."""
        self.problem.setText(words)
        self.problem.setVisible(bool(words))
        self.save.setEnabled(True)
        where = {"disposition": self.outcome, "channel": self.channel, "at": self.when, "override": self.reason}
        if words:
            where.get(field or "", self.editor).setFocus(Qt.FocusReason.OtherFocusReason)

    def show_times(self, words: str, tone: str, asks_reason: bool = False) -> None:
        """What the next step means."""
        self.times.setText(words)
        set_role(self.times, "role", tone)
        self.reason.setVisible(asks_reason or bool(self.reason.text()))

    def begin(self, channel: str, direction: str, phone: str, started_at: datetime | None) -> None:
        """A contact begins: the timer runs, the fields are set unless something was chosen already."""
        found = [(c, d) for c, d, _words in channels()]
        if not self.channel.currentIndex() and (channel, direction) in found:
            self.channel.setCurrentIndex(found.index((channel, direction)))
        if phone and not self.point.currentText():
            self.point.setCurrentText(phone)
        self._start(started_at)

    def focus_editor(self) -> None:
        """The keyboard goes to the text."""
        self.editor.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fold()

    def _start(self, at: datetime | None = None) -> None:
        if self.started_at is None:
            self.started_at = at or self._clock()
            self._ticking.start()
            self._tick()
            self.began.emit()

    def _fold(self) -> None:
        is_low = self.height() < LOW
        self.outcome.fold(is_low)
        self.editor.setMinimumHeight(self.editor.fontMetrics().lineSpacing() * 3 + 18)

    def _toggle_timer(self) -> None:
        if self.started_at is None:
            self._start()
        else:
            self.started_at = None
            self._tick()
        self._touch()

    def _tick(self) -> None:
        started = self.started_at
        if started is None:
            self._ticking.stop()
            self.timer.setText("")
        else:
            self._ticking.start()
            self.timer.setText(wording.duration((self._clock() - started).total_seconds()))

    def _touch(self) -> None:
        """Something was typed or chosen: what was kept is not the whole any more."""
        self.is_changed = True
        self._tell_kept("")
        self._pause.start()

    def _tell_kept(self, words: str) -> None:
        self.kept.setText(words)
        self._kept_icon.setVisible(bool(words))

    def _choose_channel(self, _at: int) -> None:
        channel, _direction = self.channel.currentData() or ("", "")
        if channel:
            self._start()
        self._touch()

    def _choose_outcome(self, code: str) -> None:
        """An outcome belongs to a contact: where none was chosen it is a call."""
        if code and not self.channel.currentIndex():
            self.channel.setCurrentIndex(1)
            self._start()
        self._touch()

    def _type_when(self, _text: str = "") -> None:
        self._touch()
        self.when_typed.emit()

    def _join(self) -> None:
        self.editor.textChanged.connect(self._touch)
        self.editor.left.connect(self.paused)
        self.channel.currentIndexChanged.connect(self._choose_channel)
        self.point.currentTextChanged.connect(lambda _text: self._touch())
        self.outcome.chosen.connect(self._choose_outcome)
        self.when.textChanged.connect(self._type_when)
        self.reason.textChanged.connect(self._type_when)
        self.clock_button.clicked.connect(self._toggle_timer)
        self._pause.timeout.connect(self.paused)
        self._ticking.timeout.connect(self._tick)

    def _lay_out(self) -> None:
        for channel, direction, words in channels():
            self.channel.addItem(words, (channel, direction))
        self.point.setEditable(True)
        self.when.setPlaceholderText(_("tomorrow 10"))
        self.reason.setPlaceholderText(_("Why it may be so this time"))
        for widget, words in (
            (self.channel, _("How you are in touch")), (self.point, _("Number or address used")),
            (self.editor, _("Note")), (self.when, _("Next step: callback when")),
            (self.reason, _("Reason of the exception")),
        ):  # fmt: skip
            widget.setAccessibleName(words)
        for choice in (self.channel, self.point):
            choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            choice.setMinimumContentsLength(8)
        self.save.setToolTip("Ctrl+Enter")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(14, 10, 14, 12)
        outer.setSpacing(8)
        outer.addWidget(row(label(_("QUICK NOTE"), "heading"), "stretch", self.clock_button, self.timer))
        pair = row(self.channel, self.point)
        outer.addWidget(pair)
        outer.addWidget(self.editor, 1)
        outer.addWidget(row("stretch", self._kept_icon, self.kept, gap=4))
        outer.addWidget(self.outcome)
        outer.addWidget(rule())
        outer.addWidget(label(_("NEXT STEP"), "heading"))
        outer.addWidget(self.when)
        outer.addWidget(self.times)
        outer.addWidget(self.reason)
        outer.addWidget(self.problem)
        outer.addWidget(row("stretch", label("Ctrl+Enter", "faint"), self.save))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.submitted.emit()
        else:
            super().keyPressEvent(event)


class _Editor(QPlainTextEdit):
    """Tab leads on, Ctrl+Enter saves."""

    left = Signal()

    def __init__(self, panel: NotePanel) -> None:
        super().__init__()
        self._panel = panel
        self.setTabChangesFocus(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._panel.submitted.emit()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()
