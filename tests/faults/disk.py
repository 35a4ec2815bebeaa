"""What a disk does: a program's writes recorded in their order, and the files as a power cut may leave them."""

import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.desks import PASSWORD, environment

CALLS = "openat,write,pwrite64,fsync,fdatasync,ftruncate,unlink,rename"
_LINE = re.compile(rb"^\d+ +(\w+)\((.*)\) += (-?\d+)(?:<(.*)>)?")
_FILE = re.compile(rb"^\d+<(.*?)>")
_TEXT = re.compile(rb'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')


@dataclass(frozen=True)
class Event:
    """One call: made, written (at an offset; None = at the end), cut to a size, synced, unlinked; or something said."""

    what: str
    path: str
    content: bytes = b""
    at: int | None = None


def is_traceable() -> bool:
    """Whether strace is here and may follow a program."""
    tried = ["strace", "-f", "-o", os.devnull, "true"]
    return (
        shutil.which("strace") is not None and subprocess.run(tried, capture_output=True, check=False).returncode == 0
    )


def recorded(home: Path, trace: Path, *arguments: str, stdin: bytes) -> list[Event]:
    """Run a command to its end and give what it wrote below its home, and said, in order."""
    finished = subprocess.run(
        ["strace", "-f", "-y", "-xx", "-s", "1000000", "-e", f"trace={CALLS}", "-o", str(trace),
         sys.executable, "-m", "workstation", "--home", str(home), "--json", *arguments],
        input=stdin, capture_output=True, env=environment(PASSWORD), timeout=120, check=True,
    )  # fmt: skip
    assert finished.returncode == 0
    return [event for line in trace.read_bytes().splitlines() for event in _events(line, str(home))]


def _events(line: bytes, home: str) -> Iterator[Event]:
    match = _LINE.match(line)
    if match is None or match[3].startswith(b"-"):
        assert b"unfinished" not in line or home.encode().hex(" ") not in line.decode(), "two threads write"
        return
    call, given, result = match[1].decode(), match[2], int(match[3])
    texts = [_plain(text) for text, _cut in _TEXT.findall(given)]
    of = _FILE.match(given)
    path = _plain(of[1]).decode("utf-8", "replace") if of else ""
    if call == "write" and given.startswith(b"1<"):
        if texts[0].startswith(b"{"):
            yield Event("said", "", texts[0])
    elif call == "openat" and b"O_CREAT" in given and match[4]:
        yield from _below(Event("made", _plain(match[4]).decode()), home)
    elif call == "write":
        yield from _below(Event("written", path, texts[0][:result]), home)
    elif call == "pwrite64":
        yield from _below(Event("written", path, texts[0][:result], int(given.rpartition(b", ")[2])), home)
    elif call == "ftruncate":
        yield from _below(Event("cut", path, at=int(given.rpartition(b", ")[2])), home)
    elif call in ("fsync", "fdatasync"):
        yield from _below(Event("synced", path), home)
    elif call == "unlink":
        yield from _below(Event("unlinked", texts[0].decode()), home)


def _below(event: Event, home: str) -> Iterator[Event]:
    if event.path.startswith(home):
        yield event


def _plain(text: bytes) -> bytes:
    return bytes.fromhex(text.decode().replace("\\x", "")) if text.startswith(b"\\x") else text


@dataclass
class Disk:
    """Files with what is surely on the disk, and for each what is not yet: any beginning of that may be there.

    Attributes:
        named: files whose name is on the disk.
    """

    durable: dict[str, bytes] = field(default_factory=dict)
    pending: dict[str, list[Event]] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, folder: Path) -> "Disk":
        files = [path for path in folder.rglob("*") if path.is_file()]
        return cls({str(path): path.read_bytes() for path in files}, {}, {str(path) for path in files})

    def take(self, event: Event) -> None:
        """One more event happens."""
        if event.what == "synced":
            if event.path in self.durable or event.path in self.pending:
                self.durable[event.path] = self._after(event.path, self.pending.pop(event.path, []))
            else:  # a folder
                self.named |= {name for name in self._names() if str(Path(name).parent) == event.path}
        elif event.what == "made":
            self.durable.setdefault(event.path, b"")
        elif event.what != "said":
            self.pending.setdefault(event.path, []).append(event)

    def cut_power(self, target: Path, root: Path, chance: random.Random | None) -> None:
        """Leave below `target` what was below `root`: of what was not synced nothing, or with `chance` any beginning
        of each file's writes, the last one torn."""
        for name in self._names():
            events = self.pending.get(name, [])
            if name not in self.named and not (chance and chance.random() < 0.5):
                continue
            kept = events[: chance.randint(0, len(events))] if chance else []
            if chance and kept and kept[-1].what == "written":
                last = kept[-1]
                kept[-1] = Event("written", name, last.content[: chance.randint(0, len(last.content))], last.at)
            if kept and kept[-1].what == "unlinked":
                continue
            path = target / Path(name).relative_to(root)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self._after(name, kept))

    def _names(self) -> set[str]:
        return self.durable.keys() | self.pending.keys()

    def _after(self, name: str, events: list[Event]) -> bytes:
        content = bytearray(self.durable.get(name, b""))
        for event in events:
            if event.what == "cut":
                size = event.at or 0
                content = content[:size] + bytes(max(0, size - len(content)))
            elif event.what == "written":
                at = len(content) if event.at is None else event.at
                content[len(content) : at] = bytes(max(0, at - len(content)))
                content[at : at + len(event.content)] = event.content
        return bytes(content)
