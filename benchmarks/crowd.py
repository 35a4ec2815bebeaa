"""Two hundred desks: at ordinary work (how soon a change is seen elsewhere, what it costs central), and all of them
coming back at once with work that waited."""

import heapq
import os
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier

import psutil
import psycopg

from benchmarks.figures import Figure, at, figure, spread
from benchmarks.ground import NOTE, Ground, ground
from benchmarks.seats import PATIENCE, Crowd, Seat, crowd_at, played, seated
from workstation.central.port import Operation
from workstation.errors import CentralOffline
from workstation.services.sync.beat import Pulse
from workstation.services.sync.loop import Pace

DESKS = 200
SECONDS = float(os.environ.get("WORKSTATION_CROWD_SECONDS", "40"))  # the whole measure is 300
QUIET = 0.25  # of that time, at the beginning: nobody writes, and polls bring nothing
NOTE_EVERY = 60.0  # seconds between two notes of one desk, in the mean
BARE_EVERY = 4  # polls: then the line itself is measured, at the same moment
PACE, PULSE = Pace(), Pulse()
_LINES = "select count(*) from pg_stat_activity where application_name like 'ws:%'"
WAITING = 50  # operations on each desk that comes back
SHARED = 40  # customers that all of them edit


def run(seconds: float = SECONDS) -> list[Figure]:
    """Ordinary work first, then the return of all."""
    with ground() as place:
        crowd = crowd_at(place, DESKS, seconds)
        return [*_at_work(place, crowd), _returning(place, crowd)]


@dataclass
class Seen:
    """What the desks of one process measured: seconds until a note was seen and until a poll was due after it,
    milliseconds of polls that brought nothing and of as many empty questions; and how often central was called."""

    seen: list[float] = field(default_factory=list)
    due: list[float] = field(default_factory=list)
    polls: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    calls: int = 0
    notes: int = 0


def _at_work(place: Ground, crowd: Crowd) -> list[Figure]:
    server = psutil.Process(place.server)
    marks: list[float] = []
    lines: list[int] = []

    def begin() -> None:
        marks.append(_cpu(server))
        lines.extend(count for (count,) in place.sql(_LINES))

    found: list[Seen] = played(_work, crowd, begin)
    busy = (_cpu(server) - marks[0]) / crowd.seconds * 100
    calls = sum(part.calls for part in found)
    bare_busy = _bare_cpu(place, server, calls) / crowd.seconds * 100
    seen, due, polls, bare = (
        list(chain.from_iterable(getattr(part, name) for part in found)) for name in ("seen", "due", "polls", "bare")
    )
    notes = sum(part.notes for part in found)
    assert notes
    assert place.sql("select count(*) from workstation.note") == [(DESKS + notes,)]
    assert len(seen) >= notes * (DESKS - 1) * 0.9, "notes were not seen"
    print(f"  {DESKS} desks at work for {crowd.seconds:.0f} s: {notes} notes, {calls:,} calls, {lines[0]} connections")
    spread("seen elsewhere", seen, "s")
    spread("poll with nothing new", polls)
    return [
        figure("crowd_seen", at(seen, 95), at(due, 95), "s", 2.5),
        figure("crowd_poll", at(polls, 99), at(bare, 99), "ms", 5.0),
        figure("crowd_cpu", busy, bare_busy, "% of a core"),
        figure("crowd_lines", lines[0], DESKS, "connections", 3 * DESKS),
    ]


def _work(crowd: Crowd, numbers: range, there: Barrier, answer: Connection) -> None:
    """In a process of its own: the desks take their turns, each call short."""
    result = Seen()
    with seated(crowd, numbers) as seats:
        for seat in seats:  # a new connection plans its first questions and its first push: in the morning, not at work
            seat.hello()
            seat.beat()
            seat.push([seat.note(seat.crowd.customers[0], f"{seat.number} 0 {NOTE}")])
            list(seat.poll())
        there.wait(PATIENCE)
        began = time.monotonic()
        until, writing = began + crowd.seconds, began + QUIET * crowd.seconds
        due = [
            (start + seat.chance.uniform(0, every), seat.number, verb)
            for seat in seats
            for verb, start, every in (
                ("poll", began, PACE.active),
                ("beat", began, PULSE.usual),
                ("note", writing, NOTE_EVERY),
            )
        ]
        heapq.heapify(due)
        last = until - 2 * PACE.active  # what is written later could not be seen by all
        by_number = {seat.number: seat for seat in seats}
        while (turn := heapq.heappop(due))[0] < until:
            moment, number, verb = turn
            if (left := moment - time.monotonic()) > 0:
                time.sleep(left)
            seat = by_number[number]
            if verb == "poll":
                _poll(seat, moment, result)
            elif verb == "beat":
                seat.beat()
                result.calls += 1
            elif moment < last:
                _note(seat, moment, result)
            heapq.heappush(due, (moment + _pause(seat, verb), number, verb))
    answer.send(result)


def _pause(seat: Seat, verb: str) -> float:
    if verb == "note":
        return seat.chance.expovariate(1 / NOTE_EVERY)
    usual, jitter = (PACE.active, PACE.jitter) if verb == "poll" else (PULSE.usual, PULSE.jitter)
    return usual * seat.chance.uniform(1 - jitter, 1 + jitter)


