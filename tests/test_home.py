"""The folders of a desk, the list of its sign-ins, a lock that dies with its holder, a log without people in it."""

import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workstation import logs
from workstation.errors import Refused
from workstation.files import write_whole
from workstation.home import FileLock, Home, SignIn

ROOT = Path(__file__).resolve().parent.parent
AZIZA = SignIn("db.example.org", "aziza")
BORIS = SignIn("db.example.org", "boris")
NOTE = "звонить после 18:00 +998901234567"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "own" / "desk")


def test_the_default_is_local_to_the_pc_and_the_person() -> None:
    assert Home.default().root.is_absolute()
    assert "AgentWorkstation" in Home.default().root.parts
    assert "Roaming" not in Home.default().root.parts


def test_a_replica_has_one_folder_that_names_nobody(home: Home) -> None:
    folder = home.replica_folder("db.example.org", "aziza")
    assert folder.is_dir()
    assert folder == home.replica_folder("db.example.org", "aziza")
    assert folder == home.root / "replicas" / "ae52c11d25168e0c"  # for ever: another name would lose the replica
    others = {home.replica_folder("db.example.org", "boris"), home.replica_folder("db.example.orga", "ziza")}
    assert len(others | {folder}) == 3
    assert home.sync_lock("db.example.org", "aziza").parent == folder


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes; the folder is the agent's own")
def test_folders_and_files_are_private(home: Home) -> None:
    home.remember_sign_in(AZIZA)
    for folder in (home.root, home.logs, home.replica_folder("a", "b"), home.root / "replicas"):
        assert folder.stat().st_mode & 0o777 == 0o700
    assert (home.root / "desk.json").stat().st_mode & 0o777 == 0o600


def test_the_last_to_sign_in_comes_first_and_keeps_the_device(home: Home) -> None:
    assert home.last_sign_in() is None
    aziza = home.remember_sign_in(AZIZA)
    assert isinstance(aziza.device, UUID)
    boris = home.remember_sign_in(BORIS)
    assert boris.device != aziza.device
    assert home.sign_ins() == (boris, aziza)
    assert home.remember_sign_in(AZIZA) == aziza == home.last_sign_in()
    moved = SignIn(AZIZA.central, AZIZA.agent, UUID(int=7))
    assert home.remember_sign_in(moved) == moved
    assert home.sign_ins() == (moved, boris)
    home.forget_sign_in(AZIZA)
    home.forget_sign_in(AZIZA)
    assert home.sign_ins() == (boris,)


def test_the_list_holds_address_login_and_device_and_nothing_else(home: Home) -> None:
    known = home.remember_sign_in(AZIZA)
    assert json.loads((home.root / "desk.json").read_bytes()) == {
        "sign_ins": [{"central": "db.example.org", "agent": "aziza", "device": str(known.device)}]
    }
    assert {path.name for path in home.root.iterdir()} == {"desk.json", "desk.lock"}


@pytest.mark.parametrize("wrong", [SignIn("", "a"), SignIn("a", ""), SignIn("a\n", "b"), SignIn("x" * 256, "b")])
def test_what_is_no_address_or_login_is_refused(home: Home, wrong: SignIn) -> None:
    with pytest.raises(Refused, match="one line"):
        home.remember_sign_in(wrong)


def test_a_password_in_the_address_is_not_kept(home: Home) -> None:
    with pytest.raises(Refused, match="no password") as refused:
        home.remember_sign_in(SignIn("postgresql://aziza:secret@db", "aziza"))
    assert "secret" not in str(refused.value)
    assert not (home.root / "desk.json").exists()


