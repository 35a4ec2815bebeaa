"""Knows when a window has been painted, and opens windows to be measured: the program's, and bare ones."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from benchmarks.homes import PASSWORD, WHO
from workstation.app import use_own_zone_rules
from workstation.app.desk import open_desk
from workstation.app.program import Program, keep_pauses_short
from workstation.app.shift import Shift
from workstation.home import Home
from workstation.ui.doors import Doors

SIZE = (1366, 768)
MOST_SECONDS = 30
OVER = QEvent.Type(QEvent.registerEventType())


class Painted(QObject):
    """Watches one window. What is true when its update begins is painted when the update is over."""

    def __init__(self, window: QWidget) -> None:
        super().__init__()
        self._shown: Callable[[], object] | None = None
        self._at = 0.0
        self._loop = QEventLoop()
        self._late = QTimer(self, singleShot=True, interval=MOST_SECONDS * 1000)
        self._late.timeout.connect(self._loop.quit)
        window.installEventFilter(self)

    def when(self, shown: Callable[[], object]) -> float:
        """Let the program run until this is painted; gives the moment."""
        self._shown, self._at = shown, 0.0
        self._late.start()
        self._loop.exec()
        self._late.stop()
        assert self._at, "this was not painted in time"
        return self._at

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        is_update = event.type() in (QEvent.Type.UpdateRequest, QEvent.Type.Paint)
        if is_update and self._shown is not None and self._shown():
            self._shown = None
            QCoreApplication.postEvent(self, QEvent(OVER), Qt.EventPriority.HighEventPriority.value)
        return False

    def event(self, event: QEvent) -> bool:
        if event.type() == OVER:
            self._at = time.perf_counter()
            self._loop.quit()
            return True
        return super().event(event)


def press(widget: QWidget, text: str, key: int = 0, modifiers: Qt.KeyboardModifier | None = None) -> None:
    """One key, as the keyboard sends it."""
    none = Qt.KeyboardModifier.NoModifier
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        QApplication.sendEvent(widget, QKeyEvent(kind, key, modifiers or none, text))


def rest(seconds: float) -> None:
    """Let the program run."""
    loop = QEventLoop()
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    loop.exec()


def rest_until(condition: Callable[[], object], seconds: float = MOST_SECONDS) -> None:
    """Let the program run until this is true."""
    ends = time.perf_counter() + seconds
    while not condition():
        assert time.perf_counter() < ends, "this did not become true in time"
        rest(0.01)


@contextmanager
def open_window(home: Path) -> Iterator[Shift]:
    """The program's own window over a home without central, as `workstation` opens it."""
    use_own_zone_rules()
    application = QApplication([])
    keep_pauses_short(application)
    program = Program(application, Home(home))
    doors, closing = Doors(), ExitStack()
    sign_in = next(one for one in Home(home).sign_ins() if one.owner == WHO.owner)
    desk = closing.enter_context(open_desk(Home(home), sign_in, PASSWORD, doors.announce))
    shift = program.enter(desk, doors, closing)
    shift.window.resize(*SIZE)
    rest(0.5)
    rest_until(lambda: shift.workstation.background.is_idle)
    yield shift
    program.close()


def bare_window(inside: QWidget) -> tuple[QMainWindow, Painted]:
    """A window of the same size with one widget of Qt's own in it, painted."""
    window = QMainWindow()
    window.setCentralWidget(inside)
    window.resize(*SIZE)
    painted = Painted(window)
    window.show()
    painted.when(lambda: True)
    return window, painted


def desk_of(shift: Shift) -> Any:
    """The desk of a window."""
    shift.window.go_to("desk")
    return shift.window.screen_of("desk")
