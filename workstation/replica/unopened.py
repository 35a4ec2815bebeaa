"""Replicas that were set aside because no key opened them: how many there are, and taking back what waited in one."""

import contextlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from workstation.errors import CannotOpen
from workstation.home import UNOPENED, WAITING_FILE, FileLock, unopened_waiting
from workstation.replica import recovery, vault
from workstation.replica.journal import DRAFTS, SAVES, Journal
from workstation.replica.recovery import Found, Recovered
from workstation.replica.store import Store

RECOVERED = ".recovered-"
SET_ASIDE = ("key*.json", WAITING_FILE)  # what goes with a replica when it is its key that does not open


@dataclass(frozen=True, slots=True)
class Unopened:
    """What lies set aside in one folder: files whose key or work is known, how many changes waited in them as last
    noted, and whether any of them still has a key that a password could open."""

    files: int
    changes: int
    has_key: bool


def look(folder: Path) -> Unopened:
    """Count them; no key is needed."""
    keyed = {mark for mark in _marks(folder, vault.COPIES) if vault.is_sound(folder, mark)}
    noted = _marks(folder, (WAITING_FILE,))
    return Unopened(len(keyed | noted), unopened_waiting(folder), bool(keyed))


def take_back(
    folder: Path, owner: str, password: str, desk_secret: bytes, store: Store, now: datetime
) -> list[Recovered]:
    """Put into the replica what waited in every file set aside that this password, or central's secret, opens after
    all; what was read whole is not kept twice. Raises Refused when the disk does not take it."""
    taken: list[Recovered] = []
    lock = FileLock(folder / "unopened.lock")
    marks = sorted(_marks(folder, vault.COPIES))
    if not marks or not lock.acquire(0):
        return taken
    try:
        for mark in marks:
            key = _key_of(folder, mark, owner, password, desk_secret)
            if key is not None:
                taken.append(_take_back_one(folder, mark, key, store, now))
    finally:
        lock.release()
    return taken


def _take_back_one(folder: Path, mark: str, key: bytes, store: Store, now: datetime) -> Recovered:
    journal = Journal(folder, key, lambda: now)
    path = folder / f"replica.db{mark}"
    for tail in ("-wal", "-shm"):  # set aside under names by which SQLite does not find them
        with contextlib.suppress(FileNotFoundError):
            (folder / f"replica.db{tail}{mark}").rename(f"{path}{tail}")
    done = recovery.take_over(store, journal, recovery.salvage(path, key) if path.exists() else Found(), now)
    _put_away(folder, mark, journal, is_whole=not done.unread)
    return done


def _put_away(folder: Path, mark: str, journal: Journal, *, is_whole: bool) -> None:
    """What could not be read whole stays under a name that is not looked at again. The note goes first, the keys next:
    a kill on the way leaves something that is taken back once more, or nothing that anybody waits for."""
    names = [WAITING_FILE, *vault.COPIES]
    rest = sorted(path for path in folder.glob(f"*{mark}*") if not path.name.startswith(tuple(names)))
    files = [folder / f"{name}{mark}" for name in names] + rest + journal.files(SAVES) + journal.files(DRAFTS)
    for path in files:
        with contextlib.suppress(OSError):
            if is_whole or path.name.startswith(WAITING_FILE):
                path.unlink()
            else:
                path.rename(path.with_name(path.name.replace(mark, "") + mark.replace(UNOPENED, RECOVERED)))


def _key_of(folder: Path, mark: str, owner: str, password: str, desk_secret: bytes) -> bytes | None:
    with contextlib.suppress(CannotOpen):
        return vault.open_with_password(folder, owner, password, mark)
    with contextlib.suppress(CannotOpen):
        return vault.open_with_desk_secret(folder, owner, desk_secret, mark)
    return None


def _marks(folder: Path, names: tuple[str, ...]) -> set[str]:
    """The ends of these files' names."""
    found = [path.name for name in names for path in folder.glob(f"{name}{UNOPENED}*")]
    return {name[name.index(UNOPENED) :] for name in found}
