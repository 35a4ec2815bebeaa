"""Keys by their place: the mapping itself, and under a real X server with a Cyrillic layout as the only one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt

from workstation.ui.shortcuts import ROWS, latin_key, places

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ("Xvfb", "xdotool", "setxkbmap")
WINDOW = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from workstation.ui.shortcuts import Keys

application = QApplication([])
window = QWidget()
field = QLineEdit()
QVBoxLayout(window).addWidget(field)
if sys.argv[1] == "ours":
    Keys(application, window).bind("search", lambda: print("fired", flush=True))
else:
    QShortcut(QKeySequence("Ctrl+K"), window).activated.connect(lambda: print("fired", flush=True))
field.textChanged.connect(lambda text: print("typed " + text, flush=True))
window.setWindowTitle("keys under test")
window.show()
window.activateWindow()
field.setFocus()
QTimer.singleShot(300, lambda: print("ready", flush=True))
QTimer.singleShot(60_000, application.quit)
application.exec()
"""
K_KEY, A_KEY = "45", "38"  # X11 codes of the places of K and A


@pytest.mark.parametrize("platform", ["linux", "win32", "darwin"])
def test_every_letter_and_digit_has_one_place(platform):
    assert sorted(places(platform).values()) == sorted("".join(ROWS))


@given(st.integers(0, 0x10FFFF), st.integers(0, 300), st.sampled_from(["linux", "win32", "darwin"]))
def test_a_latin_key_stays_and_another_becomes_that_of_its_place(key, code, platform):
    known = places(platform)
    found = latin_key(key, code, known)
    if key < 0x80 or code not in known:
        assert found == key
    elif key < Qt.Key.Key_Escape.value:
        assert chr(found).lower() == known[code]


@pytest.fixture
def cyrillic_screen():
    """An X server whose only layout is Russian."""
    absent = [name for name in NEEDED if shutil.which(name) is None]
    if absent:
        pytest.skip(f"needs {', '.join(absent)} of this system: a real X server with another layout")
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "800x600x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=[writing], stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(writing)
    with os.fdopen(reading) as told:
        display = f":{told.readline().strip()}"
    subprocess.run(["setxkbmap", "ru"], env=os.environ | {"DISPLAY": display}, check=True)
    yield display
    server.terminate()
    server.wait(10)


def keyboard(display, *arguments):
    subprocess.run(["xdotool", *arguments], env=os.environ | {"DISPLAY": display}, check=True, timeout=20)


def heard(display, whose):
    """What a window prints when Ctrl and the key of K, and then the key of A alone, are pressed."""
    environment = os.environ | {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "PYTHONPATH": str(ROOT)}
    lines = []
    with subprocess.Popen(
        [sys.executable, "-c", WINDOW, whose],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as window:
        assert window.stdout is not None
        first = window.stdout.readline()
        if first != "ready\n":
            window.kill()
            pytest.skip("Qt cannot draw on an X server here: its xcb libraries are absent")
        keyboard(display, "search", "--sync", "--name", "keys under test", "windowfocus", "--sync")
        keyboard(display, "keydown", "37", "key", K_KEY, "keyup", "37")
        keyboard(display, "key", A_KEY)
        while not (line := window.stdout.readline()).startswith("typed"):
            assert line, "the window ended"
            lines.append(line.strip())
        lines.append(line.strip())
        window.kill()
    return lines


def test_ctrl_k_is_found_under_a_cyrillic_layout_and_letters_stay_letters(cyrillic_screen):
    assert heard(cyrillic_screen, "ours") == ["fired", "typed ф"]


def test_control_the_shortcut_of_qt_alone_does_not_hear_it(cyrillic_screen):
    assert heard(cyrillic_screen, "qt") == ["typed ф"]
