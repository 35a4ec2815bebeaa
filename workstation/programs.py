"""Programs of ours that lie side by side: what an administrator has put into the update folder, and what an agent has
taken from there. An agent has no administrator's rights, so a newer program lies in the agent's own folder, and the
installed one steps aside for it when it starts."""

import hashlib
import json
import os
import platform
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Any

import platformdirs

from workstation.errors import Refused
from workstation.files import fsync_folder
from workstation.language import _

CONTENTS = "contents.json"  # in each package, written last: a folder without it is still being copied
STARTS = ".starts"  # beside a program that has not shown its window yet, a byte for each try
MOST_STARTS = 3
_NAME = re.compile(r"agent-workstation-(\d{1,4}(?:\.\d{1,4}){1,3})")
_MOST_FOLDERS, _MOST_FILES, _MOST_BYTES, _MOST_CONTENTS_BYTES = 1_000, 20_000, 1_000_000_000, 5_000_000
_CHUNK_BYTES = 1_000_000
# PyInstaller's starter takes a program that one of its own starts for a part of it, unless told otherwise.
_INDEPENDENT = {"PYINSTALLER_RESET_ENVIRONMENT": "1"}

Version = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Release:
    """One program in a folder named after its version."""

    version: Version
    folder: Path

    @property
    def words(self) -> str:
        """The version as people read it."""
        return ".".join(map(str, self.version))


def own_folder() -> Path | None:
    """The folder of the packaged program that runs; None when Python runs it, or macOS, which has its own way."""
    is_packaged = getattr(sys, "frozen", False) and sys.platform != "darwin"
    return Path(sys.executable).resolve().parent if is_packaged else None


def own_version() -> Version:
    """The version of this program; () where the package does not say."""
    try:
        return version_in(f"agent-workstation-{metadata.version('agent-workstation')}") or ()
    except metadata.PackageNotFoundError:
        return ()


def taken_folder() -> Path:
    """Where an agent's own copies of newer programs lie: local to this PC, outside every home."""
    return Path(platformdirs.user_data_dir("AgentWorkstation-programs", appauthor=False, roaming=False))


def version_in(name: str) -> Version | None:
    """The version a folder is named after, or None for anything else."""
    found = _NAME.fullmatch(name)
    return tuple(map(int, found[1].split("."))) if found else None


