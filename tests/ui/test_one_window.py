"""The socket between a window and the commands that call it: of one person alone, of limited size, checked."""

import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from tests.desks import command
from tests.windows import until
from workstation.ui.shell import one_window
from workstation.ui.shell.one_window import LONGEST, address_of, call_running, hand_over

DILNOZA = "+998901234567"


def test_the_socket_is_this_persons_alone(program, tmp_path):
    address = Path(address_of(tmp_path / "pc"))
    assert stat.S_ISSOCK(address.stat().st_mode)
    assert stat.S_IMODE(address.stat().st_mode) & 0o077 == 0
    assert stat.S_IMODE(address.parent.stat().st_mode) & 0o077 == 0
    assert address.parent.stat().st_uid == os.getuid()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another person to try it")
def test_another_person_cannot_use_the_socket(program, tmp_path):
    script = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
    other = subprocess.run(
        ["python3", "-I", "-c", script, address_of(tmp_path / "pc")],
        user=65534, group=65534, extra_groups=[], cwd="/", env={"PATH": "/usr/bin:/bin"},
        capture_output=True, check=False,
    )  # fmt: skip
    assert b"PermissionError" in other.stderr


def test_a_folder_of_somebody_else_is_not_used(tmp_path):
    tmp_path.chmod(0o755)
    assert not one_window._is_own(tmp_path, os.getuid())
    tmp_path.chmod(0o700)
    assert one_window._is_own(tmp_path, os.getuid())
    assert not one_window._is_own(tmp_path, os.getuid() + 1)
    (tmp_path / "link").symlink_to(tmp_path)
    assert not one_window._is_own(tmp_path / "link", os.getuid())


@pytest.mark.parametrize(
    "said",
    [b"x" * (LONGEST + 1), b"[" * 5000 + b"\n", b"null\n", b'{"do": "pop"}\n', b'{"do": "pop", "text": 5}\n', b"\xff\n",
     b'{"do": "quit"}\n', b'{"do": "pop", "text": "\\ud800"}\n'],
)  # fmt: skip
def test_what_the_socket_is_told_is_of_limited_size_and_checked(program, tmp_path, said):
    handed = []
    program.one.handed.connect(handed.append)
    with socket.socket(socket.AF_UNIX) as other:
        other.setblocking(False)
        other.connect(address_of(tmp_path / "pc"))
        other.sendall(said)
        ended = []

        def is_over():
            QApplication.processEvents()
            try:
                ended.append(other.recv(4096))
            except BlockingIOError:
                return False
            except ConnectionResetError:
                return True
            return True

        until(is_over)
    assert all(isinstance(call.text, str) for call in handed)
    assert hand_over(tmp_path / "no-window-here", DILNOZA) is None


@pytest.mark.skipif(sys.platform != "linux", reason="finds the window that was started in /proc")
def test_a_window_is_started_when_none_runs(tmp_path):
    home = tmp_path / "alone"
    started = []
    try:
        assert command(home, "pop", DILNOZA, password="") == {"matched": "none", "customers": [], "shown": "later"}
        started = [found.parent.name for found in Path("/proc").glob("[0-9]*/cmdline") if is_window_of(home, found)]
        assert len(started) == 1
        assert call_running(home)
    finally:
        for process in started:
            os.kill(int(process), signal.SIGKILL)


def is_window_of(home, command_line):
    try:
        return str(home).encode() in command_line.read_bytes()
    except OSError:
        return False


def test_without_a_window_the_desk_itself_answers(open_desk, monkeypatch):
    desk = open_desk("aziza")
    dilnoza = desk.add_customer("Dilnoza Karimova", DILNOZA)
    home = desk.desk.home.root
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    answer = command(home, "pop", DILNOZA)
    refused = command(home, "pop", DILNOZA, password="", ok=None)
    people = [{"id": str(dilnoza), "name": "Dilnoza Karimova"}]
    assert answer == {"matched": "exact", "customers": people, "shown": "nowhere"}
    assert refused.returncode == 1
    assert b"No window runs" in refused.stderr
