"""Files of a desk that are damaged, missing or in the way: told in words, and mended by the next sign-in online."""

import multiprocessing
import os
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from tests.cli import Shell, customer_of, desk_of, run_here
from workstation.app import now, opening
from workstation.records import Note
from workstation.replica.store import DAMAGED
from workstation.services import drafts

TRIED = [["status"], ["find", "Karimova"], ["show", "ffffff"], ["callback", "list"], ["sync"],
         ["customer", "add", "--name", "n"], ["check"]]  # fmt: skip
RUBBISH = {
    "empty": b"",
    "half a brace": b"{",
    "not text": b"\xff\xfe\x00",
    "a list": b"[]",
    "other types": b'{"sign_ins": [{"central": 1, "agent": null, "device": "x"}]}',
    "deep": b"[" * 100_000,
    "long": b"#" * 2_000_000,
    "a wrong value": b'region = "Uzbekistan"\nsign_ins = 5\n',
}


@pytest.fixture
def replica(shell: Shell) -> Path:
    """The folder of the desk's replica, with a hundred customers that central has too."""
    with desk_of(shell) as desk:
        folder = desk.folder
    rows = "".join(f"Karimova {n},9012345{n:02}\n" for n in range(100))
    (shell.home / "many.csv").write_text("name,phone\n" + rows, "utf-8")
    shell("import", "customers", str(shell.home / "many.csv"))
    shell("sync")
    return folder


def told(shell: Shell) -> list[str]:
    """What each command says on standard error; none may fail without words."""
    said = []
    for arguments in TRIED:
        finished = shell(*arguments, ok=None)
        said.append(finished.err + finished.out)
        reasons = [line for line in finished.err.splitlines(keepends=True) if "filled anew; " not in line]
        assert replace(finished, err="".join(reasons)).is_told(), (arguments, finished)
    return said


def sign_in_again(shell: Shell, centre) -> str:
    """Gives what sign-in told; afterwards the desk is whole."""
    login = shell.login
    finished = shell("sign-in", "--central", centre.url, "--agent", login)
    shell("sync")
    assert shell.ask("status")["customers"] >= 100
    assert len(shell.ask("find", "Karimova")["results"]) == 20
    customer_of(shell, "afterwards")
    assert shell.ask("sync")["pushed"] == 1
    return finished.err


@pytest.mark.parametrize("rubbish", RUBBISH.values(), ids=RUBBISH)
@pytest.mark.parametrize("name", ["desk.json", "settings.toml"])
def test_a_damaged_list_or_settings_file_is_named(shell, name, rubbish):
    (shell.home / name).write_bytes(rubbish)
    finished = shell("status", ok=None)
    assert finished.is_told()
    assert finished.status == 0 or name in finished.err
    told(shell)


@pytest.mark.parametrize("name", ["desk.json", "settings.toml", "logs"])
def test_a_folder_or_a_file_in_the_way_is_told(shell, name):
    path = shell.home / name
    if path.is_dir():
        shutil.rmtree(path)
        path.write_bytes(b"")
    else:
        path.unlink(missing_ok=True)
        path.mkdir()
    said = told(shell)
    assert all(name in one for one in said[:-1])  # the self-test, which is the last, writes no log


