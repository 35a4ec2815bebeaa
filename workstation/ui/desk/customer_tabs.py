"""The tabs of the customers that are open."""

from collections.abc import Sequence
from uuid import UUID

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QTabBar

from workstation.language import _
from workstation.services.tabs import TabLine
from workstation.ui.widgets.icons import IconButton

NAME_LETTERS = 28


class CustomerTabs(QTabBar):
    """Signals:
    switched: UUID, or None when the last one was closed.
    changed: which are open, or in which order, is another now.
    """

    switched = Signal(object)
    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(_("Open customers"))
        self.setDrawBase(False)
        self.setExpanding(False)
        self.setMovable(True)
        self.setUsesScrollButtons(True)
        self.setElideMode(Qt.TextElideMode.ElideRight)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.hide()
        self.currentChanged.connect(self._on_current)
        self.tabMoved.connect(lambda _from, _to: self.changed.emit())

    @property
    def customers(self) -> list[UUID]:
        """Who is open, from left to right."""
        return [self.tabData(at) for at in range(self.count())]

    @property
    def current(self) -> UUID | None:
        """Who is seen."""
        return self.tabData(self.currentIndex()) if self.count() else None

    def show_customer(self, line: TabLine, *, in_new_tab: bool) -> None:
        """Go to the tab of this customer; else open one, or put them into the one that is seen."""
        if line.id in self.customers:
            self.setCurrentIndex(self.customers.index(line.id))
            return
        if not in_new_tab and self.count():
            at = self.currentIndex()
            self.setTabData(at, line.id)
            self._name(at, line.name)
            self._on_current(at)
            return
        self._add(line)
        if self.count() == 1:
            self._on_current(0)
        self.setCurrentIndex(self.count() - 1)

    def restore(self, lines: Sequence[TabLine], current: UUID | None) -> None:
        """Open what was open last time, unless something was opened meanwhile."""
        if self.count():
            return
        self.blockSignals(True)
        for line in lines:
            self._add(line)
        known = self.customers
        if current in known:
            self.setCurrentIndex(known.index(current))
        self.blockSignals(False)
        if lines:
            self._on_current(self.currentIndex())

    def rename(self, customer_id: UUID, name: str) -> None:
        """The name of a customer is another now."""
        if customer_id in self.customers:
            self._name(self.customers.index(customer_id), name)

    def become(self, customer_id: UUID, line: TabLine) -> None:
        """The customer was merged into another one, whose tab this is from now on."""
        if customer_id not in self.customers:
            return
        at, was_seen = self.customers.index(customer_id), self.current == customer_id
        if line.id in self.customers:
            self.removeTab(at)
            if was_seen:
                self.setCurrentIndex(self.customers.index(line.id))
            return
        self.setTabData(at, line.id)
        self._name(at, line.name)
        if was_seen:
            self._on_current(at)

    def close_current(self) -> None:
        """Close what is seen; what is written there is kept as a draft."""
        if self.count():
            self.removeTab(self.currentIndex())
            if not self.count():
                self._on_current(-1)

    def step(self, by: int) -> None:
        """To the next tab, or the one before."""
        if self.count():
            self.setCurrentIndex((self.currentIndex() + by) % self.count())

    def _add(self, line: TabLine) -> None:
        was = self.blockSignals(True)  # the first tab is current before it has a name
        at = self.addTab("")
        self.setTabData(at, line.id)
        self.blockSignals(was)
        close = IconButton("close", "", size=12)
        close.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        close.clicked.connect(lambda: self._close_of(close))
        self.setTabButton(at, QTabBar.ButtonPosition.RightSide, close)
        self._name(at, line.name)

    def _name(self, at: int, name: str) -> None:
        self.setTabText(at, name if len(name) <= NAME_LETTERS else name[: NAME_LETTERS - 1] + "…")
        self.setTabToolTip(at, name)
        button = self.tabButton(at, QTabBar.ButtonPosition.RightSide)
        if button is not None:
            words = _("Close {name}").format(name=name)
            button.setAccessibleName(words)
            button.setToolTip(words)

    def _close_of(self, button: IconButton) -> None:
        for at in range(self.count()):
            if self.tabButton(at, QTabBar.ButtonPosition.RightSide) is button:
                self.removeTab(at)
                break
        if not self.count():
            self._on_current(-1)

    def _on_current(self, at: int) -> None:
        self.setVisible(self.count() > 0)
        self.switched.emit(self.tabData(at) if 0 <= at < self.count() else None)
        self.changed.emit()
