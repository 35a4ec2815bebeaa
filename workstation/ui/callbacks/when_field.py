"""Asks when: typed as people say it, picked from a row, or from a calendar; at the customer's clock or at ours."""

from datetime import UTC, date, datetime
from functools import partial
from zoneinfo import ZoneInfo

from PySide6.QtCore import QDate, Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCalendarWidget,
    QGridLayout,
    QLineEdit,
    QMenu,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
    QWidgetAction,
)

from workstation.language import _
from workstation.services import moments
from workstation.services.attempts import Slot
from workstation.services.moments import Pick
from workstation.ui.seat import Seat
from workstation.ui.widgets.parts import row

PICKS_IN_A_ROW = 4


class WhenField(QWidget):
    """Signals:
    changed: another time, or none that can be read.
    confirmed: Enter in the field.
    """

    changed = Signal()
    confirmed = Signal()

    def __init__(self, seat: Seat) -> None:
        super().__init__()
        self._seat, self._zone = seat, seat.zone
        self.text = QLineEdit(placeholderText=moments.examples())
        self.text.setAccessibleName(_("When"))
        self.theirs = _filter(_("theirs"), _("The time is the customer's"))
        self.ours = _filter(_("ours"), _("The time is ours"))
        self._side = QButtonGroup(self)
        for side in (self.theirs, self.ours):
            side.setCheckable(True)
            self._side.addButton(side)
        self.theirs.setChecked(True)
        self._picks = QGridLayout()
        self._picks.setSpacing(4)
        for place in range(PICKS_IN_A_ROW):
            self._picks.setColumnStretch(place, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(6)
        outer.addWidget(row(self.text, self.theirs, self.ours, self._calendar_button()))
        outer.addLayout(self._picks)
        self.text.textEdited.connect(lambda _text: self.changed.emit())
        self.text.returnPressed.connect(self.confirmed)
        self._side.buttonClicked.connect(lambda _button: self.changed.emit())
        self.setFocusProxy(self.text)

    def serve(self, zone: ZoneInfo, slot: Slot | None, now: datetime) -> None:
        """From now on the customer's clock is that of `zone`, and `slot` the time worth trying."""
        self._zone = zone
        picks = moments.quick_picks(now, zone)
        if slot is not None:
            picks.append(Pick(_("best next time"), slot.at))
        for number, pick in enumerate(picks):
            chosen = _filter(pick.words, pick.words)
            chosen.setSizePolicy(QSizePolicy.Policy.MinimumExpanding, QSizePolicy.Policy.Fixed)
            chosen.setToolTip(f"{pick.at.astimezone(zone):%d.%m.%Y %H:%M}")
            chosen.clicked.connect(partial(self._pick, pick.at))
            self._picks.addWidget(chosen, number // PICKS_IN_A_ROW, number % PICKS_IN_A_ROW)

    def at(self) -> str | None:
        """The time as it is now: ISO, the customer's wall clock or an instant; None where it cannot be read."""
        zone = self._seat.zone if self.ours.isChecked() else self._zone
        found = moments.parse(self.text.text(), self._seat.clock(), zone)
        if found is None:
            return None
        if found.tzinfo is None and self.ours.isChecked():
            found = found.replace(tzinfo=zone).astimezone(UTC)
        return found.isoformat()

    def show_moment(self, moment: datetime) -> None:
        """Fill in this instant, as the clock of the chosen side shows it."""
        zone = self._seat.zone if self.ours.isChecked() else self._zone
        self.text.setText(f"{moment.astimezone(zone):%d.%m.%Y %H:%M}")
        self.changed.emit()

    def _pick(self, at: datetime, _is_on: bool = False) -> None:
        self.show_moment(at)
        self.text.setFocus(Qt.FocusReason.OtherFocusReason)

    def _calendar_button(self) -> QToolButton:
        made = _filter(_("Date…"), _("Choose the day in a calendar"))
        calendar = QCalendarWidget()
        calendar.setAccessibleName(_("Day of the callback"))
        menu = QMenu(made)
        holder = QWidgetAction(menu)
        holder.setDefaultWidget(calendar)
        menu.addAction(holder)
        made.setMenu(menu)
        made.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        calendar.activated.connect(lambda day: self._pick_day(menu, day))
        calendar.clicked.connect(lambda day: self._pick_day(menu, day))
        return made

    def _pick_day(self, menu: QMenu, day: QDate) -> None:
        menu.close()
        chosen = date(day.year(), day.month(), day.day())
        self.text.setText(f"{chosen:%d.%m.%Y} {moments.USUAL_TIME:%H:%M}")
        self.changed.emit()
        self.text.setFocus(Qt.FocusReason.OtherFocusReason)


def _filter(text: str, name: str) -> QToolButton:
    made = QToolButton()
    made.setText(text)
    made.setProperty("role", "filter")
    made.setAccessibleName(name)
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return made
