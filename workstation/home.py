"""The folders of one desk: where its replicas, its log and the list of its sign-ins lie on this PC."""

import contextlib
import hashlib
import json
import os
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID, uuid4

import platformdirs

from workstation.errors import Refused
from workstation.files import unwritable, write_whole
from workstation.language import _

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

POLL_SECONDS = 0.02
WAITING_FILE = "waiting.json"
UNOPENED = ".unopened-"  # in the name of a file that was set aside, before the moment it was
_MAX_LIST_BYTES = 1_000_000
_MAX_TEXT = 255


class FileLock:
    """At most one holder on this PC; the operating system lets go when the holder dies, however it dies.

    One object is one holder: two objects on one path exclude each other within a process too. The file stays.
    `shared` ones exclude only the others; on Windows, where a file in use cannot be taken away, they do nothing.
    """

    def __init__(self, path: Path, timeout_seconds: float = 10.0, *, shared: bool = False) -> None:
        self.path = path
        self.timeout_seconds = timeout_seconds
        self._shared = shared
        self._file: int | None = None

    def acquire(self, timeout_seconds: float | None = None) -> bool:
        """Wait for the lock; False when it did not come within the time. Refused when its file cannot be made."""
        if self._file is not None:
            raise RuntimeError("this lock is held already")
        seconds = self.timeout_seconds if timeout_seconds is None else timeout_seconds
        deadline = time.monotonic() + seconds
        pause = threading.Event()
        try:
            number = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise unwritable(self.path, error) from None
        while not _try_lock(number, self._shared):
            left = deadline - time.monotonic()
            if left <= 0:
                os.close(number)
                return False
            pause.wait(min(POLL_SECONDS, left))
        self._file = number
        return True

    def release(self) -> None:
        """Let go; nothing happens when it is not held."""
        if self._file is not None:
            number, self._file = self._file, None
            _unlock(number)
            os.close(number)

    def __enter__(self) -> Self:
        if not self.acquire():
            raise Refused(_("Another window or program is busy with {path}; try again.").format(path=self.path))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _try_lock(number: int, shared: bool) -> bool:
    try:
        if sys.platform == "win32":
            if not shared:
                msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
        else:
            # flock, not lockf: lockf belongs to the process and is lost when any handle of the file is closed
            fcntl.flock(number, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _unlock(number: int) -> None:
    with contextlib.suppress(OSError):
        if sys.platform == "win32":
            msvcrt.locking(number, msvcrt.LK_UNLCK, 1)
        else:
            fcntl.flock(number, fcntl.LOCK_UN)


@dataclass(frozen=True, slots=True)
class SignIn:
    """An agent of a central database who works on this PC; `device` is how central knows this PC for that agent."""

    central: str
    agent: str
    device: UUID | None = None

    @property
    def owner(self) -> str:
        """Whose replica it is, as one text no other pair of address and login shares."""
        return json.dumps([self.central, self.agent])


@dataclass(frozen=True, slots=True)
class Home:
    """All that one desk keeps on this PC lies below `root`; folders are made (mode 0700) when asked for."""

    root: Path

    @classmethod
    def default(cls) -> Self:
        """The home of whoever is logged in to this PC: local to it, never roaming to another one."""
        return cls(Path(platformdirs.user_data_dir("AgentWorkstation", appauthor=False, roaming=False)))

    @property
    def settings_file(self) -> Path:
        return self.root / "settings.toml"

    @property
    def logs(self) -> Path:
        return self._folder("logs")

    def replica_folder(self, central: str, agent: str) -> Path:
        """The folder of one replica and its keys; its name tells neither the agent nor the address."""
        owner = SignIn(central, agent).owner
        return self._folder("replicas", hashlib.sha256(owner.encode()).hexdigest()[:16])

    def sync_lock(self, central: str, agent: str) -> Path:
        """The file whose FileLock allows one sync at a time on one replica."""
        return self.replica_folder(central, agent) / "sync.lock"

    def sign_ins(self) -> tuple[SignIn, ...]:
        """Everybody with a replica here, the last one to sign in first. Refused when the list is damaged."""
        path = self._list()
        try:
            with path.open("rb") as file:
                content = file.read(_MAX_LIST_BYTES + 1)
            if len(content) > _MAX_LIST_BYTES:
                raise ValueError("too long")
            return tuple(_sign_in_from(entry) for entry in json.loads(content)["sign_ins"])
        except FileNotFoundError:
            return ()
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise Refused(_("{path} cannot be read: {why}.").format(path=path, why=why)) from None
        except (ValueError, TypeError, KeyError, RecursionError):
            told = _("{path} is damaged. Move it away and sign in again; the work kept on this PC is not in it.")
            raise Refused(told.format(path=path)) from None

    def last_sign_in(self) -> SignIn | None:
        """Who signed in last on this PC, if anybody has."""
        return next(iter(self.sign_ins()), None)

    def remember_sign_in(self, sign_in: SignIn) -> SignIn:
        """Put it at the head of the list. Its device is the one given, else the one it had, else a new one."""
        _check("central", sign_in.central)
        _check("agent", sign_in.agent)
        with self._list_lock():
            others, before = self._without(sign_in)
            device = sign_in.device or (before.device if before else None) or uuid4()
            known = SignIn(sign_in.central, sign_in.agent, device)
            self._write_list((known, *others))
        return known

    def forget_sign_in(self, sign_in: SignIn) -> None:
        """Take it off the list; its replica folder is left alone."""
        with self._list_lock():
            others, before = self._without(sign_in)
            if before is not None:
                self._write_list(others)

    def _without(self, sign_in: SignIn) -> tuple[tuple[SignIn, ...], SignIn | None]:
        known = self.sign_ins()
        found = next((one for one in known if one.owner == sign_in.owner), None)
        return tuple(one for one in known if one.owner != sign_in.owner), found

    def _write_list(self, sign_ins: tuple[SignIn, ...]) -> None:
        entries = [{"central": one.central, "agent": one.agent, "device": str(one.device)} for one in sign_ins]
        write_whole(self._list(), json.dumps({"sign_ins": entries}, indent=1).encode() + b"\n")

    def _list_lock(self) -> FileLock:
        return FileLock(self._folder() / "desk.lock")

    def _list(self) -> Path:
        return self.root / "desk.json"

    def _folder(self, *parts: str) -> Path:
        path = self.root
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            for part in parts:
                path = path / part
                path.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise Refused(_("The folder {path} cannot be made: {why}.").format(path=path, why=why)) from None
        if not os.access(path, os.W_OK | os.X_OK):
            raise Refused(_("The folder {path} cannot be written to.").format(path=path))
        return path


def note_waiting(home: Home, sign_in: SignIn, waiting: int, since: str, exported: int = 0) -> None:
    """Keep beside the encrypted replica how many changes wait, since when (ISO 8601) and how many of them lie in a file
    too: figures, nothing personal, so that the sign-in can tell whose work waits without anybody's key."""
    path = home.replica_folder(sign_in.central, sign_in.agent) / WAITING_FILE
    if waiting:
        note = {"waiting": waiting, "since": since, "exported": exported}
        write_whole(path, json.dumps(note).encode())
    else:
        path.unlink(missing_ok=True)


def waiting_of(home: Home, sign_in: SignIn) -> tuple[int, str]:
    """(changes, since) as last noted, those in files set aside included; (0, "") when none wait or no note can be
    read."""
    folder = home.replica_folder(sign_in.central, sign_in.agent)
    notes = [note for note in (waiting_in(folder), *_unopened_notes(folder)) if note[0]]
    return sum(note[0] for note in notes), min((note[1] for note in notes), default="")


def waiting_in(folder: Path) -> tuple[int, str, int]:
    """(changes, since, how many of them were exported) as noted beside the replica in this folder."""
    return _noted(folder / WAITING_FILE)


def unopened_waiting(folder: Path) -> int:
    """How many changes waited in replicas that were set aside in this folder because no key opened them."""
    return sum(note[0] for note in _unopened_notes(folder))


def _unopened_notes(folder: Path) -> list[tuple[int, str, int]]:
    return [_noted(path) for path in folder.glob(f"{WAITING_FILE}{UNOPENED}*")]


def _noted(path: Path) -> tuple[int, str, int]:
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(_MAX_TEXT))
        return int(found["waiting"]), str(found["since"]), int(found.get("exported", 0))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return 0, "", 0


def _check(field: str, text: str) -> None:
    """Refuse what cannot be an address or a login, and an address with a password in it: it would lie in the clear."""
    if not text or len(text) > _MAX_TEXT or not text.isprintable():
        raise Refused(_("The address and the login are one line of up to {n} characters.").format(n=_MAX_TEXT), field)
    if field == "central" and "@" in text:
        raise Refused(_("The address of central holds no login and no password."), field)


def _sign_in_from(entry: dict[str, str]) -> SignIn:
    try:
        _check("central", entry["central"])
        _check("agent", entry["agent"])
        return SignIn(entry["central"], entry["agent"], UUID(entry["device"]))
    except (Refused, AttributeError):
        raise ValueError("not a sign-in") from None
