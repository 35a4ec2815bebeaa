"""The timeline: what happened with a customer, filtered, searched, and walked through by keyboard."""

from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from PySide6.QtCore import QEvent, QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QLineEdit,
    QListView,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workstation.language import _
from workstation.services.history import EntryLine
from workstation.ui.desk.entry_menu import COPY, CORRECT, DELETE, PIN, READ, open_menu
from workstation.ui.desk.history_filter import FilterButton
from workstation.ui.desk.timeline_delegate import TimelineDelegate
from workstation.ui.desk.timeline_model import TimelineModel
from workstation.ui.shortcuts import latin_key, places
from workstation.ui.widgets.parts import label, row

SEARCH_MS = 200
NARROW = 560  # px; below, the search has a line of its own


class TimelinePanel(QFrame):
    """Signals:
    filter_chosen: (kind or "", text); another part of the history is wanted.
    more_wanted: the end of what is shown is near.
    gesture_wanted: (one of entry_menu, EntryLine); by key, menu, Enter or a double click.
    """

    filter_chosen = Signal(str, str)
    more_wanted = Signal()
    gesture_wanted = Signal(str, object)

    def __init__(self, zone: ZoneInfo, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self.setProperty("role", "pane")
        self.setAccessibleName(_("Timeline"))
        self._clock, self._kind = clock, ""
        self._looked_at: datetime | None = None
        self.model = TimelineModel(zone)
        self.list = _List(self)
        self.list.setModel(self.model)
        self.list.setItemDelegate(TimelineDelegate(self.list))
        self.search = QLineEdit()
        self.search.setPlaceholderText(_("Search in history"))
        self.search.setAccessibleName(_("Search in history"))
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumWidth(110)
        self.search.setMaximumWidth(190)
        self.filters = FilterButton()
        self._told = label("", "muted", wrap=True)
        self._empty = label("", "muted", wrap=True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._soon = QTimer(self, singleShot=True, interval=SEARCH_MS)
        self._soon.timeout.connect(self._filter)
        self._lay_out()
        self.search.textEdited.connect(lambda _text: self._soon.start())
        self.list.activated.connect(self._activate)
        self.list.verticalScrollBar().valueChanged.connect(self._near_the_end)
        self.list.verticalScrollBar().rangeChanged.connect(lambda _least, _most: self.fill_up())

    def show_entries(self, entries: Sequence[EntryLine], looked_at: datetime | None) -> None:
        """Show these; what is selected and seen stays where it can."""
        self._looked_at = looked_at
        bar = self.list.verticalScrollBar()
        chosen, seen = self._chosen(), bar.value()
        self.model.show(entries, self._clock(), looked_at)
        self._select(chosen)
        bar.setValue(seen)
        self._told.setText(_("Shown alone: {what}").format(what=self.filters.words) if self.filters.values else "")
        self._told.setVisible(bool(self.filters.values))
        is_searched = bool(self.search.text() or self._kind or self.filters.values)
        self._empty.setText(_("Nothing of this kind.") if is_searched else _("Nothing yet. F2 begins the first note."))
        self._stack.setCurrentIndex(0 if entries else 1)

    def fill_up(self) -> None:
        """Ask for more where a tall window has room left, for nobody can scroll there."""
        last = self.model.index(self.model.rowCount() - 1)
        if last.isValid() and self.list.visualRect(last).bottom() < self.list.viewport().height():
            self.more_wanted.emit()

    def begin(self) -> None:
        """Another customer: no filter, from the top."""
        self.search.clear()
        self.filters.begin()
        self._kind = ""
        self._buttons.buttons()[0].setChecked(True)
        self.list.verticalScrollBar().setValue(0)

    def focus_list(self) -> None:
        """The keyboard goes to the newest entry."""
        self.list.setFocus(Qt.FocusReason.ShortcutFocusReason)
        if not self.list.currentIndex().isValid():
            self._select(None)

    def _lay_out(self) -> None:
        self._buttons = QButtonGroup(self)
        tools: list[QWidget] = []
        for kind, words in (
            ("", _("All")), ("call", _("Calls")), ("chat", _("Chats")), ("note", _("Notes")),
            ("callback", _("Callbacks")),
        ):  # fmt: skip
            made = QToolButton()
            made.setText(words)
            made.setCheckable(True)
            made.setChecked(not kind)
            made.setProperty("role", "filter")
            made.setAccessibleName(_("Show: {what}").format(what=words))
            made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            made.clicked.connect(lambda _on=False, kind=kind: self._choose(kind))
            self._buttons.addButton(made)
            tools.append(made)
        holder = QWidget()
        self._stack = QStackedLayout(holder)
        self._stack.addWidget(self.list)
        self._stack.addWidget(self._empty)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(10, 8, 6, 6)
        outer.setSpacing(6)
        self._wide = row(*tools, "stretch", gap=2)
        self._narrow = row(gap=0)
        outer.addWidget(self._wide)
        outer.addWidget(self._narrow)
        outer.addWidget(self._told)
        outer.addWidget(holder, 1)
        self._place_search()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_search()

    def _place_search(self) -> None:
        """Beside the filters, or below them where there is no room."""
        is_narrow = self.width() < NARROW
        wanted = self._narrow if is_narrow else self._wide
        self._narrow.setVisible(is_narrow)
        layout = wanted.layout()
        if layout is not None and self.search.parentWidget() is not wanted:
            layout.addWidget(self.search)
            layout.addWidget(self.filters)
            self.search.setMaximumWidth(16_777_215 if is_narrow else 190)

    def _choose(self, kind: str) -> None:
        self._kind = kind
        self._filter()

    def _filter(self) -> None:
        self.filter_chosen.emit(self._kind, self.search.text())

    def _chosen(self) -> object:
        index = self.list.currentIndex()
        entry = self.model.row_at(index).entry if index.isValid() and index.row() < self.model.rowCount() else None
        return entry.id if entry is not None else None

    def _select(self, wanted: object) -> None:
        for at in range(self.model.rowCount()):
            entry = self.model.row_at(self.model.index(at)).entry
            if entry is not None and wanted in (entry.id, None):
                self.list.setCurrentIndex(self.model.index(at))
                return

    def _activate(self, index: QModelIndex) -> None:
        entry = self.model.row_at(index).entry
        if entry is None:
            return
        if entry.kind == "fold":
            self.model.toggle(entry.id, self._clock(), self._looked_at)
            self._select(entry.id)
        elif entry.kind == "callback":
            at = self.list.visualRect(index).bottomLeft()
            open_menu(self.list, entry, self.list.viewport().mapToGlobal(at), self.act)
        elif entry.note_id is not None and not entry.is_deleted:
            self.act(CORRECT if entry.is_own_note else READ)

    def _near_the_end(self, value: int) -> None:
        bar = self.list.verticalScrollBar()
        if value >= bar.maximum() - bar.pageStep():
            self.more_wanted.emit()

    def act(self, gesture: str) -> None:
        """Do this with the chosen entry."""
        index = self.list.currentIndex()
        entry = self.model.row_at(index).entry if index.isValid() else None
        if entry is not None:
            self.gesture_wanted.emit(gesture, entry)


class _List(QListView):
    """Scrolls by pixels, wraps to its width; P pins, E corrects, Del deletes, Ctrl+C copies."""

    def __init__(self, panel: TimelinePanel) -> None:
        super().__init__()
        self._panel, self._known = panel, places()
        self.setAccessibleName(_("What happened, newest first"))
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._open_menu)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = latin_key(event.key(), event.nativeScanCode(), self._known)
        gesture = {Qt.Key.Key_P: PIN, Qt.Key.Key_E: CORRECT, Qt.Key.Key_Delete: DELETE}.get(Qt.Key(key))
        if event.matches(QKeySequence.StandardKey.Copy):
            self._panel.act(COPY)
        elif gesture is not None and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            self._panel.act(gesture)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.viewport().update()

    def _open_menu(self, at: QPoint) -> None:
        entry = self._panel.model.row_at(self.currentIndex()).entry if self.currentIndex().isValid() else None
        if entry is not None:
            open_menu(self, entry, self.viewport().mapToGlobal(at), self._panel.act)
