"""What the sync is measured on: an embedded central on this machine, and desks beside it."""

import json
import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
from sqlcipher3 import dbapi2

from workstation.central import accounts, admin
from workstation.central.embedded import EmbeddedPostgres
from workstation.central.postgres import Line, PostgresCentral
from workstation.records import Customer, Note
from workstation.replica.store import Store
from workstation.services.sync import sync_once
from workstation.services.sync.desk import SyncDesk

PASSWORD = "benchmark"
TEXT = "The customer asked why the contract had not arrived; the wrong category was chosen in the app. " * 4
NOTE = TEXT[:300]  # characters


def now() -> datetime:
    """The clock of this PC."""
    return datetime.now(UTC)


@dataclass
class Ground:
    """One central with two agents; `desk` gives each a replica."""

    folder: Path
    url: str
    admin_url: str
    closing: ExitStack
    server: int  # the number of its first process

    def desk(self, login: str) -> SyncDesk:
        """A new, empty replica of an agent."""
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        store = Store(folder / "replica.db", secrets.token_bytes(32), now)
        self.closing.callback(store.close)
        device = uuid4()
        central = PostgresCentral(Line(self.url, login, PASSWORD, device))
        self.closing.callback(central.close)
        return SyncDesk(store, central, device, now)

    def sql(self, query: str, *args: Any) -> list[tuple[Any, ...]]:
        """Ask central as its owner."""
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            cursor = connection.execute(query.encode(), args or None)
            return cursor.fetchall() if cursor.description else []


@contextmanager
def ground(settings: Mapping[str, str] | None = None) -> Iterator[Ground]:
    """A durable central in a temporary folder, with these settings of PostgreSQL."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as closing:
        server = closing.enter_context(EmbeddedPostgres(Path(folder) / "central", settings=settings))
        admin.init(server.admin_url)
        for login in ("writer", "reader"):
            accounts.add_agent(server.admin_url, login, login, "agent", "main", "main", PASSWORD)
        yield Ground(Path(folder), server.url, server.admin_url, closing, server.pid or 0)


def me(desk: SyncDesk) -> UUID:
    """The agent of a desk."""
    return UUID(json.loads(desk.store.fact("agent") or "{}")["id"])


def with_customer(desk: SyncDesk) -> UUID:
    """Fill the desk and make a customer known to central."""
    sync_once(desk)
    with desk.store.write() as session:
        customer = Customer(name="Dilnoza Karimova", scope_id=1, made_at=now())
        session.add(customer)
    sync_once(desk)
    return customer.id


def write_notes(desk: SyncDesk, customer: UUID, count: int) -> None:
    """Notes of 300 characters into the outbox, a hundred a transaction."""
    author = me(desk)
    for _ in range(count // 100):
        with desk.store.write() as session:
            session.add_all(
                Note(customer_id=customer, author_id=author, body=NOTE, written_at=now(), scope_id=1)
                for _ in range(100)
            )


def bare_replica(folder: Path) -> Any:
    """An encrypted SQLite file as the replica's, with one table of notes and nothing else."""
    connection = dbapi2.connect(str(folder / f"bare{os.urandom(4).hex()}.db"), isolation_level=None)
    connection.execute(f"pragma key = \"x'{secrets.token_hex(32)}'\"")
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    connection.execute("create table bare (id blob, entity text, body text)")
    return connection
