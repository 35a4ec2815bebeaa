"""The world of the fault tests: one central that can be set back in milliseconds, three PCs, and a ledger of what was
saved."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import psycopg

from tests.desks import PASSWORD, Centre
from tests.faults.ledger import Ledger
from tests.faults.pc import KEY, Pc, Person
from tests.line import Line
from tests.servers import ScratchCluster, scratch_database
from workstation.central import accounts, admin
from workstation.replica.store import Store
from workstation.services import customers

START = "start"
DEVICES = UUID("5f5b7d5e-2f39-4d4f-9f0e-3d6c2b1a0f00")
PEOPLE = {"aziza": ("agent", [1]), "botir": ("senior", [1]), "chinara": ("supervisor", [1, 2])}


class CentralOfTests:
    """A central over one connection of its owner; whole states of it are kept beside it and put back."""

    def __init__(self, centre: Centre) -> None:
        self.centre = centre
        self._connection = psycopg.connect(centre.admin_url, autocommit=True)
        tables = "select tablename from pg_tables where schemaname = 'workstation' order by 1"
        self._tables = [name for (name,) in self.sql(tables)]

    def sql(self, query: str, *args: Any) -> list[tuple[Any, ...]]:
        """Ask or change central as its owner; an external system does the same."""
        cursor = self._connection.execute(query.encode(), args or None)
        return cursor.fetchall() if cursor.description else []

    def keep(self, name: str) -> None:
        """Keep the state of now under a name, as a dump does."""
        with self._connection.transaction():
            self.sql(f"drop schema if exists {name} cascade")
            self.sql(f"create schema {name}")
            for table in self._tables:
                self.sql(f"create table {name}.{table} as table workstation.{table}")

    def put_back(self, name: str) -> None:
        """Make central what it was when this state was kept."""
        with self._connection.transaction():
            self.sql("set local session_replication_role = replica")
            for table in self._tables:
                self.sql(f"delete from workstation.{table}")
                self.sql(f"insert into workstation.{table} overriding system value select * from {name}.{table}")

    def restored(self) -> None:
        """What the administrator runs after a restore."""
        admin.restored(self.centre.admin_url)

    def scopes_of(self, who: Person) -> list[int]:
        """The scopes an agent has now, and 0."""
        ((scopes,),) = self.sql("select scopes from workstation.agent where id = %s", who.agent_id)
        return [0, *scopes]

    def has(self, entity: str, record_id: UUID) -> bool:
        return bool(self.sql(f"select 1 from workstation.{entity} where id = %s", record_id))

    def applied(self, op_id: UUID) -> bool:
        return bool(self.sql("select 1 from workstation.op_applied where op_id = %s", op_id))

    def close(self) -> None:
        self._connection.close()


class World:
    """Central, its people and lines, for many examples one after the other; `begin` makes everything new."""

    def __init__(self, central: CentralOfTests, lines: list[Line], people: list[Person], folder: Path) -> None:
        self.central, self._lines, self._people, self._folder = central, lines, people, folder
        self._example = 0
        self._known: list[UUID] = []
        self._backup = START
        self._is_digest_needed = False
        self.pcs: list[Pc] = []
        self.ledger = Ledger()
        self._make_the_start()

    def _make_the_start(self) -> None:
        """Two customers whom all three know, kept as every example begins: central's state and three replicas."""
        for who in self._people:
            Store(self._start_of(who), KEY, lambda: datetime.now(UTC)).close()
        self._open_pcs()
        self.rest()
        with self.pcs[0].store.write() as session:
            for name in ("Dilnoza Karimova", "Rustam Saidov"):
                self._known = [*self._known, customers.add_customer(session, 1, name, [], self.pcs[0].clock(), ())]
        self.rest()
        for pc in self.pcs:
            pc.store.checkpoint()
            pc.copy_aside(0)
            shutil.copy(pc.copy[0] / "replica.db", self._start_of(pc.who))
        self.central.keep(START)
        self.end()

    def begin(self) -> None:
        """Central and three PCs as they were at the start, every line good."""
        self.central.put_back(START)
        self._backup = START
        self._is_digest_needed = False
        self.ledger = Ledger()
        self.ledger.customers = list(self._known)
        self._open_pcs()

    def _open_pcs(self) -> None:
        self._example += 1
        folder = self._folder / f"example-{self._example}"
        self.pcs = []
        for who, line in zip(self._people, self._lines, strict=True):
            line.restore()
            url, device = self.central.centre.url, uuid5(DEVICES, who.login)
            self.pcs.append(Pc(who, folder / who.login, self._start_of(who), line, url, device))

    def _start_of(self, who: Person) -> Path:
        return self._folder / f"{who.login}.db"

    def end(self) -> None:
        """Let go of the PCs and remove their files."""
        for pc in self.pcs:
            pc.close()
        shutil.rmtree(self._folder / f"example-{self._example}", ignore_errors=True)

    def back_central_up(self) -> None:
        """Tonight's dump."""
        self._backup = "backup"
        self.central.keep(self._backup)

    def put_pc_back(self, pc: Pc) -> None:
        """Yesterday's file in place of today's: what was saved since and never reached central is lost with it."""
        if pc.copy is not None:
            pc.put_back()
            self.ledger.forget_after(pc, pc.copy[1], self.central)

    def restore_central(self, *, told: bool = True) -> None:
        """The last backup in place of central: what was there since and on no PC any more is lost with it.

        When nobody runs `admin restored`, desks that wrote find it by their numbers, the others by the daily digest.
        """
        self.central.put_back(self._backup)
        if told:
            self.central.restored()
        self._is_digest_needed |= not told
        self.ledger.forget_unbacked(self.central)

    def come_to_rest(self) -> None:
        """Everybody syncs until nothing changes; a day later again, if only that finds everything."""
        self.rest()
        if self._is_digest_needed:
            for pc in self.pcs:
                pc.clock.offset += timedelta(hours=25)
            self.rest()

    def rest(self, rounds: int = 12) -> None:
        """All lines good, everybody syncs until nothing changes any more, and once more."""
        for pc in self.pcs:
            pc.line.restore()
            pc.hang_up()
        quiet = 0
        for _ in range(rounds):
            before = [pc.contents() for pc in self.pcs]
            for pc in self.pcs:
                assert pc.sync() is not None, "central cannot be reached over a good line"
            quiet = quiet + 1 if before == [pc.contents() for pc in self.pcs] else 0
            if quiet == 2:
                return
        raise AssertionError(f"after {rounds} rounds something still changes")


@contextmanager
def new_world(cluster: ScratchCluster, folder: Path) -> Iterator[World]:
    """A world on a central of its own in this cluster."""
    with scratch_database(cluster) as admin_url, ExitStack() as stack:
        centre = Centre(cluster, admin_url)
        stack.callback(centre.close)
        accounts.add_scope(admin_url, "second")
        people = [_person(centre, name, *what) for name, what in PEOPLE.items()]
        central = CentralOfTests(centre)
        stack.callback(central.close)
        lines = [stack.enter_context(Line(cluster.address)) for _ in people]
        world = World(central, lines, people, folder)
        yield world


def _person(centre: Centre, name: str, role: str, scopes: list[int]) -> Person:
    login = centre.add_agent(name, role)
    ((agent_id,),) = centre.sql(
        "update workstation.agent set scopes = to_jsonb(%s::bigint[]) where login = %s returning id", scopes, login
    )
    return Person(login, agent_id, PASSWORD)
