"""T4: the power goes at any moment: every save that was told is there, the file opens, and the journal has it too."""

import json
import random
import shutil
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from tests.desks import Centre
from tests.faults.disk import Disk, Event, is_traceable, recorded
from tests.faults.programs import Place, signed_in, tell
from workstation.app.opening import Opening, opened
from workstation.records import Note
from workstation.replica import engines, recovery
from workstation.replica.journal import Journal
from workstation.replica.reserve import Reserve

SEED = 20261125
NOTES = 12

pytestmark = pytest.mark.skipif(
    not is_traceable(), reason="needs strace, allowed to follow a program: the Debian package strace"
)


@pytest.fixture
def recording(centre: Centre, tmp_path: Path) -> tuple[Place, Disk, list[Event]]:
    """The disk before a program writes notes, and what it then did to it; the program ended, its log was folded in."""
    with signed_in(centre, "aziza", tmp_path / "aziza") as place:
        place.run("sync")
        customer = place.run("customer", "add", "--name", "Dilnoza Karimova")["id"]
        for file in place.folder.glob("journal/*"):  # made anew while the recording runs
            file.unlink()
        disk = Disk.of(place.folder)
        lines = "".join(f"note {number}\n" for number in range(NOTES)).encode()
        events = recorded(place.home, tmp_path / "trace", "note", customer, "-", "--lines", stdin=lines)
    wanted = ("replica.db", "replica.db-wal", ".saves")
    ours = [e for e in events if e.what in ("said", "synced") or e.path.endswith(wanted)]
    assert sum(event.what == "said" for event in ours) == NOTES
    return place, disk, ours


def now() -> datetime:
    return datetime.now(UTC)


def check(place: Place, folder: Path, told: set[UUID]) -> int:
    """The desk starts on what the disk has: as it is, and with the journal alone. Gives how many notes it has."""
    for beside in folder.glob("replica.db-shm"):  # memory, not the disk
        beside.unlink()
    found = recovery.read(Journal(folder, place.key, now))
    sure = found.operations.keys() - found.unsure
    journaled = {UUID(found.operations[op]["entity_id"]) for op in found.operations}
    assert told <= journaled, "the journal lacks a note that was told"
    assert len(found.operations) - len(sure) <= 1
    with opened(Opening(folder, place.key, now, Reserve(folder / "reserve"))) as desk:
        assert desk.kept_in is None
        with desk.store.read() as session:
            here = {note.id for note in session.query(Note)}
            assert session.query(Note.body).distinct().count() == len(here)
    assert told <= here, "a note that was told is gone"
    engines.probe(folder / "replica.db", place.key, thorough=True)
    return len(here)


def test_every_note_that_was_told_outlives_a_power_cut_at_any_moment(recording, tmp_path, monkeypatch):
    monkeypatch.setattr("workstation.replica.reserve.BYTES", 1)
    place, disk, events = recording
    chance = random.Random(SEED)
    told: set[UUID] = set()
    cuts = 0
    for number, event in enumerate(events):
        disk.take(event)
        if event.what == "said":
            told.add(UUID(json.loads(event.content)["id"]))
        for chosen in (None, chance):
            after = tmp_path / f"after-{number}"
            disk.cut_power(after, place.folder, chosen)
            kept = check(place, after, told)
            assert len(told) <= kept <= len(told) + 1
            shutil.rmtree(after)
            cuts += 1
    assert len(told) == NOTES
    tell(f"{cuts} power cuts among {len(events)} calls, {len(told)} notes told, seed {SEED}")


def test_the_check_itself_notices_a_disk_that_forgets(recording, tmp_path, monkeypatch):
    """Without the syncs what was told is not on the disk: this test's own control."""
    monkeypatch.setattr("workstation.replica.reserve.BYTES", 1)
    place, disk, events = recording
    told = {UUID(json.loads(event.content)["id"]) for event in events if event.what == "said"}
    for event in events:
        if event.what != "synced":
            disk.take(event)
    disk.cut_power(tmp_path / "after", place.folder, None)
    with pytest.raises(AssertionError, match="lacks a note"):
        check(place, tmp_path / "after", told)
