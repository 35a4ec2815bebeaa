"""One running window for a home: a second start brings the first one to the front, or hands over a call to it.

They speak over a socket that only the same person of the operating system may use, one line of JSON each way.
"""

import contextlib
import hashlib
import json
import logging
import os
import stat
import sys
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QDeadlineTimer, QObject, QTimer, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from shiboken6 import isValid

from workstation.errors import Refused
from workstation.language import _
from workstation.ui.doors import ArrivedCall

log = logging.getLogger(__name__)

WAIT_MS = 500
ANSWER_SECONDS = 5.0  # who it is, is known in milliseconds; a window that is busy longer has the call all the same
LONGEST = 8_192  # bytes of a message: a thousand characters, each as \\uXXXX, and some more
LONGEST_ANSWER = 65_536
SILENCE_MS = 5_000  # so long may a connection say nothing


def address_of(home: Path) -> str:
    """Where the window of this home answers. Raises Refused when the folder for it is not this person's alone.

    A name of a pipe on Windows. Elsewhere a file in a folder that nobody else can enter: in a folder of everyone's,
    another person could wait under our name for what is handed over.
    """
    name = "agent-workstation-" + hashlib.sha256(str(home).encode()).hexdigest()[:24]
    return name if sys.platform == "win32" else str(_own_folder() / name)


def _own_folder() -> Path:
    """The same one whatever the environment says: a telephone may start us with another one than the desktop does."""
    person = os.getuid() if sys.platform != "win32" else 0
    given = Path(f"/run/user/{person}")  # made by systemd at login
    if _is_own(given, person):
        return given
    made = Path(f"/tmp/agent-workstation-{person}")  # noqa: S108 - checked below to be ours alone
    with contextlib.suppress(FileExistsError):
        made.mkdir(mode=0o700)
    if not _is_own(made, person):
        raise Refused(_("{folder} is not a folder of yours alone; remove it.").format(folder=made))
    return made


def _is_own(folder: Path, person: int) -> bool:
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == person and not stat.S_IMODE(found.st_mode) & 0o077


def call_running(home: Path) -> bool:
    """Ask the running window of this home to come to the front; False when none answers.

    Where the folder of the socket is not ours alone there is none to ask: the window opens all the same.
    """
    try:
        return _ask(home, {"do": "show"}, 0) is not None
    except Refused:
        return False


def hand_over(home: Path, text: str, seconds: float = ANSWER_SECONDS) -> dict[str, Any] | None:
    """Give the running window a call; None when none runs, else its answer, empty when it did not answer in time.

    An answer holds `shown` ("now" or "later"), then `matched` and `customers`; or `refused`, the reason in words.
    """
    return _ask(home, {"do": "pop", "text": text}, seconds)


def _ask(home: Path, message: dict[str, str], seconds: float) -> dict[str, Any] | None:
    said = json.dumps(message).encode() + b"\n"
    if len(said) > LONGEST:
        return None
    socket = QLocalSocket()
    socket.connectToServer(address_of(home))
    if not socket.waitForConnected(WAIT_MS):
        return None
    socket.write(said)
    if not socket.waitForBytesWritten(WAIT_MS):
        return None
    deadline = QDeadlineTimer(int(seconds * 1000))
    while not socket.canReadLine() and socket.bytesAvailable() < LONGEST_ANSWER:
        if not socket.waitForReadyRead(int(deadline.remainingTime())):
            break
    answer = _object(bytes(socket.readLine(LONGEST_ANSWER).data())) if socket.canReadLine() else {}
    socket.disconnectFromServer()
    return answer


def _object(line: bytes) -> dict[str, Any]:
    """The JSON object of a line; empty when it is none."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


class OneWindow(QObject):
    """Answers for this home while the window lives. What it is told is hostile: of limited size and checked.

    Signals:
        asked: another start of the program wants the window in front.
        handed: ArrivedCall; another program handed over a number or an address, not understood yet.
    """

    asked = Signal()
    handed = Signal(object)

    def __init__(self, home: Path, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self._clock = clock
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._answer)
        try:
            address = address_of(home)
        except Refused as refusal:
            log.warning("a second start of the program cannot be noticed (%s)", type(refusal).__name__)
            return
        QLocalServer.removeServer(address)  # left by a killed process: a living one answered before
        if not self._server.listen(address):
            log.warning("a second start of the program cannot be noticed (%s)", self._server.serverError().value)

    def close(self) -> None:
        """Answer no more."""
        self._server.close()

    def _answer(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.readyRead.connect(partial(self._read, socket))
            socket.disconnected.connect(socket.deleteLater)
            silence = QTimer(socket, singleShot=True, interval=SILENCE_MS)
            silence.setObjectName("silence")
            silence.timeout.connect(partial(_hang_up, socket))
            silence.start()
            self._read(socket)  # it may have spoken before we listened

    def _read(self, socket: QLocalSocket) -> None:
        if not socket.canReadLine():
            if socket.bytesAvailable() >= LONGEST:
                socket.abort()
            return
        message = _object(bytes(socket.readLine(LONGEST).data()))
        socket.readyRead.disconnect()  # one message each
        for silence in socket.findChildren(QTimer, "silence"):
            silence.stop()
        text = message.get("text")
        if message.get("do") == "show":
            socket.disconnectFromServer()
            self.asked.emit()
        elif message.get("do") == "pop" and isinstance(text, str):
            self.handed.emit(ArrivedCall(text, self._clock(), partial(_tell, socket)))
        else:
            socket.abort()


def _hang_up(socket: QLocalSocket) -> None:
    if isValid(socket):
        socket.abort()


def _tell(socket: QLocalSocket, answer: dict[str, Any]) -> None:
    """Answer whoever handed something over, once, if they still listen."""
    if isValid(socket) and socket.state() == QLocalSocket.LocalSocketState.ConnectedState:
        socket.write(json.dumps(answer).encode() + b"\n")
        socket.disconnectFromServer()
