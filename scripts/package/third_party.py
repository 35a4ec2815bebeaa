"""THIRD_PARTY.txt: whose work is inside the package and under which licence, from what is really inside it.

Every file is traced to where it came from: a Python distribution (its metadata and licence files), Python itself, or a
package of the building Debian (its copyright file). What is compiled into those and has no metadata of its own stands
in components.toml. A file of unknown origin stops the build: nothing is handed on without its licence.
"""

import functools
import json
import re
import subprocess
import sys
import sysconfig
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PYTHON, OURS, DEBIAN = "Python", "agent-workstation", "debian:"
LGPL = ("LGPL-3.0.txt", "GPL-3.0.txt")  # the first refers to the second; wheels under it do not all carry both
ADDRESSES = ("source", "repository", "source code", "homepage")
LICENCE_FILE = re.compile(r"(?:licen[cs]e|copying|notice|authors)[^/]*$", re.IGNORECASE)
STARTER = "its starter is the executable, which its licence lets start any program"
LINE = "=" * 100

Inside = tuple[str, str]  # place in the package, where the file came from


class UnknownOrigin(Exception):
    """Nobody knows whose work these files are."""


@dataclass(frozen=True)
class Work:
    """One work inside the package; `texts` are its licences and notices, whole."""

    name: str
    version: str
    licence: str
    home: str = ""
    note: str = ""
    texts: tuple[str, ...] = field(default=(), repr=False)


def document(inside: Iterable[Inside]) -> str:
    """The whole text. Raises UnknownOrigin."""
    works = sorted(found(inside), key=lambda work: work.name.lower())
    numbers: dict[str, int] = {}
    rows = []
    for work in works:
        told = [str(numbers.setdefault(text, len(numbers) + 1)) for text in work.texts]
        lines = (work.licence, work.home, work.note, "texts " + ", ".join(told) if told else "")
        rows.append(f"{work.name} {work.version}".rstrip() + "".join(f"\n    {line}" for line in lines if line))
    head = (HERE / "third_party_head.txt").read_text("utf-8").rstrip()
    bodies = [f"{LINE}\nText {number}\n{LINE}\n\n{text.strip()}" for text, number in numbers.items()]
    return "\n\n".join([head, "\n".join(rows), *bodies]) + "\n"


def found(inside: Iterable[Inside]) -> Iterator[Work]:
    """Every work of which something is inside. Raises UnknownOrigin."""
    owners: dict[str | None, list[Inside]] = defaultdict(list)
    for place, source in inside:
        owners[owner(place, source)].append((place, source))
    if unknown := owners.pop(None, None):
        raise UnknownOrigin(", ".join(place for place, _source in unknown))
    owners.pop(OURS, None)
    owners.setdefault("pyinstaller", [])
    for name, files in owners.items():
        assert name is not None, "taken out above"
        if name == PYTHON:
            yield _python()
        elif name.startswith(DEBIAN):
            yield _debian(name.removeprefix(DEBIAN))
        else:
            yield _distribution(name, STARTER if name == "pyinstaller" else "")
        yield from _compiled_in(name, files)


def owner(place: str, source: str) -> str | None:
    """A distribution's name, "Python", "debian:package", ours; None for a file of unknown origin."""
    path = Path(source)
    name = _distribution_files().get(str(path))
    if name is not None:
        return name
    if path.suffix in (".pyc", ".zip") and path.is_relative_to(ROOT / "build"):  # compiled by the build itself
        top = PurePosixPath(place.replace("\\", "/")).parts[0].partition(".")[0]
        return next(iter(metadata.packages_distributions().get(top, ())), PYTHON)
    if path.is_relative_to(ROOT) and "site-packages" not in path.parts:
        return OURS
    if _is_of_python(path):
        return PYTHON
    return _debian_package(path)


@functools.cache
def _distribution_files() -> dict[str, str]:
    owners: dict[str, str] = {}
    for found in metadata.distributions():
        name = found.name  # asked once: every time it is read from a file anew
        owners |= {str(found.locate_file(file)): name for file in found.files or ()}
    return owners


