"""
A PostgreSQL of our own over one folder, for the demonstration, the tests and a centre that fits on one PC.

What lies in the folder:

central.json   0600: the superuser's password and the port used last; also the mark that the folder is ours
cluster/       PostgreSQL's own files, owned by the account the server runs under
run.lock       held by the one program that runs this folder
server.lock    held by every process of the server, so nobody starts a second one while the last of the old still writes
server.log     what the server says; neither statements nor values
"""

import json
import logging
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self
from urllib.parse import quote

from workstation.central import binaries
from workstation.central.binaries import Binaries
from workstation.errors import Refused
from workstation.language import _

DATABASE = "workstation"
SUPERUSER = "postgres"
HOST = "127.0.0.1"
_RECORD, _RECORD_MADE = "central.json", "central.json.new"
_RUN_LOCK, _SERVER_LOCK, _LOG = "run.lock", "server.lock", "server.log"
_LOG_KEPT = 5_000_000  # bytes; beyond it the log becomes server.log.1 at the next start
_START_SECONDS = 300.0  # crash recovery of a big cluster takes its time
_STOP_SECONDS = 60.0
_DYING_SECONDS = 1.0  # a killed program still holds its lock while the system clears it away
_PAUSE = 0.02

# Three connections for each of 200 agents and room for administrators. Statements, DETAIL lines and the
# texts of errors carry what agents typed: none of them reaches the log ("log" outranks error and warning).
_CONFIGURATION = """
# Agent Workstation
max_connections = 700
shared_buffers = 128MB
jit = off
password_encryption = 'scram-sha-256'
timezone = 'UTC'
log_timezone = 'UTC'
log_min_messages = log
log_min_error_statement = panic
log_error_verbosity = terse
"""
_ACCESS = f"""\
host all all {HOST}/32 scram-sha-256
host replication all {HOST}/32 scram-sha-256
"""
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

# What secrets.token_urlsafe makes: nothing else may stand between the quotes of a statement.
_PASSWORD = re.compile(r"[A-Za-z0-9_-]{16,}")

_log = logging.getLogger(__name__)


