"""Takes a call that was offered: opens who it is in a tab of their own, and begins their note."""

from collections.abc import Callable
from uuid import UUID

from PySide6.QtCore import QObject

from workstation.services.calls import CallerCard
from workstation.ui.desk.note_keeping import NoteKeeping
from workstation.ui.desk.profile_editing import ProfileEditing


class CallTaking(QObject):
    """`show` opens a customer in a new tab. Of somebody new the form comes first, the contact begins when they are
    on the disk."""

    def __init__(self, writing: NoteKeeping, editing: ProfileEditing, show: Callable[[UUID], object]) -> None:
        super().__init__(writing)
        self._writing, self._editing, self._show = writing, editing, show
        editing.added.connect(self._on_added)

    def take(self, customer_id: UUID, card: CallerCard, *, is_talking: bool) -> None:
        """Timer, channel and number begin with the card; when nobody is on the line any more it is only shown."""
        call = card.call
        if is_talking and call.customer is None:
            value = next((line.value for line in card.people if line.id == customer_id), "") or card.dialled
            self._writing.begin(call.channel, call.direction, value, on=customer_id)
        self._show(customer_id)

    def create(self, card: CallerCard, *, is_talking: bool) -> None:
        """The form of a new customer with the number filled in."""
        self._editing.add_customer(card.dialled, card if is_talking else None)

    def _on_added(self, customer_id: UUID, card: CallerCard | None) -> None:
        if card is None:
            self._show(customer_id)
        else:
            self.take(customer_id, card, is_talking=True)
