"""The timeline: what happened with a customer, filtered, searched, and walked through by keyboard."""

from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from PySide6.QtCore import QEvent, QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QLineEdit,
    QListView,
    QMenu,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workstation.language import _
from workstation.services.history import EntryLine
from workstation.ui.desk.timeline_delegate import TimelineDelegate
from workstation.ui.desk.timeline_model import TimelineModel
from workstation.ui.widgets.parts import label, row

SEARCH_MS = 200
NARROW = 560  # px; below, the search has a line of its own


class TimelinePanel(QFrame):
    """Signals:
    filter_chosen: (kind or "", text); another part of the history is wanted.
    more_wanted: the end of what is shown is near.
    callback_chosen: UUID; Enter or a double click on a callback.
    pin_wanted: (UUID of a note, whether it shall be pinned).
    """

    filter_chosen = Signal(str, str)
    more_wanted = Signal()
    callback_chosen = Signal(object)
    pin_wanted = Signal(object, bool)

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
        self._empty = label("", "muted", wrap=True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._soon = QTimer(self, singleShot=True, interval=SEARCH_MS)
        self._soon.timeout.connect(self._filter)
        self._lay_out()
        self.search.textEdited.connect(lambda _text: self._soon.start())
        self.list.activated.connect(self._activate)
        self.list.verticalScrollBar().valueChanged.connect(self._near_the_end)

    def show_entries(self, entries: Sequence[EntryLine], looked_at: datetime | None) -> None:
        """Show these; what is selected and seen stays where it can."""
        self._looked_at = looked_at
        bar = self.list.verticalScrollBar()
        chosen, seen = self._chosen(), bar.value()
        self.model.show(entries, self._clock(), looked_at)
        self._select(chosen)
        bar.setValue(seen)
        is_searched = bool(self.search.text() or self._kind)
        self._empty.setText(_("Nothing of this kind.") if is_searched else _("Nothing yet. F2 begins the first note."))
        self._stack.setCurrentIndex(0 if entries else 1)

    def begin(self) -> None:
        """Another customer: no filter, from the top."""
        self.search.clear()
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
            self.callback_chosen.emit(entry.id)

    def _near_the_end(self, value: int) -> None:
        bar = self.list.verticalScrollBar()
        if value >= bar.maximum() - bar.pageStep():
            self.more_wanted.emit()

    def pin_chosen(self) -> None:
        """Pin the chosen note, or let it go."""
        index = self.list.currentIndex()
        entry = self.model.row_at(index).entry if index.isValid() else None
        if entry is not None and entry.note_id is not None:
            self.pin_wanted.emit(entry.note_id, not entry.is_pinned)

    def copy_chosen(self) -> None:
        """The text of the chosen entry goes to the clipboard."""
        index = self.list.currentIndex()
        if index.isValid():
            found = self.model.row_at(index)
            QGuiApplication.clipboard().setText(found.text or found.head)


class _List(QListView):
    """Scrolls by pixels, wraps to its width; P pins, Ctrl+C copies."""

    def __init__(self, panel: TimelinePanel) -> None:
        super().__init__()
        self._panel = panel
        self.setAccessibleName(_("What happened, newest first"))
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._open_menu)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self._panel.copy_chosen()
        elif event.key() == Qt.Key.Key_P and not event.modifiers():
            self._panel.pin_chosen()
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
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for words, does in (
            (_("Copy the text\tCtrl+C"), self._panel.copy_chosen),
            (_("Pin or unpin\tP"), self._panel.pin_chosen),
        ):
            action = QAction(words, menu)
            action.triggered.connect(lambda _on=False, does=does: does())
            menu.addAction(action)
        menu.popup(self.viewport().mapToGlobal(at))