def newer(folder: Path, than: Version) -> Iterator[Release]:
    """The whole programs in a folder above this version, the newest first; none when it cannot be read. May wait for a
    network share."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry, _at in zip(entries, range(_MOST_FOLDERS), strict=False)]
    except OSError:
        return
    found = [(version, name) for name in names if (version := version_in(name)) is not None and version > than]
    for version, name in sorted(found, reverse=True):
        with suppress(OSError):
            if (folder / name / CONTENTS).is_file() and (folder / name / _program()).is_file():
                yield Release(version, folder / name)


def contents(folder: Path) -> dict[str, Any]:
    """What belongs to the program in a folder, as `read_contents` reads it: what the package is made with."""
    files: dict[str, list[Any]] = {}
    links: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            links[name] = path.readlink().as_posix()
        elif path.is_file() and name != CONTENTS:
            is_program = bool(path.stat().st_mode & stat.S_IXUSR)
            files[name] = [path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest(), is_program]
    return {"system": system(), "files": files, "links": links}


def system() -> str:
    """Where a package runs, as "linux-x86_64"."""
    return f"{sys.platform}-{platform.machine().lower()}"


def take(release: Release, into: Path, progress: Callable[[float], None] = lambda _share: None) -> Release:
    """Copy a program, checked file by file against its own list, so that it is there whole or not at all.

    `progress` hears the share that is done, 0 to 1. Raises Refused, in words, when the list is not one of ours, a file
    differs from it, others may write there, or the disk does not take it.
    """
    try:
        if sys.platform != "win32" and any(_is_open_to_all(path) for path in (release.folder, release.folder.parent)):
            told = _("Everybody may write into {path}: no program is taken from there.")
            raise Refused(told.format(path=release.folder))
        files, links = read_contents(release.folder)
        into.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make_room(into, sum(size for size, _digest, _is_program in files.values()))
        making, made = into / f".{release.folder.name}", into / release.folder.name
        for left in (making, made):
            if left.exists():
                shutil.rmtree(left)
        _copy(release.folder, making, files, links, progress)
        making.rename(made)
        fsync_folder(into)
    except OSError as error:
        told = _("The program in {path} cannot be copied: {why}.")
        raise Refused(told.format(path=release.folder, why=error.strerror or type(error).__name__)) from None
    return Release(release.version, made)


def read_contents(folder: Path) -> tuple[dict[str, tuple[int, str, bool]], dict[str, str]]:
    """({file: (bytes, SHA-256, whether it is started)}, {link: where it leads}) of a program. Raises Refused for a list
    that is damaged, made for another system, or names anything outside the folder."""
    damaged = Refused(_("The program in {path} is damaged; copy it there again.").format(path=folder))
    try:
        with (folder / CONTENTS).open("rb") as file:
            text = file.read(_MOST_CONTENTS_BYTES + 1)
        if len(text) > _MOST_CONTENTS_BYTES:
            raise damaged
        found = json.loads(text)
        if found["system"] != system():
            told = _("The program in {path} is for another system ({system}).")
            raise Refused(told.format(path=folder, system=str(found["system"])[:40]))
        files = {str(name): (int(size), str(digest), bool(p)) for name, (size, digest, p) in found["files"].items()}
        links = {str(name): str(target) for name, target in found["links"].items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise damaged from None
    is_inside = all(map(_is_inside, files)) and all(_is_inside(n) and _leads_inside(n, links[n]) for n in links)
    is_small = len(files) + len(links) <= _MOST_FILES and 0 <= sum(f[0] for f in files.values()) <= _MOST_BYTES
    if not (is_inside and is_small and _program() in files and CONTENTS not in files.keys() | links.keys()):
        raise damaged
    if any(str(parent) in links for name in (*files, *links) for parent in PurePosixPath(name).parents):
        raise damaged  # a file behind a link could land anywhere
    return files, links


def step_aside(arguments: list[str]) -> None:
    """Let the newest program this agent has taken run in place of this packaged one, if it is newer and is known to
    start. Returns when there is none."""
    own = own_folder()
    if own is None:
        return
    for release in newer(taken_folder(), own_version()):
        if release.folder.resolve() == own:
            return
        if _starts(release.folder) < MOST_STARTS:
            with suppress(OSError):
                become(release, arguments)


def become(release: Release, arguments: list[str]) -> None:
    """Run this program in place of the present one. Raises OSError when it cannot be started."""
    with (release.folder / STARTS).open("ab") as file:
        file.write(b".")
    path, environment = release.folder / Path(sys.executable).name, {**os.environ, **_INDEPENDENT}
    if sys.platform == "win32":  # there a process cannot become another one
        process = subprocess.Popen([str(path), *arguments[1:]], env=environment)
        sys.exit(process.wait() if path.stem.lower() == "workstation" else 0)  # who waits at a terminal waits on
    os.execve(path, arguments, environment)  # noqa: S606 - our own program, no shell wanted


def confirm_start() -> None:
    """This program works: it may be started again, and the older ones that this agent had taken go."""
    own = own_folder()
    if own is None:
        return
    with suppress(OSError):
        (own / STARTS).unlink(missing_ok=True)
    if own.parent != taken_folder().resolve():
        return
    with suppress(OSError):
        for other in list(own.parent.iterdir()):
            version, mine = version_in(other.name.removeprefix(".")), version_in(own.name)
            if version is not None and mine is not None and version < mine:
                shutil.rmtree(other, ignore_errors=True)  # on Windows one that still runs stays until the next time


def _program() -> str:
    return "workstation.exe" if sys.platform == "win32" else "workstation"


def _starts(folder: Path) -> int:
    try:
        return (folder / STARTS).stat().st_size
    except OSError:
        return 0


def _is_open_to_all(path: Path) -> bool:
    mode = path.stat().st_mode
    return bool(mode & stat.S_IWOTH) and not mode & stat.S_ISVTX


def _make_room(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < size * 1.2:
        told = _("The newer program needs {n} MB on this PC; {free} MB are free.")
        raise Refused(told.format(n=round(size * 1.2 / 1e6), free=round(free / 1e6)))


def _copy(
    source: Path,
    making: Path,
    files: dict[str, tuple[int, str, bool]],
    links: dict[str, str],
    progress: Callable[[float], None],
) -> None:
    whole, done = sum(size for size, _digest, _is_program in files.values()) or 1, 0
    folders = {making}
    for name, (size, digest, is_program) in files.items():
        target = making / name
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folders.add(target.parent)
        if _copy_file(source / name, target, size) != digest:
            told = _("The program in {path} is damaged; copy it there again.")
            raise Refused(told.format(path=source))
        target.chmod(0o700 if is_program else 0o600)
        done += size
        progress(done / whole)
    for name, leads in links.items():
        (making / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        (making / name).symlink_to(leads)
    shutil.copyfile(source / CONTENTS, making / CONTENTS)
    for folder in folders:
        fsync_folder(folder)


def _copy_file(source: Path, target: Path, size: int) -> str:
    """Gives the SHA-256 of what was read, at most a byte more than it should be; on the disk on return."""
    digest, left = hashlib.sha256(), size + 1
    with source.open("rb") as reading, target.open("wb") as writing:
        while left and (chunk := reading.read(min(_CHUNK_BYTES, left))):
            digest.update(chunk)
            writing.write(chunk)
            left -= len(chunk)
        writing.flush()
        os.fsync(writing.fileno())
    return digest.hexdigest()


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    is_plain = "\\" not in name and ":" not in name and "\0" not in name
    return is_plain and bool(path.parts) and not path.is_absolute() and ".." not in path.parts


def _leads_inside(name: str, target: str) -> bool:
    """Whether a link stays inside the folder."""
    if not target or PurePosixPath(target).is_absolute() or "\\" in target or "\0" in target:
        return False
    deep = len(PurePosixPath(name).parts) - 1
    for part in PurePosixPath(target).parts:
        deep += -1 if part == ".." else 1
        if deep < 0:
            return False
    return True
