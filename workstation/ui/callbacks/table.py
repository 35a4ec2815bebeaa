"""The list of callbacks, as Today and the board show it: state, both times, customer, why, and whose it is."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from workstation.language import _
from workstation.services.callbacks import CallbackLine
from workstation.ui import wording
from workstation.ui.callbacks import words
from workstation.ui.seat import Seat
from workstation.ui.table_model import Column, TableModel
from workstation.ui.theme import icon_pixmap

ICON = 16
Clock = Callable[[], datetime]
WIDTHS = (150, 128, 76, 120, 0, 110)  # pixels; 0 takes what is left
WIDEST = {0: 240, 1: 170, 2: 150, 3: 190, 5: 240}  # where the words of a language, another day or a long name need it


class CallbackModel(TableModel[CallbackLine]):
    """The rows, with the icon of each state."""

    def __init__(self, seat: Seat) -> None:
        self._clock = seat.clock
        super().__init__(columns(seat))

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 0:
            look = words.look_of(self.row_at(index), self._clock())
            return QIcon(icon_pixmap(look.icon, look.tone, ICON, 1.0))
        return super().data(index, role)


def columns(seat: Seat) -> list[Column[CallbackLine]]:
    """What a list of callbacks shows of each."""
    now = seat.clock
    return [
        Column(
            _("State"), lambda line: words.look_of(line, now()).words, tone=lambda line: words.look_of(line, now()).tone
        ),
        Column(
            _("Theirs"),
            lambda line: wording.standing_alone(words.theirs(line.due_at, line.zone, now())),
            hint=_("The customer's clock"),
        ),
        Column(
            _("Ours"),
            lambda line: wording.standing_alone(words.ours(line.due_at, line.zone, seat, now())),
            hint=_("The clock here"),
        ),
        Column(_("Customer"), lambda line: line.customer),
        Column(_("Why"), _why),
        Column(_("Owner"), lambda line: words.owner_of(line, seat)),
    ]


def _why(line: CallbackLine) -> str:
    return " · ".join(filter(None, (line.reason, line.said, line.contact_point)))


class CallbackTable(QTableView):
    """Signals:
    opened: the line that Enter or a double click chose.
    chosen: another line, or none, is selected.
    """

    opened = Signal(object)
    chosen = Signal()

    def __init__(self, seat: Seat, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.lines = CallbackModel(seat)
        self.setModel(self.lines)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setIconSize(QSize(ICON, ICON))
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(32)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.horizontalHeader()
        header.setMinimumSectionSize(60)
        header.setResizeContentsPrecision(0)  # what is seen decides how wide a column is; a thousand rows cost too much
        for number, width in enumerate(WIDTHS):
            header.setSectionResizeMode(
                number, QHeaderView.ResizeMode.Interactive if width else QHeaderView.ResizeMode.Stretch
            )
            if width:
                self.setColumnWidth(number, width)
        self.doubleClicked.connect(lambda index: self.opened.emit(self.lines.row_at(index)))
        self.selectionModel().selectionChanged.connect(lambda _now, _before: self.chosen.emit())

    def show_lines(self, lines: Sequence[CallbackLine]) -> None:
        """Show these; what was selected stays so where it still is, else the one that took its place."""
        wanted, current = {line.id for line in self.selected()}, self.currentIndex().row()
        self.lines.show(lines)
        for number, widest in WIDEST.items():
            self.setColumnWidth(number, max(WIDTHS[number], min(self.sizeHintForColumn(number), widest)))
        if [line.id for line in self.selected()] == [line.id for line in lines if line.id in wanted] and wanted:
            return
        found = [number for number, line in enumerate(lines) if line.id in wanted]
        if not found and lines:
            found = [min(max(current, 0), len(lines) - 1)]
        self._select(found)

    def selected(self) -> list[CallbackLine]:
        """The selected lines, from top to bottom."""
        rows = sorted({index.row() for index in self.selectionModel().selectedRows()})
        return [self.lines.rows[number] for number in rows if number < len(self.lines.rows)]

    def select_line(self, callback_id: UUID) -> None:
        """Go to one callback."""
        self._select([number for number, line in enumerate(self.lines.rows) if line.id == callback_id])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            for line in self.selected()[:1]:
                self.opened.emit(line)
            return
        super().keyPressEvent(event)

    def _select(self, numbers: list[int]) -> None:
        selection = QItemSelection()
        for number in numbers:
            selection.select(self.lines.index(number, 0), self.lines.index(number, len(WIDTHS) - 1))
        self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        if numbers:
            self.selectionModel().setCurrentIndex(
                self.lines.index(numbers[0], 0), QItemSelectionModel.SelectionFlag.NoUpdate
            )
