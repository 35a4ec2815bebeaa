"""The quick note: written while talking, with channel, number, timer, outcome and next step beside the text."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QComboBox, QFrame, QPlainTextEdit, QVBoxLayout

from workstation.language import _
from workstation.ui.desk.disposition_choice import DispositionChoice
from workstation.ui.desk.note_parts import ContactTimer, NextStep, PointField
from workstation.ui.widgets.icons import Icon
from workstation.ui.widgets.parts import button, label, row, rule

PAUSE_MS = 300  # of typing; then the draft is kept
CALL_IN, CALL_OUT = 1, 2  # in channels()
LOW = 560  # px: below, outcomes are one row and the next step is short


def channels() -> list[tuple[str, str, str]]:
    """(channel, direction, words) that can be chosen; the first is a plain note."""
    return [
        ("", "", _("Note")), ("call", "in", _("Call in")), ("call", "out", _("Call out")),
        ("chat", "in", _("Chat in")), ("chat", "out", _("Chat out")), ("email", "in", _("E-mail in")),
        ("email", "out", _("E-mail out")), ("web", "out", _("Web form")), ("third party", "out", _("Third party")),
    ]  # fmt: skip


class NotePanel(QFrame):
    """Attributes:
    touches: how often the agent typed or chose something; what is suggested or arrives does not count.

    Signals:
    paused: the agent stopped typing for a moment; the draft is to be kept.
    submitted: Ctrl+Enter or Save.
    """

    paused = Signal()
    submitted = Signal()

    def __init__(self, zone: ZoneInfo, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self.setProperty("role", "pane")
        self.setAccessibleName(_("Quick note"))
        self._clock, self._zone = clock, zone
        self.is_changed, self.is_call_owed = False, False
        self.touches = 0
        self.timer = ContactTimer(clock)
        self.channel, self.point = QComboBox(), PointField()
        self.editor = _Editor(self)
        self.kept = label("", "faint")
        self.kept_icon = Icon("check", "ok", 14)
        self.outcome = DispositionChoice()
        self.next_step = NextStep()
        self.problem = label("", "danger", wrap=True)
        self.save = button(_("Save"), "primary", clicked=self.submitted.emit)
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        _lay_out(self)
        self._join()
        self.clear()

    def values(self) -> dict[str, Any]:
        """All that stands here, as a draft keeps it."""
        channel, direction = self.channel.currentData() or ("", "")
        return {
            "text": self.editor.toPlainText(), "channel": channel, "direction": direction,
            "phone": self.point.currentText(), "disposition": self.outcome.code, "when": self.next_step.when.text(),
            "override": self.next_step.reason.text(),
            "started_at": self.timer.started_at.isoformat() if self.timer.started_at else "",
            "ended_at": self.timer.ended_at.isoformat() if self.timer.ended_at else "",
        }  # fmt: skip

    def clear(self) -> None:
        """Nothing is being written."""
        self.show_values({})
        self.show_problem("")
        self.tell_kept("")
        self.is_changed = False

    def show_values(self, values: dict[str, Any]) -> None:
        """What was being written is back."""
        blockers = [QSignalBlocker(one) for one in (self.editor, self.channel, self.point, self.next_step)]
        self.editor.setPlainText(values.get("text", ""))
        wanted = (values.get("channel", ""), values.get("direction", ""))
        found = [(c, d) for c, d, _words in channels()]
        self.channel.setCurrentIndex(found.index(wanted) if wanted in found else 0)
        self.point.show_text(values.get("phone", ""))
        self.outcome.set_code(values.get("disposition", ""))
        self.next_step.show_texts(values.get("when", ""), values.get("override", ""))
        started, ended = values.get("started_at", ""), values.get("ended_at", "")
        self.timer.show_start(
            datetime.fromisoformat(started) if started else None, datetime.fromisoformat(ended) if ended else None
        )
        self.is_changed = bool(values)
        if values:
            self.tell_kept(_("draft kept"))
        del blockers

    def show_problem(self, words: str, field: str | None = None) -> None:
        """Why it was not saved, beside the field; nothing typed is lost."""
        self.problem.setText(words)
        self.problem.setVisible(bool(words))
        self.save.setEnabled(True)
        where = {"disposition": self.outcome, "channel": self.channel, "at": self.next_step.when}
        if words:
            where.get(field or "", self.editor).setFocus(Qt.FocusReason.OtherFocusReason)

    def begin(self, channel: str, direction: str, phone: str, started_at: datetime | None) -> None:
        """A contact begins: the timer runs, the fields are set unless something was chosen already."""
        found = [(c, d) for c, d, _words in channels()]
        if not self.channel.currentIndex() and (channel, direction) in found:
            self.channel.setCurrentIndex(found.index((channel, direction)))
        if phone:
            self.point.show_text(phone)
        self.timer.start(started_at)

    def focus_editor(self) -> None:
        """The keyboard goes to the text."""
        self.editor.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.outcome.fold(self.height() < LOW)

    def _touch(self) -> None:
        """Something was typed or chosen: what was kept is not the whole any more."""
        self.is_changed = True
        self.touches += 1
        self.tell_kept("")
        self._pause.start()

    def tell_kept(self, words: str) -> None:
        """Say that the draft is on the disk; nothing while it is not."""
        self.kept.setText(words)
        self.kept_icon.setVisible(bool(words))

    def _choose_channel(self, _at: int) -> None:
        channel, _direction = self.channel.currentData() or ("", "")
        if channel:
            self.timer.start()
        self.point.suggest(channel)
        self._touch()

    def _choose_outcome(self, code: str) -> None:
        """An outcome belongs to a contact: where none was chosen it is a call, out where one is owed."""
        if code and not self.channel.currentIndex():
            self.channel.setCurrentIndex(CALL_OUT if self.is_call_owed else CALL_IN)
            self.timer.start()
        self._touch()

    def _join(self) -> None:
        self.editor.textChanged.connect(self._touch)
        self.editor.left.connect(self.paused)
        self.channel.currentIndexChanged.connect(self._choose_channel)
        self.point.currentTextChanged.connect(lambda _text: self._touch())
        self.outcome.chosen.connect(self._choose_outcome)
        self.next_step.typed.connect(self._touch)
        self.timer.toggled.connect(self._touch)
        self._pause.timeout.connect(self.paused)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.submitted.emit()
        else:
            super().keyPressEvent(event)


def _lay_out(panel: NotePanel) -> None:
    for channel, direction, words in channels():
        panel.channel.addItem(words, (channel, direction))
    for widget, words in (
        (panel.channel, _("How you are in touch")), (panel.point, _("Number or address used")),
        (panel.editor, _("Note")),
    ):  # fmt: skip
        widget.setAccessibleName(words)
    for choice in (panel.channel, panel.point):
        choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        choice.setMinimumContentsLength(4)
    panel.editor.setMinimumHeight(panel.editor.fontMetrics().lineSpacing() * 3 + 18)
    panel.save.setToolTip("Ctrl+Enter")
    outer = QVBoxLayout(panel)
    outer.setContentsMargins(14, 10, 14, 12)
    outer.setSpacing(8)
    outer.addWidget(row(label(_("QUICK NOTE"), "heading"), "stretch", panel.timer))
    pair = row()
    layout = pair.layout()
    assert isinstance(layout, QBoxLayout)
    layout.addWidget(panel.channel, 13)
    layout.addWidget(panel.point, 14)  # by a hair: the longest words of a channel, and a whole number
    outer.addWidget(pair)
    outer.addWidget(panel.editor, 1)
    outer.addWidget(row("stretch", panel.kept_icon, panel.kept, gap=4))
    outer.addWidget(panel.outcome)
    outer.addWidget(rule())
    outer.addWidget(label(_("NEXT STEP"), "heading"))
    outer.addWidget(panel.next_step)
    outer.addWidget(panel.problem)
    outer.addWidget(row("stretch", label("Ctrl+Enter", "faint"), panel.save))


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
