"""Gives callbacks to somebody else: asks to whom, and saves each."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from workstation.services import callbacks
from workstation.services.agents import AgentChoice, agents_of
from workstation.ui.background import Background
from workstation.ui.widgets.reassign import ReassignDialog


class GivingAway(QObject):
    """The dialog opens over `place`; a callback closed meanwhile does not hold up the others."""

    def __init__(self, place: QWidget, background: Background) -> None:
        super().__init__(place)
        self._place, self._background = place, background

    def ask_owner(self, chosen: Sequence[UUID]) -> None:
        """Ask who shall have these callbacks."""
        self._background.read(self, agents_of, then=partial(self._show, chosen))

    def _show(self, chosen: Sequence[UUID], agents: list[AgentChoice]) -> None:
        dialog = ReassignDialog(self._place.window(), agents, len(chosen))
        dialog.owner_chosen.connect(partial(self._give, chosen))
        dialog.open()

    def _give(self, chosen: Sequence[UUID], owner: UUID | None, reason: str) -> None:
        for callback in chosen:
            self._background.write(self, callbacks.reassign, callback, owner, reason or None)
