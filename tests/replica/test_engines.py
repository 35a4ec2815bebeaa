"""The two doors to the file: what each may do, what a second process sees, and what is said when the file is wrong."""

import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from workstation.errors import CannotOpen, Refused
from workstation.home import FileLock
from workstation.replica.engines import (
    checkpoint,
    explain,
    probe,
    reading_engine,
    refuse_bad_sqlite,
    writing_engine,
)

KEY = bytes(range(32))
NOTE = "Клиент просил перезвонить oʻn uchun"
ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "oʻzbek replica #1 50%?.db"


@pytest.fixture
def writer(path: Path) -> Iterator[Engine]:
    engine = writing_engine(path, KEY)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT)"))
    yield engine
    engine.dispose()


@pytest.fixture
def reader(path: Path, writer: Engine) -> Iterator[Engine]:
    engine = reading_engine(path, KEY)
    yield engine
    engine.dispose()


def add(engine: Engine, body: str, rows: int = 1) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO note (body) VALUES (:body)"), [{"body": body}] * rows)


def count(engine: Engine) -> int:
    with engine.begin() as connection:
        return int(connection.execute(text("SELECT count(*) FROM note")).scalar_one())


def pragma(engine: Engine, name: str) -> object:
    with engine.connect() as connection:
        return connection.exec_driver_sql("PRAGMA " + name).scalar()


def test_what_is_written_is_read(writer: Engine, reader: Engine) -> None:
    add(writer, NOTE)
    assert count(reader) == 1


def test_engines_are_set_as_promised(writer: Engine, reader: Engine) -> None:
    assert pragma(writer, "journal_mode") == "wal"
    assert pragma(writer, "synchronous") == 2
    for engine in (writer, reader):
        assert pragma(engine, "busy_timeout") == 5000
        assert pragma(engine, "temp_store") == 2
        assert pragma(engine, "cipher_page_size") == "4096"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes; the folder is the agent's own")
def test_files_are_private(writer: Engine, path: Path) -> None:
    files = list(path.parent.iterdir())
    assert len(files) == 4  # with its log, the log's memory and its lock
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_file_and_log_hold_no_text(writer: Engine, path: Path) -> None:
    add(writer, NOTE, 50)
    files = [file for file in path.parent.iterdir() if file.stat().st_size]
    assert len(files) == 3
    assert checkpoint(writer)
    for file in files:
        content = file.read_bytes()
        for plain in (NOTE.encode(), NOTE.encode("utf-16-le"), b"CREATE TABLE", b"SQLite format"):
            assert plain not in content


def test_key_and_values_are_in_no_text_of_engine_or_error(writer: Engine) -> None:
    add(writer, NOTE)
    with pytest.raises(DBAPIError) as caught, writer.begin() as connection:
        connection.execute(text("INSERT INTO note VALUES (1, :body)"), {"body": NOTE})
    said = f"{writer!r} {writer.url} {writer.pool!r} {caught.value} {caught.value!r}"
    assert NOTE not in said
    assert KEY.hex() not in said


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO note VALUES (9, 'x')",
        "DELETE FROM note",
        "CREATE TABLE other (id)",
        "DROP TABLE note",
        "UPDATE note SET id = 1",
    ],
)
def test_readers_cannot_write(reader: Engine, statement: str) -> None:
    with pytest.raises(DBAPIError, match="readonly"), reader.begin() as connection:
        connection.execute(text(statement))
    assert count(reader) == 0