class EmbeddedPostgres:
    """
    One PostgreSQL server over the folder `data`, on 127.0.0.1 only, ending with the process that started it.

    data      made when absent; Refused when it holds anything that is not ours
    port      None: the port of the last time when it is free, else a free one
    durable   False only for scratch clusters: a power cut may destroy them
    settings  PostgreSQL settings for this run, above those of the cluster
    """

    def __init__(
        self, data: Path, port: int | None = None, durable: bool = True, settings: Mapping[str, str] | None = None
    ) -> None:
        self._folder = data
        self._asked_port = port
        self._durable = durable
        self._settings = dict(settings or {})
        self._record: dict[str, str | int] = {}
        self._run_lock: int | None = None
        self._binaries: Binaries | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._let_go: Callable[[], None] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """The port of this run, or of the last one."""
        return int(self._record["port"])

    @property
    def pid(self) -> int | None:
        """The process of the server while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    @property
    def url(self) -> str:
        """Where agents find the database: no user, no password."""
        return f"postgresql://{HOST}:{self.port}/{DATABASE}"

    @property
    def admin_url(self) -> str:
        """The same with the superuser's name and password; the same at every start over the same folder."""
        password = quote(str(self._record["password"]), safe="")
        return f"postgresql://{SUPERUSER}:{password}@{HOST}:{self.port}/{DATABASE}"

    def start(self) -> None:
        """
        Start the server and return once it takes connections; makes the cluster at the first start.

        Waits until the last process of an earlier server over this folder is gone. Refused, in words, when
        the folder is in use or not ours, the port is taken, or there is no PostgreSQL for it on this PC.
        """
        if self.pid is not None:
            return
        self._release()
        try:
            self._start()
        except OSError as error:
            self.stop()
            reason = error.strerror or type(error).__name__
            raise Refused(_("{folder} cannot be used: {reason}").format(folder=self._folder, reason=reason)) from error
        except BaseException:
            self.stop()
            raise

    def stop(self, immediately: bool = False) -> None:
        """
        End the server: sessions are cut, what was committed is kept. Harmless when it does not run.

        immediately  leave without a last checkpoint, as after a crash
        """
        process = self._process
        if process is not None and process.poll() is None:
            try:
                self._ask_to_end(process, immediately)
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._ask_to_end(process, immediately=True)
                process.wait()
        self._release()
        if self._run_lock is not None:
            os.close(self._run_lock)
            self._run_lock = None

    def wait(self, seconds: float) -> bool:
        """Wait up to `seconds` for the server to end by itself; whether it has ended."""
        if self._process is None:
            return True
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _start(self) -> None:
        folder = self._folder = _our_folder(self._folder)
        if self._run_lock is None:
            self._run_lock = _wait_for_lock(folder / _RUN_LOCK, _DYING_SECONDS)
        if self._run_lock is None:
            raise Refused(_("{folder} is in use by another run of the central database.").format(folder=folder))
        cluster = folder / "cluster"
        self._record = _read_record(folder, cluster)
        server_lock = _wait_for_lock(folder / _SERVER_LOCK, _STOP_SECONDS)
        if server_lock is None:
            raise Refused(_("An earlier server over {folder} has not ended yet: try again.").format(folder=folder))
        try:
            found = self._binaries = binaries.find(binaries.server_account(cluster))
            if not cluster.exists():
                _make_cluster(cluster, found, str(self._record["password"]), self._durable)
            _check_version(cluster, found)
            port = _choose_port(self._asked_port, self._record.get("port"))
            self._spawn(cluster, found, port, server_lock)
        finally:
            os.close(server_lock)
        self._await_ready(cluster)
        if self._record.get("port") != port:
            self._record["port"] = port
            _write_record(folder, self._record)
        _log.info("PostgreSQL %s is ready on port %s", found.major, port)

    def _spawn(self, cluster: Path, found: Binaries, port: int, server_lock: int) -> None:
        # We hold the lock every process of a server holds: whatever this file says, nobody is behind it. After a
        # restart of the PC its number may belong to somebody else, and PostgreSQL would wait for him for ever.
        (cluster / "postmaster.pid").unlink(missing_ok=True)
        settings = {
            **({} if self._durable else _NOT_DURABLE),
            "listen_addresses": HOST,
            **self._settings,
            "unix_socket_directories": "",
            "port": str(port),
        }
        log = _open_log(self._folder / _LOG)
        try:
            with binaries.as_seen_by(found.account, cluster) as (path, keep):
                command = [found.program("postgres"), "-D", path]
                for name, value in settings.items():
                    command += ["-c", f"{name}={value}"]
                self._process, self._let_go = binaries.spawn(command, found.account, log, (*keep, server_lock))
        finally:
            os.close(log)

    def _await_ready(self, cluster: Path) -> None:
        process = self._process
        assert process is not None
        log, end = self._folder / _LOG, time.monotonic() + _START_SECONDS
        while not _says_ready(cluster / "postmaster.pid", process.pid):
            if self.wait(_PAUSE):
                text = _("PostgreSQL did not start: {reason} Its log is {log}.")
                raise Refused(text.format(reason=_last_words(log), log=log))
            if time.monotonic() > end:
                raise Refused(_("PostgreSQL was not ready in time. Its log is {log}.").format(log=log))

    def _ask_to_end(self, process: subprocess.Popen[bytes], immediately: bool) -> None:
        if sys.platform == "win32":  # not run yet on Windows
            assert self._binaries is not None
            mode = "immediate" if immediately else "fast"
            self._binaries.run("pg_ctl", "stop", "-m", mode, "-W", "-D", str(self._folder / "cluster"))
        else:
            process.send_signal(signal.SIGQUIT if immediately else signal.SIGINT)

    def _release(self) -> None:
        self._process = None
        if self._let_go is not None:
            self._let_go()
            self._let_go = None


def run_until_stopped(data: Path, port: int | None, announce: Callable[[str, str], None]) -> None:
    """
    Run the database over `data` until SIGTERM or Ctrl+C; call it from the main thread.

    announce(url, admin_url) is called once, when it takes connections. Refused when it cannot start or ends by itself.
    """
    asked = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        asked.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        with EmbeddedPostgres(data, port) as server:
            if not asked.is_set():
                announce(server.url, server.admin_url)
            while not asked.wait(0.1):
                if server.wait(0):
                    raise Refused(_("PostgreSQL has ended by itself. Its log is {log}.").format(log=data / _LOG))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _our_folder(data: Path) -> Path:
    """`data` in full, made when absent; Refused when it holds something that is not ours."""
    folder = data.expanduser().resolve()
    if not folder.exists():
        # As root the server's account has to pass through, not to look around.
        folder.mkdir(parents=True, mode=0o700 if sys.platform == "win32" or os.geteuid() != 0 else 0o711)
    names = {path.name for path in folder.iterdir()}
    if _RECORD not in names and not names <= {_RUN_LOCK, _RECORD_MADE}:
        raise Refused(_("{folder} is not empty and was not made by this program.").format(folder=folder))
    return folder


