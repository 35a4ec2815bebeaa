"""How fast work travels: push, pull and first fill, against the bare movement of the same rows between the same two
databases."""

import json
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import psycopg

from benchmarks.figures import at
from benchmarks.ground import NOTE, Ground, bare_replica, ground, with_customer, write_notes
from workstation.services.sync import pushing, say_hello, sync_once
from workstation.services.sync.desk import Tally

NOTES = 10_000
BATCH = 500
FILL = {"customer": 60_000, "contact_point": 60_000, "contact": 30_000, "note": 50_000}
PAGE = 5_000
POLLS = 1_000
Figure = dict[str, object]


def run() -> list[Figure]:
    """Seconds of each, one central for all."""
    with ground() as place:
        pushed, pulled = _push_and_pull(place)
        return [pushed, pulled, _first_fill(place), _poll(place)]


def _push_and_pull(place: Ground) -> tuple[Figure, Figure]:
    writer, reader = place.desk("writer"), place.desk("reader")
    customer = with_customer(writer)
    sync_once(reader)
    write_notes(writer, customer, NOTES)
    hello = say_hello(writer)
    pushed = _seconds(lambda: pushing.push(writer, hello.epoch, Tally()))
    assert place.sql("select count(*) from workstation.note") == [(NOTES,)]
    pulled = _seconds(lambda: sync_once(reader))
    return (
        _figure("push", pushed, _seconds(lambda: _bare_push(place)), 1.5),
        _figure(
            "pull", pulled, _bare_pull(place, "select id, 'note', row_to_json(n)::text from workstation.note n"), 0.4
        ),
    )


def _bare_push(place: Ground) -> None:
    """The same notes by one statement a batch into a table without any rule."""
    with psycopg.connect(place.admin_url, autocommit=True) as connection:
        connection.execute("create table public.bare (id uuid primary key, body text)")
        for _ in range(NOTES // BATCH):
            rows = json.dumps([{"id": str(uuid4()), "body": NOTE} for _ in range(BATCH)])
            connection.execute(
                "insert into public.bare select * from jsonb_to_recordset(%s::jsonb) as r(id uuid, body text)", (rows,)
            )


def _bare_pull(place: Ground, query: str) -> float:
    """The same rows by COPY into one encrypted table, a page a transaction; seconds."""
    replica = place.closing.enter_context(_Closing(place))
    with psycopg.connect(place.admin_url) as connection, connection.cursor() as cursor:
        began = time.perf_counter()
        with cursor.copy(f"copy ({query}) to stdout") as copy:  # type: ignore[arg-type]
            page: list[Any] = []
            for record_id, entity, body in copy.rows():
                page.append((record_id, entity, body))
                if len(page) == PAGE:
                    _store(replica, page)
            _store(replica, page)
        return time.perf_counter() - began


class _Closing:
    """An encrypted file that is closed with the central."""

    def __init__(self, place: Ground) -> None:
        self._replica = bare_replica(place.folder)

    def __enter__(self) -> Any:
        return self._replica

    def __exit__(self, *_error: object) -> None:
        self._replica.close()


def _store(replica: Any, page: list[Any]) -> None:
    replica.execute("begin immediate")
    replica.executemany("insert into bare values (?, ?, ?)", page)
    replica.execute("commit")
    page.clear()


def _first_fill(place: Ground) -> Figure:
    _invent(place)
    reader = place.desk("reader")
    ours = _seconds(lambda: sync_once(reader))
    with reader.store.read() as session:
        there = {name: session.connection().exec_driver_sql(f"select count(*) from {name}").scalar() for name in FILL}
    assert there["customer"] >= FILL["customer"], there
    everything = " union all ".join(
        f"select id, '{name}', row_to_json(t)::text from workstation.{name} t" for name in FILL
    )
    return _figure("first_fill", ours, _bare_pull(place, everything), 10.0)


def _poll(place: Ground) -> Figure:
    """Milliseconds of a round that brings nothing, on an open connection; 99 % are faster. Beside it the same number of
    empty questions over the same connection."""
    desk = place.desk("writer")
    sync_once(desk)
    central: Any = desk.central
    ours, limit = [], []
    for _ in range(POLLS):
        ours.append(_seconds(lambda: sync_once(desk, is_met=True)) * 1000)
        limit.append(_seconds(lambda: [central._ask("select 1", ()) for _ in range(2)]) * 1000)  # noqa: SLF001
    return {**_figure("poll", at(ours, 99), at(limit, 99), 5.0), "unit": "ms"}


def _invent(place: Ground) -> None:
    """200,000 rows by plain SQL, as an external system writes them."""
    place.sql(
        "insert into workstation.customer (name) select 'Karimova ' || g || ' Dilnoza' from generate_series(1, %s) g",
        FILL["customer"],
    )
    place.sql(
        "insert into workstation.contact_point (customer_id, kind, value, e164, digits) "
        "select id, 'phone', '+' || d, '+' || d, d from "
        "(select id, '99890' || lpad((row_number() over ())::text, 7, '0') as d from workstation.customer limit %s) c",
        FILL["contact_point"],
    )
    author = "(select id from workstation.agent where login = 'writer')"
    place.sql(
        "insert into workstation.contact (customer_id, author_id, channel, direction) "
        f"select id, {author}, 'call', 'in' from workstation.customer limit %s",
        FILL["contact"],
    )
    place.sql(
        "insert into workstation.note (customer_id, author_id, body) "
        f"select id, {author}, %s from workstation.customer limit %s",
        NOTE,
        FILL["note"] - NOTES,
    )


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _figure(name: str, ours: float, limit: float, goal: float) -> Figure:
    return {"name": name, "ours": ours, "limit": limit, "ratio": ours / limit, "unit": "s", "goal": goal}


if __name__ == "__main__":
    for figure in run():
        print(figure)