def _poll(seat: Seat, due: float, result: Seen) -> None:
    began = time.perf_counter()
    pages = list(seat.poll())
    spent = (time.perf_counter() - began) * 1000
    arrived = time.monotonic()
    result.calls += 2  # one for everyone's records, one for those of the scope
    for note in chain.from_iterable(page.put.get("note", ()) for page in pages):
        author, saved = note["body"].split(maxsplit=2)[:2]
        if int(author) != seat.number and float(saved):
            result.seen.append(arrived - float(saved))
            result.due.append(max(due - float(saved), 0.0))
    if not pages:
        result.polls.append(spent)
        if len(result.polls) % BARE_EVERY == 0:
            began = time.perf_counter()
            for _ in range(2):  # a poll asks twice: for everyone's records and for those of the scope
                seat.central._ask("select 1", ())  # noqa: SLF001 - the same line, asked nothing
            result.bare.append((time.perf_counter() - began) * 1000)
            result.calls += 2


def _note(seat: Seat, saved: float, result: Seen) -> None:
    """As a window's sync does it at once after a save."""
    operation = seat.note(seat.chance.choice(seat.crowd.customers), f"{seat.number} {saved:.6f} {NOTE}")
    seat.hello()
    (given,) = seat.push([operation])
    assert given.status == "applied", given
    seat.central.report(seat.device, 0, 0)
    result.calls += 3
    result.notes += 1


@dataclass
class Returned:
    """What one desk met: seconds until central had all its work and until it had read all of the others, what became of
    its operations, how often it had to begin again."""

    drained: float = 0.0
    alike: float = 0.0
    statuses: Counter[str] = field(default_factory=Counter)
    again: int = 0


def _returning(place: Ground, crowd: Crowd) -> Figure:
    before = place.sql("select count(*) from workstation.op_applied")[0][0]
    found: list[Returned] = list(chain.from_iterable(played(_return, crowd)))
    applied = place.sql("select count(*) from workstation.op_applied")[0][0] - before
    statuses = sum((desk.statuses for desk in found), Counter[str]())
    assert applied == DESKS * WAITING, statuses
    ((deadlocks,),) = place.sql("select deadlocks from pg_stat_database where datname = current_database()")
    print(
        f"  {DESKS} desks back with {WAITING} operations each: {dict(statuses)}, deadlocks {deadlocks}, "
        f"begun again {sum(desk.again for desk in found)}, all read by all after {max(d.alike for d in found):.1f} s"
    )
    assert not deadlocks
    place.sql("create table public.bare (id uuid primary key, body text)")
    bare: list[float] = list(chain.from_iterable(played(_bare_return, crowd)))
    return figure("crowd_return", max(desk.drained for desk in found), max(bare), "s", 60.0)


def _return(crowd: Crowd, numbers: range, there: Barrier, answer: Connection) -> None:
    """All at once: connect, say hello, deliver, read what the others delivered."""
    with seated(crowd, numbers) as seats, ThreadPoolExecutor(len(seats)) as pool:
        for seat in seats:
            seat.hello()  # they were here before the outage: the feed is theirs to read from now on
            seat.lose_line()
        work = [_what_waits(seat) for seat in seats]
        there.wait(PATIENCE)
        began = time.monotonic()
        found = list(pool.map(lambda seat, waiting: _come_back(seat, waiting, began), seats, work))
    answer.send(found)


def _come_back(seat: Seat, waiting: list[Operation], began: float) -> Returned:
    result = Returned()
    while not result.alike:
        try:
            seat.hello()
            if not result.drained:
                result.statuses.update(answer.status for answer in seat.push(waiting))
                result.drained = time.monotonic() - began
            for _ in seat.poll():
                pass
            result.alike = time.monotonic() - began
        except CentralOffline:
            result.again += 1
            time.sleep(min(PACE.eager, PACE.first * 2.0**result.again) * seat.chance.uniform(0.5, 1.0))
    return result


def _what_waits(seat: Seat) -> list[Operation]:
    """Notes, contacts, and edits of customers that everybody else edits too, in no order."""
    shared = seat.crowd.customers[:SHARED]
    edits = [seat.wish(customer, f"desk {seat.number}") for customer in seat.chance.sample(shared, WAITING // 10)]
    contacts = [seat.contact(seat.chance.choice(seat.crowd.customers)) for _ in range(WAITING // 5)]
    rest = WAITING - len(edits) - len(contacts)
    return edits + contacts + [seat.note(seat.chance.choice(seat.crowd.customers), NOTE) for _ in range(rest)]


def _bare_return(crowd: Crowd, numbers: range, there: Barrier, answer: Connection) -> None:
    """As many connections, each with as many rows in one statement, into a table without any rule."""
    with ThreadPoolExecutor(len(numbers)) as pool:
        there.wait(PATIENCE)
        began = time.monotonic()

        def store(_number: int) -> float:
            with psycopg.connect(crowd.admin_url, autocommit=True) as connection:
                connection.execute(
                    "insert into public.bare select gen_random_uuid(), %s from generate_series(1, %s)", (NOTE, WAITING)
                )
                return time.monotonic() - began

        answer.send(list(pool.map(store, numbers)))


def _cpu(server: psutil.Process) -> float:
    """Seconds of CPU of the whole server so far, those of ended sessions included."""
    times = server.cpu_times()
    spent = times.user + times.system + times.children_user + times.children_system
    for child in server.children():
        mine = child.cpu_times()
        spent += mine.user + mine.system
    return float(spent)


def _bare_cpu(place: Ground, server: psutil.Process, calls: int) -> float:
    """Seconds of CPU that as many empty questions cost, reckoned from 20,000."""
    with psycopg.connect(place.admin_url, autocommit=True) as connection:
        before = _cpu(server)
        for _ in range(20_000):
            connection.execute("select 1").fetchall()
        return (_cpu(server) - before) * calls / 20_000


if __name__ == "__main__":
    for line in run(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS):
        print(line)
