"""Who is open stays open: the tabs of the last time come back, and every change of them goes to the disk."""

from PySide6.QtCore import QObject

from workstation.services import tabs
from workstation.ui.background import Background
from workstation.ui.desk.customer_tabs import CustomerTabs
from workstation.ui.seat import Seat


class TabKeeping(QObject):
    """Brings the tabs back at the start, and keeps them from then on."""

    def __init__(self, shown: CustomerTabs, background: Background, seat: Seat) -> None:
        super().__init__(shown)
        self._shown, self._background, self._seat = shown, background, seat
        self._is_changed = False
        shown.changed.connect(self._keep_soon)
        background.read(self, tabs.tabs_kept, then=lambda kept: shown.restore(*kept))

    def keep_now(self) -> None:
        """What changed goes to the disk at once."""
        if self._is_changed:
            self._is_changed, seat = False, self._seat
            self._background.write(self, tabs.keep_tabs, self._shown.customers, self._shown.current, seat.clock())

    def _keep_soon(self) -> None:
        """Who is being opened is waited for, and is painted first."""
        if not self._is_changed:
            self._is_changed = True
            self._background.after_paint(self, self.keep_now)
