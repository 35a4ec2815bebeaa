"""T18: a disk that is full, read-only or failing: nothing is told as saved that is not, and room in reserve is used."""

import json
import os
import resource
import subprocess
import sys
from uuid import UUID

import pytest

from tests.cli import Shell, customer_of, desk_of
from tests.cli import signed_in as signed_in_shell
from tests.desks import PASSWORD, Centre, Clock, environment
from tests.faults.programs import Place, signed_in
from tests.volume import Volume
from workstation.records import Note
from workstation.replica import journal, recovery, reserve, vault

MEGABYTE = 1_000_000


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reserve, in proportion to a small disk; keys that open quickly; the password of the tests' agents."""
    monkeypatch.setattr(reserve, "BYTES", 4 * MEGABYTE)
    monkeypatch.setattr(reserve, "LOW_BYTES", MEGABYTE)
    monkeypatch.setattr(vault, "MEMORY_KIB", 64)
    monkeypatch.setenv("WORKSTATION_PASSWORD", PASSWORD)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")


@pytest.fixture
def shell(centre: Centre, volume: Volume, small: None) -> Shell:
    return signed_in_shell(centre, volume.root / "aziza")


def bodies(shell: Shell) -> set[str]:
    with desk_of(shell) as desk, desk.store.read() as session:
        return {body for (body,) in session.query(Note.body)}


def check_journal(shell: Shell) -> None:
    """What was told as not saved does not come back."""
    before = bodies(shell)
    answer = shell.ask("recover")
    assert (answer["damaged"], answer["recovered"], answer["undecided"]) == (False, 0, 0)
    assert bodies(shell) == before


def test_a_full_disk_is_told_and_what_is_in_reserve_takes_the_work_in_hand(shell, volume):
    customer = customer_of(shell)
    assert (shell.home / "reserve").stat().st_size == 4 * MEGABYTE
    volume.fill()
    finished = shell("note", customer, "in hand")
    assert finished.answer["id"]
    assert "make room on it soon" in finished.err
    assert not (shell.home / "reserve").exists()
    volume.fill()
    for number in range(3):
        finished = shell("note", customer, f"never told {number}", ok=1)
        assert finished.out == ""
        assert "full" in finished.err
        assert finished.is_told()
    for command in (["status"], ["find", "Dilnoza"], ["show", customer]):
        assert shell(*command, ok=None).is_told()
    volume.empty()
    shell("note", customer, "there is room again")
    assert bodies(shell) == {"in hand", "there is room again"}
    assert (shell.home / "reserve").exists(), "kept anew as soon as there is room"
    check_journal(shell)
    assert shell.ask("sync")["waiting"] == 0


def test_of_notes_written_until_the_disk_is_full_each_that_was_told_is_there(shell, volume, centre):
    customer = customer_of(shell)
    (shell.home / "reserve").unlink()
    with (volume.root / "filling").open("wb") as file:
        free = os.statvfs(volume.root)
        file.write(bytes(free.f_bavail * free.f_bsize - 2 * MEGABYTE))
    lines = "".join(f"note {number} {'x' * 2_000}\n" for number in range(2_000)).encode()
    finished = shell("note", customer, "-", "--lines", stdin=lines, ok=1)
    told = [UUID(answer["id"]) for answer in finished.answers]
    assert 20 < len(told) < 2_000
    assert "full" in finished.err
    volume.empty()
    with desk_of(shell) as desk, desk.store.read() as session:
        assert {note.id for note in session.query(Note)} == set(told)
    check_journal(shell)
    assert shell.ask("sync")["waiting"] == 0
    assert centre.count("note") == len(told)


def test_a_home_that_may_only_be_read_is_told_by_every_command(shell, volume):
    customer = customer_of(shell)
    volume.may_only_be_read(True)
    try:
        for command in (["note", customer, "never told"], ["status"], ["find", "Dilnoza"], ["sync"], ["recover"]):
            finished = shell(*command, ok=1)
            assert finished.is_told()
            assert "cannot be written" in finished.err or "only be read" in finished.err, finished
    finally:
        volume.may_only_be_read(False)
    assert bodies(shell) == set()
    check_journal(shell)


@pytest.mark.parametrize("beyond", [2_000, 20_000, 60_000, 150_000])
def test_a_disk_that_fails_in_the_middle_of_writing_is_told_and_loses_nothing(centre, tmp_path, beyond):
    """The system refuses to let any file grow further, which SQLite and the journal take for an I/O error."""
    with signed_in(centre, "aziza", tmp_path / "aziza") as place:
        place.run("sync")
        customer = place.run("customer", "add", "--name", "Dilnoza Karimova")["id"]
        lines = "".join(f"note {number} {'x' * 500}\n" for number in range(400)).encode()
        finished = subprocess.run(
            [
                sys.executable,
                "-m",
                "workstation",
                "--home",
                str(place.home),
                "--json",
                "note",
                customer,
                "-",
                "--lines",
            ],
            input=lines,
            capture_output=True,
            env=environment(PASSWORD),
            timeout=120,
            check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (beyond, resource.RLIM_INFINITY)),
        )
        assert finished.returncode == 1
        said = finished.stderr.decode()
        assert "Traceback" not in said
        assert "disk" in said.lower(), said
        told = [UUID(json.loads(line)["id"]) for line in finished.stdout.splitlines()]
        assert len(told) < 400
        check_kept(place, told)
        assert place.run("sync")["waiting"] == 0
        assert centre.count("note") == len(told)


def check_kept(place: Place, told: list[UUID]) -> None:
    """The replica has what was told and nothing else, and the journal has no more to say."""
    with place.store() as store:
        assert recovery.heal(store, Clock()(), whole=True) == recovery.NOTHING
    assert place.notes().keys() == set(told)
    assert (place.folder / journal.FOLDER).exists()
