"""Ends calls to central that take too long, by shutting their socket down from another thread."""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator


class Watchdog:
    """Watches one call at a time. Its thread begins with the first call and ends when none has come for a deadline's
    length: a thread for each call would cost as much as the call."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._handle: int | None = None
        self._due = 0.0  # of the call under way, by the monotonic clock
        self._wakes = 0.0  # when the thread looks next
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def watch(self, line: int, seconds: float) -> Iterator[None]:
        """Shut the socket `line` down when the block takes longer than `seconds`."""
        handle = os.dup(line)
        with self._changed:
            self._handle, self._due = handle, time.monotonic() + seconds
            if self._thread is None:
                self._wakes = self._due
                self._thread = threading.Thread(target=self._run, name="deadline", daemon=True)
                self._thread.start()
            elif self._due < self._wakes:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._handle = None
            with contextlib.suppress(OSError):
                os.close(handle)

    def end(self) -> None:
        """No call will come any more."""
        with self._changed:
            if self._handle is None:
                self._due = 0.0
            self._changed.notify()

    def _run(self) -> None:
        with self._changed:
            while (left := self._due - time.monotonic()) > 0:  # also when the call ended before this thread ran
                self._wakes = self._due
                self._changed.wait(left)
            if self._handle is not None:
                shut_down(self._handle)
                self._handle = None
            self._thread = None


def shut_down(handle: int) -> None:
    """End both directions of a socket; whoever waits on it is told."""
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(handle)) as line:
        line.shutdown(socket.SHUT_RDWR)
