"""T6: a window and commands sync one home, one is killed: one effect each, and the cursor never goes back."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest

from tests.desks import PASSWORD, Centre, command
from tests.faults.programs import Place, Program, check_arrived, check_sound, signed_in
from workstation.app import desk as app_desk
from workstation.errors import CannotOpen, Refused
from workstation.home import FileLock, Home
from workstation.records import Cursor
from workstation.replica import engines
from workstation.replica.store import Store

Position = dict[int, tuple[int, int]]


@pytest.fixture
def aziza(centre: Centre, tmp_path: Path) -> Iterator[Place]:
    with signed_in(centre, "aziza", tmp_path / "aziza") as place:
        place.run("sync")
        yield place


@pytest.fixture
def botir(centre: Centre, tmp_path: Path) -> Iterator[Place]:
    with signed_in(centre, "botir", tmp_path / "botir") as place:
        yield place


def window(place: Place) -> Program:
    return Program(place.home, python=("-m", "tests.faults.window"))


def lock_of(place: Place) -> FileLock:
    return FileLock(Home(place.home).sync_lock(place.who.central, place.who.agent))


def cursor(place: Place) -> Position:
    with place.store() as store, store.read() as session:
        return {c.scope_id: (int(c.xid), c.seq) for c in session.query(Cursor)}


def check_never_back(positions: list[Position]) -> None:
    for before, after in pairwise(positions):
        assert before.keys() <= after.keys()
        assert all(before[scope] <= after[scope] for scope in before), "the cursor went back"


def add_notes(place: Place, customer: str, texts: list[str], heard: dict[UUID, str]) -> None:
    """Write them by one command, one by one."""
    with place.program("note", customer, "-", "--lines") as writer:
        writer.say(texts)
        heard |= {UUID(writer.hear()["id"]): text for text in texts}


def test_two_syncs_at_once_share_the_work(centre: Centre, aziza: Place, botir: Place):
    customer = aziza.run("customer", "add", "--name", "Dilnoza Karimova")["id"]
    notes: dict[UUID, str] = {}
    add_notes(aziza, customer, [f"note {number}" for number in range(50)], notes)
    positions = [cursor(aziza)]
    with ExitStack() as both:
        syncs = [both.enter_context(aziza.program("sync")) for _ in range(3)]
        answers = [sync.finished() for sync in syncs]
    positions.append(cursor(aziza))
    assert sum(answer["pushed"] for answer in answers) == 51
    assert [answer["waiting"] for answer in answers] == [0, 0, 0]
    check_never_back(positions)
    check_arrived(centre, aziza, notes, "aziza")
    botir.run("sync")
    assert botir.notes() == notes


def test_a_window_and_commands_sync_while_others_write(centre: Centre, aziza: Place, botir: Place):
    customer = botir.run("customer", "add", "--name", "Dilnoza Karimova")["id"]
    botir.run("sync")
    aziza.run("sync")
    notes: dict[UUID, str] = {}
    positions, pushed = [cursor(aziza)], 0
    with window(aziza) as shown:
        assert shown.hear()["state"] == "online"
        for turn in range(4):
            with aziza.program("sync") as sync:
                add_notes(aziza, customer, [f"turn {turn}, note {number}" for number in range(10)], notes)
                shown.say([""])
                pushed += sync.finished()["pushed"]
            positions.append(cursor(aziza))
        botir.run("customer", "edit", customer, "name=Dilnoza K.")
        botir.run("sync")
        pushed += aziza.run("sync")["pushed"]
        assert shown.process.stdin is not None
        shown.process.stdin.close()
        told = shown.hear_out()
        assert shown.process.wait(30) == 0
    positions.append(cursor(aziza))
    assert pushed + sum(end["pushed"] for end in told) == len(notes) == 40
    assert {end["state"] for end in told} <= {"online", "busy"}
    check_never_back(positions)
    check_arrived(centre, aziza, notes, "aziza")
    assert aziza.run("show", customer)["customer"]["name"] == "Dilnoza K."
    assert max(positions[-1].values()) > max(positions[0].values())


@pytest.mark.parametrize("victim", ["window", "sync"])
def test_one_that_is_killed_with_the_lock_in_its_hand_holds_up_nobody(centre: Centre, aziza: Place, victim: str):
    customer = aziza.run("customer", "add", "--name", "Dilnoza Karimova")["id"]
    notes: dict[UUID, str] = {}
    positions = [cursor(aziza)]
    for turn in range(3):
        add_notes(aziza, customer, [f"turn {turn}, note {number}" for number in range(10)], notes)
        aziza.line.stall(up=False)  # central hears all, we hear nothing: the work is done and not acknowledged
        with window(aziza) if victim == "window" else aziza.program("sync") as first:
            assert aziza.line.wait_until(lambda it: it.down.held > 0)
            assert not lock_of(aziza).acquire(0), "it does not hold the lock"
            with aziza.program("sync") as second:
                aziza.line.restore()
                wanted = aziza.line.up.passed + 3_000 * turn
                aziza.line.wait_until(lambda it, wanted=wanted: it.up.passed >= wanted, 5)
                first.kill()
                assert second.finished()["waiting"] == 0
        positions.append(cursor(aziza))
        check_sound(aziza)
    check_never_back(positions)
    check_arrived(centre, aziza, notes, "aziza")


def test_a_sync_waits_for_another_one_but_not_for_ever(aziza: Place, monkeypatch: pytest.MonkeyPatch):
    lock = lock_of(aziza)
    with lock, aziza.program("sync") as sync:
        before = aziza.line.accepted
        with aziza.program("status") as status:  # started later, done before: the sync waits
            assert status.finished()["waiting"] == 0
        assert sync.is_running
        assert aziza.line.accepted == before
        lock.release()
        assert sync.finished()["waiting"] == 0

    monkeypatch.setattr(app_desk, "SYNC_WAIT_SECONDS", 0.1)
    with (
        lock,
        app_desk.open_desk(Home(aziza.home), aziza.who, PASSWORD) as desk,
        pytest.raises(Refused, match="Another sync of this desk"),
    ):
        desk.sync()


def test_commands_never_wait_for_a_sync(aziza: Place):
    with lock_of(aziza):
        customer = command(aziza.home, "customer", "add", "--name", "Dilnoza Karimova")["id"]
        assert command(aziza.home, "note", customer, "while another program syncs")["id"]
        assert command(aziza.home, "status")["waiting"] == 2


def test_a_replica_that_another_program_keeps_writing_is_refused_in_words(
    aziza: Place, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(engines, "BUSY_SECONDS", 0.1)
    with aziza.store() as store, store.from_central(), pytest.raises(CannotOpen, match="in use by another program"):
        Store(aziza.file, aziza.key, lambda: datetime.now(UTC))
