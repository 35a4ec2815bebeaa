"""How long a key typed into the note takes until it is painted, and how long the window stands still, while 200,000
rows are filled in and while the line is stalled, not closed; against a bare
editor on the same machine at the same work."""

import json
import random
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QWidget

from benchmarks import apart
from benchmarks.figures import Figure, figure, spread
from benchmarks.ground import PASSWORD, Ground, ground
from benchmarks.painting import SIZE, Painted, bare_window, press, rest, rest_until
from tests.line import Line
from workstation.app import use_own_zone_rules
from workstation.app.program import Program, keep_pauses_short
from workstation.app.shift import Shift
from workstation.home import Home
from workstation.services import customers
from workstation.services.sync import sync_once

ROWS = {"customer": 80_000, "contact_point": 80_000, "contact": 20_000, "note": 20_000}
STALLED_SECONDS = 60
GOAL_MS, FREEZE_GOAL_MS = 33.0, 100.0  # the longest
KEY_MS, BEAT_MS = 80, 5
PAUSE_EVERY, PAUSE_MS = 25, 400  # keys; in the pause the draft is kept
Pauses = dict[str, list[float]]


def run() -> list[Figure]:
    """Milliseconds, the longest of all."""
    with ground() as place:
        _invent(place)
        ours = _of_the_program(place)
        bare = _of_a_bare_editor(place)
    found = []
    for name, goal in (("typing", GOAL_MS), ("freeze", FREEZE_GOAL_MS)):
        for phase, suffix in (("stalled", ""), ("filling", "_filling")):
            spread(f"{name} {phase}", ours[phase][name])
            spread(f"{name} {phase}, bare", bare[phase][name])
            longest, limit = max(ours[phase][name]), max(bare[phase][name])
            found.append(figure(name + suffix, longest, limit, "ms", goal))
    return found


def _of_the_program(place: Ground) -> dict[str, Pauses]:
    address = place.url.rpartition("@")[2].removeprefix("postgresql://").partition("/")[0].split(":")
    with Line((address[0], int(address[1]))) as line, tempfile.TemporaryDirectory() as home:
        asked = apart.command("benchmarks.keystrokes", "measure", line.url_for(place.url), home)
        with _started(asked) as child:
            assert child.stdout is not None, "asked for"
            for words in child.stdout:
                if words == "stall\n":
                    line.stall()
                else:
                    found: dict[str, Pauses] = json.loads(words)
                    return found
    raise RuntimeError("the window ended early")


def _of_a_bare_editor(place: Ground) -> dict[str, Pauses]:
    seconds = STALLED_SECONDS // 2
    quiet = apart.run("benchmarks.keystrokes", "measure_bare", seconds)
    filling = apart.command("benchmarks.keystrokes", "fill_only", place.url)
    with _started(filling) as child:
        assert child.stdout is not None, "asked for"
        child.stdout.readline()
        busy = apart.run("benchmarks.keystrokes", "measure_bare", 8)
        child.kill()
    return {"stalled": quiet, "filling": busy}


