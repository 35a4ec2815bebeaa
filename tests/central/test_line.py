"""The tests' own line and scratch servers do to the byte what they say, else no test of a fault means anything."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.line import HOST, Line
from tests.servers import ScratchCluster, drop_database, fresh_database, rows, scratch_cluster, scratch_database


@contextmanager
def echo_server() -> Iterator[tuple[str, int]]:
    """Sends back whatever comes, on as many connections as come, until the block ends."""
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        with connection:
            try:
                while chunk := connection.recv(65_536):
                    connection.sendall(chunk)
            except OSError:
                pass

    def accept() -> None:
        while True:
            connection, _address = listener.accept()
            if ending.is_set():
                connection.close()
                return
            threads.append(threading.Thread(target=serve, args=(connection,)))
            threads[-1].start()

    ending = threading.Event()
    with socket.create_server((HOST, 0)) as listener:
        door = threading.Thread(target=accept)
        door.start()
        try:
            yield listener.getsockname()[:2]
        finally:
            ending.set()
            socket.create_connection(listener.getsockname()[:2]).close()
            for thread in (door, *threads):
                thread.join(10)


@pytest.fixture
def line() -> Iterator[Line]:
    with echo_server() as target, Line(target) as line:
        yield line


@pytest.fixture(scope="module")
def cluster() -> Iterator[ScratchCluster]:
    with scratch_cluster() as cluster:
        yield cluster


def connected(line: Line) -> socket.socket:
    return socket.create_connection((HOST, line.port), timeout=10)


def received(connection: socket.socket, count: int) -> bytes:
    got = b""
    while len(got) < count and (chunk := connection.recv(count - len(got))):
        got += chunk
    return got


def test_carries_bytes_both_ways_and_counts_them(line: Line) -> None:
    sent = bytes(range(256)) * 4_000
    with connected(line) as connection:
        writer = threading.Thread(target=connection.sendall, args=(sent,))
        writer.start()
        assert received(connection, len(sent)) == sent
        writer.join()
    assert line.wait_until(lambda line: (line.up.passed, line.down.passed) == (len(sent), len(sent)))
    assert line.wait_until(lambda line: line.live == 0)
    assert line.accepted == 1


def test_passes_the_end_of_one_side_on(line: Line) -> None:
    with connected(line) as connection:
        connection.sendall(b"last words")
        connection.shutdown(socket.SHUT_WR)
        assert received(connection, 100) == b"last words"


def test_cut_breaks_what_lives_refuses_what_comes_and_restore_mends(line: Line) -> None:
    with connected(line) as connection:
        connection.sendall(b"a")
        assert received(connection, 1) == b"a"
        line.cut()
        assert line.live == 0
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
        with pytest.raises(ConnectionRefusedError):
            connected(line)
    line.cut()
    line.restore()
    with connected(line) as connection:
        connection.sendall(b"b")
        assert received(connection, 1) == b"b"


def test_cut_many_times_while_bytes_fly(line: Line) -> None:
    for _round in range(50):
        connections = [connected(line) for _ in range(4)]
        for connection in connections:
            connection.sendall(b"x" * 10_000)
        line.cut()
        assert line.live == 0
        for connection in connections:
            connection.close()
        line.restore()
    assert (line.up.held, line.down.held) == (0, 0)


def test_stalled_upwards_nothing_arrives_and_nothing_is_lost(line: Line) -> None:
    with connected(line) as connection:
        line.stall(down=False)
        connection.sendall(b"held")
        assert line.wait_until(lambda line: line.up.held == 4)
        assert (line.up.passed, line.down.passed) == (0, 0)
        line.restore()
        assert received(connection, 4) == b"held"


def test_stalled_downwards_the_request_arrives_and_the_answer_does_not(line: Line) -> None:
    with connected(line) as connection:
        line.stall(up=False)
        connection.sendall(b"asked")
        assert line.wait_until(lambda line: line.down.held == 5)
        assert (line.up.passed, line.down.passed) == (5, 0)
        connection.setblocking(False)
        with pytest.raises(BlockingIOError):
            connection.recv(1)
        connection.settimeout(10)
        line.stall(up=False, down=False)
        assert received(connection, 5) == b"asked"


def test_a_stalled_line_can_be_cut(line: Line) -> None:
    with connected(line) as connection:
        line.stall()
        connection.sendall(b"never")
        assert line.wait_until(lambda line: line.up.held == 5)
        line.cut()
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    assert line.up.held == 0


@pytest.mark.parametrize("count", [1, 5, 999])
def test_breaks_after_exactly_so_many_bytes_of_the_answer(line: Line, count: int) -> None:
    with connected(line) as connection:
        connection.sendall(b"before")
        assert received(connection, 6) == b"before"
        line.reset_after(count)
        connection.sendall(b"y" * 1_000)
        assert received(connection, count) == b"y" * count
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    assert (line.down.passed, line.resets) == (6 + count, 1)
    with connected(line) as connection:
        connection.sendall(b"good again")
        assert received(connection, 10) == b"good again"


def test_breaks_before_the_next_byte(line: Line) -> None:
    with connected(line) as connection:
        line.reset_after(0)
        connection.sendall(b"asked")
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    assert (line.up.passed, line.down.passed) == (5, 0)


def test_breaks_the_question_and_every_other_connection_with_it(line: Line) -> None:
    with connected(line) as first, connected(line) as second:
        for connection in (first, second):
            connection.sendall(b"k")
            assert received(connection, 1) == b"k"
        line.reset_after(3, "up")
        first.sendall(b"abcdef")
        for connection in (first, second):
            with pytest.raises(ConnectionResetError):
                received(connection, 100)
    assert line.up.passed == 2 + 3
    assert line.wait_until(lambda line: line.live == 0)


def test_slices_lose_nothing(line: Line) -> None:
    line.slice(1)
    with connected(line) as connection:
        connection.sendall(bytes(range(200)))
        assert received(connection, 200) == bytes(range(200))


def test_slow_takes_its_time_and_restore_ends_it(line: Line) -> None:
    with connected(line) as connection:
        line.slow(2_000)
        begun = time.monotonic()
        connection.sendall(b"z" * 200)
        assert received(connection, 200) == b"z" * 200
        assert time.monotonic() - begun >= 0.1
        line.slow(1)
        connection.sendall(b"z" * 100)
        line.restore()
        assert received(connection, 100) == b"z" * 100


def test_an_absent_target_is_a_reset_not_a_wait() -> None:
    with socket.socket() as nobody:
        nobody.bind((HOST, 0))
        # The reset may come before the connection is made, or after.
        with Line(nobody.getsockname()) as line, pytest.raises(ConnectionResetError), connected(line) as connection:
            connection.recv(1)


def test_the_address_keeps_login_and_options() -> None:
    with echo_server() as target, Line(target) as line:
        url = line.url_for("postgresql://a%40b:p%3Aw@127.0.0.1:5432/db?sslmode=disable")
        assert url == f"postgresql://a%40b:p%3Aw@127.0.0.1:{line.port}/db?sslmode=disable"
        bare = urlsplit(line.url_for("postgresql://central.example/db"))
        assert (bare.hostname, bare.port, bare.username) == (HOST, line.port, None)


def test_databases_of_a_scratch_cluster_come_and_go(cluster: ScratchCluster) -> None:
    first = fresh_database(cluster, "named")
    rows(first, "CREATE TABLE here AS SELECT 1 AS n")
    copy = fresh_database(cluster, template="named")
    with psycopg.connect(copy), scratch_database(cluster) as empty:
        assert rows(copy, "SELECT n FROM here") == [(1,)]
        assert rows(empty, "SELECT to_regclass('here')") == [(None,)]
        drop_database(cluster, copy)
        drop_database(cluster, first)
        drop_database(cluster, first)
    names = "SELECT datname FROM pg_database WHERE datname = 'named' OR datname LIKE 'test%'"
    assert rows(cluster.admin_url, names) == []


def test_a_scratch_cluster_restarts_on_its_port_and_leaves_nothing() -> None:
    with scratch_cluster() as cluster:
        address = cluster.address
        rows(cluster.admin_url, "CREATE TABLE kept AS SELECT 1 AS n")
        cluster.restart()
        cluster.kill9()
        with pytest.raises(psycopg.OperationalError, match="refused"):
            rows(cluster.admin_url, "SELECT 1")
        cluster.start()
        assert cluster.address == address
        assert rows(cluster.admin_url, "SELECT n FROM kept") == [(1,)]
        folder = cluster.folder
    assert not folder.exists()


def test_a_line_loses_the_answer_of_a_commit_that_happened(cluster: ScratchCluster) -> None:
    with scratch_database(cluster) as admin_url, Line(cluster.address) as line:
        rows(line.url_for(admin_url), "CREATE TABLE note (body text)")
        with psycopg.connect(line.url_for(admin_url), autocommit=True) as connection:
            line.reset_after(0)
            with pytest.raises(psycopg.OperationalError):
                connection.execute("INSERT INTO note VALUES ('saved')")
        assert rows(admin_url, "SELECT body FROM note") == [("saved",)]
        line.slice(1)
        assert rows(line.url_for(admin_url), "SELECT body FROM note") == [("saved",)]
