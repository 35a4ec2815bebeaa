"""What tests drive: a centre with agents, and desks in this process or as commands of their own processes."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import psycopg

from tests.line import Line
from tests.servers import ScratchCluster
from workstation.app.desk import Desk, open_desk, sign_in
from workstation.central import accounts, admin
from workstation.home import Home, SignIn
from workstation.records import Customer, Note, OutboxEntry
from workstation.services import customers, notes
from workstation.services.sync.desk import SyncReport

PASSWORD = "correct horse"
_numbers = count(1)


class Clock:
    """A clock that tests set; it starts at the present, because central has one of its own."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.offset


@dataclass
class DeskAtWork:
    """One signed-in desk with a line that can be cut."""

    desk: Desk
    line: Line
    clock: Clock

    @property
    def store(self) -> Any:
        return self.desk.store

    def sync(self, **options: Any) -> SyncReport:
        return self.desk.sync(**options)

    def lead_to(self, address: tuple[str, int]) -> None:
        """From now on the line ends at this server, as after a change of the address book."""
        self.line.cut()
        self.line._exchange._target = address
        self.line.restore()

    def a_day_passes(self) -> None:
        """The next sync compares itself with central by digest, as once in 24 hours of use."""
        self.store.note_facts({"last_digest": (self.clock() - timedelta(hours=25)).isoformat()})

    def add_customer(self, name: str = "Dilnoza Karimova", *phones: str) -> UUID:
        with self.store.write() as session:
            return customers.add_customer(session, self.desk.scope, name, phones, self.clock(), self.desk.regions)

    def edit(self, customer_id: UUID, **changes: str) -> None:
        with self.store.write() as session:
            customers.edit_customer(session, customer_id, changes)

    def note(self, customer_id: UUID, text: str) -> UUID:
        with self.store.write() as session:
            return notes.add_note(session, customer_id, self.desk.agent_id, text, self.clock())

    def customer(self, customer_id: UUID) -> Customer | None:
        with self.store.read() as session:
            return session.get(Customer, customer_id)

    def notes(self, customer_id: UUID) -> set[str]:
        with self.store.read() as session:
            return {note.body for note in session.query(Note).where(Note.customer_id == customer_id)}

    def states(self) -> list[str]:
        with self.store.read() as session:
            return [entry.state for entry in session.query(OutboxEntry).order_by(OutboxEntry.n)]


@dataclass
class Centre:
    """A central database with its agents. Logins are unique in the cluster: "aziza" becomes "aziza_7"."""

    cluster: ScratchCluster
    admin_url: str
    number: int = field(default_factory=lambda: next(_numbers))
    logins: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        admin.init(self.admin_url)

    @property
    def url(self) -> str:
        """The address agents are given: no user in it."""
        parts = urlsplit(self.admin_url)
        return f"postgresql://{parts.hostname}:{parts.port}{parts.path}"

    def login(self, name: str) -> str:
        return f"{name}_{os.getpid()}_{self.number}"

    def add_agent(self, name: str, role: str = "agent", scope: str = "main", team: str = "main") -> str:
        """An agent with the tests' password; gives the login."""
        login = self.login(name)
        if login not in self.logins:
            accounts.add_agent(self.admin_url, login, name.title(), role, team, scope, PASSWORD)
            self.logins.append(login)
        return login

    def sql(self, query: str, *args: Any) -> list[tuple[Any, ...]]:
        """Ask or change central as its owner."""
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            cursor = connection.execute(query.encode(), args or None)
            return cursor.fetchall() if cursor.description else []

    def count(self, table: str) -> int:
        return int(self.sql(f"select count(*) from workstation.{table}")[0][0])

    @contextmanager
    def desk(self, name: str, role: str, home: Path, clock: Clock) -> Iterator[DeskAtWork]:
        """Sign in (again) on the PC whose home this is, through a line of its own."""
        login = self.add_agent(name, role)
        with (
            Line(self.cluster.address) as line,
            sign_in(Home(home), line.url_for(self.url), login, PASSWORD) as desk,
        ):
            at_work = Desk(desk.home, desk.who, desk.settings, desk.store, desk.password, clock)
            yield DeskAtWork(at_work, line, clock)

    @contextmanager
    def opened(self, desk: Desk, clock: Clock, line: Line) -> Iterator[DeskAtWork]:
        """The same desk opened again without asking central, as after a crash."""
        with open_desk(desk.home, SignIn(desk.who.central, desk.who.agent, desk.who.device), PASSWORD) as again:
            yield DeskAtWork(
                Desk(again.home, again.who, again.settings, again.store, again.password, clock), line, clock
            )

    def close(self) -> None:
        """Drop the logins; the database is dropped by whoever made it."""
        for login in self.logins:
            self.sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = %s", login)
            self.sql(f"drop role {login}")


def command(home: Path, *arguments: str, stdin: bytes = b"", password: str = PASSWORD, ok: int | None = 0) -> Any:
    """Run one command in a process of its own with --json; gives what it printed, decoded, or the finished process."""
    finished = subprocess.run(
        [sys.executable, "-m", "workstation", "--home", str(home), "--json", *arguments],
        input=stdin,
        capture_output=True,
        env=environment(password),
        timeout=120,
        check=False,
    )
    if ok is None:
        return finished
    assert finished.returncode == ok, finished.stderr.decode()
    return json.loads(finished.stdout) if finished.stdout.strip() else None


def environment(password: str = PASSWORD) -> dict[str, str]:
    """The environment of a command: the password, and no keyring."""
    return os.environ | {
        "WORKSTATION_PASSWORD": password,
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "PYTHONPATH": str(Path(__file__).parent.parent),
    }