def test_sign_ins_at_once_are_all_remembered(home: Home) -> None:
    names = [f"agent{n}" for n in range(12)]
    threads = [threading.Thread(target=home.remember_sign_in, args=(SignIn("db", name),)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {one.agent for one in home.sign_ins()} == set(names)


DAMAGED = [
    b"",
    b"{",
    b"[]",
    b"[" * 100_000,
    b" " * 2_000_000,
    b"\xff",
    b'{"sign_ins": 5}',
    b'{"sign_ins": [5]}',
    b'{"sign_ins": [{"central": "a", "agent": "b"}]}',
    b'{"sign_ins": [{"central": "a", "agent": "b", "device": "x"}]}',
    b'{"sign_ins": [{"central": "a", "agent": "b", "device": 5}]}',
    b'{"sign_ins": [{"central": 5, "agent": "b", "device": "00000000-0000-0000-0000-000000000007"}]}',
    b'{"sign_ins": [{"central": ["a"], "agent": "b", "device": "00000000-0000-0000-0000-000000000007"}]}',
]


@pytest.mark.parametrize("content", DAMAGED)
def test_a_damaged_list_is_told_in_words_and_left_as_it_is(home: Home, content: bytes) -> None:
    home.remember_sign_in(AZIZA)
    path = home.root / "desk.json"
    path.write_bytes(content)
    for look in (home.sign_ins, home.last_sign_in, lambda: home.remember_sign_in(BORIS)):
        with pytest.raises(Refused, match="damaged") as refused:
            look()
        assert str(path) in str(refused.value)
    assert path.read_bytes() == content


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 500), content=st.binary(max_size=20))
def test_no_list_brings_a_traceback(home: Home, at: int, content: bytes) -> None:
    path = home.root / "desk.json"
    path.unlink(missing_ok=True)
    home.remember_sign_in(AZIZA)
    sound = path.read_bytes()
    path.write_bytes(sound[:at] + content + sound[at + len(content) :])
    try:
        assert all(isinstance(one, SignIn) for one in home.sign_ins())
    except Refused as refused:
        assert str(path) in str(refused)  # noqa: PT017 - being readable is as good


def test_a_home_that_is_a_file_or_cannot_be_made_is_told_in_words(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for home in (Home(file), Home(file / "below")):
        with pytest.raises(Refused, match="cannot be made"):
            _ = home.logs
        with pytest.raises(Refused, match="cannot be made"):
            home.replica_folder("a", "b")
        with pytest.raises(Refused, match="cannot be made"):
            home.remember_sign_in(AZIZA)


READ_ONLY_STORY = """
import os, sys
from pathlib import Path
from workstation.errors import Refused
from workstation.home import FileLock, Home, SignIn
if os.geteuid() == 0:
    os.setuid(65534)  # an administrator may write everywhere: look as nobody
root = Path(sys.argv[1])
for act in (
    lambda: Home(root).remember_sign_in(SignIn("a", "b")),
    lambda: Home(root).logs,
    lambda: Home(root / "below").logs,
    lambda: FileLock(root / "x.lock").acquire(),
):
    try:
        act()
    except Refused as error:
        sys.stdout.write(str(error) + "\\n")
"""


@pytest.mark.skipif(os.name == "nt", reason="folders of Windows are not made read-only by a mode")
def test_a_folder_that_cannot_be_written_to_is_told_in_words() -> None:
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", READ_ONLY_STORY, name], cwd=ROOT, capture_output=True, text=True, check=False
        )
        Path(name).chmod(0o700)
    said = done.stdout.splitlines()
    assert len(said) == 4, done.stderr
    assert all(name in line and "cannot be" in line for line in said)


def test_a_write_that_fails_leaves_the_old_content_and_no_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file.json"
    write_whole(path, b"old")

    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Refused, match="No space left"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    first, second = FileLock(tmp_path / "x.lock"), FileLock(tmp_path / "x.lock", timeout_seconds=0.05)
    with first:
        assert not second.acquire(0)
        with pytest.raises(Refused, match="busy"):
            second.__enter__()
    with second:
        assert not first.acquire(0)
    assert first.acquire(0)
    first.release()
    first.release()


def test_a_lock_is_waited_for(tmp_path: Path) -> None:
    first, second = FileLock(tmp_path / "x.lock"), FileLock(tmp_path / "x.lock")
    assert first.acquire(0)
    threading.Timer(0.1, first.release).start()
    assert second.acquire(10)
    second.release()


