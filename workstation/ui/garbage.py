"""Garbage is looked for on the UI thread alone."""

import gc

from PySide6.QtCore import QObject, QTimer

# Net containers, then looks of the younger kind, before one of each kind. With Python's own figures a look held every
# thread up for up to 140 ms during a first fill, with these, and without what was loaded at the start, at most 48 ms.
COLLECTED_AFTER = (50_000, 20, 100)
LOOK_MS = 100


class Collecting(QObject):
    """While it lives Python looks for garbage only here; it belongs to its parent, as the application.

    Python itself looks on whichever thread happens to ask for memory. A window that its own signals hold in a circle
    would end there, on a thread that is not its own, while Qt delivers to it: the program would fall.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.freeze()
        gc.disable()
        timer = QTimer(self, interval=LOOK_MS)
        timer.timeout.connect(self._look)
        timer.start()

    def _look(self) -> None:
        counts = gc.get_count()
        for generation in (2, 1, 0):
            if counts[generation] > COLLECTED_AFTER[generation]:
                gc.collect(generation)
                return
