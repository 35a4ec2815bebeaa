"""What can be done with a callback, the same from the board, from Today and from a reminder."""

from collections.abc import Callable, Sequence
from functools import partial
from uuid import UUID

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from workstation.language import _
from workstation.services import callbacks
from workstation.services.callbacks import AttemptOutcome, CallbackLine
from workstation.ui.background import Background
from workstation.ui.callbacks import words
from workstation.ui.callbacks.form import CallbackDialog
from workstation.ui.callbacks.giving import GivingAway
from workstation.ui.callbacks.reason import ReasonDialog
from workstation.ui.seat import Seat


class CallbackActions(QObject):
    """Joins the gestures of a list to the services; dialogs open over `place`.

    Signals:
        said: words for the calm line of the window.
    """

    said = Signal(str)

    def __init__(self, place: QWidget, background: Background, seat: Seat) -> None:
        super().__init__(place)
        self._place, self._background, self._seat = place, background, seat
        self._giving = GivingAway(place, background)
        self.said.connect(background.refused)  # the window shows it calmly

    def open_form(
        self, customer_id: UUID, replaces: CallbackLine | None = None, outcome: AttemptOutcome | None = None
    ) -> CallbackDialog:
        """The form: a new callback of this customer, or another time for one."""
        told = ""
        proposed = outcome.proposed if outcome is not None else None
        if outcome is not None:
            told = _("Logged: no answer, {counts}. The callback stays open until it has another time.").format(
                counts=outcome.attempts_words
            )
        dialog = CallbackDialog(
            self._place.window(), self._background, self._seat, customer_id, replaces,
            proposed.at if proposed is not None else None, told,
        )  # fmt: skip
        dialog.open()
        return dialog

    def take(self, lines: Sequence[CallbackLine]) -> None:
        """Make these mine: at once what is free, with a reason what a colleague has."""
        now = self._seat.clock()
        for line in lines:
            if self._is_free(line):
                self._background.write(self, callbacks.take, line.id, self._seat.agent_id, now)
        held = next((line for line in lines if not self._is_free(line)), None)
        if held is not None:
            question = _("{name} has the callback of {customer}. Why do you take it over?")
            asked = question.format(name=held.owner_name, customer=held.customer)
            self._ask(_("Take over"), asked, partial(self._take_over, held))

    def mark_done(self, line: CallbackLine) -> None:
        """The call was made."""
        self._write(line, callbacks.mark_done, self._seat.clock())

    def record_no_answer(self, line: CallbackLine) -> None:
        """Log an attempt; the callback stays open, and a better time is proposed at once."""
        self._background.write(
            self, callbacks.record_attempt, line.id, self._seat.agent_id, self._seat.clock(),
            then=partial(self._propose, line)
        )  # fmt: skip

    def ask_another_time(self, line: CallbackLine) -> None:
        """The form, with what the callback says now."""
        if self._may_change(line):
            self.open_form(line.customer_id, line)

    def ask_cancel(self, line: CallbackLine) -> None:
        """The call will not be made; others will read why."""
        if self._may_change(line):
            question = _("Why will {customer} not be called?").format(customer=line.customer)
            self._ask(_("Cancel callback"), question, partial(self._cancel, line))

    def ask_reassign(self, lines: Sequence[CallbackLine]) -> None:
        """Somebody else, or the team, shall have these."""
        mine_to_give = [line.id for line in lines if self._may_change(line)]
        if mine_to_give:
            self._giving.ask_owner(mine_to_give)

    def _is_free(self, line: CallbackLine) -> bool:
        return line.owner_id in (None, self._seat.agent_id) or line.is_released

    def _may_change(self, line: CallbackLine) -> bool:
        """Central refuses a change of what a colleague has, unless a supervisor makes it."""
        if self._is_free(line) or self._seat.is_supervisor:
            return True
        self.said.emit(_("{name} has this callback; take it over first (Ctrl+T).").format(name=line.owner_name))
        return False

    def _write(self, line: CallbackLine, command: Callable[..., None], *args: object) -> None:
        if not self._may_change(line):
            return
        is_to_take = line.is_released and not self._seat.is_supervisor and line.owner_id != self._seat.agent_id
        if is_to_take:  # in order before the change itself
            self._background.write(self, callbacks.take, line.id, self._seat.agent_id, self._seat.clock())
        self._background.write(self, command, line.id, *args)

    def _ask(self, title: str, question: str, does: Callable[[str], object]) -> None:
        dialog = ReasonDialog(self._place.window(), title, question, title)
        dialog.reason_given.connect(does)
        dialog.open()

    def _take_over(self, line: CallbackLine, reason: str) -> None:
        me, now = self._seat.agent_id, self._seat.clock()
        self._background.write(self, callbacks.take, line.id, me, now, reason)

    def _cancel(self, line: CallbackLine, reason: str) -> None:
        self._write(line, callbacks.cancel, reason, self._seat.clock())

    def _propose(self, line: CallbackLine, outcome: AttemptOutcome) -> None:
        if outcome.is_closed:
            return
        if self._is_free(line) or self._seat.is_supervisor:
            self.open_form(line.customer_id, line, outcome)
            return
        at = words.theirs(outcome.proposed.at, outcome.zone, self._seat.clock()) if outcome.proposed else ""
        self.said.emit(_("Logged: no answer. {name} still has the callback. {at}").format(name=line.owner_name, at=at))
