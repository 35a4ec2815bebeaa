"""How long a save takes until it is on the disk, in replica and journal, against one encrypted commit of the same row
and one line appended to a file and synced."""

import os
import time
from typing import Any
from uuid import uuid4

from benchmarks.ground import NOTE, bare_replica, ground, me, now, with_customer
from workstation.replica.journal import sync_file
from workstation.services import notes

SAVES = 1_000
GOAL = 3  # times the limit; and 10 ms
GOAL_MS = 10.0
LINE_BYTES = 2_000  # of the journal, for such a note


def run() -> dict[str, object]:
    """Milliseconds; 95 % of saves are faster."""
    with ground() as place:
        desk = place.desk("writer")
        customer = with_customer(desk)
        author = me(desk)

        def save() -> None:
            with desk.store.write() as session:
                notes.add_note(session, customer, author, NOTE, now())

        bare = bare_replica(place.folder)

        beside = os.open(place.folder / "bare.journal", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        line = bytes(LINE_BYTES)

        def commit() -> None:
            os.write(beside, line)
            sync_file(beside)
            bare.execute("begin immediate")
            bare.execute("insert into bare values (?, ?, ?)", (uuid4().bytes, "note", NOTE))
            bare.execute("commit")

        save()
        ours, limit = [], []
        for _ in range(SAVES):  # turn by turn: a slow moment of the disk meets both
            ours.append(_milliseconds(save))
            limit.append(_milliseconds(commit))
        bare.close()
        os.close(beside)
    mine, floor = _percentile(ours), _percentile(limit)
    goal = min(GOAL * floor, GOAL_MS)
    return {"name": "commit", "ours": mine, "limit": floor, "ratio": mine / floor, "unit": "ms", "goal": goal}


def _milliseconds(work: Any) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _percentile(figures: list[float]) -> float:
    return sorted(figures)[int(len(figures) * 0.95)]


if __name__ == "__main__":
    print(run())
