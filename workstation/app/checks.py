"""The self-test of an installation: what works on this PC, and what to do about what does not."""

import importlib
import os
import shutil
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sqlcipher3 import dbapi2

from workstation import programs
from workstation.app import load_settings, now
from workstation.app.desk import Desk, open_desk
from workstation.errors import WorkstationError
from workstation.home import Home, SignIn
from workstation.language import _
from workstation.replica import engines, keychain
from workstation.services.sync import say_hello

try:
    from PySide6 import QtCore, QtGui, QtWidgets
except ImportError as missing:  # a system library that Qt needs is absent: that is what the check is for
    QtCore = QtGui = QtWidgets = None  # type: ignore[assignment]
    QT_TROUBLE = str(missing)
else:
    QT_TROUBLE = ""

CLOCK_SECONDS = 120.0  # sync.md, section 1.5: shown times are marked beyond this
CALL_SECONDS = 10.0  # somebody waits for the answer
FREE_BYTES = 500_000_000  # a replica of a large centre, and the log of its changes
LETTERS = "ҒғҚқҲҳЎўІіʻʼЯя"  # those of the four languages that fonts lack most often


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at.

    Attributes:
        detail: for the person at this PC; may name an address, a login, a folder.
        fact: the same for a report that leaves this PC: a version or a figure, nobody's name.
    """

    name: str
    ok: bool
    detail: str
    fact: str = ""


class _Absent(WorkstationError):
    """Something this PC lacks."""


def of_pc(home: Home) -> list[Check]:
    """What does not depend on who works here."""
    folder = _update_folder(home)
    return [
        _look("qt", _qt),
        _look("fonts", _fonts),
        _look("keyring", _keyring),
        _look("sqlite", _sqlite),
        _look("time zones", _zones),
        _look("disk", lambda: _disk(home)),
        _look("settings", lambda: _settings(home)),
        *([_look("updates", lambda: _updates(folder))] if folder is not None else []),
    ]


def of_last_agent(home: Home, password_of: Callable[[SignIn], str]) -> list[Check]:
    """Replica, central and clock of the agent who signed in last; not looked at before the first sign-in."""
    try:
        who = home.last_sign_in()
        if who is None:
            return [Check("replica", True, _("nobody has signed in yet"), "none")]
        with open_desk(home, who, password_of(who)) as desk:
            return of_desk(desk)
    except WorkstationError as error:
        return [Check("replica", False, str(error), type(error).__name__)]


def of_desk(desk: Desk) -> list[Check]:
    """Replica, central and clock of an open desk; waits for central as long as one call may take."""
    central = _look("central", lambda: _central(desk))
    clock = _look("clock", lambda: _clock(desk, was_heard=central.ok))
    return [Check("replica", True, desk.who.agent, "open"), central, clock]


def version_of(distribution: str) -> str:
    """The version of an installed part; ? where the package does not say."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "?"


def screens() -> str:
    """The screens of a running window, as "1366×768 at 1.25"."""
    if QT_TROUBLE or QtGui.QGuiApplication.instance() is None:
        return ""
    sizes = [(screen.size(), screen.devicePixelRatio()) for screen in QtGui.QGuiApplication.screens()]
    return ", ".join(f"{size.width()}×{size.height()} at {ratio:g}" for size, ratio in sizes)


def _look(name: str, at: Callable[[], tuple[str, str]]) -> Check:
    """Run one check; whatever goes wrong in it becomes its detail."""
    try:
        detail, fact = at()
    except WorkstationError as error:
        return Check(name, False, str(error), type(error).__name__.lstrip("_"))
    except Exception as error:  # noqa: BLE001 - what breaks, ours or a library's, is what the check is to tell
        return Check(name, False, type(error).__name__, type(error).__name__)
    return Check(name, True, detail, fact)


def _qt() -> tuple[str, str]:
    if QtCore is None:
        raise _Absent(_("Qt cannot be loaded: {why}").format(why=QT_TROUBLE))
    found = QtCore.qVersion()
    return found, found


