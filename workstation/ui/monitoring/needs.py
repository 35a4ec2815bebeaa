"""The list of callbacks that need somebody: overdue, nobody's, or of an owner who is not there."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QSizePolicy, QTableView, QVBoxLayout

from workstation.language import _, ngettext
from workstation.services.monitoring import NeedLine
from workstation.ui import wording
from workstation.ui.table_model import Column, Index, TableModel
from workstation.ui.theme import icon_pixmap
from workstation.ui.widgets.parts import button, label, row

_LOOKS = {"overdue": ("callback", "danger"), "due": ("callback", "warn"), "soon": ("clock", "muted")}
ROW_HEIGHT, LEAST_ROWS = 30, 3
FRAME_HEIGHT = 94  # heading, column titles, margins


class NeedsModel(TableModel[NeedLine]):
    """Callbacks with an icon beside how they stand."""

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 0:
            name, tone = _LOOKS[self.row_at(index).stands]
            return QIcon(icon_pixmap(name, tone, 16, 2.0))
        return super().data(index, role)


class NeedsPanel(QFrame):
    """Shows what needs somebody; any number may be chosen, by mouse or Shift and arrows.

    Signals:
        reassign_wanted: list of UUID; the chosen callbacks.
        customer_chosen: UUID; a callback's customer was opened.
    """

    reassign_wanted = Signal(object)
    customer_chosen = Signal(object)

    def __init__(self, zone: ZoneInfo, central_now: Callable[[], datetime]) -> None:
        super().__init__()
        self._zone, self._now, self._room = zone, central_now, 0
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setProperty("role", "pane")
        self._count = label("", "muted")
        self.reassign = button(_("Reassign…"), clicked=self._ask)
        self.empty = label(
            _("No callback waits for somebody: none is overdue or without an owner."), "muted", wrap=True
        )
        self.model: NeedsModel = NeedsModel(self._columns(), self)
        self.view = QTableView()
        self.view.setModel(self.model)
        self.view.setAccessibleName(_("Callbacks that need somebody"))
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.view.setShowGrid(False)
        self.view.setTabKeyNavigation(False)
        self.view.setWordWrap(False)
        self.view.verticalHeader().hide()
        self.view.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self.view.activated.connect(self._open)
        header = self.view.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        for stretched in (1, 4):
            header.setSectionResizeMode(stretched, QHeaderView.ResizeMode.Stretch)
        self.view.selectionModel().selectionChanged.connect(lambda *_: self._show_count())
        head = row(
            label(_("Callbacks that need somebody").upper(), "heading"), "stretch", self._count, self.reassign, gap=8
        )
        box = QVBoxLayout(self)
        box.setContentsMargins(14, 8, 14, 10)
        box.setSpacing(6)
        for part in (head, self.empty, self.view):
            box.addWidget(part)
        self.show_needs(())

    def show_needs(self, lines: tuple[NeedLine, ...]) -> None:
        """Show these callbacks instead; what was chosen and is still there stays chosen."""
        chosen = set(self.chosen())
        self.model.show(lines)
        selection = self.view.selectionModel()
        for place, line in enumerate(lines):
            index = self.model.index(place, 0)
            if line.id in chosen and not selection.isRowSelected(place, QModelIndex()):
                flags = QItemSelectionModel.SelectionFlag
                selection.select(index, flags.Select | flags.Rows)
        self.empty.setVisible(not lines)
        self.view.setVisible(bool(lines))
        self.fit(self._room)
        self._show_count()

    def fit(self, room: int) -> None:
        """Take at most `room` pixels of height, and whole rows alone: one that is cut in half is read wrongly, and what
        is empty takes no room."""
        self._room = room
        rows = min(max(LEAST_ROWS, (room - FRAME_HEIGHT) // ROW_HEIGHT), max(1, len(self.model.rows)))
        titles, frame = self.view.horizontalHeader().sizeHint().height(), 2 * self.view.frameWidth()
        self.view.setFixedHeight(titles + rows * ROW_HEIGHT + frame)

    def chosen(self) -> list[UUID]:
        """The ids of the chosen callbacks, in the order shown."""
        rows = sorted(index.row() for index in self.view.selectionModel().selectedRows())
        return [self.model.rows[place].id for place in rows]

    def _columns(self) -> list[Column[NeedLine]]:
        stands = {"overdue": _("Overdue"), "due": _("Due"), "soon": _("Soon")}

        def owner(line: NeedLine) -> str:
            if line.owner is None:
                return _("nobody")
            return _("{name}, not here").format(name=line.owner) if line.owner_absent else line.owner

        return [
            Column(_("Stands"), lambda line: stands[line.stands], tone=lambda line: _LOOKS[line.stands][1]),
            Column(_("Customer"), lambda line: line.customer or _("not on this PC")),
            Column(_("Due"), lambda line: wording.standing_alone(wording.moment(line.due_at, self._zone, self._now()))),
            Column(_("Owner"), owner, tone=lambda line: "warn" if line.owner is None or line.owner_absent else None),
            Column(_("Reason"), lambda line: line.reason or "–"),
        ]

    def _show_count(self) -> None:
        count = len(self.chosen())
        self.reassign.setEnabled(count > 0)
        self._count.setText(ngettext("{n} chosen", "{n} chosen", count).format(n=count) if count else "")

    def _ask(self) -> None:
        if chosen := self.chosen():
            self.reassign_wanted.emit(chosen)

    def _open(self, index: QModelIndex) -> None:
        self.customer_chosen.emit(self.model.row_at(index).customer_id)
