"""Drives a window as a person would: waits until something is true, types, presses keys."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QDeadlineTimer, QEvent, QEventLoop, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

SECONDS = 20.0
LOOK_MS = 5


class NotShown(AssertionError):
    """What should have been shown was not, in time."""


def until(condition: Callable[[], object], what: str, seconds: float = SECONDS) -> None:
    """Let the program run until this is true. Raises NotShown with `what`."""
    deadline, tick = QDeadlineTimer(int(seconds * 1000)), QTimer(interval=LOOK_MS)
    tick.start()
    while not condition():
        if deadline.hasExpired():
            raise NotShown(what)
        # Asleep meanwhile: a loop that spins keeps Python's lock from the threads that work.
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)


def settle(rounds: int = 15) -> None:
    """Let what is under way be painted."""
    for _ in range(rounds):
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 10)


def type_text(widget: QWidget, text: str) -> None:
    """Type as a keyboard of that language does, any letter."""
    for letter in text:
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            QApplication.sendEvent(widget, QKeyEvent(kind, 0, Qt.KeyboardModifier.NoModifier, letter))


def press(widget: QWidget, keys: str) -> None:
    """Press one combination, as "Ctrl+Return"."""
    combination = QKeySequence(keys)[0]  # type: ignore[index]
    QTest.keyClick(widget, combination.key(), combination.keyboardModifiers())
