"""What tests of the window drive: a signed-in desk with its real window, in this process, Qt drawing into memory."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QDeadlineTimer, QEvent, QEventLoop, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from tests.desks import PASSWORD, Centre, Clock, DeskAtWork
from tests.line import Line
from workstation.app.desk import Desk, sign_in
from workstation.app.window import Workstation, open_workstation
from workstation.home import Home
from workstation.ui.doors import Doors

SECONDS = 20
LOOK_MS = 5


def until(condition: Callable[[], object], seconds: float = SECONDS) -> None:
    """Let the program run until this is true; fails after 20 s."""
    deadline, tick = QDeadlineTimer(int(seconds * 1000)), QTimer(interval=LOOK_MS)
    tick.start()
    while not condition():
        assert not deadline.hasExpired(), "this did not become true in time"
        # Asleep meanwhile, as the program is: a loop that spins keeps Python's lock from the threads that work.
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)


def type_text(widget: QWidget, text: str) -> None:
    """Type as a keyboard of that language does: QTest cannot type what is not ASCII."""
    for letter in text:
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            key = Qt.Key.Key_Return if letter == "\n" else 0
            QApplication.sendEvent(widget, QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, letter))


def press(widget: QWidget, keys: str) -> None:
    """Press one combination, as "Ctrl+Return"."""
    combination = QKeySequence(keys)[0]
    QTest.keyClick(widget, combination.key(), combination.keyboardModifiers())


@dataclass
class WindowAtWork:
    """A window over a desk whose line can be cut."""

    desk: DeskAtWork
    workstation: Workstation

    @property
    def window(self) -> Any:
        return self.workstation.window

    @property
    def background(self) -> Any:
        return self.workstation.background

    @property
    def doors(self) -> Doors:
        return self.workstation.doors

    @property
    def line(self) -> Line:
        return self.desk.line

    def until(self, condition: Callable[[], object], seconds: float = SECONDS) -> None:
        until(condition, seconds)

    def settle(self) -> None:
        """Until nothing is under way in the background."""
        until(lambda: self.background.is_idle)

    def sync(self) -> None:
        """A whole round of the sync from now on, and what it brought is shown."""
        for _ in range(2):  # the first one that ends may have begun before
            rounds: list[object] = []
            self.workstation.watch.round_ended.connect(rounds.append)
            self.workstation.loop.wake()
            until(lambda rounds=rounds: any(end.state == "online" for end in rounds))
            self.workstation.watch.round_ended.disconnect(rounds.append)
        self.settle()

    def type(self, widget: QWidget, text: str) -> None:
        type_text(widget, text)

    def press(self, widget: QWidget | None, keys: str) -> None:
        press(widget or QApplication.focusWidget() or self.window, keys)

    def find(self, kind: Any, name: str) -> Any:
        """The visible widget of this kind with this accessible name."""
        found = [one for one in self.window.findChildren(kind) if one.accessibleName() == name and one.isVisible()]
        assert len(found) == 1, (name, [one.accessibleName() for one in self.window.findChildren(kind)])
        return found[0]


@contextmanager
def window_of(centre: Centre, name: str, role: str, home: Path, clock: Clock) -> Iterator[WindowAtWork]:
    """Sign in on the PC whose home this is, and show the window."""
    login = centre.add_agent(name, role)
    doors = Doors()
    with (
        Line(centre.cluster.address) as line,
        sign_in(Home(home), line.url_for(centre.url), login, PASSWORD, doors.announce) as signed_in,
    ):
        desk: Desk = replace(signed_in, clock=clock)
        with open_workstation(desk, doors) as workstation:
            at_work = WindowAtWork(DeskAtWork(desk, line, clock), workstation)
            workstation.window.resize(1366, 768)
            workstation.window.show()
            at_work.sync()
            yield at_work
        until(lambda: not workstation.loop._thread.is_alive())
