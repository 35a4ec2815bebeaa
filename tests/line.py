"""A network line for tests that can be cut, held, slowed, chopped and broken at an exact byte."""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Generator
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import urlsplit

HOST = "127.0.0.1"
_CHUNK = 65_536
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends RST at once and forgets what is unsent
_SECONDS = 10.0  # no verb takes a thousandth of this


class Way:
    """One direction of a line; changed on the line's own thread, its counters read by any."""

    def __init__(self) -> None:
        self.passed = 0  # bytes delivered since the beginning
        self.held = 0  # bytes taken from the sender and not delivered yet
        self.restore()

    def restore(self) -> None:
        """No fault."""
        self.stalled = False
        self.rate: float | None = None  # bytes a second, for each connection
        self.slice = _CHUNK  # most bytes in one piece
        self.left: int | None = None  # bytes until the line breaks

    def next_size(self) -> int:
        """How many bytes may go in the next piece."""
        sizes = [self.slice]
        if self.left is not None:
            sizes.append(self.left)
        if self.rate is not None:
            sizes.append(max(1, int(self.rate / 50)))
        return min(sizes)


class Line:
    """
    A TCP line from a free port of 127.0.0.1 to `target` (host, port), in a thread of its own.

    Every verb may be called from any thread and has taken effect when it returns. A fault holds for connections
    that live and for those that come, until `restore`. `up` is from the client to the target, `down` the way back.
    """

    def __init__(self, target: tuple[str, int]) -> None:
        self.up, self.down = Way(), Way()
        self._exchange = _Exchange(target, self.up, self.down)
        self.port = self._exchange.port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"line-{self.port}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._exchange.restore())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._do(self._exchange.cut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._exchange.guard.close()

    @property
    def live(self) -> int:
        """Connections open now."""
        return len(self._exchange.live)

    @property
    def accepted(self) -> int:
        """Connections since the beginning."""
        return self._exchange.accepted

    @property
    def resets(self) -> int:
        """How often `reset_after` came due."""
        return self._exchange.resets

    def url_for(self, url: str) -> str:
        """The same postgresql:// address, by way of this line."""
        parts = urlsplit(url)
        login, at, _address = parts.netloc.rpartition("@")
        return parts._replace(netloc=f"{login}{at}{HOST}:{self.port}").geturl()

    def cut(self) -> None:
        """Break every connection (RST to both ends) and refuse new ones."""
        self._do(self._exchange.cut())

    def restore(self) -> None:
        """A good line again: new connections are taken, what is held flows, no fault stays."""
        self._do(self._exchange.restore())

    def stall(self, up: bool = True, down: bool = True) -> None:
        """Hold every byte of these directions without closing anything; what is False flows."""
        self._do(self._exchange.change(self.up, stalled=up))
        self._do(self._exchange.change(self.down, stalled=down))

    def slow(self, bytes_per_second: float) -> None:
        """Let no more than this pass, in each direction of each connection."""
        self._do(self._exchange.change(self.up, rate=bytes_per_second))
        self._do(self._exchange.change(self.down, rate=bytes_per_second))

    def slice(self, max_chunk: int) -> None:
        """Deliver at most `max_chunk` bytes in one piece."""
        self._do(self._exchange.change(self.up, slice=max_chunk))
        self._do(self._exchange.change(self.down, slice=max_chunk))

    def reset_after(self, count: int, direction: Literal["up", "down"] = "down") -> None:
        """
        Break every connection (RST to both ends) once exactly `count` bytes from now have passed in this direction.

        Counted over all connections together, living and new; 0: the next byte breaks the line and is not
        delivered. It happens once; connections made afterwards are good.
        """
        self._do(self._exchange.change(self.up if direction == "up" else self.down, left=count))

    def wait_until(self, condition: Callable[[Self], bool], seconds: float = _SECONDS) -> bool:
        """Wait until condition(line) holds, asked anew at every change; it must not use the line's verbs."""
        with self._exchange.changed:
            return self._exchange.changed.wait_for(lambda: condition(self), seconds)

    def _do(self, verb: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(verb, self._loop).result(_SECONDS)


class _BrokenLine(Exception):
    """This connection ends now, with RST to both ends."""


class _Turn:
    """Lets the loop serve everybody else once."""

    def __await__(self) -> Generator[None, None, None]:
        yield


class _Connection:
    """The two ends of one connection and how it came to its end."""

    def __init__(self, client: socket.socket) -> None:
        self.client, self.target = client, socket.socket()
        self.broken = False  # the line broke: not one byte more
        self.in_order = False  # both ends said goodbye
        for end in (self.client, self.target):
            end.setblocking(False)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self) -> None:
        """Goodbye to both ends, RST where they did not say it themselves."""
        for end in (self.client, self.target):
            if not self.in_order:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            end.close()


