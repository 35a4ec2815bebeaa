"""A note whole, with every text it had before; its author may correct it, and nothing that was written is lost."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from workstation.language import _
from workstation.services.notes import NoteCard
from workstation.ui import wording
from workstation.ui.widgets.dialog import Dialog
from workstation.ui.widgets.parts import button, column, label, row, scrolling

PAUSE_MS = 300  # of typing; then the draft is kept


class NoteDialog(Dialog):
    """Signals:
    paused: text; the agent stopped typing for a moment, the draft is to be kept.
    submitted: text; this shall take the place of the note.
    """

    paused = Signal(str)
    submitted = Signal(str)

    def __init__(
        self, parent: QWidget, card: NoteCard, zone: ZoneInfo, clock: Callable[[], datetime], draft: str | None = None,
        *, may_correct: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(parent, _("Correct the note") if may_correct else _("Note"))
        self.card = card
        self.editor = QPlainTextEdit(draft if draft is not None else card.text)
        self.editor.setAccessibleName(_("Text of the note"))
        self.editor.setTabChangesFocus(True)
        self.editor.setReadOnly(not may_correct)
        self.body.addWidget(self.editor, 2)
        if card.before:
            self.body.addWidget(label(_("BEFORE"), "heading"))
            self.body.addWidget(scrolling(_versions(card, zone, clock())), 1)
        if may_correct:
            self.add_buttons(_("Save"), lambda: self.submitted.emit(self.editor.toPlainText()))
        else:
            self.body.addWidget(row("stretch", button(_("Close"), clicked=self.accept)))
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(lambda: self.paused.emit(self.editor.toPlainText()))
        self.editor.textChanged.connect(self._pause.start)
        self.editor.setFocus()

    def sizeHint(self) -> QSize:
        return QSize(560, 420 if self.card.before else 300)

    def done(self, result: int) -> None:
        """Closed before the pause of the last key: that is kept too."""
        if self._pause.isActive():
            self._pause.stop()
            self.paused.emit(self.editor.toPlainText())
        super().done(result)


def _versions(card: NoteCard, zone: ZoneInfo, now: datetime) -> QWidget:
    parts: list[QWidget | str] = []
    for version in card.before:
        who = version.author or _("another system")
        parts.append(label(f"{wording.standing_alone(wording.moment(version.at, zone, now))} · {who}", "muted"))
        parts.append(label(version.text, wrap=True))
    return column(*parts, "stretch", gap=4)  # type: ignore[arg-type]
