"""The report for support: one file with versions, check, counts and log, and nothing in it about any person."""

import platform
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from workstation import logs
from workstation.app import checks, load_settings, now
from workstation.app.checks import Check
from workstation.app.desk import Desk, open_desk
from workstation.central.live import PROGRAM
from workstation.errors import Refused, WorkstationError
from workstation.files import unwritable, write_whole
from workstation.home import Home, SignIn
from workstation.language import _
from workstation.services import support
from workstation.settings import machine_file

PARTS = (
    "PySide6-Essentials", "SQLAlchemy", "psycopg", "sqlcipher3", "keyring", "cryptography", "argon2-cffi",
    "phonenumbers", "rapidfuzz", "tzdata",
)  # fmt: skip
LOG_BYTES = 1_000_000  # of the end of the log
PASSWORD_OF = Callable[[SignIn], str]
# Chosen from a list or a number, never typed by anybody.
SETTINGS = (
    "tls", "remember_allowed", "history_days", "directory", "lock_minutes", "offline_days", "language", "region",
    "theme", "sound",
)  # fmt: skip
_HEAD = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [A-Z]{4,8} [A-Za-z0-9_.]{1,100} ")
_FRAME = re.compile(r" {2,40}[A-Za-z0-9_.<>-]+(/[A-Za-z0-9_.<>-]+)?(:\d+:[A-Za-z0-9_.<>-]+)?")
# Written by nobody of ours, but looked for all the same in what our messages say.
_NUMBER = re.compile(r"\+?\d[\d ()-]{5,}\d")
_ADDRESS = re.compile(r"\S+@\S+")


def look(home: Home, password_of: PASSWORD_OF) -> tuple[list[Check], dict[str, Any]]:
    """The checks of this home and the counts of the last agent's replica, as far as it can be opened."""
    found = checks.of_pc(home)
    try:
        who = home.last_sign_in()
        if who is None:
            return [*found, Check("replica", True, "", "none")], {}
        with open_desk(home, who, password_of(who)) as desk:
            return [*found, *checks.of_desk(desk)], counts_of(desk)
    except WorkstationError as error:
        return [*found, Check("replica", False, "", type(error).__name__)], {}


def counts_of(desk: Desk) -> dict[str, Any]:
    """What the replica of an open desk holds, and how large it is."""
    try:
        with desk.store.read() as session:
            found = support.counts(session)
    except Exception as error:  # noqa: BLE001 - a report is wanted just when something is broken
        return {"counts": {"not read": type(error).__name__}}
    sizes = {path.name.removeprefix("replica."): path.stat().st_size for path in desk.folder.glob("replica.db*")}
    device = str(desk.who.device) if desk.who.device else "?"
    return found | {"bytes": sizes, "desk": {"device": device, "role": desk.role}}


def write_desk_report(desk: Desk, said: str, name: str) -> Path:
    """The report of an open desk, for its window: in the file that was typed, or under `name` in the folder that was.

    Waits for central. Gives where it lies. Raises Refused.
    """

    def content() -> tuple[list[Check], dict[str, Any]]:
        return [*checks.of_pc(desk.home), *checks.of_desk(desk)], counts_of(desk)

    return _write_where_said(said, name, desk.home, content, desk.clock)


def write_home_report(home: Home, password_of: PASSWORD_OF, said: str, name: str) -> Path:
    """The same before anybody has signed in."""
    return _write_where_said(said, name, home, partial(look, home, password_of), now)


def _write_where_said(
    said: str,
    name: str,
    home: Home,
    content: Callable[[], tuple[list[Check], dict[str, Any]]],
    clock: Callable[[], datetime],
) -> Path:
    path = Path(said)
    try:
        path = path.expanduser()
        path = path / name if path.is_dir() else path
        if not path.is_absolute():
            raise Refused(_("Name the file with its folder."), "file")
        found, counts = content()
        write_report(path, home, found, counts, clock())
    except OSError as error:
        raise unwritable(path, error) from None
    except (ValueError, RuntimeError) as error:  # a NUL character; nobody's home
        raise Refused(_("This cannot be the name of a file."), "file") from error
    return path


def write_report(path: Path, home: Home, found: Sequence[Check], counts: dict[str, Any], at: datetime) -> int:
    """Write the report; gives its bytes. Raises Refused when the file is there already, or cannot be written."""
    if path.exists() or path.is_symlink():
        raise Refused(_("{path} is there already; name another file.").format(path=path), "file")
    content = "\n".join(_lines(home, found, counts, at)).encode("utf-8", "replace")
    write_whole(path, content)
    return len(content)


def _lines(home: Home, found: Sequence[Check], counts: dict[str, Any], at: datetime) -> Iterator[str]:
    yield f"Agent Workstation: report for support, {at.isoformat(timespec='seconds')}"
    yield "No names, numbers, notes, addresses or passwords are in this file."
    yield from _section("versions", _versions())
    yield from _section("check", {check.name: f"{'ok' if check.ok else 'NO'} {check.fact}" for check in found})
    yield from _section("settings", _settings(home))
    for name, values in counts.items():
        yield from _section(name, values if isinstance(values, dict) else {"number": values})
    yield from ("", "[log]")
    yield from log_lines(home)
    yield ""


def _section(name: str, values: dict[str, Any]) -> Iterator[str]:
    yield from ("", f"[{name}]")
    yield from (f"{key}: {value}" for key, value in values.items())


def _versions() -> dict[str, str]:
    return {
        "Agent Workstation": PROGRAM,
        "packaged": str(bool(getattr(sys, "frozen", False))),
        "Python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        **{part: checks.version_of(part) for part in PARTS},
        "screens": checks.screens(),
    }


def _settings(home: Home) -> dict[str, str]:
    try:
        found = load_settings(home)
    except WorkstationError as error:
        return {"not read": type(error).__name__}
    values = {name: str(getattr(found, name)) for name in SETTINGS}
    return {
        **{name: value if re.fullmatch(r"[A-Za-z0-9_-]{1,12}", value) else "?" for name, value in values.items()},
        "root_cert": "system" if found.root_cert == "system" else "a file",
        "central": "named" if found.central else "not named",
        "machine file": "there" if machine_file().exists() else "none",
        "warnings": str(len(found.warnings)),
    }


def log_lines(home: Home) -> Iterator[str]:
    """The end of the log, oldest first. A line that is not as ours are is left out; it may be of anything."""
    try:
        files = sorted(home.logs.glob(f"{logs.FILE_NAME}*"), key=lambda path: path.name, reverse=True)
    except WorkstationError as error:
        yield type(error).__name__
        return
    text = b""
    for path in reversed(files):
        if len(text) < LOG_BYTES:
            text = _end_of(path, LOG_BYTES - len(text)) + text
    for line in text.decode("utf-8", "replace").splitlines():
        head = _HEAD.match(line)
        if head:
            said = _ADDRESS.sub("#", _NUMBER.sub("#", line[head.end() :]))
            yield head[0] + "".join(letter for letter in said if letter.isprintable())
        elif _FRAME.fullmatch(line):
            yield line
        else:
            yield "(a line that is not of this program)"


def _end_of(path: Path, size: int) -> bytes:
    """The last bytes of a file, from the beginning of a line."""
    try:
        with path.open("rb") as file:
            length = file.seek(0, 2)
            file.seek(max(0, length - size))
            content = file.read(size)
    except OSError:
        return b""
    return content if length <= size else content.partition(b"\n")[2]
