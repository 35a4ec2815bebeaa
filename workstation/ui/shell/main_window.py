"""The window: which places there are, and how one leads to another."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from PySide6.QtCore import QByteArray, QEvent, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from workstation.language import _
from workstation.ui.seat import Seat
from workstation.ui.shell.message_line import MessageLine
from workstation.ui.shell.rail import Page, Rail
from workstation.ui.shell.search_box import SearchBox
from workstation.ui.shell.top_bar import TopBar


class MainWindow(QWidget):
    """Rail, top bar, and one page at a time.

    Signals:
        active_changed: whether somebody works with the window now.
        closed: the person closed it.
        left: the agent signed out; what waits is delivered without them.
    """

    active_changed = Signal(bool)
    closed = Signal()
    left = Signal()

    def __init__(self, seat: Seat, search_box: SearchBox, pages: Sequence[Page]) -> None:
        super().__init__()
        self.setObjectName("window")
        self.setWindowTitle(_("{name} – Agent Workstation").format(name=seat.name))
        self.setMinimumSize(960, 540)
        self.search_box = search_box
        self.top_bar = TopBar(seat, search_box)
        self.pages = {page.place: page for page in pages}
        self.rail = Rail(pages)
        self.stack = QStackedWidget()
        self.stack.setObjectName("pages")
        self._banners = QVBoxLayout()
        self._banners.setContentsMargins(12, 0, 12, 0)
        self._lay_out(pages)
        self.message = MessageLine(self)
        self.rail.place_chosen.connect(self.go_to)
        search_box.customer_chosen.connect(self.open_customer)
        search_box.new_customer_asked.connect(self.add_customer)
        for page in pages:
            chosen = getattr(page.widget, "customer_chosen", None)
            if chosen is not None:
                chosen.connect(self.open_customer)

    @property
    def place(self) -> str:
        """Where we are."""
        now = self.stack.currentWidget()
        return next((page.place for page in self.pages.values() if page.widget is now), "")

    def screen_of(self, place: str) -> Any:
        """The screen of a place; None when there is none here."""
        page = self.pages.get(place)
        return page.widget if page else None

    def go_to(self, place: str) -> None:
        """Show a place; nothing happens for one that is not here."""
        page = self.pages.get(place)
        if page is None:
            return
        self.stack.setCurrentWidget(page.widget)
        self.rail.mark(place)

    def open_customer(self, customer_id: UUID, in_new_tab: bool = False) -> None:
        """Show this customer on the desk."""
        self.go_to("desk")
        self.screen_of("desk").open(customer_id, in_new_tab)

    def add_customer(self, text: str = "") -> None:
        """The form for a new customer, with what was searched for filled in."""
        self.go_to("desk")
        self.screen_of("desk").add_customer(text)

    def keep_drafts(self) -> None:
        """What is being written, and who is open, goes to the disk at once."""
        desk = self.screen_of("desk")
        if desk is not None:
            desk.keep_now()

    def add_banner(self, banner: QWidget) -> None:
        """A banner between top bar and page, for what concerns every page."""
        self._banners.addWidget(banner)

    def say(self, words: str, alert: str = "info") -> None:
        """Say something calmly that has no other place."""
        self.message.say(words, alert)

    def restore_place(self, geometry: QByteArray) -> None:
        """Stand where the window stood; back on a screen when that one is gone."""
        if not self.restoreGeometry(geometry):
            self.resize(1366, 768)
        screens = [screen.availableGeometry() for screen in QGuiApplication.screens()]
        if screens and not any(area.intersects(self.frameGeometry()) for area in screens):
            self.move(screens[0].topLeft())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange:
            self.active_changed.emit(self.isActiveWindow())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.message.place()

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.closed.emit()

    def _lay_out(self, pages: Sequence[Page]) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.top_bar)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.rail)
        right = QVBoxLayout()
        right.setContentsMargins(0, 8, 0, 0)
        right.setSpacing(8)
        right.addLayout(self._banners)
        for page in pages:
            self.stack.addWidget(page.widget)
        right.addWidget(self.stack, 1)
        middle.addLayout(right, 1)
        outer.addLayout(middle, 1)
