"""Keeps the replica of an open window and central alike all day: round after round, in a thread of its own."""

import contextlib
import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from workstation.errors import CentralOffline, LoginRefused, UpdateNeeded, WorkstationError
from workstation.home import FileLock
from workstation.language import _
from workstation.replica import delivery
from workstation.services.sync import sync_once
from workstation.services.sync.desk import SyncDesk, SyncReport

log = logging.getLogger(__name__)

Wait = Callable[[threading.Event, float], bool]

HELLO_EVERY = timedelta(minutes=10)  # scopes and rights may have changed without the line breaking
LOCK_SECONDS = 0.2  # for another process that syncs this home now


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between rounds.

    Attributes:
        active: while somebody works with the window; 200 agents cost central one per cent of a core (sync.md, 1.4).
        idle: while nobody does.
        jitter: the share by which both vary, so that desks do not ask in step.
        first: the least after a round that failed, also when the agent saves meanwhile.
        longest: between two tries while central is away.
        eager: the same while work waits here, so that it is on its way within 10 s after the line is back.
    """

    active: float = 2.0
    idle: float = 15.0
    jitter: float = 0.2
    first: float = 1.0
    longest: float = 60.0
    eager: float = 8.0


@dataclass(frozen=True, slots=True)
class RoundEnd:
    """How a round went.

    Attributes:
        state: online; busy: another process syncs this home now; offline: central cannot be reached; refused: central
            or this PC says no; update: this program is too old, or central is; login: central does not take the
            password, the loop has ended and a person is asked.
        words: one sentence for the agent; empty when online.
        next_in: seconds until the next round.
        report: what the sync did, when online.
    """

    state: str
    words: str
    next_in: float
    report: SyncReport | None = None


class SyncLoop:
    """Syncs one home again and again, over one connection for as long as it holds.

    `open_line` gives the desk with a new line to central; `on_standing` hears of every round, in the loop's thread.
    """

    def __init__(
        self,
        open_line: Callable[[], SyncDesk],
        lock: FileLock,
        on_standing: Callable[[RoundEnd], None],
        pace: Pace | None = None,
        chance: random.Random | None = None,
        wait: Wait = threading.Event.wait,
    ) -> None:
        self._open_line, self._lock, self._on_standing = open_line, lock, on_standing
        self._pace, self._chance, self._wait = pace or Pace(), chance or random.SystemRandom(), wait
        self._desk: SyncDesk | None = None
        self._met_at: datetime | None = None  # hello was said on this line
        self._failures, self._is_active, self._state = 0, True, ""
        self._bell, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="sync", daemon=True)

    def start(self) -> None:
        """Begin; the first round is at once."""
        self._thread.start()

    def wake(self) -> None:
        """Something was saved, or somebody asks: the next round is now; after a failed one within a second."""
        self._bell.set()

    def set_active(self, is_active: bool) -> None:
        """Whether somebody works with the window. Coming back to it begins a round at once."""
        came_back = is_active and not self._is_active
        self._is_active = is_active
        if came_back:
            self.wake()

    def stop(self, seconds: float = 2.0) -> bool:
        """End, also in the middle of a call that central does not answer; what waits waits for the next start.

        False when the thread has not ended within `seconds`: it is making a connection, and does nothing after that.
        """
        self._over.set()
        self._bell.set()
        desk = self._desk
        if desk is not None:
            desk.central.close()
        if self._thread.ident is not None:
            self._thread.join(seconds)
        return not self._thread.is_alive()

    def round(self) -> float:
        """One round in the caller's thread. Gives the seconds until the next one is due."""
        try:
            if not self._lock.acquire(LOCK_SECONDS):
                return self._tell("busy", _("Another program on this PC is syncing this desk."), self._usual())
            try:
                report = self._talk()
            finally:
                self._lock.release()
        except LoginRefused as error:
            self._over.set()
            return self._failed("login", str(error))
        except CentralOffline as error:
            return self._failed("offline", str(error))
        except UpdateNeeded as error:
            return self._failed("update", str(error))
        except WorkstationError as error:
            return self._failed("refused", str(error))
        except Exception:  # a defect of ours must not end the sync of the whole day
            log.exception("a round of the sync failed")
            return self._failed("refused", _("The sync met an unexpected error; it is tried again."))
        self._failures = 0
        return self._tell("online", "\n".join(report.problems), self._usual(), report)

    def _run(self) -> None:
        try:
            while not self._over.is_set():
                self._bell.clear()
                seconds = self.round()
                if self._failures and not self._over.is_set():
                    self._wait(self._over, self._pace.first)  # deaf to saves, else a long import would hammer central
                    seconds -= self._pace.first
                if not self._over.is_set():
                    self._wait(self._bell, max(0.0, seconds))
        finally:
            self._hang_up()

    def _talk(self) -> SyncReport:
        desk = self._desk = self._desk or self._open_line()
        now = desk.clock()
        is_met = self._met_at is not None and abs(now - self._met_at) < HELLO_EVERY
        report = sync_once(desk, is_met=is_met)
        if not is_met:
            self._met_at = now
        return report

    def _usual(self) -> float:
        seconds = self._pace.active if self._is_active else self._pace.idle
        return seconds * self._chance.uniform(1 - self._pace.jitter, 1 + self._pace.jitter)

    def _failed(self, state: str, words: str) -> float:
        """Note why, hang up, and wait longer from one failure to the next."""
        self._failures += 1
        longest = self._pace.longest
        desk = self._desk
        if desk is not None and not (self._over.is_set() and state != "login"):
            with contextlib.suppress(WorkstationError):  # the disk may be what failed
                with desk.store.read() as session:
                    longest = self._pace.eager if delivery.counts(session).waiting else longest
                if state != self._state:
                    desk.store.note_facts({"last_error": "offline" if state == "offline" else "refused"})
        self._hang_up()
        step = min(longest, self._pace.first * 2.0 ** min(self._failures, 16))
        return self._tell(state, words, max(self._pace.first, step * self._chance.uniform(0.5, 1.0)))

    def _tell(self, state: str, words: str, next_in: float, report: SyncReport | None = None) -> float:
        if state != "busy":
            self._state = state
        self._on_standing(RoundEnd(state, words, next_in, report))
        return next_in

    def _hang_up(self) -> None:
        desk, self._desk, self._met_at = self._desk, None, None
        if desk is not None:
            desk.central.close()
