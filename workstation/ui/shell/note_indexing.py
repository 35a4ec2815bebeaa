"""Keeps the notes' words findable: a page at a time between the agent's writes, once what arrives has calmed down."""

from PySide6.QtCore import QObject, QTimer

from workstation.changes import Changes
from workstation.records import Note
from workstation.ui.background import Background
from workstation.ui.doors import Doors

CALM_MS = 1_000  # a first fill goes before; it arrives in quicker steps


class NoteIndexing(QObject):
    """Begins when the window does: a replica of an older program has notes that were never indexed."""

    def __init__(self, parent: QObject, background: Background, doors: Doors) -> None:
        super().__init__(parent)
        self._background = background
        self._calm = QTimer(self, singleShot=True, interval=CALM_MS)
        self._calm.timeout.connect(self._index)
        doors.changed.connect(self._on_changed)
        self._calm.start()

    def _on_changed(self, changes: Changes) -> None:
        if Note in changes.kinds:
            self._calm.start()

    def _index(self) -> None:
        self._background.index_notes(self, self._go_on)

    def _go_on(self, is_more: bool) -> None:
        if is_more and not self._calm.isActive():
            self._index()