def _fonts() -> tuple[str, str]:
    """Every letter of the four languages must have a shape."""
    if QtGui is None:
        raise _Absent(_("Qt cannot be loaded, so fonts cannot be looked at."))
    application = QtWidgets.QApplication.instance()
    if application is None:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"  # fonts need no display; Qt ends the process when one is silent
        application = QtWidgets.QApplication([])
    families = QtGui.QFontDatabase.families()
    metrics = QtGui.QRawFont.fromFont(QtGui.QGuiApplication.font())
    lacking = [letter for letter in LETTERS if not metrics.supportsCharacter(ord(letter))]
    if not families or lacking:
        raise _Absent(
            _("Letters without a shape: {letters}. Install a font such as DejaVu Sans.").format(
                letters="".join(lacking)
            )
        )
    return _("{count} families").format(count=len(families)), str(len(families))


def _keyring() -> tuple[str, str]:
    """A PC without one is in order: nobody's password is kept there, and the program says so where it matters."""
    if not keychain.is_available():
        return _("This PC has no keyring; the password is asked for at every sign-in."), "none"
    return _("available"), "available"


def _sqlite() -> tuple[str, str]:
    engines.refuse_bad_sqlite(dbapi2.sqlite_version_info)
    found = str(dbapi2.sqlite_version)
    return found, found


def _zones() -> tuple[str, str]:
    """The rules are the program's own and of last year at the oldest; Tashkent is five hours ahead by them."""
    offset = datetime(2026, 7, 1, 12, tzinfo=zoneinfo.ZoneInfo("Asia/Tashkent")).strftime("%z")
    if offset != "+0500":
        raise _Absent(_("The time-zone rules are wrong for Tashkent: {offset}.").format(offset=offset))
    found = str(importlib.import_module("tzdata").IANA_VERSION)
    if int(found[:4]) < now().year - 1:
        raise _Absent(_("The time-zone rules are of {version}; the program must be updated.").format(version=found))
    return found, found


def _disk(home: Home) -> tuple[str, str]:
    """There is room, and the log can be written."""
    free = shutil.disk_usage(home.logs).free
    megabytes = free // 1_000_000
    if free < FREE_BYTES:
        raise _Absent(_("Only {megabytes} MB are free where the data of this PC lie.").format(megabytes=megabytes))
    return _("{megabytes} MB free").format(megabytes=megabytes), f"{megabytes} MB free"


def _settings(home: Home) -> tuple[str, str]:
    found = load_settings(home)
    if found.warnings:
        raise _Absent(" ".join(found.warnings))
    return found.central or _("no central named"), "read"


def _update_folder(home: Home) -> Path | None:
    try:
        return load_settings(home).update_folder
    except WorkstationError:  # told by another check
        return None


def _updates(folder: Path) -> tuple[str, str]:
    """The update folder can be read from this PC; what is newest there, if it is newer than this program."""
    try:
        next(folder.iterdir(), None)
    except OSError as error:
        told = _("The update folder {path} cannot be read: {why}.")
        raise _Absent(told.format(path=folder, why=error.strerror or type(error).__name__)) from None
    found = next(programs.newer(folder, programs.own_version()), None)
    if found is None:
        return _("nothing newer in {path}").format(path=folder), "nothing newer"
    return _("version {version} lies ready in {path}").format(version=found.words, path=folder), found.words


def _central(desk: Desk) -> tuple[str, str]:
    central = desk.central("check", CALL_SECONDS)
    try:
        say_hello(desk.sync_desk(central))
    finally:
        central.close()
    return desk.who.central, "answers"


def _clock(desk: Desk, *, was_heard: bool) -> tuple[str, str]:
    """How far this PC's clock is from central's, as heard now or at the last hello."""
    seconds = round(abs(int(desk.store.fact("clock_offset_ms") or 0)) / 1000, 1)
    detail = _("{seconds} s away from central's, {time} here").format(seconds=seconds, time=now().isoformat())
    if not was_heard:
        detail = _("{detail}; central was not heard now").format(detail=detail)
    if seconds > CLOCK_SECONDS:
        raise _Absent(detail)
    return detail, f"{seconds} s"
