"""The self-test of an installation: what works on this PC, and what to do about what does not."""

import os
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version

import click
from sqlcipher3 import dbapi2

from workstation.app import load_settings, now, open_desk
from workstation.cli.common import Output, common, password_of
from workstation.errors import WorkstationError
from workstation.home import Home, SignIn
from workstation.language import _
from workstation.replica import engines, keychain
from workstation.services.sync import say_hello

try:
    from PySide6 import QtGui, QtWidgets
except ImportError as missing:  # a system library that Qt needs is absent: that is what this command is for
    QtGui = QtWidgets = None  # type: ignore[assignment]
    QT_TROUBLE = str(missing)
else:
    QT_TROUBLE = ""


CLOCK_SECONDS = 120.0  # sync.md, section 1.5: shown times are marked beyond this


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at."""

    name: str
    ok: bool
    detail: str


@click.command("check")
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")
@common
def check_command(password_stdin: bool, home: Home, out: Output) -> int:
    """Look at Qt, fonts, keyring, replica, central, clock, time zones; exit 1 when something is wrong."""
    checks = [
        _look("qt", _qt),
        _look("fonts", _fonts),
        _look("keyring", _keyring),
        _look("sqlite", _sqlite),
        _look("time zones", _zones),
        _look("settings", lambda: _settings(home)),
        *_desk(home, password_stdin),
    ]
    words = "\n".join(f"{'ok ' if c.ok else 'NO '} {c.name}: {c.detail}" for c in checks)
    out.show({"checks": [{"name": c.name, "ok": c.ok, "detail": c.detail} for c in checks]}, words)
    failed = [c.name for c in checks if not c.ok]
    if failed:
        click.echo(_("Not in order: {names}.").format(names=", ".join(failed)), err=True)
    return 1 if failed else 0


def _look(name: str, at: Callable[[], str]) -> Check:
    """Run one check; ours and the libraries' troubles become its detail."""
    try:
        return Check(name, True, at())
    except WorkstationError as error:
        return Check(name, False, str(error))
    except (OSError, RuntimeError, LookupError, ValueError) as error:
        return Check(name, False, type(error).__name__)


class _Absent(WorkstationError):
    """Something this PC lacks."""


def _qt() -> str:
    if QtGui is None:
        raise _Absent(_("Qt cannot be loaded: {why}").format(why=QT_TROUBLE))
    try:
        return version("PySide6-Essentials")
    except PackageNotFoundError:
        return "?"


def _fonts() -> str:
    """Every letter of the four languages must have a shape."""
    if QtGui is None:
        raise _Absent(_("Qt cannot be loaded, so fonts cannot be looked at."))
    os.environ["QT_QPA_PLATFORM"] = "offscreen"  # fonts need no display; Qt ends the process when one does not answer
    application = QtWidgets.QApplication.instance() or QtWidgets.QApplication([])
    families = QtGui.QFontDatabase.families()
    metrics = QtGui.QRawFont.fromFont(application.font())  # type: ignore[attr-defined]
    lacking = [letter for letter in "ҒғҚқҲҳЎўІіʻʼЯя" if not metrics.supportsCharacter(ord(letter))]
    if not families or lacking:
        raise _Absent(
            _("Letters without a shape: {letters}. Install a font such as DejaVu Sans.").format(
                letters="".join(lacking)
            )
        )
    return _("{count} families").format(count=len(families))


def _keyring() -> str:
    """Asks for something nobody stored: a keyring that answers at all is a working one."""
    if not keychain.is_available():
        raise _Absent(_("This PC has no keyring; the password is asked for at every sign-in."))
    return _("available")


def _sqlite() -> str:
    engines.refuse_bad_sqlite(dbapi2.sqlite_version_info)
    return str(dbapi2.sqlite_version)


def _zones() -> str:
    zone = zoneinfo.ZoneInfo("Asia/Tashkent")
    offset = datetime(2026, 7, 1, 12, tzinfo=zone).strftime("%z")
    if offset != "+0500":
        raise _Absent(_("The time-zone rules are wrong for Tashkent: {offset}.").format(offset=offset))
    return version("tzdata")


def _settings(home: Home) -> str:
    found = load_settings(home)
    if found.warnings:
        raise _Absent(" ".join(found.warnings))
    return found.central or _("no central named")


def _desk(home: Home, password_stdin: bool) -> list[Check]:
    """Replica, central and clock of the agent who signed in last; not looked at before the first sign-in."""
    try:
        who = home.last_sign_in()
    except WorkstationError as error:
        return [Check("replica", False, str(error))]
    if who is None:
        return [Check("replica", True, _("nobody has signed in yet"))]
    return _open_desk(home, who, password_stdin)


def _open_desk(home: Home, who: SignIn, password_stdin: bool) -> list[Check]:
    found: list[Check] = []
    try:
        with open_desk(home, who, password_of(who, password_stdin)) as desk:
            found.append(Check("replica", True, who.agent))
            central = desk.central("check")
            try:
                say_hello(desk.sync_desk(central))
                found.append(Check("central", True, who.central))
            except WorkstationError as error:
                return [*found, Check("central", False, str(error))]
            finally:
                central.close()
            offset = abs(int(desk.store.fact("clock_offset_ms") or 0)) / 1000
            detail = _("{seconds} s away from central's, {time} here").format(
                seconds=round(offset, 1), time=now().isoformat()
            )
            found.append(Check("clock", offset <= CLOCK_SECONDS, detail))
    except WorkstationError as error:
        found.append(Check("replica", False, str(error)))
    return found
