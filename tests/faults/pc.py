"""One PC of the fault tests: a replica that can be killed, copied aside and put back, and a line that can fail."""

import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.desks import Clock
from tests.line import Line
from workstation.app.opening import Opening, opened
from workstation.central.postgres import Line as Address
from workstation.central.postgres import PostgresCentral
from workstation.errors import CentralOffline
from workstation.records import Cursor, OutboxEntry
from workstation.replica import journal
from workstation.replica.reserve import Reserve
from workstation.replica.store import Store
from workstation.services.sync import sync_once
from workstation.services.sync.desk import SyncDesk, SyncReport
from workstation.wire import FORMS

KEY = bytes(range(32))


class Killed(BaseException):
    """The process ends here; nothing may catch it but the test."""


class FaultyCentral:
    """Central over which one call goes wrong: the `call`-th, before central hears of it or after it has done it."""

    def __init__(self, central: PostgresCentral, call: int, after: bool, fault: Callable[[], BaseException]) -> None:
        self._central, self._left, self._after, self._fault = central, call, after, fault

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        def ask(*arguments: Any) -> Any:
            self._left -= 1
            if self._left == -1 and not self._after:
                raise self._fault()
            answer = getattr(self._central, verb)(*arguments)
            answer = list(answer) if verb == "fill" else answer
            if self._left == -1:
                raise self._fault()
            return answer

        return ask


@dataclass(frozen=True)
class Person:
    """Who works at a PC."""

    login: str
    agent_id: UUID
    password: str


class Pc:
    """One agent's replica, over a line of its own.

    `copy` is the copy that was put aside: (folder, how much had been saved anywhere when it was made).
    """

    def __init__(self, who: Person, folder: Path, empty: Path, line: Line, url: str, device: UUID) -> None:
        self.who, self.line, self.device = who, line, device
        self.clock = Clock()
        self.copy: tuple[Path, int] | None = None
        self._folder, self._generation = folder, 0
        self._address = Address(line.url_for(url), who.login, who.password, device)
        self.central = PostgresCentral(self._address)
        self._is_met = False  # hello was said on this connection, and it has not failed since
        self.store = self._open(empty)
        self.cursors: dict[int, tuple[str, int, int]] = {}

    def sync(
        self, *, goes_on: bool = False, fault: tuple[int, bool, Callable[[], BaseException]] | None = None
    ) -> SyncReport | None:
        """One sync; None when the line failed. Killed when the fault says so.

        goes_on  as an open window does it: over the same connection, on which hello was said already
        """
        central = FaultyCentral(self.central, *fault) if fault else self.central
        is_met, self._is_met = goes_on and self._is_met, False
        try:
            report = sync_once(SyncDesk(self.store, central, self.device, self.clock, host="pc"), is_met=is_met)
        except CentralOffline:
            return None
        self._is_met = True
        return report

    def kill(self) -> None:
        """End the process without a word and start it again: what is on the disk is what there is."""
        self.hang_up()
        old, store = self._path, self.store
        self.store = self._open(old)
        store.close()

    def damage(self, how: str) -> None:
        """The replica goes bad while nobody has it open, and is opened again as the program does it: set aside, and
        what waited in it recovered from what can be read and from the journal.

        how  rubbish: some pages are; half: the rest is cut off; gone: the file is; log: the last commits are
        """
        self.hang_up()
        if how == "log":
            old, store = self._path, self.store
            self._take(old, with_log=False)
            store.close()
        else:
            self.store.close()
            _spoil(self._path, how)
        with opened(Opening(self._path.parent, KEY, self.clock, Reserve(self._folder / "reserve"), thorough=True)):
            pass
        self.store = Store(self._path, KEY, self.clock)
        self.cursors = {}

    def copy_aside(self, at: int) -> None:
        """Make tonight's backup of this PC."""
        folder = self._folder / f"aside-{self._generation}-{at}"
        folder.mkdir(exist_ok=True)
        _copy(self._path, folder / "replica.db")
        self.copy = (folder, at)

    def put_back(self) -> None:
        """Put the backup back in place of what is there now."""
        assert self.copy is not None
        self.hang_up()
        self.store.close()
        self.store = self._open(self.copy[0] / "replica.db")
        self.cursors = {}

    def hang_up(self) -> None:
        """Leave the connection, which may be dead, and make another one at the next sync."""
        self.central.close()
        self.central, self._is_met = PostgresCentral(self._address), False

    def close(self) -> None:
        """Let go of everything; the line stays."""
        self.central.close()
        self.store.close()

    @contextmanager
    def raw(self) -> Iterator[Any]:
        """A reading connection of the driver."""
        with self.store.read() as session:
            yield session.connection().connection.driver_connection

    def contents(self) -> dict[str, list[tuple[Any, ...]]]:
        """All that syncs, with outbox and underlay, to see whether anything changed."""
        with self.raw() as connection:
            found = {e: connection.execute(f"select * from {e} order by id").fetchall() for e in FORMS}
            found["outbox"] = connection.execute("select op_id, state from outbox order by n").fetchall()
            found["underlay"] = connection.execute("select * from underlay order by entity, entity_id").fetchall()
            return found

    def operations(self) -> list[OutboxEntry]:
        """The outbox, in order."""
        with self.store.read() as session:
            return list(session.query(OutboxEntry).order_by(OutboxEntry.n))

    def read_cursors(self) -> dict[int, tuple[str, int, int]]:
        """How far each scope's feed was read: {scope: (epoch, transaction, entry)}."""
        with self.store.read() as session:
            return {c.scope_id: (c.epoch, int(c.xid), c.seq) for c in session.query(Cursor)}

    @property
    def _path(self) -> Path:
        return self._folder / f"replica-{self._generation}" / "replica.db"

    def _open(self, source: Path) -> Store:
        self._take(source)
        return Store(self._path, KEY, self.clock)

    def _take(self, source: Path, *, with_log: bool = True) -> None:
        """Go on in a folder of its own with these files."""
        self._generation += 1
        self._path.parent.mkdir(parents=True)
        _copy(source, self._path)
        if not with_log:
            self._path.with_name(self._path.name + "-wal").unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    """A file with its write-ahead log and the journal beside it, as a crash or a backup finds them."""
    for ending in ("", "-wal"):
        with suppress(FileNotFoundError):
            target.with_name(target.name + ending).unlink()
        with suppress(FileNotFoundError):
            shutil.copy(source.with_name(source.name + ending), target.with_name(target.name + ending))
    shutil.rmtree(target.parent / journal.FOLDER, ignore_errors=True)
    if (source.parent / journal.FOLDER).is_dir():
        shutil.copytree(source.parent / journal.FOLDER, target.parent / journal.FOLDER)


def _spoil(path: Path, how: str) -> None:
    if how == "gone":
        path.unlink()
        return
    whole = path.read_bytes()
    half = len(whole) // 2
    path.write_bytes(whole[:half] if how == "half" else random.Random(half).randbytes(half) + whole[half:])
