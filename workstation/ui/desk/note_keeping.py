"""Keeps what is being written as a draft, brings it back, and saves it."""

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import QObject, Signal

from workstation.errors import Refused
from workstation.language import _
from workstation.records import Callback, ContactPoint, Customer, Disposition
from workstation.services import customers, drafts, quick_note
from workstation.services.customers import ContactPointLine
from workstation.services.drafts import QUICK_NOTE, DraftLine
from workstation.services.quick_note import QuickNoteForm
from workstation.ui.background import Background
from workstation.ui.desk.next_step_reading import NextStepReading
from workstation.ui.desk.note_panel import NotePanel
from workstation.ui.desk.outcome_reading import OutcomeReading
from workstation.ui.seat import Seat

KINDS = frozenset({Callback, ContactPoint, Disposition, Customer})


class NoteKeeping(QObject):
    """One panel, one customer at a time. The draft of each is bound to it from the first key on.

    Signals:
        saved: UUID of the customer; all of it is on the disk.
        began: UUID of the customer; the timer of a contact runs.
        ended: the talk is over: its timer was stopped, or the contact was saved.
        done: (words, callable); what was done, and how it is taken back.
    """

    saved = Signal(object)
    began = Signal(object)
    ended = Signal()
    done = Signal(str, object)

    def __init__(self, panel: NotePanel, background: Background, seat: Seat) -> None:
        super().__init__(panel)
        self._panel, self._background, self._seat = panel, background, seat
        self._customer_id: UUID | None = None
        self._is_restored = False
        self._to_begin: tuple[UUID, str, str, str] | None = None
        self._next = NextStepReading(panel.next_step, background, seat)
        self._outcomes = OutcomeReading(panel, background, seat)
        panel.paused.connect(self._keep)
        panel.submitted.connect(self.save)
        panel.next_step.typed.connect(lambda: self._next.preview(panel.values()))
        panel.timer.began.connect(lambda: self.began.emit(self._customer_id))
        panel.timer.ended.connect(self.ended)

    @property
    def has_unsaved(self) -> bool:
        """Whether something stands here that is not saved."""
        return self._panel.is_changed

    def open(self, customer_id: UUID | None) -> None:
        """Write on this customer from now on; what was written on another one is kept with that one. Who calls this
        calls `refresh` too, once the eye has what it waits for."""
        if customer_id == self._customer_id:
            return
        self.keep_now()
        self._customer_id, self._is_restored = customer_id, False
        self._panel.clear()
        self._panel.point.show_points([], "")
        self._outcomes.begin()
        self._panel.setEnabled(customer_id is not None)
        if customer_id is not None:
            # On the writing thread: it comes after the drafts that were kept before.
            self._background.write(
                self, drafts.draft_of, QUICK_NOTE, customer_id, then=partial(self._restore, customer_id)
            )

    def refresh(self) -> None:
        """Ways to reach them, outcomes and zone may be others now; what is being typed is not touched."""
        customer = self._customer_id
        if customer is None:
            return
        self._background.latest(self, "points", customers.contact_points_of, customer, then=self._show_points)
        self._outcomes.refresh(customer)
        self._next.open(customer)

    def keep_now(self) -> None:
        """What stands here goes to the disk at once."""
        if self._panel.is_changed:
            self._keep()

    def begin(self, channel: str, direction: str, phone: str = "", on: UUID | None = None) -> None:
        """A contact begins by a dial or a call; what was typed stays. `on` another customer it begins when they are
        open and their draft, if any, is back."""
        if on is None or (on == self._customer_id and self._is_restored):
            self._panel.begin(channel, direction, phone, None)
        else:
            self._to_begin = (on, channel, direction, phone)

    def save(self) -> None:
        """Keep contact, note and next step together; what is wrong is said beside its field."""
        customer = self._customer_id
        if customer is None or not self._panel.save.isEnabled():
            return
        try:
            form = self._form(self._panel.values())
        except Refused as refusal:
            self._panel.show_problem(str(refusal), refusal.field)
            return
        self._panel.save.setEnabled(False)
        seat = self._seat
        self._background.write(
            self, quick_note.save_quick_note, customer, seat.agent_id, form, seat.clock(), seat.regions,
            then=partial(self._done, customer, self._panel.values(), self._panel.touches), refused=self._refused,
        )  # fmt: skip

    def _form(self, values: dict[str, Any]) -> QuickNoteForm:
        started = values["started_at"]
        return QuickNoteForm(
            text=values["text"], channel=values["channel"] or None, direction=values["direction"] or "in",
            phone=values["phone"].strip() or None, disposition=values["disposition"] or None,
            started_at=datetime.fromisoformat(started) if started else None,
            next_step=self._next.form(values),
            ended_at=datetime.fromisoformat(values["ended_at"]) if values["ended_at"] else None,
        )  # fmt: skip

    def _done(self, customer: UUID, values: dict[str, Any], touches: int, note: UUID | None) -> None:
        if customer == self._customer_id:
            self._panel.save.setEnabled(True)
            if self._panel.touches == touches:
                self._panel.clear()
            else:  # typed on while it was being saved: that is a new draft
                self._keep()
        self.saved.emit(customer)
        if values["channel"]:
            self.ended.emit()
        if note is not None:
            self.done.emit(_("Note saved."), partial(self._take_back, customer, note, values))

    def _take_back(self, customer: UUID, note: UUID, values: dict[str, Any]) -> None:
        self.keep_now()
        take, ask = quick_note.take_back, drafts.draft_of
        self._background.write(self, take, customer, note, values, self._seat.clock())
        self._background.write(self, ask, QUICK_NOTE, customer, then=partial(self._restore, customer))

    def _refused(self, refusal: Refused) -> None:
        self._panel.show_problem(str(refusal), refusal.field)
        self._next.preview(self._panel.values())

    def _keep(self) -> None:
        customer, values = self._customer_id, self._panel.values()
        if customer is None or not self._panel.is_changed:
            return
        is_empty = not any(values[name] for name in ("text", "channel", "disposition", "when", "started_at"))
        if is_empty:
            self._background.write(self, drafts.discard_draft, QUICK_NOTE, customer)
            self._panel.is_changed = False
            return
        self._background.write(
            self, drafts.keep_draft, QUICK_NOTE, customer, values, self._seat.clock(),
            then=partial(self._kept, customer, values),
        )  # fmt: skip

    def _kept(self, customer: UUID, values: dict[str, Any], _id: object) -> None:
        if customer == self._customer_id and self._panel.values() == values:
            self._panel.tell_kept(_("draft kept"))

    def _restore(self, customer: UUID, draft: DraftLine | None) -> None:
        if customer != self._customer_id:
            return
        self._is_restored = True
        if draft is not None and not self._panel.is_changed:
            self._panel.show_values(draft.values)
            self._outcomes.show()
            self._next.preview(draft.values)
        if self._to_begin is not None and self._to_begin[0] == customer:
            _customer, channel, direction, phone = self._to_begin
            self._to_begin = None
            self.begin(channel, direction, phone, on=customer)

    def _show_points(self, points: list[ContactPointLine]) -> None:
        channel, _direction = self._panel.channel.currentData() or ("", "")
        self._panel.point.show_points(points, channel)
