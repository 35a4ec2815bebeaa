"""Changes of a profile: the forms for a customer and their contact points, and the conflicts to decide."""

from functools import partial
from uuid import UUID

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from workstation.services import conflicts, customers
from workstation.services.conflicts import ConflictLine
from workstation.services.profile import ProfileCard
from workstation.ui.background import Background
from workstation.ui.desk.conflict_dialog import ConflictDialog
from workstation.ui.desk.customer_form import CustomerForm
from workstation.ui.desk.point_editing import PointEditing
from workstation.ui.desk.profile_panel import ProfilePanel
from workstation.ui.seat import Seat


class ProfileEditing(QObject):
    """Opens the forms a ProfilePanel asks for, and saves what they say.

    Signals:
        said: (words, alert); for the calm line of the window.
        added: (UUID of a new customer, once on the disk; the call they were added for, or None).
    """

    said = Signal(str, str)
    added = Signal(object, object)

    def __init__(self, window: QWidget, panel: ProfilePanel, background: Background, seat: Seat) -> None:
        super().__init__(panel)
        self._window, self._panel, self._background, self._seat = window, panel, background, seat
        self.form: CustomerForm | None = None
        panel.edit_wanted.connect(self.edit)
        panel.conflicts_wanted.connect(self.decide_conflicts)
        PointEditing(window, panel, background, seat, self).said.connect(self.said)

    @property
    def _customer_id(self) -> UUID | None:
        return self._panel.card.id if self._panel.card is not None else None

    def add_customer(self, searched: str, call: object = None) -> None:
        """The form for a new one, with what was searched for filled in; `call` comes back with `added`."""
        self._show_form(CustomerForm(self._window, searched=searched), call)

    def show_now(self, card: ProfileCard) -> None:
        """The customer is another now: an open form says which fields a colleague changed."""
        if self.form is not None and self.form.customer_id == card.id:
            self.form.show_now(card.fields)

    def edit(self) -> None:
        """The form of the open customer."""
        card = self._panel.card
        if card is not None:
            self._show_form(CustomerForm(self._window, card.fields, customer_id=card.id))

    def _show_form(self, form: CustomerForm, call: object = None) -> None:
        self.form = form
        form.submitted.connect(partial(self._save_form, form, call))
        form.finished.connect(lambda _result: setattr(self, "form", None))
        form.open()

    def _save_form(self, form: CustomerForm, call: object, changed: dict[str, str]) -> None:
        seat = self._seat
        if form.customer_id is None:
            self._background.write(
                form, customers.add_with_fields, seat.scope, changed, seat.clock(), seat.regions,
                then=partial(self._added, form, call), refused=form.show_refusal,
            )  # fmt: skip
        else:
            self._background.write(
                form, customers.edit_as, form.customer_id, changed, seat.role,
                then=lambda _none: form.accept(), refused=form.show_refusal,
            )  # fmt: skip

    def _added(self, form: CustomerForm, call: object, customer_id: UUID) -> None:
        form.accept()
        self.added.emit(customer_id, call)

    def decide_conflicts(self) -> None:
        """Mine, theirs, before: of the open customer."""
        self._background.read(self, conflicts.open_conflicts, self._seat.agent_id, then=self._show_conflicts)

    def _show_conflicts(self, lines: list[ConflictLine]) -> None:
        of_this = [line for line in lines if line.customer_id == self._customer_id]
        if of_this:
            dialog = ConflictDialog(self._window, of_this, self._seat)
            dialog.resolved.connect(self._resolve)
            dialog.open()

    def _resolve(self, conflict_id: UUID, take: str) -> None:
        self._background.write(self, conflicts.resolve, conflict_id, take, self._seat.agent_id, self._seat.clock())
