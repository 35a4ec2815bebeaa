"""What the tests of the commands share: a command run in this process, quickly, with streams and status of its own."""

import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from tests.desks import PASSWORD, Centre
from workstation import cli
from workstation.app.desk import Desk, open_desk
from workstation.home import Home

TRACES = ("Traceback", "defect of the program", 'File "')


@dataclass(frozen=True)
class Finished:
    """What one command left behind: its exit status and both streams as text."""

    status: int
    out: str
    err: str

    @property
    def answer(self) -> Any:
        """The JSON object, which is the one line of standard output."""
        assert self.out.endswith("\n")
        assert self.out.count("\n") == 1, self.out
        return json.loads(self.out)

    @property
    def answers(self) -> list[Any]:
        """One JSON object a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    def is_told(self) -> bool:
        """Whether the command ended as the contract says: no traceback, a reason for every status but 0."""
        if any(trace in self.err + self.out for trace in TRACES):
            return False
        if self.status == 1:
            return 0 < len(self.err) <= 2_000 and self.err.count("\n") == 1
        return self.status == 0 or (self.status == 2 and bool(self.err))


@dataclass(frozen=True)
class Shell:
    """Commands of one home, run in this process with --json."""

    home: Path

    def __call__(self, *arguments: str, stdin: bytes = b"", ok: int | None = 0) -> Finished:
        """Run one command; `ok` is the status it must have, None for any."""
        finished = run_here("--home", str(self.home), "--json", *arguments, stdin=stdin)
        assert ok is None or finished.status == ok, (arguments, finished)
        return finished

    def spoken(self, *arguments: str, stdin: bytes = b"") -> Finished:
        """The same without --json: words for a person."""
        return run_here("--home", str(self.home), *arguments, stdin=stdin)

    @property
    def login(self) -> str:
        """Who signed in last."""
        who = Home(self.home).last_sign_in()
        assert who is not None
        return who.agent

    def ask(self, *arguments: str, stdin: bytes = b"") -> Any:
        """The JSON answer of a command that must succeed."""
        return self(*arguments, stdin=stdin).answer


def run_here(*arguments: str, stdin: bytes = b"") -> Finished:
    """Run one command in this process, as `python -m workstation` does in one of its own."""
    with _streams(stdin) as (out, err):
        status = cli.run(list(arguments))
        sys.stdout.flush()
        sys.stderr.flush()
    return Finished(status, out.getvalue().decode(), err.getvalue().decode())


@contextmanager
def _streams(stdin: bytes) -> Iterator[tuple[io.BytesIO, io.BytesIO]]:
    before = sys.stdin, sys.stdout, sys.stderr
    out, err = io.BytesIO(), io.BytesIO()
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin), "utf-8", "surrogateescape")
    sys.stdout = io.TextIOWrapper(out, "utf-8")
    sys.stderr = io.TextIOWrapper(err, "utf-8", "backslashreplace")
    held = sys.stdin, sys.stdout, sys.stderr  # dropped before they are read, they would close what they wrap
    try:
        yield out, err
    finally:
        sys.stdin, sys.stdout, sys.stderr = before
        for stream in held:
            stream.detach()


def signed_in(centre: Centre, home: Path, name: str = "aziza", role: str = "agent", scope: str = "main") -> Shell:
    """A shell over a home in which this agent has signed in and synced; WORKSTATION_PASSWORD must hold the password."""
    shell = Shell(home)
    shell("sign-in", "--central", centre.url, "--agent", centre.add_agent(name, role, scope))
    shell("sync")
    return shell


@contextmanager
def desk_of(shell: Shell, password: str = PASSWORD) -> Iterator[Desk]:
    """The desk behind a shell, opened in this process."""
    home = Home(shell.home)
    who = home.last_sign_in()
    assert who is not None
    with open_desk(home, who, password) as desk:
        yield desk


def later(**ahead: int) -> str:
    """An instant ahead of now, written with Tashkent's offset."""
    moment = datetime.now(UTC) + timedelta(**ahead)
    return moment.astimezone(timezone(timedelta(hours=5))).isoformat(timespec="seconds")


def customer_of(shell: Shell, name: str = "Dilnoza Karimova", *phones: str) -> str:
    """A new customer; gives the id."""
    options = [part for phone in phones for part in ("--phone", phone)]
    made: str = shell.ask("customer", "add", "--name", name, *options)["id"]
    return made


__all__ = ["PASSWORD", "Finished", "Shell", "customer_of", "desk_of", "later", "run_here", "signed_in"]
