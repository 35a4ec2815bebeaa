"""The world of the fault tests: one central that can be set back in milliseconds, three PCs, and a ledger of what was
saved."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg

from tests.desks import PASSWORD, Centre
from tests.faults.ledger import Ledger
from tests.faults.pc import KEY, Pc, Person
from tests.line import Line
from tests.servers import ScratchCluster, scratch_database
from workstation.central import accounts, admin
from workstation.replica.store import Store

PEOPLE = {"aziza": ("agent", [1]), "botir": ("senior", [1]), "chinara": ("supervisor", [1, 2])}
SCOPES = (1, 2)


class CentralOfTests:
    """A central over one connection of its owner; whole states of it are kept beside it and put back."""

    def __init__(self, centre: Centre) -> None:
        self.centre = centre
        self._connection = psycopg.connect(centre.admin_url, autocommit=True)
        tables = "select tablename from pg_tables where schemaname = 'workstation' order by 1"
        self._tables = [name for (name,) in self.sql(tables)]
        self.keep("pristine")

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
        self._empty = folder / "empty.db"
        Store(self._empty, KEY, lambda: None).close()
        self._example = 0
        self.pcs: list[Pc] = []
        self.ledger = Ledger()

    def begin(self) -> None:
        """Central as it was in the beginning, three empty PCs, every line good."""
        self._example += 1
        folder = self._folder / f"example-{self._example}"
        folder.mkdir()
        self.central.put_back("pristine")
        self.central.keep("backup")
        self.ledger = Ledger()
        self.pcs = []
        for who, line in zip(self._people, self._lines, strict=True):
            line.restore()
            self.pcs.append(Pc(who, folder / who.login, self._empty, line, self.central.centre.url, uuid4()))

    def end(self) -> None:
        """Let go of the PCs and remove their files."""
        for pc in self.pcs:
            pc.close()
        shutil.rmtree(self._folder / f"example-{self._example}", ignore_errors=True)

    def put_pc_back(self, pc: Pc) -> None:
        """Yesterday's file in place of today's: what was saved since and never reached central is lost with it."""
        if pc.copy is not None:
            pc.put_back()
            self.ledger.forget_after(pc, pc.copy[1], self.central)

    def restore_central(self) -> None:
        """The last backup in place of central: what was there since and on no PC any more is lost with it."""
        self.central.put_back("backup")
        self.central.restored()
        self.ledger.forget_unbacked(self.central)

    def rest(self, rounds: int = 12) -> None:
        """All lines good, everybody syncs until nothing changes any more, and once more."""
        for pc in self.pcs:
            pc.line.restore()
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
