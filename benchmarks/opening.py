"""How long it takes from choosing a customer until profile and history are painted, against a page read and painted
bare; and a long history against a short one."""

import time
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QApplication, QListWidget

from benchmarks import apart
from benchmarks.figures import Figure, at, figure, spread
from benchmarks.homes import HISTORIES, home_with, people_with, replica_of
from benchmarks.painting import Painted, bare_window, desk_of, open_window, rest, rest_until
from workstation.replica.engines import reading_engine
from workstation.services import history

CUSTOMERS = 1_000_000
ROUNDS = 2
GOAL_MS, GOAL_RATIO = 50.0, 1.5
ROWS = "SELECT started_at, channel FROM contact WHERE customer_id = ? ORDER BY started_at DESC LIMIT ?"


def run() -> list[Figure]:
    """Milliseconds, 95 % of openings are faster; of people with 1,000 contacts, with 10, and one with 10,000."""
    home = home_with(CUSTOMERS)
    found = apart.run("benchmarks.opening", "measure", home)
    bare = apart.run("benchmarks.opening", "measure_bare", home)
    for name, figures in (*found.items(), ("a page, bare", bare)):
        spread(f"open {name}", figures)
    short, long, longest, limit = (at(part, 95) for part in (found["10"], found["1000"], found["10000"], bare))
    return [
        figure("open", long, limit, "ms", min(GOAL_MS, GOAL_RATIO * short)),
        figure("open_long", long, short, "ms", GOAL_RATIO * short),
        figure("open_10000", longest, short, "ms", GOAL_RATIO * short),
    ]


def measure(home: str) -> dict[str, list[float]]:
    """By number of contacts: milliseconds of each opening, turn by turn."""
    with open_window(Path(home)) as shift:
        desk, painted = desk_of(shift), Painted(shift.window)
        with shift.desk.store.read() as session:
            driver = session.connection().connection.driver_connection
            people = {contacts: people_with(driver, contacts) for contacts in HISTORIES}
            newest = {who: history.page_of(session, who).entries[0].id for ids in people.values() for who in ids}
        found: dict[str, list[float]] = {str(contacts): [] for contacts in people}
        for number in range(ROUNDS * len(people[10])):
            for contacts, ids in people.items():
                wanted = ids[number % len(ids)]
                shift.window.open_customer(next(who for who in people[10] if who != wanted))
                rest_until(lambda: shift.workstation.background.is_idle)
                rest(0.02)
                began = time.perf_counter()
                shift.window.open_customer(wanted)
                done = painted.when(partial(_is_shown, desk, wanted, newest[wanted]))
                found[str(contacts)].append((done - began) * 1000)
    return found


def _is_shown(desk: Any, customer: UUID, newest: UUID) -> bool:
    if desk.profile.card is None or desk.profile.card.id != customer:
        return False
    model = desk.timeline.model
    rows = (model.row_at(model.index(at)) for at in range(min(8, model.rowCount())))
    return any(row.entry is not None and row.entry.id == newest for row in rows)


def measure_bare(home: str) -> list[float]:
    """Milliseconds of one query for a page of contacts and of painting it in a list of Qt's own."""
    engine = reading_engine(*replica_of(Path(home)))
    application = QApplication([])
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        shown = QListWidget()
        window, painted = bare_window(shown)
        found = []
        for who in people_with(driver, 1_000) * ROUNDS:
            rest(0.02)
            began = time.perf_counter()
            rows = driver.execute(ROWS, (who.bytes, history.PAGE)).fetchall()
            shown.clear()
            shown.addItems([f"{at} {channel}" for at, channel in rows])
            found.append((painted.when(lambda: True) - began) * 1000)
        window.close()
    application.quit()
    return found
