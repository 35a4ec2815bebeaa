"""What an administrator sets for a PC and an agent for themselves, read from two small files and checked."""

import json
import re
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from workstation.errors import Refused
from workstation.files import write_whole
from workstation.language import _

_MAX_FILE_BYTES = 100_000

# Protection an administrator has set for a PC is not loosened by a file the agent may edit.
FIXED_BY_MACHINE = frozenset({"tls", "root_cert", "remember_allowed", "lock_minutes", "offline_days", "update_folder"})


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings in force. `warnings` are sentences for the person: keys unknown or not allowed to win.

    `central` is an address without login or password; `language` None means the language of the PC.
    """

    central: str | None = None
    tls: str = "verify-full"
    root_cert: str = "system"
    remember_allowed: bool = True
    history_days: int = 90
    directory: str = "all"
    lock_minutes: int = 10
    offline_days: int = 14
    update_folder: Path | None = None
    language: str | None = None
    region: str = "UZ"
    theme: str = "system"
    sound: bool = True
    warnings: tuple[str, ...] = ()


def machine_file() -> Path:
    """Where an administrator puts the settings of a whole PC."""
    if sys.platform in ("win32", "darwin"):
        return Path(platformdirs.site_config_dir("AgentWorkstation", appauthor=False)) / "settings.toml"
    return Path("/etc/agent-workstation/settings.toml")


def load(home: Path, machine: Path | None = None) -> Settings:
    """Read the PC's file and above it `settings.toml` of the home; a file that is absent says nothing.

    Refused, with the file, the key and what is expected, when a value is wrong or a file cannot be read.
    """
    machine = machine or machine_file()
    mine = home / "settings.toml"
    of_machine, warnings = _read(machine)
    of_agent, more = _read(mine)
    warnings += more
    for key in sorted(FIXED_BY_MACHINE & of_machine.keys() & of_agent.keys()):
        del of_agent[key]
        told = _("{file}: {key} is set for this PC by its administrator; the value here is not used.")
        warnings.append(told.format(file=mine, key=key))
    return Settings(**of_machine | of_agent, warnings=tuple(warnings))


def save(home: Path, changes: dict[str, str | int | bool]) -> None:
    """Write settings of the agent's own file; other lines and comments stay. Refused when a value is wrong, the file
    cannot be written, or this PC's administrator has set the key."""
    fixed, _warnings = _read(machine_file())
    path = home / "settings.toml"
    known = _parse(path)  # what is no settings file is not overwritten
    for key, value in changes.items():
        if key in FIXED_BY_MACHINE & fixed.keys():
            raise Refused(_("{key} is set for this PC by its administrator.").format(key=key), key)
        read, describe = _EXPECTED[key]
        try:
            read(value)
        except (ValueError, TypeError):
            raise Refused(
                _("{key} is wrong; expected is {expected}.").format(key=key, expected=describe()), key
            ) from None
    lines = path.read_text("utf-8-sig").splitlines() if known else []
    for key, value in changes.items():
        line = f"{key} = {json.dumps(value, ensure_ascii=False)}"
        at = next((n for n, old in enumerate(lines) if re.match(rf"\s*{key}\s*=", old)), None)
        if at is None:
            lines.insert(0, line)  # before any table
        else:
            lines[at] = line
    write_whole(path, ("\n".join(lines) + "\n").encode())


def whole_address(given: str) -> str:
    """The address of central as people write it, "db.example.org", made whole: postgresql://db.example.org/workstation."""
    text = given.strip()
    if not text or "=" in text:
        return text
    if "://" not in text:
        text = f"postgresql://{text}"
    return text if "/" in text.partition("://")[2] else f"{text}/workstation"


def _read(path: Path) -> tuple[dict[str, Any], list[str]]:
    """The checked values of one file and the warnings about it."""
    found, warnings, values = _parse(path), [], {}
    for key, value in found.items():
        if key not in _EXPECTED:
            warnings.append(_("{file}: there is no setting {key}; it is not used.").format(file=path, key=key))
            continue
        read, _describe = _EXPECTED[key]
        try:
            values[key] = read(value)
        except (ValueError, TypeError):
            told = _("{file}: {key} is wrong; expected is {expected}.")
            raise Refused(told.format(file=path, key=key, expected=_describe()), key) from None
    return values, warnings


def _parse(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        return {}
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise Refused(_("{file} cannot be read: {why}.").format(file=path, why=why)) from None
    if len(content) > _MAX_FILE_BYTES:
        raise Refused(_("{file} is too long to be a settings file.").format(file=path))
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        why = str(error) if isinstance(error, tomllib.TOMLDecodeError) else _("not UTF-8 text")
        raise Refused(_("{file} is not a settings file (TOML): {why}.").format(file=path, why=why)) from None


def _line(value: object) -> str:
    if not isinstance(value, str) or not value or len(value) > 255 or not value.isprintable():
        raise ValueError
    return value


def _address(value: object) -> str:
    text = _line(value)
    if "@" in text or " " in text:
        raise ValueError
    return text


def _folder(value: object) -> Path:
    path = Path(_line(value))
    if not path.is_absolute():
        raise ValueError
    return path


def _certificate(value: object) -> str:
    return "system" if value == "system" else str(_folder(value))


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _region(value: object) -> str:
    text = _line(value)
    if len(text) != 2 or not (text.isascii() and text.isalpha() and text.isupper()):
        raise ValueError
    return text


_Reader = tuple[Callable[[object], Any], Callable[[], str]]


def _one_of(*choices: str) -> _Reader:
    def read(value: object) -> str:
        if value not in choices:
            raise ValueError
        return str(value)

    return read, lambda: _("one of {choices}").format(choices=", ".join(f'"{one}"' for one in choices))


def _number(low: int, high: int) -> _Reader:
    def read(value: object) -> int:
        if type(value) is not int or not low <= value <= high:  # a bool is an int too
            raise ValueError
        return value

    return read, lambda: _("a whole number from {low} to {high}").format(low=low, high=high)


# The second of each pair words what is expected, when asked: the language is chosen after this module is imported.
_EXPECTED: dict[str, _Reader] = {
    "central": (_address, lambda: _('an address like "db.example.org:5432/name", without login and password')),
    "tls": _one_of("verify-full", "none"),
    "root_cert": (_certificate, lambda: _('"system" or the full path of a certificate file')),
    "remember_allowed": (_yes_or_no, lambda: _("true or false")),
    "history_days": _number(1, 3650),
    "directory": _one_of("all", "touched"),
    "lock_minutes": _number(1, 1440),
    "offline_days": _number(0, 365),
    "update_folder": (_folder, lambda: _("the full path of a folder")),
    "language": _one_of("en", "ru", "uz", "be"),
    "theme": _one_of("system", "light", "dark"),
    "sound": (_yes_or_no, lambda: _("true or false")),
    "region": (_region, lambda: _('two capital letters of a country, like "UZ"')),
}
