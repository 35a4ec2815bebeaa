"""A replica without central, for services that need nothing else."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from workstation.records import Agent, Customer
from workstation.replica.store import Store
from workstation.services import customers, notes

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
ME = UUID("01a20000-0000-7000-8000-00000000a211")
REGIONS = ("UZ", "BY", "RU", "KZ")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty replica in which Aziza works."""
    made = Store(tmp_path / "replica.db", bytes(32), lambda: NOW)
    with made.write() as session:
        session.add(Agent(id=ME, login="aziza", name="Aziza"))
    yield made
    made.close()


@pytest.fixture
def customer(store: Store) -> UUID:
    """Dilnoza, with one phone."""
    with store.write() as session:
        return customers.add_customer(session, 1, "Dilnoza Karimova", ["+998 90 123-45-67"], NOW, REGIONS)


@pytest.fixture
def reread(store: Store) -> Callable[[UUID], Customer]:
    """A customer as the replica has it now."""

    def read(customer_id: UUID) -> Customer:
        with store.read() as session:
            return session.get_one(Customer, customer_id)

    return read


@pytest.fixture
def write(store):
    """Keep a note of ours: write(customer, text)."""

    def written(customer, text):
        with store.write() as session:
            return notes.add_note(session, customer, ME, text, NOW)

    return written
