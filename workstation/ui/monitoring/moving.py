"""Moves callbacks to another owner: asks to whom, saves each, and remembers them until central has heard."""

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from workstation.errors import Refused
from workstation.services.agents import AgentChoice, agents_of
from workstation.services.callbacks import reassign
from workstation.ui.background import Background
from workstation.ui.seat import Seat
from workstation.ui.widgets.reassign import ReassignDialog

MOVED_FOR = timedelta(seconds=20)  # until central has heard of a reassignment that was saved here


class Moving(QObject):
    """Signals:
    moved: a callback has its new owner on this PC.
    """

    moved = Signal()

    def __init__(self, parent: QWidget, background: Background, seat: Seat) -> None:
        super().__init__(parent)
        self._window, self._background, self._seat = parent, background, seat
        self._moved: dict[UUID, datetime] = {}

    def just_moved(self) -> frozenset[UUID]:
        """What was moved here so lately that central's figures may not know it yet."""
        now = self._seat.clock()
        self._moved = {one: at for one, at in self._moved.items() if now - at < MOVED_FOR}
        return frozenset(self._moved)

    def ask_owner(self, chosen: list[UUID]) -> None:
        """Ask who shall have these callbacks."""
        self._background.read(self, agents_of, then=partial(self._show_dialog, chosen))

    def move(self, chosen: list[UUID], owner: UUID | None, reason: str) -> None:
        """One write each: one that was closed meanwhile does not hold up the others."""
        for callback in chosen:
            done = partial(self._note, callback)
            self._background.write(
                self, reassign, callback, owner, reason or None, then=done, refused=self._tell_refusal
            )

    def _show_dialog(self, chosen: list[UUID], agents: list[AgentChoice]) -> None:
        dialog = ReassignDialog(self._window, agents, len(chosen))
        dialog.owner_chosen.connect(partial(self.move, chosen))
        dialog.open()

    def _note(self, callback: UUID, _nothing: object) -> None:
        self._moved[callback] = self._seat.clock()
        self.moved.emit()

    def _tell_refusal(self, refusal: Refused) -> None:
        self._background.refused.emit(str(refusal))
