"""The table of a team's agents: what each does, for how long, what waits on their PC."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QIcon, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QVBoxLayout, QWidget

from workstation.language import _
from workstation.services.monitoring import AgentLine
from workstation.ui import wording
from workstation.ui.monitoring import words
from workstation.ui.table_model import Column, Index, TableModel
from workstation.ui.theme import icon_pixmap

RIGHT = Qt.AlignmentFlag.AlignRight
STATE, TIME, CUSTOMER = 1, 2, 3
WIDEST_STATE = 0.25  # of the table: own words beside a state may be long


class AgentsModel(TableModel[AgentLine]):
    """Agents with an icon beside the state, and details where they are pointed at."""

    def __init__(self, columns: list[Column[AgentLine]], zone: ZoneInfo, now: Callable[[], datetime]) -> None:
        super().__init__(columns)
        self._zone, self._now = zone, now

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        line = self.row_at(index)
        if role == Qt.ItemDataRole.DecorationRole and index.column() == STATE:
            name, tone = words.state_icon(line)
            return QIcon(icon_pixmap(name, tone, 16, 2.0))
        if role == Qt.ItemDataRole.ToolTipRole and self.columns[index.column()].title == _("Waiting") and line.desks:
            return "\n".join(words.desk_words(desk, self._zone, self._now()) for desk in line.desks)
        return super().data(index, role)


class AgentsTable(QWidget):
    """Shows agents; time in state goes on between two answers of central.

    Signals:
        customer_chosen: UUID; the customer whom an agent talks to was opened.
    """

    customer_chosen = Signal(object)

    def __init__(self, zone: ZoneInfo, central_now: Callable[[], datetime]) -> None:
        super().__init__()
        self._zone, self._now = zone, central_now
        self.model: AgentsModel = AgentsModel(self._columns(), zone, central_now)
        self.view = QTableView()
        self.view.setModel(self.model)
        self.view.setAccessibleName(_("Agents of the team"))
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.view.setShowGrid(False)
        self.view.setTabKeyNavigation(False)
        self.view.setWordWrap(False)
        self.view.verticalHeader().hide()
        self.view.verticalHeader().setDefaultSectionSize(32)
        self.view.activated.connect(self._open)
        header = self.view.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setResizeContentsPrecision(50)
        header.setSectionResizeMode(STATE, QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(CUSTOMER, QHeaderView.ResizeMode.Stretch)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.view)

    def show_agents(self, lines: tuple[AgentLine, ...]) -> None:
        """Show these agents instead; the chosen one stays chosen."""
        current = self.view.currentIndex()
        chosen = self.model.row_at(current).id if current.isValid() else None
        self.model.show(lines)
        if not self.view.currentIndex().isValid():
            for place, line in enumerate(lines):
                if line.id == chosen:
                    self.view.setCurrentIndex(self.model.index(place, 0))
        self._fit_state()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_state()

    def tick(self) -> None:
        """A second passed."""
        if self.model.rows:
            last = len(self.model.rows) - 1
            self.model.dataChanged.emit(self.model.index(0, STATE), self.model.index(last, TIME))

    def _fit_state(self) -> None:
        """As wide as what stands there, so that the time stands beside it; never much of the table."""
        wanted = self.view.sizeHintForColumn(STATE)
        least = self.view.horizontalHeader().sectionSizeHint(STATE)
        self.view.setColumnWidth(STATE, max(least, min(wanted, round(self.width() * WIDEST_STATE))))

    def _columns(self) -> list[Column[AgentLine]]:
        def lasting(line: AgentLine) -> str:
            seconds = words.seconds_in_state(line, self._now())
            return "–" if seconds is None else wording.duration(seconds)

        return [
            Column(_("Agent"), lambda line: line.name),
            Column(_("State"), lambda line: words.state_words(line, self._zone, self._now()), tone=words.state_tone),
            Column(
                _("In state"),
                lasting,
                RIGHT,
                tone=lambda line: words.time_tone(line, self._now()),
                hint=_("Time in this state. Only wrap-up changes colour: after 10 s, 1 min and 5 min."),
            ),
            Column(_("Customer"), lambda line: line.customer or "–"),
            Column(_("Contacts"), lambda line: wording.number(line.contacts_today), RIGHT, hint=_("Contacts today")),
            Column(
                _("Waiting"),
                lambda line: wording.number(line.waiting),
                RIGHT,
                tone=lambda line: "warn" if line.waiting else "faint",
                hint=_("Changes saved on PCs of this agent that central does not have yet."),
            ),
            Column(
                _("Undecided"),
                lambda line: wording.number(line.undecided),
                RIGHT,
                tone=lambda line: "warn" if line.undecided else "faint",
                hint=_("Changes that central refused and the agent has not decided on."),
            ),
            Column(_("PC"), lambda line: line.host or "–"),
            Column(_("Seen"), lambda line: words.seen_words(line, self._zone, self._now()), RIGHT),
        ]

    def _open(self, index: QModelIndex) -> None:
        line = self.model.row_at(index)
        if line.customer_id is not None:
            self.customer_chosen.emit(line.customer_id)