def zeroed(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def halved(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def deleted(path: Path) -> None:
    path.unlink()


@dataclass
class Waiting:
    """A note that central does not have yet, and what was being typed."""

    note: str
    body: str = "waits on this PC alone"


@pytest.fixture
def waiting(shell, replica) -> Waiting:
    customer = customer_of(shell, "Known to nobody else")
    with desk_of(shell) as desk, desk.store.write() as session:
        drafts.keep_draft(session, drafts.QUICK_NOTE, UUID(customer), {"text": "half a sentence"}, now())
    return Waiting(shell.ask("note", customer, Waiting.body)["id"])


def check_recovered(shell: Shell, waiting: Waiting, centre) -> None:
    """The desk has what waited, delivers it once, and is filled anew."""
    with desk_of(shell) as desk, desk.store.read() as session:
        assert session.get(Note, UUID(waiting.note)).body == waiting.body
        assert [draft.values for draft in drafts.drafts(session)] == [{"text": "half a sentence"}]
    assert shell.ask("status")["waiting"] == 2
    assert shell.ask("sync")["waiting"] == 0
    assert centre.sql("select body from workstation.note where id = %s", UUID(waiting.note)) == [(waiting.body,)]
    assert shell.ask("status")["customers"] == 101
    assert len(shell.ask("find", "Karimova")["results"]) == 20
    customer_of(shell, "afterwards")
    assert shell.ask("sync")["pushed"] == 1


@pytest.mark.parametrize("damage", [zeroed, emptied, halved, deleted])
def test_a_damaged_replica_is_made_anew_and_what_waits_in_it_recovered(
    shell, replica, waiting, shared_centre, damage: Callable[[Path], None]
):
    for beside in replica.glob("replica.db-*"):
        beside.unlink()
    damage(replica / "replica.db")
    said = shell("find", "Karimova").err
    assert "2 changes" in said
    assert said.count("\n") == 1
    kept = list(replica.glob("replica.db.unopened-*"))
    assert bool(kept) == ("is kept in" in said) == (damage is not deleted), "what could not be opened is kept"
    check_recovered(shell, waiting, shared_centre)


def test_signing_in_online_makes_a_damaged_replica_anew_too(shell, replica, waiting, shared_centre):
    halved(replica / "replica.db")
    assert "2 changes" in shell("sign-in", "--central", shared_centre.url, "--agent", shell.login).err
    check_recovered(shell, waiting, shared_centre)


def overwrite(replica: Path, pages: Iterable[int]) -> None:
    with (replica / "replica.db").open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * 4096)
            file.write(os.urandom(4096))


def pages_of(shell: Shell, table: str) -> list[int]:
    with desk_of(shell) as desk, desk.store.read() as session:
        query = text("select rootpage from sqlite_schema where name like :name || '%' and rootpage > 0")
        found = list(session.scalars(query, {"name": table}).all())
    assert found
    return found


@pytest.mark.parametrize("table", ["customer", "outbox", "meta", "search_person", "search_name_data"])
def test_a_damaged_page_that_is_met_is_told_and_mended_at_the_next_start(shell, replica, waiting, shared_centre, table):
    overwrite(replica, pages_of(shell, table))
    said = "".join(told(shell))
    assert "damaged" in said or "could not be opened" in said
    assert len(list(replica.glob("replica.db.unopened-*"))) == 1
    assert shell.ask("status")["customers"] >= 2  # one was added while it was told
    assert shell.ask("sync")["waiting"] == 0
    assert shared_centre.sql("select body from workstation.note where id = %s", UUID(waiting.note))
    assert shell.ask("status")["customers"] == 102


def test_the_command_finds_damage_that_nobody_met_and_says_what_it_did(shell, replica, waiting, shared_centre):
    assert shell.ask("recover") == {
        "damaged": False, "recovered": 0, "undecided": 0, "drafts": 0, "waiting": 2, "kept_in": None, "unread": []
    }  # fmt: skip
    overwrite(replica, pages_of(shell, "draft"))
    (saves,) = (replica / "journal").glob("*.saves")
    lines = saves.read_bytes().split(b"\n")
    saves.write_bytes(b"\n".join([*lines[:3], b"rubbish", *lines[3:]]))
    finished = shell("recover")
    answer = finished.answer
    assert (answer["damaged"], answer["waiting"], answer["drafts"]) == (True, 2, 1)
    assert answer["kept_in"] == str(replica)
    assert {"file": saves.name, "line": 4} in answer["unread"]
    assert f"{saves.name}, line 4" in finished.err
    check_recovered(shell, waiting, shared_centre)


def test_a_replica_that_is_open_in_a_window_is_not_taken_from_under_it(
    shell, replica, waiting, shared_centre, monkeypatch
):
    monkeypatch.setattr(opening, "ALONE_SECONDS", 0.0)
    with desk_of(shell):
        (replica / DAMAGED).touch()
        finished = shell("status", ok=1)
        assert "Close the window" in finished.err
    shell("status")
    check_recovered(shell, waiting, shared_centre)


def test_a_damaged_log_of_the_replica_loses_nothing(shell, replica, waiting, shared_centre):
    with desk_of(shell):  # holds the log open, so that it is not folded in at the end
        shell("note", shell.ask("find", "Known")["results"][0]["id"], "in the log only")
        log = (replica / "replica.db-wal").read_bytes()
        whole = (replica / "replica.db").read_bytes()
    assert log
    (replica / "replica.db").write_bytes(whole)
    (replica / "replica.db-wal").write_bytes(os.urandom(len(log)))
    assert "recovered" in shell("status").err
    assert shell.ask("sync")["waiting"] == 0
    assert shared_centre.sql("select 1 from workstation.note where body = 'in the log only'")


@pytest.mark.parametrize("damage", [zeroed, emptied, halved, deleted])
def test_one_damaged_key_file_is_mended_and_without_both_the_journal_has_it(
    shell, replica, waiting, shared_centre, damage: Callable[[Path], None]
):
    sound = (replica / "key.json").read_bytes()
    damage(replica / "key.json")
    assert shell.ask("status")["customers"] == 101
    assert (replica / "key.json").read_bytes() == sound
    for name in ("key.json", "key.second.json"):
        damage(replica / name)
    assert all("sign in" in said.lower() for said in told(shell))
    finished = shell("sign-in", "--central", shared_centre.url, "--agent", shell.login)
    assert finished.err == "", "the replica opens as before"
    check_recovered(shell, waiting, shared_centre)


def test_without_keys_and_replica_the_journal_alone_gives_what_waits(shell, replica, waiting, shared_centre):
    for file in (*replica.glob("key*.json"), *replica.glob("replica.db*")):
        file.unlink()
    assert "2 changes" in shell("sign-in", "--central", shared_centre.url, "--agent", shell.login).err
    check_recovered(shell, waiting, shared_centre)


def test_without_keys_and_journal_the_replica_is_kept_and_filled_anew(shell, replica, shared_centre):
    shutil.rmtree(replica / "journal")
    for file in replica.glob("key*.json"):
        file.unlink()
    assert "is kept in" in sign_in_again(shell, shared_centre)


def test_a_home_that_is_no_folder_or_cannot_be_written(shared_centre, tmp_path):
    (tmp_path / "file").write_text("x", "utf-8")
    login = shared_centre.add_agent("homeless")
    for home in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/nowhere"), Path("/dev/null")):
        for arguments in (["status"], ["sign-in", "--central", shared_centre.url, "--agent", login], ["check"]):
            finished = run_here("--home", str(home), *arguments)
            assert finished.status == 1
            assert finished.is_told(), finished
    assert run_here("--home", "", "status").status == 2
    assert run_here("status", "--home", "").status == 2


def as_nobody(shell: Shell, arguments: list[str], answers: Connection) -> None:
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
    answers.send(shell(*arguments, ok=None))


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="another account needs root to become it")
def test_a_home_of_another_account_is_told_and_left_as_it_is(shell, replica):
    told(shell)  # loads all that the commands need, which the other account may not be able to read
    before = {path: path.stat().st_mtime_ns for path in shell.home.rglob("*")}
    for path in (*shell.home.parents[:2], shell.home, *shell.home.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    fork = multiprocessing.get_context("fork")
    for arguments in TRIED:
        ours, theirs = fork.Pipe()
        process = fork.Process(target=as_nobody, args=(shell, arguments, theirs))
        process.start()
        assert ours.poll(30)
        finished = ours.recv()
        process.join()
        assert finished.status == 1, finished
        assert finished.is_told(), finished
    assert {path: path.stat().st_mtime_ns for path in shell.home.rglob("*")} == before
    assert shell.ask("status")["customers"] == 101
