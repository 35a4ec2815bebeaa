"""Joins the own state to its control in the top bar: chosen, begun by a contact, kept over a restart, and told."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject

from workstation.services import presence
from workstation.services.presence import PresenceLine
from workstation.services.sync.standing import Connection
from workstation.ui.background import Background
from workstation.ui.doors import Doors
from workstation.ui.seat import Seat
from workstation.ui.shell.presence_menu import PresenceMenu


class OwnPresence(QObject):
    """`tell` wakes whoever tells central."""

    def __init__(
        self, menu: PresenceMenu, background: Background, doors: Doors, seat: Seat, tell: Callable[[], object]
    ) -> None:
        super().__init__(menu)
        self._menu, self._background, self._seat, self._tell = menu, background, seat, tell
        self._connection: Connection | None = None
        self._line: PresenceLine | None = None
        menu.state_chosen.connect(self._choose)
        menu.wrap_up_done.connect(self.finish_wrap_up)
        doors.online_changed.connect(self._on_connection)
        background.write(self, presence.arrive, seat.clock(), then=self._show)

    def begin_contact(self, customer_id: object) -> None:
        """A contact's timer runs."""
        self._background.write(self, presence.begin_contact, customer_id, self._seat.clock(), then=self._show)

    def begin_wrap_up(self) -> None:
        """A contact was saved, or its timer stopped."""
        self._background.write(self, presence.begin_wrap_up, self._seat.clock(), then=self._show)

    def finish_wrap_up(self) -> None:
        """The agent is ready for the next contact."""
        self._background.write(self, presence.finish_wrap_up, self._seat.clock(), then=self._show)

    def leave(self) -> None:
        """The agent signs out; what waits is delivered without them."""
        self._background.write(self, presence.leave, self._seat.clock(), then=self._show)

    def _choose(self, state: str, text: str) -> None:
        self._background.write(self, presence.choose_state, state, text, self._seat.clock(), then=self._show)

    def _show(self, line: PresenceLine) -> None:
        self._line = line
        self._dress()
        self._tell()

    def _on_connection(self, connection: Connection) -> None:
        self._connection = connection
        self._dress()

    def _dress(self) -> None:
        if self._line is None:
            return
        show = partial(presence.with_line, self._line)
        connection = self._connection
        has_line = connection is None or connection.has_line
        self._menu.show_state(show(has_line, connection.since if connection else None))
