"""Tells central every few seconds what this desk does, in a thread and over a line of its own."""

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from workstation.central.port import Central, Presence
from workstation.errors import CentralOffline, WorkstationError
from workstation.replica import delivery
from workstation.replica.store import Store
from workstation.services import presence
from workstation.services.sync.desk import host_name

log = logging.getLogger(__name__)

Wait = Callable[[threading.Event, float], bool]


@dataclass(frozen=True, slots=True)
class Pulse:
    """Seconds between beats: while they arrive, after one that did not, after a refusal; all vary by `jitter`."""

    usual: float = 10.0
    offline: float = 10.0
    refused: float = 60.0
    jitter: float = 0.2


@dataclass(frozen=True, slots=True)
class BeatingDesk:
    """What a beat needs: the replica, this PC, and a way to open a line to central (purpose "presence")."""

    store: Store
    device: UUID
    clock: Callable[[], datetime]
    open_line: Callable[[], Central]


class Beat:
    """Beats until it is stopped; a beat that does not arrive is silent, and what it would have told waits.

    The supervisor then sees how long no word came; at the return central hears how long this desk worked offline.
    """

    def __init__(
        self,
        desk: BeatingDesk,
        pulse: Pulse | None = None,
        chance: random.Random | None = None,
        wait: Wait = threading.Event.wait,
    ) -> None:
        self._desk, self._pulse, self._wait = desk, pulse or Pulse(), wait
        self._chance = chance or random.SystemRandom()
        self._host = host_name()
        self._central: Central | None = None
        self._bell, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="presence", daemon=True)

    def start(self) -> None:
        """Begin; the first beat is at once."""
        self._thread.start()

    def wake(self) -> None:
        """The state changed: central hears at once."""
        self._bell.set()

    def stop(self, seconds: float = 2.0) -> bool:
        """Say goodbye where the line is open, and end within `seconds`; False when the thread is still connecting."""
        self._over.set()
        self._bell.set()
        if self._thread.ident is None:  # beaten by hand
            self._hang_up()
            return True
        self._thread.join(seconds * 0.6)
        central = self._central
        if self._thread.is_alive() and central is not None:
            central.close()
        self._thread.join(seconds * 0.4)
        return not self._thread.is_alive()

    def beat(self) -> float:
        """One beat in the caller's thread. Gives the seconds until the next one is due."""
        try:
            self._tell()
        except CentralOffline:
            self._note_lost()
            seconds = self._pulse.offline
        except WorkstationError:  # a closed account, an older central: a person is asked elsewhere
            seconds = self._pulse.refused
        except Exception:  # a defect of ours must not make an agent look gone for the rest of the day
            log.exception("a beat failed")
            seconds = self._pulse.refused
        else:
            return self._varied(self._pulse.usual)
        self._hang_up()
        return self._varied(seconds)

    def _varied(self, seconds: float) -> float:
        return seconds * self._chance.uniform(1 - self._pulse.jitter, 1 + self._pulse.jitter)

    def _run(self) -> None:
        try:
            while not self._over.is_set():
                self._bell.clear()
                seconds = self.beat()
                if not self._over.is_set():
                    self._wait(self._bell, seconds)
            self._say_goodbye()
        finally:
            self._hang_up()

    def _tell(self) -> None:
        """The state, what waits here, and what was spent in which state since the last beat."""
        desk = self._desk
        if self._central is None:
            self._central = desk.open_line()
        with desk.store.read() as session:
            was_lost = presence.is_line_lost(session)
        if was_lost:
            self._central.reap()  # any word of central: only then is the line back
            with desk.store.write() as session:
                presence.line_back(session, desk.clock())
        told = self._told()
        self._central.beat(told)
        if told.intervals:
            with desk.store.write() as session:
                presence.forget_intervals(session, [interval.id for interval in told.intervals])

    def _told(self) -> Presence:
        desk, now = self._desk, self._desk.clock()
        with desk.store.read() as session:
            here, counts = presence.own_presence(session, now), delivery.counts(session)
            intervals = presence.unsent_intervals(session)
        return Presence(
            desk.device,
            now,
            here.state,
            here.text,
            here.since,
            self._host,
            here.customer_id,
            counts.waiting,
            counts.refused,
            intervals,
        )

    def _note_lost(self) -> None:
        try:
            with self._desk.store.read() as session:
                is_known = presence.is_line_lost(session)
            if not is_known and not self._over.is_set():
                with self._desk.store.write() as session:
                    presence.line_lost(session, self._desk.clock())
        except WorkstationError:
            log.info("the disk did not take when the line was lost")

    def _say_goodbye(self) -> None:
        """Central hears it where the line is open; where it is not, the next start tells."""
        try:
            with self._desk.store.write() as session:
                presence.leave(session, self._desk.clock())
            if self._central is not None:
                self._tell()
        except WorkstationError:
            log.info("nobody heard the goodbye")

    def _hang_up(self) -> None:
        central, self._central = self._central, None
        if central is not None:
            central.close()
