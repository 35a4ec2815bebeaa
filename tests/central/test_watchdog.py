"""A call that takes too long ends; one that does not is left alone, and no thread stays behind."""

import socket
import threading

import pytest

from workstation.central.watchdog import Watchdog


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(20)
        yield ours, theirs


def watchers():
    return [thread for thread in threading.enumerate() if thread.name == "deadline"]


def end_of(thread):
    thread.join(20)
    return not thread.is_alive()


def test_a_call_that_takes_too_long_is_told(pair):
    ours, _theirs = pair
    with Watchdog().watch(ours.fileno(), 0.05):
        assert ours.recv(1) == b""


def test_calls_that_end_in_time_keep_their_line_and_share_a_thread(pair):
    ours, theirs = pair
    watchdog = Watchdog()
    before = set(watchers())
    seen = set()
    for _ in range(50):
        with watchdog.watch(ours.fileno(), 60):
            theirs.sendall(b"x")
            assert ours.recv(1) == b"x"
            seen |= set(watchers()) - before
    assert len(seen) == 1
    watchdog.end()
    assert end_of(seen.pop())
    with watchdog.watch(ours.fileno(), 60):  # a late call is watched all the same
        theirs.sendall(b"y")
        assert ours.recv(1) == b"y"
    watchdog.end()


def test_a_call_that_ends_before_the_thread_runs_does_not_end_it(pair):
    ours, _theirs = pair
    watchdog = Watchdog()
    with watchdog._changed, watchdog.watch(ours.fileno(), 60):
        thread = watchdog._thread
    with watchdog.watch(ours.fileno(), 60):
        thread.join(0.3)
        assert thread.is_alive()
        assert watchdog._thread is thread
    watchdog.end()
    assert end_of(thread)


def test_a_shorter_deadline_after_a_longer_one_holds(pair):
    ours, theirs = pair
    watchdog = Watchdog()
    with watchdog.watch(ours.fileno(), 3600):
        theirs.sendall(b"x")
        assert ours.recv(1) == b"x"
    with watchdog.watch(ours.fileno(), 0.05):
        assert ours.recv(1) == b""


def test_a_longer_deadline_after_a_shorter_one_is_not_cut_short(pair):
    ours, theirs = pair
    watchdog = Watchdog()
    with watchdog.watch(ours.fileno(), 0.05):
        (thread,) = [one for one in watchers() if one is watchdog._thread]
    with watchdog.watch(ours.fileno(), 3600):
        thread.join(0.3)  # past the first deadline
        theirs.sendall(b"x")
        assert ours.recv(1) == b"x"
    watchdog.end()
