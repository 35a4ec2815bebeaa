"""Today: what is to be called now and soon, for me and my team, the most pressing first."""

from collections import Counter
from datetime import timedelta

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from workstation.changes import Changes
from workstation.language import _, ngettext
from workstation.records import Agent, Callback, Conflict, Customer
from workstation.services import agenda, callbacks
from workstation.services.agenda import OwnWorkCard
from workstation.services.callbacks import CallbackLine
from workstation.ui.background import Background
from workstation.ui.callbacks.actions import CallbackActions
from workstation.ui.callbacks.menu import give_menu
from workstation.ui.callbacks.table import CallbackTable
from workstation.ui.doors import Doors
from workstation.ui.screen import Screen
from workstation.ui.seat import Seat
from workstation.ui.widgets.icons import Icon
from workstation.ui.widgets.parts import button, column, label, row, set_role

AHEAD = timedelta(hours=12)


class TodayScreen(Screen):
    """Signals:
    customer_chosen: id of the customer to open.
    said: words that the background's `refused` has brought to the window's calm line already.
    """

    customer_chosen = Signal(object)
    said = Signal(str)

    def __init__(self, background: Background, doors: Doors, seat: Seat) -> None:
        super().__init__(background, doors)
        self.seat = seat
        self.gestures = CallbackActions(self, background, seat)
        self.gestures.said.connect(self.said)
        self.table = CallbackTable(seat, _("What to call next"))
        give_menu(self.table, self.gestures)
        self.counts = {
            agenda.OVERDUE: label("", chip="plain"), agenda.DUE: label("", chip="plain"),
            agenda.LATER_SOON: label("", chip="plain"),
        }  # fmt: skip
        self.own = label("", "muted", wrap=True)
        self.next = button(_("Take next"), "primary", clicked=self.take_next)
        self.next.setToolTip("F9")
        self._lay_out()
        self.table.opened.connect(lambda line: self.customer_chosen.emit(line.customer_id))
        doors.minute_passed.connect(self.mark_stale)
        doors.online_changed.connect(self.mark_stale)

    def concerns(self, changes: Changes) -> bool:
        return bool(changes.kinds & {Callback, Customer, Agent, Conflict})

    def refresh(self) -> None:
        seat = self.seat
        self.background.latest(
            self, "agenda", agenda.agenda, seat.agent_id, seat.team_id, seat.clock(), AHEAD, then=self._show
        )
        self.background.latest(self, "own", agenda.own_work, then=self._show_own)

    def take_next(self) -> None:
        """Open the most pressing callback that is due; the team's becomes mine."""
        seat = self.seat
        self.background.read(self, agenda.next_due, seat.agent_id, seat.team_id, seat.clock(), then=self._take)

    def _lay_out(self) -> None:
        self.empty = column(
            "stretch",
            row("stretch", Icon("check", "ok", 32), "stretch"),
            _centred(label(_("Nothing to call in the next 12 hours."), "strong")),
            _centred(label(_("Find a customer with Ctrl+K; F3 promises a callback, and it appears here."), "muted")),
            "stretch",
            gap=8,
        )
        holder = QWidget()
        self._stack = QStackedLayout(holder)
        self._stack.addWidget(self.table)
        self._stack.addWidget(self.empty)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(12, 4, 12, 12)
        outer.setSpacing(8)
        outer.addWidget(row(label(_("Today"), "title"), 8, *self.counts.values(), "stretch", self.next))
        outer.addWidget(self.own)
        outer.addWidget(column(holder, role="pane", margins=(8, 8, 8, 8)), 1)
        self.setFocusProxy(self.table)

    def _show(self, lines: list[CallbackLine]) -> None:
        self.table.show_lines(lines)
        self._stack.setCurrentIndex(0 if lines else 1)
        now = self.seat.clock()
        found = Counter(agenda.urgency(line, now) for line in lines)
        overdue, due = found[agenda.OVERDUE], found[agenda.DUE]
        soon = found[agenda.LATER_SOON] + found[agenda.DEADLINE]
        told = {
            agenda.OVERDUE: (overdue, ngettext("{n} overdue", "{n} overdue", overdue), "danger"),
            agenda.DUE: (due, ngettext("{n} due now", "{n} due now", due), "warn"),
            agenda.LATER_SOON: (soon, ngettext("{n} soon", "{n} soon", soon), "plain"),
        }
        for key, (count, words, chip) in told.items():
            self.counts[key].setText(words.format(n=count))
            self.counts[key].setVisible(bool(count))
            set_role(self.counts[key], "chip", chip)
        self.next.setEnabled(bool(overdue or due))

    def _show_own(self, own: OwnWorkCard) -> None:
        parts = []
        if own.waiting:
            parts.append(
                ngettext("{n} change waits for central", "{n} changes wait for central", own.waiting).format(
                    n=own.waiting
                )
            )
        if own.undecided:
            words = ngettext("{n} needs your decision", "{n} need your decision", own.undecided)
            parts.append(words.format(n=own.undecided))
        self.own.setText(" · ".join(parts))
        self.own.setVisible(bool(parts))

    def _take(self, line: CallbackLine | None) -> None:
        if line is None:
            self.gestures.said.emit(_("No callback is due now."))
            return
        if line.owner_id != self.seat.agent_id:
            self.background.write(self, callbacks.take, line.id, self.seat.agent_id, self.seat.clock())
        self.customer_chosen.emit(line.customer_id)


def _centred(made: QWidget) -> QWidget:
    return row("stretch", made, "stretch")