@contextmanager
def _started(asked: list[str]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(asked, env=apart.environment(), stdout=subprocess.PIPE, text=True) as child:
        try:
            yield child
        finally:
            child.kill()


class Typist(QObject):
    """Types as somebody who writes while talking, and feels the window's pulse."""

    def __init__(self, window: QWidget, editor: QWidget) -> None:
        super().__init__()
        self._painted, self._editor, self._dice = Painted(window), editor, random.Random(5)
        self._last_beat = 0.0
        self.pauses: Pauses = {"typing": [], "freeze": []}
        self._pulse = QTimer(self, interval=BEAT_MS, timerType=Qt.TimerType.PreciseTimer)
        self._pulse.timeout.connect(self._beat)

    def type_for(self, seconds: float) -> Pauses:
        """Type for so long; milliseconds from when a key was due until it was painted, and between two beats."""
        ends = time.perf_counter() + seconds
        return self.type_while(lambda: time.perf_counter() < ends)

    def type_while(self, goes_on: Any) -> Pauses:
        """Type as long as this is true."""
        self.pauses = {"typing": [], "freeze": []}
        self._last_beat = time.perf_counter()
        self._pulse.start()
        due, typed = time.perf_counter(), 0
        while goes_on() or not self.pauses["typing"]:
            typed += 1
            due = max(due, time.perf_counter()) + (PAUSE_MS if typed % PAUSE_EVERY == 0 else KEY_MS) / 1000
            rest(due - time.perf_counter())
            press(self._editor, self._dice.choice("abcdefgh абвгд"))
            self.pauses["typing"].append((self._painted.when(_always) - due) * 1000)
        self._pulse.stop()
        return self.pauses

    def _beat(self) -> None:
        now = time.perf_counter()
        self.pauses["freeze"].append(max(0.0, (now - self._last_beat) * 1000 - BEAT_MS))
        self._last_beat = now


def measure(url: str, home: str) -> dict[str, Pauses]:
    """Sign in, type during the first fill, ask for the line to be stalled, and type on."""
    use_own_zone_rules()
    application = QApplication([])
    keep_pauses_short(application)
    program = Program(application, Home(Path(home)))
    shift = _signed_in(program, url)
    with shift.desk.store.write() as session:
        customer = customers.add_customer(session, 1, "Dilnoza Karimova", (), shift.desk.clock(), ("UZ",))
    shift.window.open_customer(customer)
    note = shift.window.screen_of("desk").note
    rest_until(lambda: shift.window.screen_of("desk").customer_id == customer)
    note.focus_editor()
    rest(0.5)  # the card is painted for the first time: that is measured as `open`
    typist = Typist(shift.window, note.editor)
    filling = typist.type_while(lambda: _state(shift) == "filling")
    print("stall", flush=True)
    stalled = typist.type_for(STALLED_SECONDS)
    assert _state(shift) == "offline", "the stalled line was noticed"
    return {"filling": filling, "stalled": stalled}


def _signed_in(program: Program, url: str) -> Shift:
    program.entrance.show()
    gate = program.entrance.gate
    assert gate is not None, "shown just now"
    for field, text in ((gate.central, url), (gate.login, "writer"), (gate.password, PASSWORD)):
        field.setText(text)
    gate.enter.click()
    rest_until(lambda: program.shift is not None)
    assert program.shift is not None, "waited for"
    program.shift.window.resize(*SIZE)
    rest_until(lambda: _state(program.shift) == "filling")
    return program.shift


def _state(shift: Shift | None) -> str:
    connection = shift.workstation.watch.connection if shift is not None else None
    return connection.state if connection is not None else ""


def _always() -> bool:
    return True


def measure_bare(seconds: str) -> Pauses:
    """The same keys in an editor of Qt's own."""
    application = QApplication([])
    editor = QPlainTextEdit()
    window, _painted = bare_window(editor)
    found = Typist(window, editor).type_for(float(seconds))
    window.close()
    application.quit()
    return found


def fill_only(url: str) -> None:
    """A first fill in a process without a window, again and again until it is ended."""
    with tempfile.TemporaryDirectory() as folder:
        while True:
            desk = Ground(Path(folder), url, "", ExitStack(), 0).desk("reader")
            print("filling", flush=True)
            sync_once(desk)


def _invent(place: Ground) -> None:
    """So many rows by plain SQL, as an external system writes them."""
    author = UUID(place.sql("select id::text from workstation.agent where login = 'writer'")[0][0])
    count = ROWS["customer"]
    place.sql(
        "insert into workstation.customer (name) select 'Karimova ' || g || ' Dilnoza' from generate_series(1, %s) g",
        count,
    )
    place.sql(
        "insert into workstation.contact_point (customer_id, kind, value, e164, digits) "
        "select id, 'phone', '+' || d, '+' || d, d from "
        "(select id, '99890' || lpad((row_number() over ())::text, 7, '0') as d from workstation.customer limit %s) c",
        ROWS["contact_point"],
    )
    place.sql(
        "insert into workstation.contact (customer_id, author_id, channel, direction) "
        "select id, %s, 'call', 'in' from workstation.customer limit %s",
        author, ROWS["contact"],
    )  # fmt: skip
    place.sql(
        "insert into workstation.note (customer_id, author_id, body) "
        "select id, %s, repeat('The contract had not arrived. ', 10) from workstation.customer limit %s",
        author, ROWS["note"],
    )  # fmt: skip
