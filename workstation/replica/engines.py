"""The two doors to a replica's file, one that writes and one that only reads, and words for what is wrong with it."""

import contextlib
import errno
import os
import sys
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from workstation.errors import CannotOpen, Damaged, Refused
from workstation.home import FileLock
from workstation.language import _

KEY_BYTES = 32
BUSY_SECONDS = 5.0
OPENING_SECONDS = 30.0

# Primary result codes, https://www.sqlite.org/rescode.html
_PERM, _BUSY, _LOCKED, _READONLY, _IOERR, _CORRUPT, _FULL, _CANTOPEN, _NOTADB = 3, 5, 6, 8, 10, 11, 13, 14, 26
DAMAGE = frozenset({_CORRUPT, _NOTADB})
DISK_TROUBLES = DAMAGE | {_FULL, _IOERR, _READONLY, _CANTOPEN}

# Of all but numbers and texts the driver asks first whether they adapt themselves, by two lookups that fail with an
# exception each: 1.7 µs for every id and every empty field that is bound. Told that these are as they should be, 0.3.
sqlcipher.register_adapter(bytes, bytes)
sqlcipher.register_adapter(type(None), lambda nothing: nothing)


def refuse_bad_sqlite(version: tuple[int, int, int]) -> None:
    """Refuse SQLite before 3.51.3: from 3.7.0 on it can lose committed writes when the WAL is reset."""
    if version < (3, 51, 3):
        told = _("SQLite {version} of this installation can lose saved work; the program must be installed anew.")
        raise Refused(told.format(version=".".join(str(part) for part in version)))


def writing_engine(path: Path, key: bytes) -> Engine:
    """An engine whose every transaction may write and holds the file's one write lock from its beginning.

    The file is made when absent (mode 0600, WAL). `key` is the raw 32 bytes; it appears in no URL and no error.
    Connecting raises CannotOpen.
    """
    engine = _engine(path, key, writes=True, pool_size=1, max_overflow=1)
    # deferred, a transaction that reads first and then writes fails at once when somebody wrote in between
    event.listen(engine, "begin", _begin_immediate)
    return engine


def reading_engine(path: Path, key: bytes) -> Engine:
    """An engine that cannot write; each transaction sees one unchanging state. See `writing_engine`."""
    engine = _engine(path, key, writes=False, pool_size=4, max_overflow=2)
    event.listen(engine, "begin", _begin)
    return engine


def looking(path: Path, key: bytes) -> Any:
    """A connection that leaves even a damaged file as it is. Raises sqlcipher's errors."""
    connection = sqlcipher.connect(
        f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS, isolation_level=None
    )
    connection.execute("PRAGMA cipher_log_level = NONE")
    connection.set_key(f"x'{key.hex()}'")
    return connection


def probe(path: Path, key: bytes, *, thorough: bool = False) -> None:
    """Open the file, read its schema and take its write lock once; CannotOpen says in one sentence what is wrong.

    `thorough` also checks every page against its signature and every index: about a second for 200 MB.
    """
    _refuse_absent(path)
    connection = _connect(path, key, writes=True)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
        if thorough:
            unsigned = connection.execute("PRAGMA cipher_integrity_check").fetchone()
            found = None if unsigned else connection.execute("PRAGMA integrity_check(1)").fetchone()
            if found != ("ok",):
                raise Damaged(_damaged())
    except sqlcipher.Error as error:
        raise explain(error) from error
    finally:
        connection.close()


def checkpoint(engine: Engine) -> bool:
    """Move what was written into the file itself and empty the log beside it. For idle moments; it waits for nobody.

    False when a reader or a writer was in the way; what could be moved was moved.
    """
    pooled = engine.raw_connection()
    try:
        cursor = pooled.cursor()
        cursor.execute("PRAGMA busy_timeout = 0")
        try:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            blocked = bool((cursor.fetchone() or (1,))[0])
        except sqlcipher.OperationalError as error:
            if _code(error) not in (_BUSY, _LOCKED):
                raise explain(error) from error
            blocked = True
        finally:
            cursor.execute("PRAGMA busy_timeout = 5000")  # as connected
            cursor.close()
    finally:
        pooled.close()
    return not blocked


def explain(error: BaseException) -> CannotOpen:
    """What is wrong with the file, in words, for an error of SQLite or one of SQLAlchemy's around it."""
    code = _code(getattr(error, "orig", None) or error)
    if code == _NOTADB:
        return Damaged(
            _("The replica on this PC is not one this key opens: it is another agent's, or its beginning is damaged.")
        )
    if code == _CORRUPT:
        return Damaged(_damaged())
    if code == _FULL:
        words = no_room()
    elif code in (_READONLY, _PERM):
        words = _read_only()
    elif code in (_BUSY, _LOCKED):
        words = _("The replica on this PC is in use by another program; try again.")
    elif code in (_IOERR, _CANTOPEN):
        words = _("The disk of this PC refuses to read or write the replica.")
    else:
        words = _("The replica on this PC cannot be opened.")
    return CannotOpen(words)


