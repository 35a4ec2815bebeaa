"""Changes of the ways to reach a customer: one more, marked, and how to get through there."""

from functools import partial
from uuid import UUID

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from workstation.errors import Refused
from workstation.services import customers
from workstation.services.customers import ContactPointLine
from workstation.ui.background import Background
from workstation.ui.desk.point_form import PointForm, WayForm
from workstation.ui.desk.profile_panel import ProfilePanel
from workstation.ui.seat import Seat


class PointEditing(QObject):
    """Opens the small forms a ProfilePanel asks for, and saves what they say.

    Signals:
        said: (words, alert); for the calm line of the window.
    """

    said = Signal(str, str)

    def __init__(
        self, window: QWidget, panel: ProfilePanel, background: Background, seat: Seat, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._window, self._panel, self._background, self._seat = window, panel, background, seat
        panel.point_add_wanted.connect(self._add_point)
        panel.point_change_wanted.connect(self._mark_point)
        panel.way_wanted.connect(self._ask_way)

    def _add_point(self) -> None:
        card = self._panel.card
        if card is not None:
            form = PointForm(self._window)
            form.submitted.connect(partial(self._save_point, form, card.id))
            form.open()

    def _save_point(self, form: PointForm, customer_id: UUID, kind: str, value: str, words: str) -> None:
        self._background.write(
            form, customers.add_point, customer_id, kind, value, words, self._seat.clock(), self._seat.regions,
            then=lambda _id: form.accept(), refused=form.show_refusal,
        )  # fmt: skip

    def _mark_point(self, point_id: UUID, fields: dict[str, object]) -> None:
        self._background.write(self, customers.mark_point, point_id, fields, self._seat.regions, refused=self._say_no)

    def _ask_way(self, point: ContactPointLine) -> None:
        form = WayForm(self._window, point)
        form.submitted.connect(partial(self._save_way, form, point.id))
        form.open()

    def _save_way(self, form: WayForm, point_id: UUID, words: str) -> None:
        self._background.write(
            form, customers.mark_point, point_id, {"way_through": words}, self._seat.regions,
            then=lambda _none: form.accept(), refused=form.show_refusal,
        )  # fmt: skip

    def _say_no(self, refusal: Refused) -> None:
        self.said.emit(str(refusal), "warn")
