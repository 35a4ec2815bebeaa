"""Real processes of the program for tests that kill them, and what must hold of a replica whatever was killed."""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from tests.desks import PASSWORD, Centre, command, environment
from tests.line import Line
from workstation.home import Home, SignIn
from workstation.records import Note, OutboxEntry
from workstation.replica import engines, search_index, vault
from workstation.replica.store import Store

SECONDS = 60.0  # no program here works that long


def tell(words: object) -> None:
    """Say what a test with a random course did; pytest shows it when the test fails, or with -s."""
    sys.stdout.write(f"{words}\n")


@dataclass(frozen=True)
class Mark:
    """Where a line stood: bytes sent to central and connections, since its beginning."""

    passed: int
    accepted: int

    @classmethod
    def of(cls, line: Line) -> Self:
        return cls(line.up.passed, line.accepted)


class Program:
    """One `workstation` command (or other arguments of Python) in a process of its own, killed when the block ends."""

    def __init__(self, home: Path, *arguments: str, python: tuple[str, ...] = ("-m", "workstation")) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *python, "--home", str(home), "--json", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(PASSWORD),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):  # what it was told and never read
                    pipe.close()

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    def say(self, lines: list[str]) -> None:
        """Give it lines of standard input; they must fit into a pipe (64 kB)."""
        assert self.process.stdin is not None
        self.process.stdin.write("".join(line + "\n" for line in lines).encode())
        self.process.stdin.flush()

    def hear(self) -> Any:
        """The next line it prints, decoded; None when it printed nothing more."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        return json.loads(line) if line.endswith(b"\n") else None

    def hear_out(self) -> list[Any]:
        """All it printed and nobody heard yet; a line cut by a kill was not said."""
        return list(iter(self.hear, None))

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait(SECONDS)

    def kill_after(self, seconds: float) -> bool:
        """Kill -9 after this time, at whatever it is then; False when it had ended by itself."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return True
        return False

    def kill_at_byte(self, line: Line, mark: "Mark", count: int) -> bool:
        """Kill -9 when it has sent so many bytes over this line since the mark; False when it had ended by itself."""
        line.wait_until(
            lambda it: it.up.passed >= mark.passed + count or (it.accepted > mark.accepted and not it.live), SECONDS
        )
        was_running = self.is_running
        self.kill()
        return was_running

    def kill_when(self, moment: Callable[[], bool]) -> bool:
        """Kill -9 in the moment that this holds, asked without a pause; False when it ended before."""
        until = time.monotonic() + SECONDS
        while not moment():
            assert time.monotonic() < until, "the moment never came"
            if not self.is_running:
                return False
        self.kill()
        return True

    def finished(self) -> Any:
        """Wait for its end, which must be a good one; gives the last line it printed, decoded."""
        out, errors = self.process.communicate(timeout=SECONDS)
        assert self.process.returncode == 0, errors.decode()
        return json.loads(out.splitlines()[-1]) if out.strip() else None


@dataclass(frozen=True)
class Place:
    """A signed-in home on disk that no process of the tests holds open."""

    home: Path
    who: SignIn
    line: Line

    @property
    def folder(self) -> Path:
        return Home(self.home).replica_folder(self.who.central, self.who.agent)

    @property
    def file(self) -> Path:
        return self.folder / "replica.db"

    @cached_property
    def key(self) -> bytes:
        return self.unlocked()

    def unlocked(self) -> bytes:
        """The key, by the password; that takes its time."""
        return vault.open_with_password(self.folder, self.who.owner, PASSWORD)

    @contextmanager
    def store(self, key: bytes | None = None) -> Iterator[Store]:
        """The replica, opened as the program opens it, for as long as the block lasts."""
        store = Store(self.file, key or self.key, lambda: datetime.now(UTC))
        try:
            yield store
        finally:
            store.close()

    def program(self, *arguments: str) -> Program:
        return Program(self.home, *arguments)

    def run(self, *arguments: str) -> Any:
        return command(self.home, *arguments)

    def log_mark(self) -> tuple[int, int]:
        """Changes whenever a transaction reaches the write-ahead log."""
        try:
            found = self.file.with_name("replica.db-wal").stat()
        except FileNotFoundError:
            return 0, 0
        return found.st_size, found.st_mtime_ns

    def notes(self) -> dict[UUID, str]:
        with self.store() as store, store.read() as session:
            return {note.id: note.body for note in session.query(Note)}

    def outbox(self) -> list[tuple[Any, ...]]:
        """Every operation with its payload, in order."""
        with self.store() as store, store.read() as session:
            entries = session.query(OutboxEntry).order_by(OutboxEntry.n)
            return [
                (e.n, e.op_id, e.kind, e.entity, e.entity_id, e.set, e.needs, e.made_at, e.op_schema, e.state)
                for e in entries
            ]


@contextmanager
def signed_in(centre: Centre, name: str, home: Path) -> Iterator[Place]:
    """Sign an agent in by a process of its own, through a line of its own."""
    login = centre.add_agent(name)
    with Line(centre.cluster.address) as line:
        command(home, "sign-in", "--central", line.url_for(centre.url), "--agent", login)
        who = Home(home).last_sign_in()
        assert who is not None
        yield Place(home, who, line)


def check_sound(place: Place) -> float:
    """The replica opens, and file, signatures and search index are whole. Gives the seconds until it was open."""
    began = time.perf_counter()
    with place.store(place.unlocked()) as store:
        took = time.perf_counter() - began
        with store.from_central() as inbox:
            assert search_index.is_sound(inbox.connection)
    engines.probe(place.file, place.key, thorough=True)
    return took


def check_arrived(centre: Centre, place: Place, acknowledged: dict[UUID, str], name: str) -> int:
    """Central has every acknowledged note, each once, under its author, and the replica is equal. Gives how many."""
    rows = centre.sql(
        "select n.id, n.body, a.login from workstation.note n join workstation.agent a on a.id = n.author_id"
    )
    at_central = {note: body for note, body, _login in rows}
    lost = acknowledged.keys() - at_central.keys()
    assert not lost, f"{len(lost)} notes were lost"
    assert {note: at_central[note] for note in acknowledged} == acknowledged
    bodies = [body for _note, body, _login in rows]
    assert len(bodies) == len(set(bodies)), "a note was doubled"
    ((effects, records),) = centre.sql(
        "select count(*), count(distinct entity_id) from workstation.op_applied where entity = 'note'"
    )
    assert effects == records == len(rows)
    assert {login for _note, _body, login in rows} <= {centre.login(name)}
    assert place.notes() == at_central
    assert {entry[-1] for entry in place.outbox()} <= {"settled"}
    return len(rows)
