"""One running window for a home: a second start brings the first one to the front and hands over what it was given."""

import hashlib
import logging
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

log = logging.getLogger(__name__)

WAIT_MS = 500
LONGEST = 4_096  # bytes of a message; a number or an address is shorter
CALL = b"show"


def name_of(home: Path) -> str:
    """The name under which the window of this home answers: of this person and this session of theirs."""
    return "agent-workstation-" + hashlib.sha256(str(home).encode()).hexdigest()[:24]


def call_running(home: Path, text: str = "") -> bool:
    """Ask the running window of this home to come to the front, with `text`; False when none answers."""
    socket = QLocalSocket()
    socket.connectToServer(name_of(home))
    if not socket.waitForConnected(WAIT_MS):
        return False
    socket.write(CALL + b" " + text.encode("utf-8", "replace")[: LONGEST - len(CALL) - 1])
    is_heard = socket.waitForBytesWritten(WAIT_MS)
    socket.disconnectFromServer()
    return is_heard


class OneWindow(QObject):
    """Answers for this home while the window lives.

    Signals:
        asked: text; another start of the program was given it, often nothing.
    """

    asked = Signal(str)

    def __init__(self, home: Path) -> None:
        super().__init__()
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._answer)
        QLocalServer.removeServer(name_of(home))  # left by a killed process: a living one answered before
        if not self._server.listen(name_of(home)):
            log.warning("a second start of the program cannot be noticed (%s)", self._server.serverError().value)

    def close(self) -> None:
        """Answer no more."""
        self._server.close()

    def _answer(self) -> None:
        socket = self._server.nextPendingConnection()
        socket.readyRead.connect(lambda: self._read(socket))
        socket.disconnected.connect(socket.deleteLater)

    def _read(self, socket: QLocalSocket) -> None:
        said = bytes(socket.read(LONGEST).data())
        if said.startswith(CALL):
            text = said[len(CALL) :].decode("utf-8", "replace").strip()
            self.asked.emit("".join(letter for letter in text if letter.isprintable()))
        socket.abort()