def unsaved(error: BaseException) -> Refused | None:
    """Why a save did not come about, in words; None when neither the disk nor the file is to blame.

    For an error of SQLite, one of SQLAlchemy's around it, or one of the operating system.
    """
    code = code_of(error)
    number = error.errno if isinstance(error, OSError) else None
    if is_full(error):
        words = _("The disk of this PC is full; this was not saved.")
    elif code in (_READONLY, _PERM, _CANTOPEN) or number in (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOENT):
        words = _("The folder of this PC cannot be written; this was not saved.")
    elif code in (_BUSY, _LOCKED):
        words = _("Another program holds the data of this PC; this was not saved. Try again.")
    elif code == _IOERR or number is not None:
        words = _("The disk of this PC reports an error; this was not saved.")
    elif code in DAMAGE:
        words = _("The data on this PC is damaged; this was not saved.")
    else:
        return None
    return Refused(words)


def code_of(error: BaseException | None) -> int:
    """What SQLite said somewhere below, without the upper bits, which are the extended code; 0 when it said nothing."""
    while error is not None:
        code = _code(getattr(error, "orig", None) or error)
        if code:
            return code
        error = error.__cause__
    return 0


def is_full(error: BaseException) -> bool:
    """Whether the disk, or this account's share of it, has no room left."""
    number = error.errno if isinstance(error, OSError) else None
    return code_of(error) == _FULL or number in (errno.ENOSPC, errno.EDQUOT)


def no_room() -> str:
    """The disk is full, in words."""
    return _("The disk of this PC is full; nothing can be saved until there is room.")


def _read_only() -> str:
    return _("The replica on this PC, or its folder, may only be read; nothing could be saved.")


def _damaged() -> str:
    return _("The replica on this PC is damaged. Open it again: what waits is then recovered, the rest is filled anew.")


def _code(error: BaseException) -> int:
    # the upper bits are the extended code
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _engine(path: Path, key: bytes, *, writes: bool, pool_size: int, max_overflow: int) -> Engine:
    refuse_bad_sqlite(sqlcipher.sqlite_version_info)
    if len(key) != KEY_BYTES:
        raise ValueError("a key has 32 bytes")
    return create_engine(
        "sqlite://",
        module=sqlcipher,
        creator=lambda: _connect(path, key, writes=writes),
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=max_overflow,
        hide_parameters=True,  # an error's text must not quote notes and numbers
    )


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _connect(path: Path, key: bytes, *, writes: bool) -> Any:
    """One connection, keyed and set up. CannotOpen when that fails."""
    path = path.absolute()
    if not writes:
        _refuse_absent(path)
    # One at a time: while anybody reads a new file, its change to WAL fails at once instead of waiting.
    try:
        with FileLock(path.with_name(path.name + ".lock"), OPENING_SECONDS):
            return _open(path, key, writes=writes)
    except sqlcipher.Error as error:
        raise explain(error) from error
    except CannotOpen:
        raise
    except Refused as error:
        raise CannotOpen(str(error)) from None


def _open(path: Path, key: bytes, *, writes: bool) -> Any:
    # The file is never opened but by SQLite: closing any other handle of it would drop SQLite's locks (POSIX).
    mode = "rwc" if writes else "rw"  # a reader of a WAL file must be able to write its shared memory
    connection = sqlcipher.connect(
        f"{path.as_uri()}?mode={mode}", uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA cipher_log_level = NONE")  # a wrong key is told in words, not on stderr
        connection.set_key(f"x'{key.hex()}'")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if writes:
            _set_up_writing(connection, path)
        else:
            connection.execute("PRAGMA cache_size = -8192")  # KiB a reader, and there are as many as the pool holds
            connection.execute("PRAGMA query_only = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _set_up_writing(connection: Any, path: Path) -> None:
    if sys.platform != "win32":
        # before the log appears beside the file: it takes over the mode
        with contextlib.suppress(OSError):
            path.chmod(0o600)
    if not os.access(path, os.W_OK):
        raise CannotOpen(_read_only())  # SQLite itself would say so at the first write only
    if connection.execute("PRAGMA journal_mode = WAL").fetchone() != ("wal",):
        raise CannotOpen(
            _("The replica cannot be kept on this kind of disk; a disk of this PC is needed, not a network's.")
        )
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA fullfsync = ON")  # macOS: an ordinary fsync leaves the write in the drive's memory
    connection.execute("PRAGMA cache_size = -16384")  # KiB
    connection.execute("PRAGMA secure_delete = FAST")


def _refuse_absent(path: Path) -> None:
    try:
        empty = path.stat().st_size <= 1  # made, but not yet filled; SQLite takes one byte for none
    except FileNotFoundError:
        empty = True
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise CannotOpen(_("{path} cannot be read: {why}.").format(path=path, why=why)) from None
    if empty:
        raise CannotOpen(_("There is no replica on this PC yet. Sign in online to fill it."))
