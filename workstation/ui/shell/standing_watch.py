"""Turns what the sync tells of each round, and what commits change, into one Connection for every screen."""

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QObject, QTimer, Signal

from workstation.services.sync.loop import RoundEnd
from workstation.services.sync.standing import Connection, connection_of
from workstation.ui.background import Background
from workstation.ui.doors import Doors
from workstation.ui.relay import Relay
from workstation.ui.seat import Seat

GATHER_MS = 100


class StandingWatch(QObject):
    """Hears of the rounds of the sync, and tells `doors.online_changed`.

    Signals:
        round_ended: RoundEnd.
    """

    round_ended = Signal(object)

    def __init__(self, background: Background, doors: Doors, seat: Seat) -> None:
        super().__init__()
        self._background, self._doors, self._seat = background, doors, seat
        self._state, self._words, self._since = "filling", "", seat.clock()
        self.connection: Connection | None = None
        self._soon = QTimer(self, singleShot=True, interval=GATHER_MS)
        self._soon.timeout.connect(self._read)
        self._relay = Relay(self._on_round)
        doors.changed.connect(self._gather)
        background.written.connect(self._gather)

    @property
    def hear(self) -> Callable[[RoundEnd], None]:
        """What the sync calls after each round, in its own thread."""
        return self._relay.tell

    def _on_round(self, end: RoundEnd) -> None:
        state = "online" if end.state == "busy" and self._state == "online" else end.state
        if state != self._state:
            self._state, self._since = state, self._began(state)
        self._words = end.words
        self._read()
        self.round_ended.emit(end)

    def _began(self, state: str) -> datetime:
        last = self.connection.last_sync if self.connection is not None else None
        return last if state == "offline" and last is not None else self._seat.clock()

    def _gather(self, _what: object = None) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def _read(self) -> None:
        self._background.latest(
            self, "standing", connection_of, self._seat.agent_id, self._state, self._words, self._since, then=self._tell
        )

    def _tell(self, connection: Connection) -> None:
        self.connection = connection
        self._doors.online_changed.emit(connection)