class _Exchange:
    """What carries the bytes; every coroutine runs on the line's own loop."""

    def __init__(self, target: tuple[str, int], up: Way, down: Way) -> None:
        self._target, self._up, self._down = target, up, down
        # Bound, never listening: the port stays ours while the line is cut, and connecting to it is refused.
        self.guard = _bound(0)
        self.port: int = self.guard.getsockname()[1]
        self.live: dict[asyncio.Task[None], _Connection] = {}
        self.accepted = self.resets = 0
        self.changed = threading.Condition()
        self._faults_changed = asyncio.Event()
        self._door: socket.socket | None = None

    async def restore(self) -> None:
        self._up.restore()
        self._down.restore()
        await self.change(self._up)
        if self._door is None:
            self._door = _bound(self.port)
            self._door.listen(512)
            asyncio.get_running_loop().add_reader(self._door, self._accept, self._door)

    async def cut(self) -> None:
        door, self._door = self._door, None
        if door is not None:
            asyncio.get_running_loop().remove_reader(door)
            door.close()
        self._break_all()
        await asyncio.gather(*self.live, return_exceptions=True)

    async def change(self, way: Way, **faults: object) -> None:
        for name, value in faults.items():
            setattr(way, name, value)
        self._faults_changed.set()
        self._faults_changed = asyncio.Event()

    def _accept(self, door: socket.socket) -> None:
        # Not loop.sock_accept: cancelled at the wrong moment it drops a connection it has taken.
        try:
            client, _address = door.accept()
        except OSError:
            return  # the caller went away again
        connection = _Connection(client)
        task = asyncio.create_task(self._carry(connection))
        self.live[task] = connection
        task.add_done_callback(self._ended)
        self.accepted += 1
        self._tell()

    async def _carry(self, connection: _Connection) -> None:
        client, target = connection.client, connection.target
        try:
            await asyncio.get_running_loop().sock_connect(target, self._target)
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self._pump(connection, self._up, client, target))
                ways.create_task(self._pump(connection, self._down, target, client))
            connection.in_order = True
        except* (OSError, _BrokenLine):
            pass  # what breaks at one end breaks at the other

    async def _pump(self, connection: _Connection, way: Way, source: socket.socket, sink: socket.socket) -> None:
        while chunk := await asyncio.get_running_loop().sock_recv(source, _CHUNK):
            await self._deliver(connection, way, sink, memoryview(chunk))
            await _Turn()
        await self._until_free(way)
        sink.shutdown(socket.SHUT_WR)

    async def _deliver(self, connection: _Connection, way: Way, sink: socket.socket, rest: memoryview) -> None:
        way.held += len(rest)
        self._tell()
        try:
            while rest:
                await self._until_free(way)
                if way.rate is not None:
                    size = min(len(rest), way.next_size())
                    if await self._faults_change_within(size / way.rate):
                        continue
                if connection.broken:
                    raise _BrokenLine
                try:
                    sent = sink.send(rest[: way.next_size()])  # of nothing, when not one byte more may pass
                except BlockingIOError:
                    await _writable(sink)
                    continue
                rest = rest[sent:]
                self._count(way, sent)
        finally:
            way.held -= len(rest)
            self._tell()

    async def _until_free(self, way: Way) -> None:
        while way.stalled:
            await self._faults_changed.wait()

    async def _faults_change_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._faults_changed.wait(), seconds)
        except TimeoutError:
            return False
        return True

    def _count(self, way: Way, sent: int) -> None:
        way.passed += sent
        way.held -= sent
        self._tell()
        if way.left is not None:
            way.left -= sent
            if way.left == 0:
                way.left = None
                self.resets += 1
                self._break_all()
                raise _BrokenLine

    def _break_all(self) -> None:
        for task, connection in self.live.items():
            connection.broken = True
            task.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self.live.pop(task).close()
        self._tell()
        if not task.cancelled() and (error := task.exception()):
            raise error

    def _tell(self) -> None:
        with self.changed:
            self.changed.notify_all()


def _bound(port: int) -> socket.socket:
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # beside the guard, and after the connections it had
    bound.setblocking(False)
    bound.bind((HOST, port))
    return bound


async def _writable(sink: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_writer(sink, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_writer(sink)
