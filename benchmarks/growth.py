"""What a push, a pull and the opening of a customer cost central as its history grows: the larger centre against the
smaller one, turn by turn, so that a slow moment of the machine meets both."""

import os
import statistics
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from benchmarks.figures import Figure, figure, spread
from benchmarks.ground import NOTE, Ground, ground
from benchmarks.seats import Crowd, Seat, crowd_at

SMALL = 100_000  # contacts
LARGE = int(os.environ.get("WORKSTATION_GROWTH_CONTACTS", "1000000"))  # the whole measure is 10,000,000
EACH = 10  # contacts and notes of one customer
WARM = 120  # turns before the measure: a central at work has read its pages before
TURNS = 60
BATCH = 100  # operations of one push
FLAT = 1.3  # times the smaller centre's
SETTINGS = {"shared_buffers": "1GB"}  # the guide asks for a quarter of the machine's memory
FED = 10  # one contact in so many is still in the feed: it reaches back 35 days, history for years

# Five years of history, oldest first, past the triggers: their work is done by hand here, it is not what is measured.
# Ids begin with the time. 7919 is a prime: each customer comes once in as many contacts as there are customers.
_HISTORY = """
set session_replication_role = replica;
set synchronous_commit = off;
set work_mem = '256MB';
set maintenance_work_mem = '256MB';
create unlogged table public.later as select indexdef as made, format('drop index workstation.%I', indexname) as gone
    from pg_indexes where schemaname = 'workstation' and tablename in ('contact', 'note', 'op_applied')
        and indexname not like '%_pkey';
do $$ declare i record; begin for i in select * from public.later loop execute i.gone; end loop; end $$;
create unlogged table public.who as
    select (i - 1)::integer as rank, gen_random_uuid() as id from generate_series(1, {customers}) i;
create unlogged table public.happened as
    select i, at, (i * 7919 % {customers})::integer as rank,
        (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '70008' || lpad(to_hex(i), 15, '0'))::uuid
            as id
    from (select i, now() - interval '5 years' * (1 - i::float / {contacts}) as at
          from generate_series(0::bigint, {contacts} - 1) i) h;
alter table public.who add primary key (rank);
insert into workstation.customer (id, name, version) select id, 'Karimova ' || rank, 1048576 from public.who;
insert into workstation.contact (id, customer_id, scope_id, version, author_id, channel, direction, started_at)
    select h.id, w.id, 1, 1048576, (select id from workstation.agent where login = 'desk1'), 'call', 'in', at
    from public.happened h join public.who w using (rank);
insert into workstation.note (id, customer_id, scope_id, version, author_id, body, contact_id, written_at)
    select h.id, w.id, 1, 1048576, (select id from workstation.agent where login = 'desk1'),
        'The customer asked why the contract had not arrived.', h.id, at
    from public.happened h join public.who w using (rank);
insert into workstation.op_applied (op_id, device, n, agent_id, entity, entity_id, status, version, at)
    select id, id, i, id, 'contact', id, 'applied', 1048576, at from public.happened;
insert into workstation.feed (scope_id, entity, entity_id, version, kind, actor)
    select 1, 'contact', id, 1048576, 'p', 'desk1' from public.happened where i % {fed} = 0;
do $$ declare i record; begin for i in select * from public.later loop execute i.made; end loop; end $$;
drop table public.happened;
"""


@dataclass
class Grown:
    """One centre with its history, an agent who writes and one who reads."""

    place: Ground
    writer: Seat
    reader: Seat
    customers: tuple[UUID, ...]


def run(large: int = LARGE) -> list[Figure]:
    """Milliseconds; half of the calls take less. Measured on read pages from a checkpoint on, so that each page's first
    change is written whole, as every few minutes in a real centre; what the first reading costs is printed too."""
    with ExitStack() as closing:
        small, big = (_grown(closing, contacts) for contacts in (SMALL, large))
        _turns(small, big, 5)  # plans
        _told(_turns(small, big, WARM), large, "first")
        for centre in small, big:
            centre.place.sql("checkpoint")
        spent = _turns(small, big, TURNS)
        _told(spent, large, "later")
        figures = []
        for verb, (less, more) in spent.items():
            limit = statistics.median(less)
            figures.append(figure(f"{verb}_at_{_short(large)}", statistics.median(more), limit, "ms", FLAT * limit))
        return figures


def _turns(small: Grown, big: Grown, count: int) -> dict[str, tuple[list[float], list[float]]]:
    """Milliseconds of each verb in the smaller and in the larger centre."""
    spent: dict[str, tuple[list[float], list[float]]] = {verb: ([], []) for verb in ("push", "pull", "open")}
    for turn in range(count):
        for centre in (small, big) if turn % 2 else (big, small):
            for verb, milliseconds in _one_turn(centre).items():
                spent[verb][centre is big].append(milliseconds)
    return spent


def _told(spent: dict[str, tuple[list[float], list[float]]], large: int, when: str) -> None:
    for verb, (less, more) in spent.items():
        spread(f"{verb} at {SMALL:,} {when}", less)
        spread(f"{verb} at {large:,} {when}", more)


def _one_turn(centre: Grown) -> dict[str, float]:
    chance = centre.writer.chance
    work = []
    for customer in chance.sample(centre.customers, BATCH // 2):  # as a window saves: a contact and its note
        work += [centre.writer.contact(customer), centre.writer.note(customer, NOTE)]
    given, pushed = _timed(lambda: centre.writer.push(work))
    assert {answer.status for answer in given} == {"applied"}
    pages, pulled = _timed(lambda: list(centre.reader.poll()))
    assert sum(page.entries for page in pages) == BATCH
    whole, opened = _timed(lambda: centre.reader.central.fetch_customer(chance.choice(centre.customers)))
    assert len(whole["contact"]) >= EACH
    return {"push": pushed, "pull": pulled, "open": opened}


def _timed(work: Any) -> tuple[Any, float]:
    began = time.perf_counter()
    found = work()
    return found, (time.perf_counter() - began) * 1000


def _grown(closing: ExitStack, contacts: int) -> Grown:
    place = closing.enter_context(ground(SETTINGS))
    began = time.perf_counter()
    crowd = crowd_at(place, 2, 0)
    place.sql(_HISTORY.format(contacts=contacts, customers=contacts // EACH, fed=FED))
    place.sql("vacuum (freeze, analyze)")  # what is years old was vacuumed long ago; or its first reader writes it anew
    place.sql("checkpoint")
    ((size,),) = place.sql("select pg_database_size(current_database())")
    print(f"  {contacts:,} contacts written in {time.perf_counter() - began:.0f} s, {size / 1e9:.2f} GB")
    known = place.sql(
        "select id from public.who where rank % (select greatest(count(*) / 2000, 1) from public.who) = 0"
    )
    seats = [_seat(closing, crowd, number) for number in range(2)]
    return Grown(place, seats[0], seats[1], tuple(customer for (customer,) in known))


def _seat(closing: ExitStack, crowd: Crowd, number: int) -> Seat:
    seat = Seat(crowd, number)
    closing.callback(seat.close)
    seat.hello()
    return seat


def _short(count: int) -> str:
    return f"{count // 1_000_000}M" if count >= 1_000_000 else f"{count // 1000}k"


if __name__ == "__main__":
    for line in run(int(sys.argv[1]) if len(sys.argv) > 1 else LARGE):
        print(line)
