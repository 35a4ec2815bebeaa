"""A line to central that can really be cut: a small relay between a desk and the server."""

import contextlib
import socket
import threading
from urllib.parse import urlsplit, urlunsplit

CHUNK = 65_536


class RelayLine:
    """Passes bytes on until it is cut; then nobody answers at its address until it is restored."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._is_open = True
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._lock = threading.Lock()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, name="line", daemon=True).start()

    def url_for(self, url: str) -> str:
        """The same address through this line."""
        parts = urlsplit(url)
        return urlunsplit(parts._replace(netloc=f"127.0.0.1:{self._port}"))

    def cut(self) -> None:
        """Every connection breaks at once, and no new one is made."""
        with self._lock:
            self._is_open = False
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            _hang_up(pair)

    def restore(self) -> None:
        """New connections are made again."""
        with self._lock:
            self._is_open = True

    def close(self) -> None:
        """The line is taken down."""
        self.cut()
        self._listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # taken down
            while True:
                near, _address = self._listening.accept()
                self._connect(near)

    def _connect(self, near: socket.socket) -> None:
        with self._lock:
            if not self._is_open:
                near.close()
                return
            try:
                far = socket.create_connection(self._target, timeout=5)
            except OSError:
                near.close()
                return
            far.settimeout(None)
            pair = (near, far)
            self._pairs.append(pair)
        for source, sink in (pair, pair[::-1]):
            threading.Thread(target=self._pass_on, args=(source, sink, pair), name="line", daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, pair: tuple[socket.socket, socket.socket]) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK):
                sink.sendall(data)
        _hang_up(pair)


def _hang_up(pair: tuple[socket.socket, socket.socket]) -> None:
    for one in pair:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