def _is_of_python(path: Path) -> bool:
    base = Path(sys.base_prefix)
    homes = [Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")]
    if base not in (Path("/usr"), Path("/usr/local")):
        homes.append(base)
    return any(path.is_relative_to(home) or path.is_relative_to(home.resolve()) for home in homes)


@functools.cache
def _debian_package(path: Path) -> str | None:
    """The package that brought this file; a merged /usr is asked for by both names."""
    real = path.resolve()
    names = {str(path), str(real), str(real).removeprefix("/usr")}
    for name in names:
        try:
            asked = subprocess.run(["dpkg", "-S", name], capture_output=True, text=True, check=False)
        except FileNotFoundError:
            return None  # not a Debian
        if asked.returncode == 0:
            return DEBIAN + asked.stdout.partition(":")[0]
    return None


def _debian(package: str) -> Work:
    """A library of the system that comes along; the copyright file names every licence of its source package."""
    asked = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}\t${Homepage}\n", package], capture_output=True, text=True, check=True
    )
    version, _tab, home = asked.stdout.splitlines()[0].partition("\t")
    text = Path("/usr/share/doc", package, "copyright").read_text("utf-8", errors="replace")
    return Work(package, version, "see its text", home, "from Debian", (text,))


def _python() -> Work:
    places = [Path(sysconfig.get_path("stdlib")) / "LICENSE.txt", Path(sys.base_prefix) / "LICENSE.txt"]
    version = sys.version.split(maxsplit=1)[0]
    text = next(place.read_text("utf-8") for place in places if place.is_file())
    return Work(PYTHON, version, "PSF-2.0", "https://www.python.org", "", (text,))


def _distribution(name: str, note: str = "") -> Work:
    """From its metadata; the licence files it carries, and for LGPL the texts it may lack."""
    found = metadata.distribution(name)
    told: Any = found.metadata
    licence = told.get("License-Expression") or told.get("License") or _classified(told.get_all("Classifier") or [])
    addresses = dict(line.lower().partition(", ")[::2] for line in told.get_all("Project-URL") or ())
    home = next((addresses[word] for word in ADDRESSES if word in addresses), told.get("Home-page") or "")
    carried = [
        file for file in found.files or () if ".dist-info" in str(file.parent) and LICENCE_FILE.search(file.name)
    ]
    texts = [Path(str(found.locate_file(file))).read_text("utf-8", errors="replace") for file in carried]
    if "LGPL" in licence:
        texts += [_text(file) for file in LGPL]
    if not texts:
        raise UnknownOrigin(f"{name} carries no licence text")
    return Work(name, found.version, licence.splitlines()[0], home, note or _crates(found), tuple(texts))


def _classified(classifiers: list[str]) -> str:
    return ", ".join(line.rpartition(" :: ")[2] for line in classifiers if line.startswith("License ::")) or "see text"


def _crates(found: metadata.Distribution) -> str:
    """What a bill of materials of the distribution says was compiled in."""
    parts = set()
    for file in found.files or ():
        if "sboms" in file.parts and file.suffix == ".json":
            for part in json.loads(Path(str(found.locate_file(file))).read_text("utf-8")).get("components", ()):
                names = [
                    entry.get("expression") or entry.get("license", {}).get("id") for entry in part.get("licenses", ())
                ]
                parts.add(" ".join([part["name"], part["version"], *(f"({name})" for name in names if name)]))
    parts.discard(f"{found.name} {found.version}")
    return f"compiled in: {', '.join(sorted(parts))}" if parts else ""


def _compiled_in(owner: str, files: list[Inside]) -> Iterator[Work]:
    for one in tomllib.loads((HERE / "components.toml").read_text("utf-8"))["component"]:
        file = next((Path(s) for p, s in files if fnmatch(PurePosixPath(p).name, one["files"])), None)
        if _plain(one["of"]) == _plain(owner) and file is not None:
            seen = re.search(one["version"].encode(), file.read_bytes()) if "version" in one else None
            version = seen[1].decode() if seen else ""
            texts = tuple(_text(name) for name in one["texts"])
            yield Work(one["name"], version, one["licence"], one["home"], one.get("note", ""), texts)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _text(name: str) -> str:
    return (HERE / "licences" / name).read_text("utf-8")
