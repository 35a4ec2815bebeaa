"""The card at the bottom right that reminds of callbacks: who, why, at what time there and here. It takes no focus."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QFrame, QMenu, QPushButton, QVBoxLayout, QWidget

from workstation.language import _, ngettext
from workstation.services import moments
from workstation.services.callbacks import CallbackLine
from workstation.ui import wording
from workstation.ui.callbacks import words
from workstation.ui.seat import Seat
from workstation.ui.widgets.icons import Icon
from workstation.ui.widgets.parts import Elided, button, clear, label, row

SHOWN = 3
WIDTH = 400
BELOW = 72  # px: room for the calm line of messages, that no button is covered
LEFT = 68  # beside the rail


class ReminderPopup(QFrame):
    """Signals:
    opened: the line of the customer to open.
    snoozed: the instant (UTC) to remind again.
    dismissed: nothing more of these.
    """

    opened = Signal(object)
    snoozed = Signal(object)
    dismissed = Signal()

    def __init__(self, window: QWidget, seat: Seat) -> None:
        super().__init__(window)
        self._seat, self._window = seat, window
        self.lines: tuple[CallbackLine, ...] = ()
        self.setProperty("role", "raised")
        self.setAccessibleName(_("Reminder"))
        self.heading = label("", "strong", wrap=True)
        self._list = QVBoxLayout()
        self._list.setSpacing(6)
        self.open_button = button(_("Open"), "primary", clicked=self._open)
        self.snooze_button = QPushButton(_("Snooze"))
        self.snooze_button.setAccessibleName(_("Snooze"))
        self.snooze_button.setAutoDefault(False)
        self._snoozes = QMenu(self.snooze_button)
        self._snoozes.aboutToShow.connect(self._fill_snoozes)
        self.snooze_button.setMenu(self._snoozes)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(14, 12, 14, 12)
        outer.setSpacing(8)
        outer.addWidget(row(Icon("callback", "warn", 18), self.heading, gap=8))
        outer.addLayout(self._list)
        dismiss = button(_("Dismiss"), "quiet", clicked=self.dismissed.emit)
        outer.addWidget(row(self.open_button, self.snooze_button, "stretch", dismiss))
        self.setFixedWidth(WIDTH)
        window.installEventFilter(self)
        self.hide()

    def show_lines(self, lines: Sequence[CallbackLine], now: datetime) -> None:
        """Remind of these; of none: go away."""
        self.lines = tuple(lines)
        clear(self._list)
        for line in self.lines[:SHOWN]:
            self._list.addWidget(Elided(" · ".join(filter(None, (line.customer, line.reason))), "strong"))
            self._list.addWidget(label(words.both_times(line.due_at, line.zone, self._seat, now), "muted", wrap=True))
        more = len(self.lines) - SHOWN
        if more > 0:
            self._list.addWidget(label(ngettext("and {n} more", "and {n} more", more).format(n=more), "muted"))
        self.heading.setText(heading(self.lines, now))
        self.setVisible(bool(self.lines))
        for at in range(self._list.count()):
            item = self._list.itemAt(at)
            part = item.widget() if item is not None else None
            if part is not None:
                part.show()  # now, or the layout does not count it
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        layout = self.layout()
        if layout is not None:
            layout.activate()
            self.resize(WIDTH, max(layout.totalHeightForWidth(WIDTH), layout.totalSizeHint().height()))
        # At the left: the note and its Save are at the right, and somebody is writing there.
        self.move(LEFT, self._window.rect().bottom() - self.height() - BELOW)
        self.raise_()

    def _open(self) -> None:
        for line in self.lines[:1]:
            self.opened.emit(line)

    def _fill_snoozes(self) -> None:
        """The exact time stands beside each choice, by the clock of this moment."""
        self._snoozes.clear()
        now = self._seat.clock()
        for pick in moments.snoozes(now, self._seat.zone):
            at = wording.standing_alone(wording.moment(pick.at, self._seat.zone, now))
            self._snoozes.addAction(f"{pick.words}\t{at}", partial(self.snoozed.emit, pick.at))

    def snooze_menu(self) -> QMenu:
        """The choices, as they are now."""
        self._fill_snoozes()
        return self._snoozes


def heading(lines: Sequence[CallbackLine], now: datetime) -> str:
    """What is due, in one line."""
    if len(lines) == 1:
        late = (now - lines[0].due_at).total_seconds()
        return _("Callback due") if late < 60 else _("Callback due, {time} late").format(time=wording.ago(late))
    return ngettext("{n} callback is due", "{n} callbacks are due", len(lines)).format(n=len(lines))
