"""What an agent feels at every key: searching, saving, scrolling, in the real window over a million people."""

import os
import shutil
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QApplication, QListWidget

from benchmarks import apart
from benchmarks.commit import LINE_BYTES
from benchmarks.figures import Figure, at, figure, spread
from benchmarks.find import bare_find, keystrokes
from benchmarks.ground import bare_replica
from benchmarks.homes import KEPT, home_with, people_with, replica_of
from benchmarks.painting import Painted, bare_window, desk_of, open_window, press, rest, rest_until
from workstation.replica.engines import reading_engine
from workstation.replica.journal import sync_file

CUSTOMERS, FEW = 1_000_000, 10
ALL_READ = 5_000  # rows at least: repeated failures are folded
KEYS, SAVES, FRAMES, STEP = 300, 60, 600, 40  # a step of the wheel, in pixels
SEARCH_GOAL_MS, SAVE_GOAL_MS, FRAME_MS = 16.0, 50.0, 16.7


def run() -> list[Figure]:
    """Milliseconds; 95 % of keys and saves, 99 % of frames are faster."""
    home = home_with(CUSTOMERS)
    found = apart.run("benchmarks.handling", "measure", home)
    bare = apart.run("benchmarks.handling", "measure_bare", home)
    with tempfile.TemporaryDirectory(dir=KEPT) as thrown_away:  # what is saved must not stay in a home that is kept
        copied = shutil.copytree(home_with(FEW), Path(thrown_away) / "home")
        found["save"] = apart.run("benchmarks.handling", "measure_saves", copied)
        bare["save"] = apart.run("benchmarks.handling", "measure_bare_saves", thrown_away)
    for name in ("search", "save", "scroll"):
        spread(name, found[name])
        spread(f"{name}, bare", bare[name])
    return [
        figure("search", at(found["search"], 95), at(bare["search"], 95), "ms", SEARCH_GOAL_MS),
        figure("save", at(found["save"], 95), at(bare["save"], 95), "ms", SAVE_GOAL_MS),
        figure("scroll", at(found["scroll"], 99), at(bare["scroll"], 99), "ms", FRAME_MS),
    ]


def measure(home: str) -> dict[str, list[float]]:
    """Keystroke to painted answer, and frames of a scrolled history of 10,000."""
    with open_window(Path(home)) as shift:
        desk, painted = desk_of(shift), Painted(shift.window)
        with shift.desk.store.read() as session:
            driver = session.connection().connection.driver_connection
            typed, (long,) = keystrokes(driver)[:KEYS], people_with(driver, 10_000)
        found = {"search": [_searched(shift, painted, text) for text in typed]}
        shift.window.search_box.clear()
        shift.window.open_customer(long)
        rest_until(lambda: desk.profile.card is not None and desk.profile.card.id == long)
        found["scroll"] = _scrolled(shift, desk)
    return found


def measure_saves(home: str) -> list[float]:
    """Ctrl+Enter to the painted entry, of somebody with ten contacts."""
    with open_window(Path(home)) as shift:
        desk, painted = desk_of(shift), Painted(shift.window)
        with shift.desk.store.read() as session:
            short = people_with(session.connection().connection.driver_connection, 10)[0]
        shift.window.open_customer(short)
        rest_until(lambda: desk.customer_id == short and desk.note.isEnabled())
        return [_saved(shift, desk, painted, number) for number in range(SAVES)]


def measure_bare_saves(folder: str) -> list[float]:
    """One commit of the row, a synced line beside it, and a row more in a painted list of Qt's own."""
    application, shown = QApplication([]), QListWidget()
    window, painted = bare_window(shown)
    bare = bare_replica(Path(folder))
    beside = os.open(Path(folder) / "bare.journal", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    found = []
    for number in range(SAVES):
        words = f"Contract sent again, number {number}"
        rest(0.02)
        began = time.perf_counter()
        os.write(beside, bytes(LINE_BYTES))
        sync_file(beside)
        bare.execute("begin immediate")
        bare.execute("insert into bare values (?, ?, ?)", (uuid4().bytes, "note", words))
        bare.execute("commit")
        shown.insertItem(0, words)
        found.append((painted.when(lambda: True) - began) * 1000)
    bare.close()
    window.close()
    application.quit()
    return found


def _searched(shift: Any, painted: Painted, text: str) -> float:
    """The last key of a text: what stood before it is there already."""
    box = shift.window.search_box
    box.setText(text[:-1])
    box.setFocus()
    box.setCursorPosition(len(text))
    rest_until(lambda: shift.workstation.background.is_idle)
    began = time.perf_counter()
    press(box, text[-1])
    return (painted.when(lambda: box._answered == box.text() and box.found.isVisible()) - began) * 1000  # noqa: SLF001


def _saved(shift: Any, desk: Any, painted: Painted, number: int) -> float:
    words = f"Contract sent again, number {number}"
    desk.note.focus_editor()
    for letter in words:
        press(desk.note.editor, letter)
    rest_until(lambda: shift.workstation.background.is_idle)
    rest(0.3)
    rest_until(lambda: shift.workstation.background.is_idle)
    began = time.perf_counter()
    press(desk.note.editor, "", Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    done = painted.when(partial(_is_there, desk.timeline.model, words))
    return (done - began) * 1000


def _is_there(model: Any, words: str) -> bool:
    rows = (str(model.index(row).data()) for row in range(min(4, model.rowCount())))
    return any(words in text for text in rows)


def _scrolled(shift: Any, desk: Any) -> list[float]:
    """Through all of it once, so that all is read; then frame by frame from the top."""
    shown, model = desk.timeline.list, desk.timeline.model
    bar, before = shown.verticalScrollBar(), -1
    while model.rowCount() != before:
        before = model.rowCount()
        bar.setValue(bar.maximum())
        rest(0.05)
        rest_until(lambda: shift.workstation.background.is_idle)
    assert model.rowCount() > ALL_READ, "the history was not read to its end"
    bar.setValue(0)
    rest(0.2)
    return _frames(shown)


def _frames(shown: Any) -> list[float]:
    bar, spent = shown.verticalScrollBar(), []
    pace = max(STEP, (bar.maximum() - bar.minimum()) // FRAMES) if bar.maximum() > FRAMES else 1
    for _ in range(FRAMES):
        began = time.perf_counter()
        bar.setValue(bar.value() + pace)
        shown.viewport().repaint()
        QApplication.processEvents()
        spent.append((time.perf_counter() - began) * 1000)
    return spent


def measure_bare(home: str) -> dict[str, list[float]]:
    """The same with one query and a list of Qt's own."""
    application, shown = QApplication([]), QListWidget()
    window, painted = bare_window(shown)
    engine = reading_engine(*replica_of(Path(home)))
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        typed = keystrokes(driver)[:KEYS]
        found: dict[str, list[float]] = {"search": []}
        for text in typed:
            began = time.perf_counter()
            rows = bare_find(driver, text)
            shown.clear()
            shown.addItems([str(row[0]) for row in rows] or [text])
            found["search"].append((painted.when(lambda: True) - began) * 1000)
    shown.clear()
    shown.addItems([f"Contract sent again, number {number}" for number in range(10_000)])
    shown.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
    shown.model().index(0, 0, QModelIndex())
    painted.when(lambda: True)
    found["scroll"] = _frames(shown)
    window.close()
    application.quit()
    return found
