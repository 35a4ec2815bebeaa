"""The monitoring tab: the own team live from central, asked every few seconds while somebody looks."""

from collections.abc import Callable
from datetime import datetime, timedelta

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from workstation.changes import Changes
from workstation.errors import WorkstationError
from workstation.language import _
from workstation.services.monitoring import MonitoringCard
from workstation.ui import wording
from workstation.ui.background import Background
from workstation.ui.doors import Doors
from workstation.ui.monitoring.agents_table import AgentsTable
from workstation.ui.monitoring.moving import Moving
from workstation.ui.monitoring.needs import NeedsPanel
from workstation.ui.monitoring.strip import FigureStrip
from workstation.ui.screen import Screen
from workstation.ui.seat import Seat
from workstation.ui.widgets.icons import Icon
from workstation.ui.widgets.parts import label, row, set_role

ASK_MS = 5_000
TICK_MS = 1_000
OLD = timedelta(seconds=15)  # three questions without an answer
HELD_SECONDS = 15.0


class MonitoringScreen(Screen):
    """Figures, agents, and callbacks that need somebody. `ask` gives the MonitoringCard, or raises as central does.

    Signals:
        customer_chosen: UUID; lead to this customer.
    """

    customer_chosen = Signal(object)

    def __init__(self, background: Background, doors: Doors, seat: Seat, ask: Callable[[], MonitoringCard]) -> None:
        super().__init__(background, doors)
        self._seat, self._ask_central = seat, ask
        self._card: MonitoringCard | None = None
        self._got_at = seat.clock()
        self._is_asking, self._trouble = False, ""
        self._team = label("", chip="plain")
        self._mark = Icon("clock")
        self._as_of = label(_("asking central…"), "muted")
        self._alert_words = label("", wrap=True)
        self._alert = row(Icon("alert", "warn"), self._alert_words, gap=8, margins=(12, 7, 12, 7), alert="warn")
        self._alert.hide()
        self.strip = FigureStrip()
        self.agents = AgentsTable(seat.zone, self.central_now)
        self.needs = NeedsPanel(seat.zone, self.central_now)
        self._lay_out()
        self.agents.customer_chosen.connect(self.customer_chosen)
        self.needs.customer_chosen.connect(self.customer_chosen)
        self.moving = Moving(self, background, seat)
        self.moving.moved.connect(self._show_needs)
        self.needs.reassign_wanted.connect(self.moving.ask_owner)
        self._asking = QTimer(self, interval=ASK_MS)
        self._asking.timeout.connect(self.refresh)
        self._ticking = QTimer(self, interval=TICK_MS)
        self._ticking.timeout.connect(self._tick)

    def central_now(self) -> datetime:
        """The time by central's clock: its last answer, and what has passed here since."""
        now = self._seat.clock()
        return self._card.as_of + (now - self._got_at) if self._card else now

    def concerns(self, changes: Changes) -> bool:
        return False  # the figures are central's; what this PC commits shows when central has it

    def refresh(self) -> None:
        """Ask central, unless it has not answered yet."""
        if not self._is_asking:
            self._is_asking = True
            self.background.call(self, self._ask_central, then=self._show, refused=self._missed, offline=self._missed)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._asking.start()
        self._ticking.start()
        self._tick()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._asking.stop()
        self._ticking.stop()
        self._is_stale = True

    def _lay_out(self) -> None:
        head = row(label(_("Monitoring"), "title"), self._team, "stretch", self._mark, self._as_of, gap=8)
        box = QVBoxLayout(self)
        box.setContentsMargins(12, 12, 12, 12)
        box.setSpacing(10)
        for part, stretch in (
            (head, 0), (self._alert, 0), (self.strip, 0), (_Lists(self.needs, self.agents), 1),
        ):  # fmt: skip
            box.addWidget(part, stretch)
        layout = self._alert.layout()
        assert layout is not None
        layout.setStretch(1, 1)  # type: ignore[attr-defined]

    def _show(self, card: MonitoringCard) -> None:
        self._is_asking, self._trouble = False, ""
        self._card, self._got_at = card, self._seat.clock()
        self._team.setText(card.team)
        self.strip.show_figures(card.figures, self._waiting_as_of(card))
        self.agents.show_agents(card.agents)
        self._show_needs()
        self._tick()

    def _show_needs(self) -> None:
        if self._card is not None:
            gone = self.moving.just_moved()
            self.needs.show_needs(tuple(line for line in self._card.callbacks if line.id not in gone))

    def _missed(self, error: WorkstationError) -> None:
        self._is_asking, self._trouble = False, str(error)
        self._tick()

    def _tick(self) -> None:
        """A second passed: timers go on, figures grow old."""
        self.agents.tick()
        age = self._seat.clock() - self._got_at
        is_old = self._card is None or age > OLD
        if self._card is not None:
            as_of = self._card.as_of.astimezone(self._seat.zone)
            words = _("as of {time}").format(time=f"{as_of:%H:%M:%S}")
            if is_old:
                words = _("{as_of}, {age} ago").format(as_of=words, age=wording.ago(age.total_seconds()))
            self._as_of.setText(words)
            self.strip.show_age(words)
            for table in (self.agents.view, self.needs.view):
                table.setAccessibleDescription(words)
        elif self._trouble:
            self._as_of.setText(_("no figures yet"))
        self._mark.show_icon("clock" if is_old else "check", "warn" if is_old else "ok")
        set_role(self._as_of, "role", "warn" if is_old and self._trouble else "muted")
        self._say(self._what_is_wrong(is_old))

    def _waiting_as_of(self, card: MonitoringCard) -> str:
        """What waits is as old as the word of the PC on which it waits."""
        told = [desk.seen_at for line in card.agents for desk in line.desks]
        if not told or card.as_of - min(told) <= OLD:
            return ""
        return _("as of {time}").format(time=wording.moment(min(told), self._seat.zone, card.as_of))

    def _what_is_wrong(self, is_old: bool) -> str:
        if self._trouble and is_old:
            return self._trouble
        held = self._card.figures.feed_delay if self._card else 0.0
        holder = self._card.feed_holder if self._card else ""
        if held > HELD_SECONDS and holder:
            words = _("{login} has held back for {n} s what PCs are told; tell the administrator.")
            return words.format(login=holder, n=int(held))
        if held > HELD_SECONDS:
            return _("A session has held back for {n} s what PCs are told; it is ended by itself.").format(n=int(held))
        return ""

    def _say(self, words: str) -> None:
        self._alert_words.setText(words)
        self._alert.setVisible(bool(words))


class _Lists(QWidget):
    """What needs somebody above, at most two fifths of the height, and the agents below."""

    def __init__(self, needs: NeedsPanel, agents: QWidget) -> None:
        super().__init__()
        self._needs = needs
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(10)
        box.addWidget(needs)
        box.addWidget(row(agents, margins=(4, 4, 4, 4), role="pane"), 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._needs.fit(2 * self.height() // 5)
