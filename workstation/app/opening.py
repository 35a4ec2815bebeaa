"""Opens a replica; one that is damaged is set aside, and what waited in it recovered into a new one."""

import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy.exc import DatabaseError

from workstation.changes import Changes
from workstation.errors import CannotOpen, Damaged, WorkstationError
from workstation.files import unwritable
from workstation.home import UNOPENED, FileLock
from workstation.language import _, ngettext
from workstation.replica import engines, recovery
from workstation.replica.recovery import NOTHING, Found, Recovered
from workstation.replica.reserve import Reserve
from workstation.replica.store import DAMAGED, Store

log = logging.getLogger(__name__)

ALONE_SECONDS = 5.0  # for commands that have the damaged file open; a window has it open all day


@dataclass(frozen=True)
class Opened:
    """An open replica, what was recovered into it, and the folder in which a damaged file was kept, if one was."""

    store: Store
    recovered: Recovered = NOTHING
    kept_in: Path | None = None

    @property
    def notices(self) -> tuple[str, ...]:
        """What the person must know, in a calm sentence."""
        count = self.recovered.waiting + self.recovered.undecided
        if self.kept_in is not None and count:
            told = ngettext(
                "The data on this PC was damaged and is filled anew; {n} change that waited was recovered. The old "
                "file is kept in {folder}.",
                "The data on this PC was damaged and is filled anew; {n} changes that waited were recovered. The old "
                "file is kept in {folder}.",
                count,
            )
            return (told.format(n=count, folder=self.kept_in),)
        if self.kept_in is not None:
            told = _("The data on this PC could not be opened and is filled anew; the old file is kept in {folder}.")
            return (told.format(folder=self.kept_in),)
        if count:
            told = ngettext(
                "{n} change that was missing in the data of this PC was recovered from its journal.",
                "{n} changes that were missing in the data of this PC were recovered from its journal.",
                count,
            )
            return (told.format(n=count),)
        return ()


@dataclass(frozen=True)
class Opening:
    """How a replica is opened: where it lies, its key, the clock (UTC), who hears of commits.

    `thorough` looks at every page and reads the whole journal.
    """

    folder: Path
    key: bytes
    clock: Callable[[], datetime]
    reserve: Reserve
    announce: Callable[[Changes], None] | None = None
    thorough: bool = False

    @property
    def path(self) -> Path:
        return self.folder / "replica.db"


@contextlib.contextmanager
def opened(how: Opening) -> Iterator[Opened]:
    """The replica, whole, for as long as the block lasts. Raises CannotOpen in one clear sentence."""
    how.reserve.make_room()  # not even reading begins without a little room
    how.reserve.keep()
    in_use = how.folder / "replica.use"
    with contextlib.ExitStack() as closing:
        closing.enter_context(FileLock(in_use, shared=True))
        try:
            found = _open(how)
        except (WorkstationError, DatabaseError, sqlcipher.Error) as error:
            if not _is_damage(how, error):
                raise _told(how, error) from error
            closing.close()
            alone = FileLock(in_use, ALONE_SECONDS)
            if not alone.acquire():
                told = _("The data on this PC is damaged. Close the window of this agent and open it again.")
                raise CannotOpen(told) from error
            found = _open_anew(how, alone)
            closing.enter_context(FileLock(in_use, shared=True))
        closing.callback(found.store.close)
        try:
            yield found
        except (DatabaseError, sqlcipher.Error) as error:
            raise _told(how, error) from error


def _open(how: Opening, salvaged: Found | None = None) -> Opened:
    if how.path.exists():
        if (how.folder / DAMAGED).exists():
            raise Damaged("")  # a page that could not be read was met when it was used before
        engines.probe(how.path, how.key, thorough=how.thorough)
    store = Store(how.path, how.key, how.clock, how.announce, how.reserve)
    try:
        return Opened(store, recovery.heal(store, how.clock(), salvaged, whole=how.thorough))
    except BaseException:
        store.close()
        raise


def _open_anew(how: Opening, alone: FileLock) -> Opened:
    """Keep the damaged file beside a new one, and put into that what the damaged one and the journal tell."""
    try:
        try:
            return _open(how)  # another program may have done it meanwhile
        except (WorkstationError, DatabaseError, sqlcipher.Error) as error:
            if not _is_damage(how, error):
                raise
        salvaged = recovery.salvage(how.path, how.key)
        set_aside(how.folder, how.clock())
        found = _open(how, salvaged)
        return Opened(found.store, found.recovered, how.folder)
    finally:
        alone.release()


def _is_damage(how: Opening, error: BaseException) -> bool:
    """Whether the file must be made anew: not when it is only busy, of a newer program, or on an ailing disk."""
    if isinstance(error, Damaged) or engines.code_of(error) in engines.DAMAGE:
        return True
    return how.path.exists() and how.path.stat().st_size <= 1


def _told(how: Opening, error: Exception) -> Exception:
    """Troubles of disk and file in words, others as they are."""
    if engines.code_of(error) in engines.DISK_TROUBLES and how.reserve.is_used_up():
        return CannotOpen(engines.no_room())
    if isinstance(error, WorkstationError) or engines.code_of(error) not in engines.DISK_TROUBLES:
        return error
    return engines.explain(error)


def set_aside(folder: Path, now: datetime, *more: str) -> bool:
    """Keep a replica that nothing opens, and what `more` names, under other names; False when there was nothing."""
    mark = f"{now:%Y%m%dT%H%M%S%f}"
    patterns = ("replica.db", "replica.db-wal", "replica.db-shm", *more)
    found = [path for pattern in patterns for path in folder.glob(pattern)]
    try:
        for path in found:
            path.rename(path.with_name(f"{path.name}{UNOPENED}{mark}"))
        (folder / DAMAGED).unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from None
    if found:
        log.warning("a replica that cannot be opened was set aside")
    return bool(found)
