"""The one door off the UI thread: work on the replica and questions to central, their answers brought back to it."""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal
from shiboken6 import isValid
from sqlalchemy.exc import DatabaseError

from workstation.errors import Refused, WorkstationError
from workstation.language import _
from workstation.replica import reserve
from workstation.replica.engines import explain
from workstation.replica.store import Store
from workstation.ui.relay import Relay, outcome_of

T = TypeVar("T")
Then = Callable[[T], None]
Answer = Callable[[], None]

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

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store
        self._writer = ThreadPoolExecutor(1, "replica-write")
        self._readers = ThreadPoolExecutor(READERS, "replica-read")
        self._callers = ThreadPoolExecutor(CALLERS, "central")
        self._newest: dict[tuple[int, str], _Wanted] = {}
        self._asked: dict[int, _Question] = {}  # here, for a thread knows its number only
        self._numbers = itertools.count()
        self._later = 0
        self._is_closed = self._is_advised = False
        self._relay = Relay(self._bring)

    @property
    def is_idle(self) -> bool:
        """Nothing is under way and every answer was delivered."""
        return not self._asked and self._later == 0

    def read(
        self,
        asker: QObject,
        query: Callable[..., T],
        *args: object,
        then: Then[T],
        refused: Callable[[Refused], None] | None = None,
    ) -> None:
        """Run `query(session, *args)` on the replica; `then` gets its answer while `asker` lives."""
        self._start(self._readers, _within(self._store.read, query, args), _Question(asker, then, refused))

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
        key, wanted = (id(asker), lane), _Wanted()
        if (older := self._newest.get(key)) is not None:
            older.still = False
        self._newest[key] = wanted
        question = _Question(asker, then, refused, wanted=wanted)
        self._start(self._readers, _within(self._store.read, query, args), question)

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

        work = _twice(self._store, _within(self._store.write, command, args))
        self._start(self._writer, work, _Question(self, told, refused))

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

        store = self._store

        def work() -> T:
            with store.read() as session, store.from_central() as inbox:
                return command(inbox, session, *args)

        def told(result: T) -> None:
            self.written.emit()
            if then is not None and isValid(asker):
                then(result)

        self._start(self._writer, work, _Question(self, told, refused))

    def index_notes(self, asker: QObject, then: Then[bool]) -> None:
        """Make the next page of notes findable, between two writes; no change of anybody's, and no refusal is told."""
        self._start(self._writer, self._store.index_notes, _Question(asker, then, _nothing))

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
        self._start(self._callers, partial(verb, *args), _Question(asker, then or _nothing, refused, offline))

    def after_paint(self, asker: QObject, work: Answer) -> None:
        """Run `work` on the UI thread when what is shown by now will have been painted: the eye does not wait for it,
        and meanwhile it would only hold up the painting."""

        def run() -> None:
            self._later -= 1
            if isValid(asker):
                work()

        self._later += 1
        QTimer.singleShot(PAINTING_MS, self, run)

    def close(self) -> None:
        """Finish what is being written; what else is under way is not waited for."""
        self._is_closed = True
        self._readers.shutdown(wait=False, cancel_futures=True)
        self._callers.shutdown(wait=False, cancel_futures=True)
        self._writer.shutdown(wait=True)

    def _advise(self) -> None:
        """The disk is full: said once, while there is still some room."""
        if self._store.is_disk_full and not self._is_advised:
            self._is_advised = True
            self.refused.emit(reserve.advice())

    def _start(self, pool: ThreadPoolExecutor, work: Callable[[], Any], question: "_Question") -> None:
        if self._is_closed:  # a late signal may still ask while the window closes
            return
        number = next(self._numbers)
        self._asked[number] = question
        pool.submit(_work, number, work, question.wanted, self._relay.tell)

    def _bring(self, told: "_Told") -> None:
        number, outcome = told
        question = self._asked.pop(number)
        if self._is_closed or not question.wanted.still or not isValid(question.asker):
            return
        if isinstance(outcome, WorkstationError):
            hear = question.refused if isinstance(outcome, Refused) else question.offline
            hear(outcome) if hear is not None else self.refused.emit(str(outcome))
        elif isinstance(outcome, Exception):
            self.broke.emit(_("This is a defect of the program; it was written to the log."))
        else:
            question.then(outcome)


@dataclass(slots=True)
class _Wanted:
    """Whether a question is still the newest of its lane."""

    still: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class _Question:
    """Who asked, and whom the answer goes to. Windows hang on it, so it never leaves the UI thread."""

    asker: QObject
    then: Then[Any]
    refused: Callable[[Any], None] | None = None
    offline: Callable[[Any], None] | None = None
    wanted: _Wanted = field(default_factory=_Wanted)


_Told = tuple[int, object]


def _work(number: int, work: Callable[[], object], wanted: _Wanted, tell: Callable[[_Told], None]) -> None:
    """On a thread, which holds nothing of Qt's meanwhile but a relay: see there."""
    tell((number, outcome_of(partial(_explained, work)) if wanted.still else None))


def _explained(work: Callable[[], object]) -> object:
    try:
        return work()
    except DatabaseError as error:  # the disk or the file, not us
        raise explain(error) from None


def _twice(store: Store, work: Callable[[], T]) -> Callable[[], T]:
    """Once more, when the disk was full and room was made only then."""

    def run() -> T:
        was_full = store.is_disk_full
        try:
            return work()
        except Refused:
            if was_full or not store.is_disk_full:
                raise
            return work()

    return run


def _nothing(_result: object) -> None:
    """For those who do not wait for an answer."""


def _within(
    session_for: Callable[[], AbstractContextManager[Any]], work: Callable[..., T], args: Any
) -> Callable[[], T]:
    def run() -> T:
        with session_for() as session:
            return work(session, *args)

    return run
