"""Everything one sync needs, and what it reports."""

import json
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from workstation.central.port import Central
from workstation.records import Values
from workstation.replica.store import Store

Clock = Callable[[], datetime]


def host_name() -> str:
    """This PC's name, as supervisors know it."""
    return socket.gethostname()


@dataclass(frozen=True)
class SyncDesk:
    """One replica and its way to central.

    `history_days` limits the first fill; `allow_removal` confirms a pull that removes a large part of the replica;
    `offset_ms` is central's clock minus this PC's at the last hello.
    """

    store: Store
    central: Central
    device: UUID
    clock: Clock
    host: str = field(default_factory=host_name)
    history_days: int = 90
    allow_removal: bool = False
    offset_ms: int = 0

    def central_now(self) -> datetime:
        """The time by central's clock: no wrong clock of a PC decides what is read, kept or forgotten."""
        return self.clock() + timedelta(milliseconds=self.offset_ms)

    def since(self) -> datetime:
        """The moment before which history is fetched only on demand."""
        return self.central_now() - timedelta(days=self.history_days)


@dataclass
class Tally:
    """What one sync did, counted while it goes."""

    pushed: int = 0
    pulled: int = 0
    refused: int = 0
    conflicts: int = 0
    problems: list[str] = field(default_factory=list)
    removable: int | None = None  # records that may still go without asking; None = not counted yet


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What one sync did: operations central applied, records read, refusals and conflicts met, what still waits."""

    pushed: int
    pulled: int
    refused: int
    conflicts: int
    waiting: int
    seconds: float
    problems: tuple[str, ...] = ()


def agent_of(store: Store) -> Values:
    """The agent this replica belongs to, as central last described it."""
    text = store.fact("agent")
    found: Values = json.loads(text) if text else {}
    return found
