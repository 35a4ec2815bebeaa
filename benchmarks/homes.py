"""Homes of a desk without central: a replica of so many people, among them some with a long history."""

import hashlib
import inspect
import json
import random
import secrets
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, insert
from uuid_utils.compat import uuid7

from benchmarks import people
from workstation.home import Home, SignIn
from workstation.records import Agent, Contact, Customer, Disposition, Note
from workstation.replica import search_index, vault
from workstation.replica.engines import writing_engine
from workstation.replica.rows import note_facts
from workstation.replica.upgrades import fingerprint

KEPT = Path("build/benchmarks")  # made once: a million people take a minute
PASSWORD = "benchmark"
CENTRAL = "postgresql://127.0.0.1:9/workstation"  # nobody answers there
WHO = SignIn(CENTRAL, "aziza", UUID(int=9))
HISTORIES = {10: 20, 1_000: 20, 10_000: 1}  # contacts: how many people have as many
OUTCOMES = ("solved", "waits_for_us", "no_answer", "promised")
SENTENCES = (
    "Contract not received, wrong category chosen in the app.", "Просит перезвонить завтра после обеда.",
    "To‘lov kelmadi, chek yuborilgan.", "Paid twice; finance moves it back by Friday.",
    "Абяцаў падоўжыць дамен да канца года.", "Talked to his wife; he is back in the evening.",
)  # fmt: skip


def home_with(customers: int) -> Path:
    """The folder of a home with as many people; the replica opens with PASSWORD, as that of WHO."""
    made_by = "".join(inspect.getsource(part) for part in (people, search_index)) + Path(__file__).read_text("utf-8")
    mark = hashlib.sha256((made_by + fingerprint()).encode()).hexdigest()[:8]
    folder = (KEPT / f"{customers}-people-{mark}").absolute()
    if not folder.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        for old in KEPT.glob(f"{customers}-people-*"):
            shutil.rmtree(old)
        being_made = Path(tempfile.mkdtemp(dir=KEPT))
        _make(Home(being_made), customers)
        being_made.rename(folder)
    _refresh(Home(folder))
    return folder


def replica_of(home: Path) -> tuple[Path, bytes]:
    """The file and the key of a home's replica."""
    folder = Home(home).replica_folder(WHO.central, WHO.agent)
    return folder / "replica.db", vault.open_with_password(folder, WHO.owner, PASSWORD)


def people_with(connection: Any, contacts: int) -> list[UUID]:
    """Those who have as many contacts; `connection` is the driver's."""
    rows = connection.execute("SELECT id FROM customer WHERE name LIKE ? ORDER BY id", (_name_of(contacts, "%"),))
    return [UUID(bytes=raw) for (raw,) in rows]


def _name_of(contacts: int, number: object) -> str:
    return f"Talker of {contacts} no {number}"


def _make(home: Home, customers: int) -> None:
    folder = home.replica_folder(WHO.central, WHO.agent)
    key = vault.new_key(folder, WHO.owner, PASSWORD, secrets.token_bytes(32))
    people.fill(folder / "replica.db", key, customers)
    engine = writing_engine(folder / "replica.db", key)
    with engine.begin() as connection:
        _add_colleagues(connection)
        for contacts, many in HISTORIES.items():
            for number in range(many):
                _add_history(connection, contacts, number)
    engine.dispose()
    home.remember_sign_in(WHO)


def _refresh(home: Home) -> None:
    """As if central had been heard just now."""
    path, key = replica_of(home.root)
    engine, now = writing_engine(path, key), datetime.now(UTC)
    agent = {"id": str(UUID(int=1)), "login": WHO.agent, "name": "Aziza", "role": "agent", "scopes": [1]}
    facts = {"agent": json.dumps(agent), "last_hello": now.isoformat(), "last_sync": now.isoformat()}
    with engine.begin() as connection:
        note_facts(connection.connection.driver_connection, facts)
    engine.dispose()


def _add_colleagues(connection: Connection) -> None:
    agents = [
        {"id": UUID(int=n), "scope_id": 0, "version": 1, "login": f"agent{n}", "name": f"Agent {n}", "role": "agent",
         "scopes": [1], "is_active": True}
        for n in range(1, 31)
    ]  # fmt: skip
    connection.execute(insert(Agent), agents)
    outcomes = [
        {"id": uuid4(), "scope_id": 0, "version": 1, "code": code, "label": code.replace("_", " ").capitalize(),
         "queue": "support", "position": at, "is_right_party": code != "no_answer", "closes_callback": False,
         "is_active": True}
        for at, code in enumerate(OUTCOMES)
    ]  # fmt: skip
    connection.execute(insert(Disposition), outcomes)


def _add_history(connection: Connection, contacts: int, number: int) -> None:
    """One contact a day or more often over the last year, most with a note."""
    dice, customer, now = random.Random(people.SEED + number), uuid7(), datetime.now(UTC)
    about: dict[str, Any] = {"scope_id": 1, "version": 1, "customer_id": customer}
    connection.execute(
        insert(Customer),
        [people.CUSTOMER | {"id": customer, "name": _name_of(contacts, number)}],
    )
    search_index.index_records(connection.connection.driver_connection, "customer", [customer.bytes])  # type: ignore[arg-type]
    talks, notes = [], []
    for at in range(contacts):
        began = now - timedelta(minutes=dice.randrange(20, 500_000))
        author, talk = UUID(int=dice.randrange(1, 31)), uuid7()
        talks.append(about | {
            "id": talk, "author_id": author, "channel": dice.choice(("call", "call", "chat")),
            "direction": dice.choice(("in", "out")), "disposition": dice.choice(OUTCOMES),
            "started_at": began, "ended_at": began + timedelta(minutes=dice.randrange(1, 40)), "written_at": began,
        })  # fmt: skip
        if dice.random() < 0.7:
            notes.append(about | {
                "id": uuid7(), "author_id": author, "contact_id": talk if dice.random() < 0.8 else None,
                "body": " ".join(dice.choices(SENTENCES, k=dice.randrange(1, 5))), "written_at": began,
                "is_pinned": at == 0, "is_deleted": False,
            })  # fmt: skip
    connection.execute(insert(Contact), talks)
    connection.execute(insert(Note), notes)
