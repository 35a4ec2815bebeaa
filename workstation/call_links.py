"""Makes this program the one that opens tel: and workstation: addresses, for this person alone, and undoes it.

Linux: a desktop file of the freedesktop standards and `xdg-mime` (tried on Debian 12). Windows: classes below
HKEY_CURRENT_USER, after Microsoft's "Registering an Application to a URI Scheme" and "Default Programs"; written and
reviewed, not yet run. macOS: addresses belong to an application bundle, which the package has to declare.
"""

import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from workstation.errors import Refused
from workstation.files import write_whole
from workstation.language import _

if sys.platform == "win32":
    import winreg

SCHEMES = ("tel", "workstation")
NAME = "Agent Workstation"
DESKTOP_FILE = "agent-workstation-call.desktop"
PROG_ID = "AgentWorkstation.Call"
CAPABILITIES = r"Software\AgentWorkstation\Capabilities"
XDG_SECONDS = 20
_BARE = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")
_QUOTED = str.maketrans({letter: "\\" + letter for letter in '"`$\\'})


def command() -> list[str]:
    """What hands an address over to the window; the address comes after it. `--` makes all that follows no option."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "pop", "--"]
    return [sys.executable, "-m", "workstation", "pop", "--"]


def register(home: Path | None = None) -> None:
    """Open tel: and workstation: addresses with this program from now on. Raises Refused with what is in the way."""
    given = command()
    if home is not None:
        given[-2:-2] = ["--home", str(home)]
    if sys.platform == "win32":
        _register_windows(given)
    elif sys.platform == "darwin":
        raise Refused(_("On macOS the installed application itself says which addresses it opens; nothing to do here."))
    else:
        _register_linux(given)


def unregister() -> None:
    """Let others open them again; nothing happens where they were never ours."""
    if sys.platform == "win32":
        _unregister_windows()
    elif sys.platform != "darwin":
        _unregister_linux()


def desktop_entry(given: Sequence[str]) -> str:
    """The desktop file: hidden in menus, there only for its addresses. Arguments are quoted as the standard says."""
    exec_line = " ".join(_exec_argument(one) for one in given)
    types = "".join(f"x-scheme-handler/{scheme};" for scheme in SCHEMES)
    return (
        "[Desktop Entry]\nType=Application\nVersion=1.0\n"
        f"Name={NAME}\nComment=Who is calling\nExec={exec_line} %u\n"
        f"MimeType={types}\nNoDisplay=true\nTerminal=false\nStartupNotify=false\n"
    )


def _exec_argument(text: str) -> str:
    """https://specifications.freedesktop.org/desktop-entry-spec: in quotes with \\ before "`$\\; the value of a key is
    escaped once more, and a % is doubled. Bare where it may be: xdg-open of plain desktops understands no quotes."""
    if not text.isprintable():
        raise Refused(_("{path} cannot stand in a desktop file.").format(path=repr(text)))
    quoted = text if _BARE.fullmatch(text) else f'"{text.translate(_QUOTED)}"'
    return quoted.replace("\\", "\\\\").replace("%", "%%")


def _applications() -> Path:
    data = os.environ.get("XDG_DATA_HOME", "")
    return (Path(data) if Path(data).is_absolute() else Path.home() / ".local" / "share") / "applications"


def _mime_lists() -> list[Path]:
    """Where the desktop keeps who opens what: the present file, and the one of older desktops."""
    given = os.environ.get("XDG_CONFIG_HOME", "")
    config = Path(given) if Path(given).is_absolute() else Path.home() / ".config"
    return [config / "mimeapps.list", _applications() / "mimeapps.list"]


def _register_linux(given: Sequence[str]) -> None:
    tool = shutil.which("xdg-mime")
    if tool is None:
        raise Refused(_("xdg-mime is needed to register addresses; it is in the package xdg-utils."))
    folder = _applications()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (Path(_mime_lists()[0]).parent).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise Refused(_("{file} cannot be written: {why}.").format(file=folder, why=why)) from error
    write_whole(folder / DESKTOP_FILE, desktop_entry(given).encode())
    types = [f"x-scheme-handler/{scheme}" for scheme in SCHEMES]
    try:
        subprocess.run([tool, "default", DESKTOP_FILE, *types], check=True, capture_output=True, timeout=XDG_SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        raise Refused(_("xdg-mime did not register the addresses: {why}.").format(why=type(error).__name__)) from error
    _tell_desktop()


def _tell_desktop() -> None:
    """The cache of who opens what is made anew, where there is one."""
    update = shutil.which("update-desktop-database")
    if update is not None:
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            subprocess.run([update, str(_applications())], check=False, capture_output=True, timeout=XDG_SECONDS)


def _unregister_linux() -> None:
    (_applications() / DESKTOP_FILE).unlink(missing_ok=True)
    for path in _mime_lists():
        try:
            before = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        after = "".join(_without_ours(line) for line in before.splitlines(keepends=True))
        if after != before:
            write_whole(path, after.encode())
    _tell_desktop()


def _without_ours(line: str) -> str:
    """A line of mimeapps.list, type=one.desktop;other.desktop; without ours; nothing when ours was the only one."""
    kind, equals, files = line.partition("=")
    if not equals or DESKTOP_FILE not in files:
        return line
    kept = [file for file in files.strip().split(";") if file and file != DESKTOP_FILE]
    return f"{kind}={';'.join(kept)};\n" if kept else ""


def windows_values(given: Sequence[str]) -> list[tuple[str, str, str]]:
    """(key below HKEY_CURRENT_USER, name of the value, text). An address has its quotes as %22, so "%1" holds it."""
    opens = subprocess.list2cmdline(given) + ' "%1"'
    classes = r"Software\Classes"
    values = [
        (rf"{classes}\{PROG_ID}", "", f"URL:{NAME}"),
        (rf"{classes}\{PROG_ID}", "URL Protocol", ""),
        (rf"{classes}\{PROG_ID}\shell\open\command", "", opens),
        (rf"{classes}\workstation", "", f"URL:{NAME}"),
        (rf"{classes}\workstation", "URL Protocol", ""),
        (rf"{classes}\workstation\shell\open\command", "", opens),
        (CAPABILITIES, "ApplicationName", NAME),
        (CAPABILITIES, "ApplicationDescription", "Who is calling"),
        (r"Software\RegisteredApplications", NAME, CAPABILITIES),
    ]
    return values + [(rf"{CAPABILITIES}\UrlAssociations", scheme, PROG_ID) for scheme in SCHEMES]


def _register_windows(given: Sequence[str]) -> None:
    """tel: is then offered in "Default apps": since Windows 8 only the person may choose who opens it."""
    if sys.platform == "win32":
        for key, name, text in windows_values(given):
            with winreg.CreateKey(winreg.HKEY_CURRENT_USER, key) as opened:
                winreg.SetValueEx(opened, name, 0, winreg.REG_SZ, text)


def _unregister_windows() -> None:
    if sys.platform == "win32":
        classes = r"Software\Classes"
        for top in (rf"{classes}\{PROG_ID}", rf"{classes}\workstation"):
            for below in (r"\shell\open\command", r"\shell\open", r"\shell", ""):
                _delete_key(top + below)
        for key in (rf"{CAPABILITIES}\UrlAssociations", CAPABILITIES, r"Software\AgentWorkstation"):
            _delete_key(key)
        try:
            with winreg.OpenKey(
                winreg.HKEY_CURRENT_USER, r"Software\RegisteredApplications", 0, winreg.KEY_SET_VALUE
            ) as opened:
                winreg.DeleteValue(opened, NAME)
        except FileNotFoundError:
            return


def _delete_key(key: str) -> None:
    """One without keys below it; nothing happens when it is not there, or holds keys of somebody else."""
    if sys.platform == "win32":
        try:
            winreg.DeleteKey(winreg.HKEY_CURRENT_USER, key)
        except OSError:
            return