def test_a_lock_dies_with_its_holder(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    story = (
        "import sys; from pathlib import Path; from workstation.home import FileLock\n"
        "lock = FileLock(Path(sys.argv[1])); lock.acquire(0); print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", story, path], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        lock = FileLock(path)
        assert not lock.acquire(0)
        holder.kill()
        assert lock.acquire(10)
        lock.release()


@pytest.fixture
def log_file(home: Home) -> Iterator[Path]:
    handler = logs.start_log(home.logs)
    yield home.logs / "workstation.log"
    logs.stop_log(handler)


def fail_with(note: str) -> None:
    try:
        raise ValueError(note)
    except ValueError as error:
        raise RuntimeError(f"while saving {note}") from error


def test_a_defect_is_logged_by_type_and_place_without_its_words(log_file: Path) -> None:
    log = logging.getLogger("workstation.services.notes")
    try:
        fail_with(NOTE)
    except RuntimeError as error:
        error.add_note(NOTE)
        log.exception("a note was not saved")
        log.warning("again: %s", error)
    try:
        raise ExceptionGroup(NOTE, [KeyError(NOTE)])
    except ExceptionGroup:
        log.exception("more than one")
    written = log_file.read_text("utf-8")
    for part in ("ERROR workstation.services.notes a note was not saved", "builtins.RuntimeError", ":fail_with"):
        assert part in written
    for part in ("builtins.ValueError", "tests/test_home.py:", "again: RuntimeError", "builtins.KeyError"):
        assert part in written
    for part in (NOTE, "998901234567", "while saving", str(ROOT)):
        assert part not in written


@pytest.fixture
def in_tashkent(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A PC whose clock is five hours ahead, where a PC can be told so."""
    monkeypatch.setenv("TZ", "UZT-5")
    if sys.platform != "win32":
        time.tzset()
    yield
    monkeypatch.undo()
    if sys.platform != "win32":
        time.tzset()


def test_times_are_utc_and_one_message_is_one_line(log_file: Path, in_tashkent: None) -> None:
    log = logging.getLogger("workstation.x")
    record = log.makeRecord(log.name, logging.INFO, "x.py", 1, "a\nb %s", ("c\r\nd",), None)
    record.created, record.msecs = 0.25, 250.0
    log.handle(record)
    assert log_file.read_text("utf-8") == "1970-01-01T00:00:00.250Z INFO workstation.x a\\nb <4 characters>\n"


def test_values_that_do_not_fit_are_left_out() -> None:
    record = logging.makeLogRecord({"name": "workstation", "levelname": "INFO", "msg": "%d rows", "args": (NOTE,)})
    assert logs.ImpersonalFormatter().format(record).endswith("INFO workstation %d rows (its values do not fit)")


def test_a_library_is_logged_by_name_and_place_only(log_file: Path) -> None:
    logging.getLogger("sqlalchemy.pool").error("parameters were %s", NOTE)
    logging.getLogger("psycopg").info("said %s", NOTE)
    written = log_file.read_text("utf-8")
    assert "ERROR sqlalchemy.pool (test_home:" in written
    assert NOTE not in written
    assert "psycopg" not in written


def test_an_exception_that_comes_from_itself_ends(log_file: Path) -> None:
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first
    logging.getLogger("workstation").error("a circle", exc_info=first)
    assert "builtins.KeyError" in log_file.read_text("utf-8")


def test_the_log_stays_small(log_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = logging.getLogger("workstation.x")
    for _ in range(30):
        log.info("x" * 1_000_000)
    files = sorted(log_file.parent.iterdir())
    assert len(files) == 5
    assert all(file.stat().st_size <= 5_000_000 for file in files)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: folder.rmdir() or folder.touch(),
        lambda folder: (folder / "workstation.log").mkdir(),
        lambda folder: (folder / "workstation.log").symlink_to("/dev/full"),
    ],
)
def test_a_log_that_cannot_be_written_stops_nothing(
    home: Home, spoil: Callable[[Path], object], capfd: pytest.CaptureFixture[str]
) -> None:
    if os.name == "nt":
        pytest.skip("Windows has no /dev/full")
    folder = home.logs
    spoil(folder)
    handler = logs.start_log(folder)
    logging.getLogger("workstation").warning("unheard")
    logs.stop_log(handler)
    assert capfd.readouterr().err == ""


def test_rotation_that_fails_goes_on_writing(log_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs.RotatingFileHandler, "rotate", lambda *_: os.rename("/absent/a", "/absent/b"))  # noqa: PTH104
    log = logging.getLogger("workstation")
    log.info("x" * 5_000_000)
    log.info("first after that")
    log.info("last")
    written = log_file.read_text("utf-8")
    assert written.endswith(" last\n")
    assert "first after that" in written