def test_a_writer_holds_the_lock_before_it_reads(writer: Engine, path: Path) -> None:
    """Two that read first and then write both succeed, one after the other; deferred, the second would fail."""
    other = writing_engine(path, KEY)

    def raise_by_one(engine: Engine) -> None:
        for _ in range(20):
            with engine.begin() as connection:
                seen = connection.execute(text("SELECT coalesce(max(id), 0) FROM note")).scalar_one()
                connection.execute(text("INSERT INTO note VALUES (:id, '')"), {"id": seen + 1})

    threads = [threading.Thread(target=raise_by_one, args=(engine,)) for engine in (writer, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.dispose()
    assert count(writer) == 40


def test_readers_see_one_state_and_wait_for_no_writer(writer: Engine, reader: Engine) -> None:
    with reader.begin() as reading:
        assert reading.execute(text("SELECT count(*) FROM note")).scalar() == 0
        add(writer, NOTE)
        assert reading.execute(text("SELECT count(*) FROM note")).scalar() == 0
    with writer.begin() as writing:
        writing.execute(text("DELETE FROM note"))
        assert count(reader) == 1


def test_checkpoint_empties_the_log_and_waits_for_nobody(writer: Engine, reader: Engine, path: Path) -> None:
    log = path.with_name(path.name + "-wal")
    add(writer, NOTE, 100)
    with reader.begin() as reading:
        reading.execute(text("SELECT count(*) FROM note"))
        add(writer, NOTE)
        began = time.perf_counter()
        assert not checkpoint(writer)
    with writer.begin():
        assert not checkpoint(writer)
    assert time.perf_counter() - began < 2
    assert log.stat().st_size > 0
    assert checkpoint(writer)
    assert log.stat().st_size == 0
    assert pragma(writer, "busy_timeout") == 5000


@pytest.mark.parametrize("version", [(3, 7, 0), (3, 40, 1), (3, 51, 2), (3, 6, 9)])
def test_sqlite_that_loses_writes_is_refused(version: tuple[int, int, int]) -> None:
    with pytest.raises(Refused, match="can lose saved work"):
        refuse_bad_sqlite(version)


@pytest.mark.parametrize("version", [(3, 51, 3), (3, 53, 0), (4, 0, 0)])
def test_sqlite_that_is_sound_is_taken(version: tuple[int, int, int]) -> None:
    assert refuse_bad_sqlite(version) is None


def test_a_sound_file_is_probed_without_complaint(writer: Engine, path: Path) -> None:
    add(writer, NOTE)
    assert probe(path, KEY) is None
    assert probe(path, KEY, thorough=True) is None


def test_a_wrong_key_is_one_sentence_and_nothing_on_stderr(
    writer: Engine, path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CannotOpen, match="not one this key opens"):
        probe(path, bytes(32))
    with pytest.raises(CannotOpen, match="not one this key opens"):
        reading_engine(path, bytes(32)).connect()
    assert capfd.readouterr().err == ""
    assert probe(path, KEY) is None


def test_a_wrong_key_is_quiet_from_the_first_try_of_a_process(writer: Engine, path: Path) -> None:
    story = (
        "import sys; from pathlib import Path; from workstation.replica.engines import probe\n"
        "try: probe(Path(sys.argv[1]), bytes(32))\nexcept Exception as error: sys.exit(type(error).__name__)"
    )
    done = subprocess.run([sys.executable, "-c", story, path], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "Damaged"


def closed_file(path: Path, rows: int = 200) -> None:
    """A file of some forty pages, without a log beside it."""
    engine = writing_engine(path, KEY)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT)"))
    add(engine, NOTE * 10, rows)
    engine.dispose()


def test_a_damaged_page_is_found(path: Path) -> None:
    closed_file(path)
    content = bytearray(path.read_bytes())
    content[4096 * 9 + 77] ^= 1
    path.write_bytes(content)
    with pytest.raises(CannotOpen, match="damaged"):
        probe(path, KEY, thorough=True)


def test_a_damaged_beginning_or_plain_file_is_told(path: Path) -> None:
    for content in (b"SQLite format 3\0" + bytes(8176), b"hello", b"\0" * 4096):
        path.write_bytes(content)
        with pytest.raises(CannotOpen, match="not one this key opens"):
            probe(path, KEY)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 100_000), bits=st.integers(1, 255), kept=st.none() | st.integers(0, 100_000))
def test_any_damage_is_told_in_words(path: Path, at: int, bits: int, kept: int | None) -> None:
    sound = path.with_name("sound.db")
    if not sound.exists():
        closed_file(sound, 100)
    content = bytearray(sound.read_bytes())
    content[at % len(content)] ^= bits
    path.write_bytes(content[: kept % len(content) if kept is not None else None])
    with pytest.raises(CannotOpen, match=r"damaged|not one this key opens|no replica"):
        probe(path, KEY, thorough=True)


