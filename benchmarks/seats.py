"""Many desks without windows or replicas: each speaks to central as a real one does, over lines of its own."""

import json
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Any
from uuid import UUID, uuid4

from uuid_utils.compat import uuid7

from benchmarks.ground import PASSWORD, Ground, now
from workstation.central.port import Answer, DeskState, Operation, Page, Position, Presence
from workstation.central.postgres import Line, PostgresCentral
from workstation.records import Values
from workstation.wire import OP_SCHEMA

PROCESSES = 4
PATIENCE = 300.0  # seconds until all are there


@dataclass(frozen=True)
class Crowd:
    """Who comes, to where, and what they work on; handed to the processes that play them."""

    url: str
    admin_url: str
    logins: tuple[str, ...]
    customers: tuple[UUID, ...]
    seconds: float = 0.0
    seed: int = 7


class Seat:
    """One agent's desk at central: a line for the sync and one for presence."""

    def __init__(self, crowd: Crowd, number: int) -> None:
        self.crowd, self.number = crowd, number
        self.chance = random.Random(crowd.seed * 1000 + number)
        self.device = uuid4()
        self.central, self.presence = self._line("sync"), self._line("presence")
        self._positions: dict[int, Position] = {}
        self._n, self._since = 0, now()
        self._epoch, self._agent = "", ""

    def hello(self) -> None:
        """Say who we are; the first time the feed is read from here on."""
        hello = self.central.hello(DeskState(self.device, f"PC {self.number}", 0, 0, 0))
        self._epoch, self._agent = hello.epoch, hello.agent["id"]
        for scope in hello.scopes:
            self._positions.setdefault(scope, Position(str(int(hello.horizon) - 1), -1))

    def poll(self) -> Iterator[Page]:
        """What is new, scope by scope, each up to its horizon."""
        for scope in sorted(self._positions):
            horizon, is_last = None, False
            while not is_last:
                page = self.central.pull(self._epoch, scope, self._positions[scope], horizon)
                self._positions[scope], horizon, is_last = page.position, page.horizon, page.is_last
                if page.entries:
                    yield page

    def push(self, operations: list[Operation]) -> list[Answer]:
        """Deliver a batch."""
        return self.central.push(self.device, self._epoch, operations)

    def beat(self) -> None:
        """Say what this desk does."""
        self.presence.beat(Presence(self.device, now(), "available", None, self._since, "PC", None, 0, 0))

    def note(self, customer: UUID, body: str) -> Operation:
        """A note as the outbox would send it."""
        fields = {"customer_id": str(customer), "author_id": self._agent, "body": body, "scope_id": 1}
        return self._operation("add", "note", uuid7(), fields | {"written_at": now().isoformat()})

    def contact(self, customer: UUID) -> Operation:
        """A contact of five minutes."""
        fields = {"customer_id": str(customer), "author_id": self._agent, "channel": "call", "direction": "in"}
        times = {"started_at": (now() - timedelta(minutes=5)).isoformat(), "written_at": now().isoformat()}
        return self._operation("add", "contact", uuid7(), fields | times | {"scope_id": 1})

    def wish(self, customer: UUID, text: str) -> Operation:
        """An edit of a field that others edit too."""
        return self._operation("edit", "customer", customer, {"wish": text})

    def lose_line(self) -> None:
        """The next call connects anew."""
        self.close()
        self.central, self.presence = self._line("sync"), self._line("presence")

    def close(self) -> None:
        """Hang up."""
        self.central.close()
        self.presence.close()

    def _line(self, purpose: str) -> PostgresCentral:
        return PostgresCentral(Line(self.crowd.url, self.crowd.logins[self.number], PASSWORD, self.device, purpose))

    def _operation(self, kind: str, entity: str, record: UUID, fields: Values) -> Operation:
        self._n += 1
        given = json.dumps({name: [None, value] for name, value in fields.items()})
        return Operation(uuid7(), self._n, kind, entity, record, given, "[]", now().isoformat(), OP_SCHEMA)


Play = Callable[[Crowd, range, Barrier, Connection], None]


def played(play: Play, crowd: Crowd, started: Callable[[], None] = lambda: None) -> list[Any]:
    """Let processes play equal parts of the crowd, `started` once all are there; gives what each sent back."""
    context = get_context("spawn")
    there = context.Barrier(PROCESSES + 1)
    each = len(crowd.logins) // PROCESSES
    pipes, processes = [], []
    for part in range(PROCESSES):
        ours, theirs = context.Pipe(duplex=False)
        seats = range(part * each, (part + 1) * each)
        process = context.Process(target=play, args=(crowd, seats, there, theirs), daemon=True)
        process.start()
        theirs.close()  # only the player holds it: when that dies, reading ends
        pipes.append(ours)
        processes.append(process)
    there.wait(PATIENCE)
    started()
    found = [pipe.recv() for pipe in pipes]
    for process in processes:
        process.join()
    return found


@contextmanager
def seated(crowd: Crowd, numbers: range) -> Iterator[list[Seat]]:
    """These desks, closed at the end."""
    with ExitStack() as closing:
        seats = [Seat(crowd, number) for number in numbers]
        for seat in seats:
            closing.callback(seat.close)
        yield seats


def crowd_at(place: Ground, count: int, seconds: float) -> Crowd:
    """So many agents, each with a login, and customers they share."""
    place.sql(
        f"do $$ begin for i in 1..{count} loop "
        f"execute format('create role %I login password %L connection limit 12 in role workstation_agent', "
        f"'desk' || i, '{PASSWORD}'); end loop; end $$"
    )
    logins = place.sql(
        "insert into workstation.agent (login, name, team_id) select 'desk' || i, 'Desk ' || i, t.id "
        "from generate_series(1, %s) i cross join workstation.team t returning login",
        count,
    )
    customers = place.sql(
        "insert into workstation.customer (name) select 'Karimova Dilnoza ' || i from generate_series(1, 1000) i "
        "returning id"
    )
    shared = tuple(sorted(customer for (customer,) in customers))
    return Crowd(place.url, place.admin_url, tuple(login for (login,) in logins), shared, seconds)
