"""Reminds of callbacks at their minute, in the window, in the tray and by a sound; after sleep of all missed ones."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QSystemTrayIcon, QWidget

from workstation.changes import Changes
from workstation.language import _
from workstation.records import Agent, Callback, Customer
from workstation.services import reminders
from workstation.services.callbacks import CallbackLine
from workstation.services.reminders import ReminderCard
from workstation.ui.background import Background
from workstation.ui.callbacks import words
from workstation.ui.doors import Doors
from workstation.ui.seat import Seat
from workstation.ui.shell.reminder_popup import ReminderPopup, heading
from workstation.ui.shell.reminder_sound import ring
from workstation.ui.theme import icon_pixmap

LONGEST_WAIT_MS = 3_600_000  # the minute looks in between anyway
TRAY_ICON = 22


class ReminderWatch(QObject):
    """Looks when the next callback is due, with every minute of the clock and with every change of a callback.

    The clock on the wall decides and not how long a timer ran: after sleep the first look finds all that was missed.

    Signals:
        customer_chosen: id of the customer to open.
    """

    customer_chosen = Signal(object)

    def __init__(
        self, window: QWidget, background: Background, doors: Doors, seat: Seat, sound: Callable[[], object] = ring
    ) -> None:
        super().__init__(window)
        self._window, self._background, self._seat, self._sound = window, background, seat, sound
        self._told: set[tuple[UUID, datetime]] = set()
        self.popup = ReminderPopup(window, seat)
        self.popup.opened.connect(self._open)
        self.popup.snoozed.connect(self._snooze)
        self.popup.dismissed.connect(self._dismiss)
        self.timer = QTimer(self, singleShot=True)
        self.timer.setTimerType(Qt.TimerType.PreciseTimer)  # a coarse one may be minutes off after an hour
        self.timer.timeout.connect(self.look)
        doors.minute_passed.connect(self.look)
        doors.changed.connect(self._on_changed)
        self.tray = self._tray_icon()
        self._is_stopped = False
        self.look()

    def stop(self) -> None:
        """The agent signed out: whoever comes next is not reminded of their callbacks."""
        self._is_stopped = True
        self.timer.stop()
        if self.tray is not None:
            self.tray.hide()

    def look(self) -> None:
        """See what is due by now."""
        if self._is_stopped:
            return
        now = self._seat.clock()
        self._background.latest(self, "reminder", reminders.reminder, self._seat.agent_id, now, then=self._show)

    def answer(self, customer_id: UUID | None) -> None:
        """The agent opened this customer: nothing more is to be reminded of there."""
        found = [line.id for line in self.popup.lines if line.customer_id == customer_id]
        if found:
            self._answer(reminders.dismiss, found)

    def _on_changed(self, changes: Changes) -> None:
        if changes.kinds & {Callback, Customer, Agent}:
            self.look()

    def _show(self, card: ReminderCard) -> None:
        if self._is_stopped:  # asked before the sign-out, answered after it
            return
        now = self._seat.clock()
        due = {(line.id, line.due_at) for line in card.lines}
        is_news = bool(due - self._told)
        self._told = due
        self.popup.show_lines(card.lines, now)
        self._tell_tray(card, now, is_news)
        if is_news:
            self._sound()
        self._wait_for(card.next_at, now)

    def _wait_for(self, moment: datetime | None, now: datetime) -> None:
        if moment is None:
            self.timer.stop()
            return
        left = int((moment - now).total_seconds() * 1000) + 1  # never a moment too early
        self.timer.start(min(max(left, 1), LONGEST_WAIT_MS))

    def _open(self, line: CallbackLine) -> None:
        self._answer(reminders.dismiss, [line.id])
        self.customer_chosen.emit(line.customer_id)

    def _snooze(self, until: datetime) -> None:
        self._answer(reminders.snooze, [line.id for line in self.popup.lines], until)

    def _dismiss(self) -> None:
        self._answer(reminders.dismiss, [line.id for line in self.popup.lines])

    def _answer(self, command: Callable[..., None], *args: object) -> None:
        self.popup.hide()  # at once; what stays due comes back with the look after the save
        me, now = self._seat.agent_id, self._seat.clock()
        self._background.write(self, command, *args, me, now, then=lambda _done: self.look())

    def _tray_icon(self) -> QSystemTrayIcon | None:
        if not QSystemTrayIcon.isSystemTrayAvailable():
            return None
        tray = QSystemTrayIcon(QIcon(icon_pixmap("callback", "accent", TRAY_ICON, 1.0)), self)
        tray.setToolTip(_("Agent Workstation"))
        tray.activated.connect(lambda _reason: self._raise_window())
        tray.messageClicked.connect(self._raise_window)
        tray.show()
        return tray

    def _tell_tray(self, card: ReminderCard, now: datetime, is_news: bool) -> None:
        if self.tray is None:
            return
        told = heading(card.lines, now) if card.lines else _("no callback due")
        self.tray.setToolTip(_("Agent Workstation – {what}").format(what=told))
        if is_news and not self._window.isActiveWindow():
            first = card.lines[0]
            times = words.both_times(first.due_at, first.zone, self._seat, now)
            is_locked = not self.popup.isEnabled()  # then whoever passes by reads no name
            self.tray.showMessage(told, times if is_locked else f"{first.customer}\n{times}")

    def _raise_window(self) -> None:
        self._window.showNormal() if self._window.isMinimized() else self._window.show()
        self._window.raise_()
        self._window.activateWindow()
