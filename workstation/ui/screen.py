"""A screen re-reads its data when a commit concerns it: soon when seen, on its next showing when hidden."""

from PySide6.QtCore import QElapsedTimer, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from workstation.changes import Changes
from workstation.ui.background import Background
from workstation.ui.doors import Doors

GATHER_MS = 50  # one refresh for a burst of commits, as when a sync brings in a morning's work


class Screen(QWidget):
    """A whole view that knows services. Says by `concerns` which commits it shows, and by `refresh` how to re-read."""

    def __init__(self, background: Background, doors: Doors) -> None:
        super().__init__()
        self.background, self.doors = background, doors
        self._is_stale = True
        self._soon = QTimer(self, singleShot=True)
        self._refreshed = QElapsedTimer()  # since the last time
        self._soon.timeout.connect(self._refresh_if_seen)
        doors.changed.connect(self._on_changed)

    def concerns(self, changes: Changes) -> bool:
        """Whether what this screen shows may have changed."""
        raise NotImplementedError

    def refresh(self) -> None:
        """Read again what is shown."""
        raise NotImplementedError

    def mark_stale(self) -> None:
        """What is shown may be out of date: it is read again at once, but in a burst only every so often."""
        self._is_stale = True
        if not self._soon.isActive():
            passed = self._refreshed.elapsed() if self._refreshed.isValid() else GATHER_MS
            self._soon.start(max(0, GATHER_MS - passed))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._refresh_if_seen()

    def _on_changed(self, changes: Changes) -> None:
        if self.concerns(changes):
            self.mark_stale()

    def _refresh_if_seen(self) -> None:
        if self._is_stale and self.isVisible():
            self._is_stale = False
            self._refreshed.start()
            self.refresh()
