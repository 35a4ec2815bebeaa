"""The one door off the UI thread: work on the replica and questions to central, their answers brought back to it."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot
from shiboken6 import isValid
from sqlalchemy.exc import DatabaseError

from workstation.errors import CentralOffline, Refused, WorkstationError
from workstation.language import _
from workstation.replica import reserve
from workstation.replica.engines import explain
from workstation.replica.store import Store

T = TypeVar("T")
Then = Callable[[T], None]
Answer = Callable[[], None]
log = logging.getLogger(__name__)

PAINTING_MS = 30  # from an answer to its picture, layout included
READERS = 3  # a slow read must not keep the next keystroke's search waiting
CALLERS = 2  # a dead line holds a call for seconds; the next question goes beside it


class Background(QObject):
    """Runs work on threads: writes in order on one, reads on a few, questions to central on others.

    Signals:
        refused: text; a refusal whose asker had no place to show it.
        broke: text; a defect of ours, already in the log; shown once.
        written: a change of the agent was committed: time to sync.
    """

    refused = Signal(str)
    broke = Signal(str)
    written = Signal()
    _deliver = Signal(object)

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store
        self._writer = ThreadPoolExecutor(1, "replica-write")
        self._readers = ThreadPoolExecutor(READERS, "replica-read")
        self._callers = ThreadPoolExecutor(CALLERS, "central")
        self._newest: dict[tuple[int, str], object] = {}
        self._open = 0
        self._counting = threading.Lock()
        self._is_closed = self._is_advised = False
        self._deliver.connect(self._bring, Qt.ConnectionType.QueuedConnection)

    @property
    def is_idle(self) -> bool:
        """Nothing is under way and every answer was delivered."""
        return self._open == 0

    def read(
        self,
        asker: QObject,
        query: Callable[..., T],
        *args: object,
        then: Then[T],
        refused: Callable[[Refused], None] | None = None,
    ) -> None:
        """Run `query(session, *args)` on the replica; `then` gets its answer while `asker` lives."""
        self._start(self._readers, asker, _within(self._store.read, query, args), then, refused)

    def latest(
        self,
        asker: QObject,
        lane: str,
        query: Callable[..., T],
        *args: object,
        then: Then[T],
        refused: Callable[[Refused], None] | None = None,
    ) -> None:
        """The same, but only the newest question of this lane is answered; older ones not begun are not even asked."""
        key, token = (id(asker), lane), object()
        self._newest[key] = token
        work = _within(self._store.read, query, args)

        def is_wanted() -> bool:
            return self._newest.get(key) is token

        self._start(self._readers, asker, work, then, refused, is_wanted)

    def write(
        self,
        asker: QObject,
        command: Callable[..., T],
        *args: object,
        then: Then[T] | None = None,
        refused: Callable[[Refused], None] | None = None,
    ) -> None:
        """Run `command(session, *args)` in order after all other writes; at `then` it is on the disk."""

        def told(result: T) -> None:
            self.written.emit()
            self._advise()
            if then is not None and isValid(asker):
                then(result)

        self._start(self._writer, self, self._twice(_within(self._store.write, command, args)), told, refused)

    def settle(
        self,
        asker: QObject,
        command: Callable[..., T],
        *args: object,
        then: Then[T] | None = None,
        refused: Callable[[Refused], None] | None = None,
    ) -> None:
        """Run `command(inbox, session, *args)`: a decision on what waits, which is no change of its own. The session
        reads what was there before."""

        def work() -> T:
            with self._store.read() as session, self._store.from_central() as inbox:
                return command(inbox, session, *args)

        def told(result: T) -> None:
            self.written.emit()
            if then is not None and isValid(asker):
                then(result)

        self._start(self._writer, self, work, told, refused)

    def index_notes(self, asker: QObject, then: Then[bool]) -> None:
        """Make the next page of notes findable, between two writes; no change of anybody's, and no refusal is told."""
        self._start(self._writer, asker, self._store.index_notes, then, _nothing)

    def call(
        self,
        asker: QObject,
        verb: Callable[..., T],
        *args: object,
        then: Then[T] | None = None,
        refused: Callable[[Refused], None] | None = None,
        offline: Callable[[WorkstationError], None] | None = None,
    ) -> None:
        """Run `verb(*args)`, which may wait for central or the keyring; `offline` hears when central did not answer."""
        self._start(self._callers, asker, partial(verb, *args), then or _nothing, refused, offline=offline)

    def after_paint(self, asker: QObject, work: Answer) -> None:
        """Run `work` on the UI thread when what is shown by now will have been painted: the eye does not wait for it,
        and meanwhile it would only hold up the painting."""
        with self._counting:
            self._open += 1
        QTimer.singleShot(PAINTING_MS, self, partial(self._bring, partial(_give, asker, work, lambda: True)))

    def close(self) -> None:
        """Finish what is being written; what else is under way is not waited for."""
        self._is_closed = True
        self._readers.shutdown(wait=False, cancel_futures=True)
        self._callers.shutdown(wait=False, cancel_futures=True)
        self._writer.shutdown(wait=True)
        self._deliver.disconnect(self._bring)

    def _twice(self, work: Callable[[], T]) -> Callable[[], T]:
        """Once more, when the disk was full and room was made only then."""

        def run() -> T:
            was_full = self._store.is_disk_full
            try:
                return work()
            except Refused:
                if was_full or not self._store.is_disk_full:
                    raise
                return work()

        return run

    def _advise(self) -> None:
        """The disk is full: said once, while there is still some room."""
        if self._store.is_disk_full and not self._is_advised:
            self._is_advised = True
            self.refused.emit(reserve.advice())

    def _start(
        self,
        pool: ThreadPoolExecutor,
        asker: QObject,
        work: Callable[[], T],
        then: Then[T],
        refused: Callable[[Refused], None] | None,
        is_wanted: Callable[[], bool] = lambda: True,
        offline: Callable[[WorkstationError], None] | None = None,
    ) -> None:
        if self._is_closed:  # a late signal may still ask while the window closes
            return

        def run() -> None:
            answer = self._answer(work, then, refused, offline) if is_wanted() else None
            self._deliver.emit(partial(_give, asker, answer, is_wanted))

        with self._counting:
            self._open += 1
        pool.submit(run)

    def _answer(
        self,
        work: Callable[[], T],
        then: Then[T],
        refused: Callable[[Refused], None] | None,
        offline: Callable[[WorkstationError], None] | None,
    ) -> Answer:
        try:
            return partial(then, work())
        except CentralOffline as error:
            return partial(offline, error) if offline else partial(self.refused.emit, str(error))
        except Refused as error:
            return partial(refused, error) if refused else partial(self.refused.emit, str(error))
        except WorkstationError as error:
            return partial(offline, error) if offline else partial(self.refused.emit, str(error))
        except Exception as error:
            if isinstance(error, DatabaseError):  # the disk or the file, not us
                known = explain(error)
                return partial(refused, known) if refused else partial(self.refused.emit, str(known))
            log.exception("work in the background failed")
            return partial(self.broke.emit, _("This is a defect of the program; it was written to the log."))

    @Slot(object)
    def _bring(self, give: Answer) -> None:
        try:
            give()
        finally:
            with self._counting:
                self._open -= 1


def _give(asker: QObject, answer: Answer | None, is_wanted: Callable[[], bool]) -> None:
    if answer is not None and is_wanted() and isValid(asker):
        answer()


def _nothing(_result: object) -> None:
    """For those who do not wait for an answer."""


def _within(
    session_for: Callable[[], AbstractContextManager[Any]], work: Callable[..., T], args: Any
) -> Callable[[], T]:
    def run() -> T:
        with session_for() as session:
            return work(session, *args)

    return run
