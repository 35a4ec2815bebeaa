"""The few ways by which the outside reaches the screens; every signal is emitted on the UI thread."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from workstation.ui.relay import Relay

if TYPE_CHECKING:  # the sign-in stands at a door before any record is loaded
    from workstation.changes import Changes

MINUTE_MS = 60_000
MOST_CALLS = 20  # calls that wait; who does not look at them does not need more


def _to_nobody(_answer: dict[str, Any]) -> None:
    """For a call that nobody asks about."""


@dataclass(frozen=True)
class ArrivedCall:
    """What another program handed over, not understood yet, and when (UTC). `answer` tells it what came of it, once."""

    text: str
    at: datetime
    answer: Callable[[dict[str, Any]], None] = field(default=_to_nobody, compare=False)


class Doors(QObject):
    """Signals:
    changed: Changes; something was committed, by us or by a colleague.
    call_arrived: ArrivedCall; a number or address that another program handed over.
    online_changed: Connection; how the desk stands towards central now.
    minute_passed: a minute of the clock began; a callback turns overdue without any commit.
    """

    changed = Signal(object)
    call_arrived = Signal(object)
    online_changed = Signal(object)
    minute_passed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._is_open = True
        self._changes = Relay(self._let_changes_in)
        self._minute = QTimer(self, singleShot=True)
        self._minute.timeout.connect(self._next_minute)

    @property
    def announce(self) -> "Callable[[Changes], None]":
        """What tells a commit, on the thread that made it."""
        return self._changes.tell

    def start_minutes(self, now: datetime) -> None:
        """Tell every minute from here on, as the clock on the wall does."""
        self._minute.start(MINUTE_MS - (now.second * 1000 + now.microsecond // 1000))

    def stop(self) -> None:
        """Nothing more comes in."""
        self._minute.stop()
        self._is_open = False

    def _next_minute(self) -> None:
        self._minute.start(MINUTE_MS)
        self.minute_passed.emit()

    def _let_changes_in(self, changes: "Changes") -> None:
        if self._is_open:
            self.changed.emit(changes)
