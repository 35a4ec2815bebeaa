"""The journal: what is saved, sealed and on the disk before its COMMIT, so that an outbox can be rebuilt from it."""

import base64
import binascii
import contextlib
import errno
import hashlib
import json
import logging
import os
import re
import secrets
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from workstation.files import fsync_folder
from workstation.home import FileLock
from workstation.records import Values
from workstation.replica import news, vault

if sys.platform != "win32":
    import fcntl

log = logging.getLogger(__name__)

FOLDER = "journal"
SAVES, DRAFTS = "saves", "drafts"  # two files a day: what is being typed never waits for the disk
DAYS_KEPT = {SAVES: 30, DRAFTS: 8}  # as long as the outbox keeps what is settled; a draft over a week's leave
PURPOSE = b"agent workstation journal 1"
HEADER = b"{"  # how a line in the clear begins; a sealed one never does
HEADER_LINES = 3  # among the first: another program may have written sooner than the one that began the file
_NAME = re.compile(r"(\d{4}-\d\d-\d\d)-([0-9a-f]{8})\.(saves|drafts)\Z")
_NONCE_BYTES = 12

Clock = Callable[[], datetime]


class NotJournaled(OSError):
    """The disk did not take a line of the journal."""


class Seal:
    """Seals and opens lines with a key made from the replica's. `name` tells files of different keys apart."""

    def __init__(self, replica_key: bytes) -> None:
        key = HKDFExpand(SHA256(), vault.KEY_BYTES, PURPOSE).derive(replica_key)
        self.name = hashlib.sha256(PURPOSE + key).hexdigest()[:8]
        self._cipher = AESGCM(key)

    def close(self, said: Values) -> bytes:
        """One line, without its end."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        plain = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, plain, PURPOSE))

    def open(self, line: bytes) -> Values | None:
        """What a line says; None for one that is torn, damaged or of another key."""
        try:
            sealed = base64.b64decode(line, validate=True)
            plain = self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], PURPOSE)
            said: Values = json.loads(plain.decode("utf-8", "surrogatepass"))
        except (InvalidTag, binascii.Error, ValueError):
            return None
        return said


class Journal:
    """The journal files beside one replica.

    A file of a day begins with a line in the clear that holds the replica's key, sealed with the secret central keeps
    for this desk: it opens the journal when every key file is gone. Each line after it is sealed by itself.
    """

    def __init__(self, beside: Path, key: bytes, clock: Clock) -> None:
        self.folder = beside / FOLDER
        self.seal = Seal(key)
        self._beside, self._clock = beside, clock

    @contextlib.contextmanager
    def of_one_commit(self) -> Iterator["Entry"]:
        """Around one transaction: `Entry.write` just before its COMMIT; at the end its line is confirmed, or taken back
        when the COMMIT failed."""
        entry = Entry(self)
        try:
            yield entry
        except BaseException:
            entry.take_back()
            raise
        entry.confirm()

    def append(self, said: Values, kind: str = SAVES, *, synced: bool) -> None:
        """One more line of today; with `synced` it is on the disk on return. Raises OSError."""
        path = self.folder / f"{self._clock().astimezone(UTC):%Y-%m-%d}-{self.seal.name}.{kind}"
        # It begins with a line's end too, so that a torn line before it spoils nothing but itself.
        line = b"\n" + self.seal.close(said) + b"\n"
        number = self._opened(path)
        try:
            with self._alone():
                if os.write(number, line) != len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if synced:
                sync_file(number)
        finally:
            os.close(number)

    def files(self, kind: str) -> list[Path]:
        """The files of this key, oldest first."""
        return [path for path, _day, key in self._found(kind) if key == self.seal.name]

    def foreign_files(self) -> list[Path]:
        """Files whose lines another key sealed."""
        return [path for kind in (SAVES, DRAFTS) for path, _, key in self._found(kind) if key != self.seal.name]

    def old_files(self, kind: str, now: datetime) -> list[Path]:
        """Files of this key whose days are over, oldest first."""
        last = (now - timedelta(days=DAYS_KEPT[kind])).strftime("%Y-%m-%d")
        return [path for path, day, key in self._found(kind) if key == self.seal.name and day < last]

    def _found(self, kind: str) -> list[tuple[Path, str, str]]:
        try:
            names = sorted(path.name for path in self.folder.iterdir())
        except OSError:
            return []
        matches = [match for name in names if (match := _NAME.match(name)) and match[3] == kind]
        return [(self.folder / match[0], match[1], match[2]) for match in matches]

    def _opened(self, path: Path) -> int:
        flags = os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
        with contextlib.suppress(FileNotFoundError):
            return os.open(path, flags)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        header = json.dumps({"journal": 1, "by_desk_secret": vault.wrap_of(self._beside)}).encode() + b"\n"
        try:
            number = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:  # another program has begun it
            return os.open(path, flags)
        try:
            os.write(number, header)
            fsync_folder(self.folder)
        except BaseException:
            os.close(number)
            raise
        return number

    def _alone(self) -> contextlib.AbstractContextManager[object]:
        # POSIX appends whole; on Windows two processes could write their lines over each other
        return FileLock(self.folder / "append.lock") if sys.platform == "win32" else contextlib.nullcontext()


class Entry:
    """The line of one commit. See `Journal.of_one_commit`."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._line: str | None = None
        self._after: list[tuple[Values, str]] = []

    def write(self, connection: Any) -> None:
        """Before COMMIT: what a person did is written and synced; the rest is written after it.

        Raises NotJournaled when the disk does not take it: there must be no COMMIT then.
        """
        found = news.take(connection)
        if found is None:
            return
        if found.by_a_person:
            line = secrets.token_hex(6)
            self._line = line
            try:
                self._journal.append({"line": line} | found.by_a_person, synced=True)
            except OSError as error:
                raise NotJournaled(error.errno, error.strerror) from error
        self._after = [(said, kind) for said, kind in ((found.learned, SAVES), (found.drafts, DRAFTS)) if said]

    def confirm(self) -> None:
        """After COMMIT; not synced, and no trouble when the disk takes no more: see decision 0019."""
        with _quietly():
            if self._line:
                self._journal.append({"done": self._line}, synced=False)
            for said, kind in self._after:
                self._journal.append(said, kind, synced=False)

    def take_back(self) -> None:
        """There was no COMMIT: the person was told that this is not saved."""
        if self._line:
            with _quietly():
                self._journal.append({"void": self._line}, synced=False)


def key_by_desk_secret(beside: Path, owner: str, desk_secret: bytes) -> bytes | None:
    """The replica's key from the journal's files, newest first, when every key file is gone; None when none has it."""
    for path in sorted((beside / FOLDER).glob("*.*"), reverse=True):
        if not _NAME.match(path.name):
            continue
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError, InvalidTag, RecursionError):
            with path.open("rb") as file:
                lines = [file.readline(4096) for _ in range(HEADER_LINES)]
            said = json.loads(next((line for line in lines if line.startswith(HEADER)), b""))
            return vault.unwrap(str(said["by_desk_secret"]), owner, desk_secret)
    return None


def sync_file(number: int) -> None:
    """What was written to this file is on the disk on return. Raises OSError."""
    if sys.platform == "darwin":
        fcntl.fcntl(number, fcntl.F_FULLFSYNC)  # an ordinary fsync leaves the write in the drive's memory
    elif sys.platform == "win32":
        os.fsync(number)
    else:
        os.fdatasync(number)


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        log.warning("a line of the journal could not be written (%s)", errno.errorcode.get(error.errno or 0, "?"))