def _read_record(folder: Path, cluster: Path) -> dict[str, str | int]:
    """What central.json says; made anew, with a new password, as long as there is no cluster."""
    try:
        record = json.loads((folder / _RECORD).read_text("utf-8"))
        password, port = record["password"], record.get("port")
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        password = port = None
    if isinstance(password, str) and _PASSWORD.fullmatch(password):
        return {"password": password, **({"port": port} if type(port) is int else {})}
    if cluster.exists():
        raise Refused(_("{file} is damaged: restore it from a backup.").format(file=folder / _RECORD))
    fresh: dict[str, str | int] = {"password": secrets.token_urlsafe(24)}
    _write_record(folder, fresh)
    return fresh


def _write_record(folder: Path, record: Mapping[str, str | int]) -> None:
    """Replace central.json as a whole, so that a kill at any moment leaves the old or the new one."""
    made = folder / _RECORD_MADE
    made.unlink(missing_ok=True)
    made.touch(0o600)
    _write_durably(made, json.dumps(record), "w")
    made.replace(folder / _RECORD)


def _wait_for_lock(path: Path, seconds: float) -> int | None:
    """The lock file's descriptor, once whoever holds it has let it go; None when that takes longer than `seconds`."""
    end = time.monotonic() + seconds
    while (handle := binaries.lock(path)) is None:
        if time.monotonic() > end:
            return None
        threading.Event().wait(_PAUSE)
    return binaries.high(handle)


def _make_cluster(cluster: Path, found: Binaries, password: str, durable: bool) -> None:
    """Make the cluster beside its place and move it there when it is whole: a kill on the way leaves none."""
    for leftover in cluster.parent.glob("new-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    making = Path(tempfile.mkdtemp(prefix="new-", dir=cluster.parent))
    if found.account and sys.platform != "win32":
        os.chown(making, found.account.uid, found.account.gid)
    with binaries.as_seen_by(found.account, making) as (path, keep):
        arguments = ("-U", SUPERUSER, "-E", "UTF8", "--locale=C", "--auth=reject", "--no-instructions")
        found.run("initdb", "-D", path, *arguments, *(() if durable else ("--no-sync",)), keep=keep)
        _write_durably(making / "pg_hba.conf", _ACCESS, "w")
        _write_durably(making / "postgresql.conf", _CONFIGURATION, "a")
        # Through the input of a server nobody can connect to: the password stands on no command line.
        words = f"ALTER ROLE {SUPERUSER} PASSWORD '{password}';\nCREATE DATABASE {DATABASE};\n"
        single = ("--single", "-D", path, "-c", "exit_on_error=on", "-c", "log_min_messages=fatal", SUPERUSER)
        found.run("postgres", *single, text=words, keep=keep)
    making.replace(cluster)


def _write_durably(path: Path, text: str, mode: str) -> None:
    with path.open(mode, encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _check_version(cluster: Path, found: Binaries) -> None:
    made_by = (cluster / "PG_VERSION").read_text("ascii", errors="replace").strip()
    if made_by != str(found.major):
        text = _("{data} was made by PostgreSQL {made_by}, but {bin} has {major}: name the other in PG_BINDIR.")
        raise Refused(text.format(data=cluster.parent, made_by=made_by, bin=found.folder, major=found.major))


def _choose_port(asked: int | None, last: str | int | None) -> int:
    if asked is not None:
        if not 1 <= asked <= 65535:
            raise Refused(_("{port} is not a port: it is a number from 1 to 65535.").format(port=asked), "port")
        if not _is_free(asked):
            raise Refused(_("Port {port} is in use by another program.").format(port=asked), "port")
        return asked
    if isinstance(last, int) and 1 <= last <= 65535 and _is_free(last):
        return last
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        if sys.platform != "win32":
            # As PostgreSQL does: connections just ended do not keep a port.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _open_log(path: Path) -> int:
    if path.exists() and path.stat().st_size > _LOG_KEPT:
        path.replace(path.with_name(f"{path.name}.1"))
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def _says_ready(pid_file: Path, pid: int) -> bool:
    """Whether the server's own file names `pid` in line 1 and, in line 8, says that it takes connections."""
    try:
        lines = pid_file.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"


def _last_words(log: Path) -> str:
    """The reason the server gave for not starting."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 8_192))
        lines = file.read().decode("utf-8", errors="replace").splitlines()
    reasons = [line.partition("FATAL:")[2].strip() for line in lines if "FATAL:" in line]
    return f"{reasons[-1]}." if reasons else ""