def test_an_absent_or_empty_file_says_so_and_is_not_made(path: Path) -> None:
    for look in (lambda: probe(path, KEY), lambda: reading_engine(path, KEY).connect()):
        with pytest.raises(CannotOpen, match="no replica on this PC yet"):
            look()
    assert not path.exists()
    path.touch()
    with pytest.raises(CannotOpen, match="no replica on this PC yet"):
        probe(path, KEY)


def test_a_folder_that_is_none_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for wrong in (tmp_path / "file" / "x.db", tmp_path / "absent" / "x.db"):
        with pytest.raises(CannotOpen):
            writing_engine(wrong, KEY).connect()
    with pytest.raises(CannotOpen):
        probe(tmp_path, KEY)


READ_ONLY_STORY = """
import os, sys
from pathlib import Path
from workstation.errors import CannotOpen
from workstation.replica.engines import probe
if os.geteuid() == 0:
    os.setuid(65534)  # an administrator may write everywhere: look as nobody
try:
    probe(Path(sys.argv[1]), bytes(range(32)))
except CannotOpen as error:
    sys.stdout.write(str(error))
"""


@pytest.mark.skipif(os.name == "nt", reason="folders of Windows are not made read-only by a mode")
@pytest.mark.parametrize(("folder_mode", "lock_there"), [(0o555, False), (0o555, True), (0o777, False)])
def test_a_read_only_folder_or_file_is_told(folder_mode: int, lock_there: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "replica.db"
        closed_file(path)
        path.chmod(0o444)
        lock = path.with_name(path.name + ".lock")
        lock.chmod(0o666) if lock_there else lock.unlink()
        Path(name).chmod(folder_mode)
        done = subprocess.run(
            [sys.executable, "-c", READ_ONLY_STORY, path], cwd=ROOT, capture_output=True, text=True, check=False
        )
        Path(name).chmod(0o700)
        is_mended = os.access(path, os.W_OK)
    if folder_mode == 0o777 and os.geteuid() != 0:  # whose file it is takes its mode back
        assert (is_mended, done.stdout) == (True, ""), done.stderr
    else:
        assert "may only be read" in done.stdout or "cannot be written" in done.stdout, done.stderr


@pytest.mark.parametrize(
    ("code", "words"),
    [(13, "full"), (8, "only be read"), (10, "disk"), (522, "disk"), (5, "in use"), (267, "damaged"), (1, "cannot")],
)
def test_codes_of_sqlite_have_words(code: int, words: str) -> None:
    error = OSError()
    error.sqlite_errorcode = code  # type: ignore[attr-defined]
    assert words in str(explain(error))
    assert words in str(explain(DBAPIError("", {}, error)))


@pytest.mark.parametrize("door", [writing_engine, reading_engine])
def test_opening_waits_for_another_that_opens(
    writer: Engine, path: Path, door: Callable[[Path, bytes], Engine]
) -> None:
    """While anybody reads a new file its change to WAL fails, in one of a hundred races of two programs."""
    engine, opened = door(path, KEY), threading.Event()

    def connect() -> None:
        engine.connect().close()
        opened.set()

    thread = threading.Thread(target=connect)
    with FileLock(path.with_name(path.name + ".lock")):
        thread.start()
        assert not opened.wait(0.2)
    assert opened.wait(10)
    thread.join()
    engine.dispose()


def open_new_files(folder: Path, rounds: int, barrier: Barrier) -> None:
    for turn in range(rounds):
        engine = writing_engine(folder / f"{turn}.db", KEY)
        barrier.wait(60)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY, body TEXT)"))
        add(engine, NOTE)
        engine.dispose()


def test_processes_that_open_a_new_file_at_once_all_succeed(tmp_path: Path) -> None:
    processes, rounds = 3, 20
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(processes)
    started = [context.Process(target=open_new_files, args=(tmp_path, rounds, barrier)) for _ in range(processes)]
    for process in started:
        process.start()
    for process in started:
        process.join(90)
    assert [process.exitcode for process in started] == [0] * processes
    for turn in range(rounds):
        engine = reading_engine(tmp_path / f"{turn}.db", KEY)
        assert count(engine) == processes
        engine.dispose()
