"""Does what the timeline asks for: with notes, and with callbacks."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from workstation.errors import Refused
from workstation.language import _
from workstation.services import agenda, drafts, notes
from workstation.services.callbacks import CallbackLine
from workstation.services.drafts import CORRECTION, DraftLine
from workstation.services.history import EntryLine
from workstation.services.notes import NoteCard
from workstation.ui.background import Background
from workstation.ui.callbacks.actions import CallbackActions
from workstation.ui.desk import entry_menu
from workstation.ui.desk.note_dialog import NoteDialog
from workstation.ui.seat import Seat


class EntryGestures(QObject):
    """Dialogs open over `window`.

    Signals:
        said: (words, alert); for the calm line of the window.
        done: (words, callable); what was done, and how it is taken back.
    """

    said = Signal(str, str)
    done = Signal(str, object)

    def __init__(self, window: QWidget, background: Background, seat: Seat) -> None:
        super().__init__(window)
        self._window, self._background, self._seat = window, background, seat
        self.dialog: NoteDialog | None = None
        actions = CallbackActions(window, background, seat)
        self._of_callback: dict[str, Callable[[CallbackLine], object]] = {
            entry_menu.DONE: actions.mark_done, entry_menu.NO_ANSWER: actions.record_no_answer,
            entry_menu.MOVE: actions.ask_another_time, entry_menu.CANCEL: actions.ask_cancel,
            entry_menu.GIVE: lambda line: actions.ask_reassign([line]),
        }  # fmt: skip

    def act(self, gesture: str, entry: EntryLine) -> None:
        """Do this with that entry, if it may be done."""
        allowed = {name for name, _words in entry_menu.gestures_of(entry)}
        if gesture not in allowed:
            if entry.note_id is not None and gesture in (entry_menu.CORRECT, entry_menu.DELETE):
                self.said.emit(_("Only who wrote a note may correct or delete it."), "info")
            return
        if gesture in self._of_callback:
            ask = partial(self._with_callback, gesture)
            self._background.read(self, agenda.callback_of, entry.id, self._seat.clock(), then=ask)
        elif gesture == entry_menu.COPY and entry.note_id is None:
            QGuiApplication.clipboard().setText(entry.text)
        elif entry.note_id is not None:
            self._with_note(gesture, entry, entry.note_id)

    def _with_note(self, gesture: str, entry: EntryLine, note_id: UUID) -> None:
        if gesture == entry_menu.PIN:
            self._background.write(self, notes.pin_note, note_id, not entry.is_pinned)
        elif gesture == entry_menu.DELETE:
            undo = partial(self._background.write, self, notes.restore_note, note_id)
            told = partial(self._tell_done, _("Note deleted."), undo)
            self._background.write(self, notes.delete_note, note_id, then=told)
        elif gesture == entry_menu.COPY:
            self._background.read(self, notes.note_card, note_id, then=_copy)
        else:
            may = gesture == entry_menu.CORRECT
            self._background.read(self, notes.note_card, note_id, then=partial(self._ask_draft, may))

    def _tell_done(self, words: str, undo: object, _nothing: object) -> None:
        self.done.emit(words, undo)

    def _ask_draft(self, may_correct: bool, card: NoteCard) -> None:
        then = partial(self._open, may_correct, card)
        self._background.write(self, drafts.draft_of, _kind(card), card.customer_id, then=then)

    def _open(self, may_correct: bool, card: NoteCard, draft: DraftLine | None) -> None:
        text = str(draft.values.get("text", "")) if draft is not None and may_correct else None
        seat = self._seat
        dialog = NoteDialog(self._window.window(), card, seat.zone, seat.clock, text, may_correct=may_correct)
        dialog.paused.connect(partial(self._keep, card))
        dialog.submitted.connect(partial(self._correct, dialog))
        self.dialog = dialog
        dialog.finished.connect(lambda _result: setattr(self, "dialog", None))
        dialog.open()

    def _keep(self, card: NoteCard, text: str) -> None:
        if text == card.text:
            self._background.write(self, drafts.discard_draft, _kind(card), card.customer_id)
        else:
            values = {"text": text}
            self._background.write(self, drafts.keep_draft, _kind(card), card.customer_id, values, self._seat.clock())

    def _correct(self, dialog: NoteDialog, text: str) -> None:
        card, seat = dialog.card, self._seat
        if text == card.text:
            dialog.accept()
            return

        def refused(refusal: Refused) -> None:
            dialog.show_problem(str(refusal), dialog.editor)

        def corrected(new: UUID) -> None:
            dialog.accept()
            self._background.write(self, drafts.discard_draft, _kind(card), card.customer_id)
            undo = partial(
                self._background.write, self, notes.correct_note, new, seat.agent_id, card.text, seat.clock()
            )
            self.done.emit(_("Note corrected; the text before is kept."), undo)

        self._background.write(
            dialog, notes.correct_note, card.id, seat.agent_id, text, seat.clock(), then=corrected, refused=refused
        )

    def _with_callback(self, gesture: str, line: CallbackLine | None) -> None:
        if line is None:
            self.said.emit(_("This callback is closed already."), "info")
        else:
            self._of_callback[gesture](line)


def _copy(card: NoteCard) -> None:
    QGuiApplication.clipboard().setText(card.text)


def _kind(card: NoteCard) -> str:
    return CORRECTION + str(card.id)
