"""How fast the replica answers what stands in the search box, against the bare index queries for the same text."""

import random
import time
from collections.abc import Callable
from typing import Any

from benchmarks.figures import Figure, at, figure, spread
from benchmarks.homes import home_with, replica_of
from benchmarks.people import SEED
from workstation import keys
from workstation.replica import search_index
from workstation.replica.engines import reading_engine

CUSTOMERS = 1_000_000
KEYSTROKES = 1_000
ROWS = 20
GOAL = 3  # times the bare query


def run() -> list[Figure]:
    """Milliseconds (95 % of keystrokes are faster) of the whole search and of the bare queries, over one replica."""
    engine = reading_engine(*replica_of(home_with(CUSTOMERS)))
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        typed = keystrokes(driver)
        bare = _times(typed, lambda text: bare_find(driver, text))
        ours = _times(typed, lambda text: search_index.find(driver, text, ROWS))
    engine.dispose()
    spread("bare queries", bare)
    spread("find", ours)
    return [figure("find", at(ours, 95), at(bare, 95), "ms", GOAL * at(bare, 95))]


def keystrokes(driver: Any) -> list[str]:
    """What stands in the search box, letter by letter, while names (one or two words) and ends of phones are typed."""
    dice = random.Random(SEED + 1)
    people = driver.execute(
        "SELECT id, name FROM customer WHERE id IN (SELECT id FROM customer LIMIT 1000 OFFSET ?)",
        (dice.randrange(1, 1 + driver.execute("SELECT count(*) FROM customer").fetchone()[0] // 2),),
    ).fetchall()
    typed: list[str] = []
    while len(typed) < KEYSTROKES:
        key, name = dice.choice(people)
        if dice.random() < 0.3:
            digits = driver.execute("SELECT digits FROM contact_point WHERE customer_id = ?", (key,)).fetchone()[0]
            whole, first = digits[-dice.choice((4, 7, 9)) :], search_index.SHORTEST_TAIL
        else:
            words = name.split()
            whole, first = " ".join(dice.sample(words, dice.choice((1, 2)))), 1
        typed += [whole[:end] for end in range(first, len(whole) + 1)]
    return typed[:KEYSTROKES]


def bare_find(driver: Any, text: str) -> list[Any]:
    """One statement and nothing else: every word as a prefix, or the end of a phone."""
    rows: list[Any]
    if text.isdigit():
        tail = text[::-1]
        reversed_digits = search_index._REVERSED  # noqa: SLF001 - the expression of the index itself
        rows = driver.execute(
            f"SELECT customer_id FROM contact_point WHERE {reversed_digits} >= ? AND {reversed_digits} < ? LIMIT ?",
            (tail, tail + ":", ROWS),
        ).fetchall()
    else:
        match = " ".join(f'"{word}"*' for word in keys.tokens(text))
        rows = driver.execute(
            "SELECT rowid FROM search_name WHERE search_name MATCH ? LIMIT ?", (match, ROWS)
        ).fetchall()
    return rows


def _times(typed: list[str], ask: Callable[[str], object]) -> list[float]:
    figures = []
    for text in typed:
        started = time.perf_counter()
        ask(text)
        figures.append((time.perf_counter() - started) * 1000)
    return figures
