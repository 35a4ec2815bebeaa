"""The window of a PC that is left: work for another address, and a home that somebody wants to wipe meanwhile."""

import subprocess
import sys

import pytest

from tests.cli import Shell, customer_of, signed_in
from tests.desks import PASSWORD, environment
from tests.windows import until
from workstation.app.program import Program
from workstation.home import Home
from workstation.replica import vault


@pytest.fixture
def shell(centre, tmp_path, monkeypatch) -> Shell:
    monkeypatch.setattr(vault, "MEMORY_KIB", 64)
    monkeypatch.setenv("WORKSTATION_PASSWORD", PASSWORD)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    return signed_in(centre, tmp_path / "pc")


def test_the_window_says_so_and_keeps_what_was_typed(shell, centre, qapp):
    customer_of(shell)
    elsewhere = centre.url.replace("127.0.0.1", "localhost")
    program = Program(qapp, Home(shell.home))
    program.entrance.show()
    gate = program.entrance.gate
    gate.central.setText(elsewhere)
    gate.password.setText(PASSWORD)
    gate.enter.click()
    until(gate.enter.isEnabled)
    assert "still waits on this PC for" in gate._words.text()
    assert (gate.central.text(), gate.password.text()) == (elsewhere, PASSWORD)
    gate.central.setText(centre.url)
    gate.enter.click()
    until(lambda: program.shift is not None)
    program.close()


def test_forget_is_refused_while_the_window_is_open(shell, qapp):
    program = Program(qapp, Home(shell.home))
    running = subprocess.Popen(
        [sys.executable, "-m", "workstation", "--home", str(shell.home), "forget"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
    )  # fmt: skip
    until(lambda: running.poll() is not None)
    out, err = running.communicate()
    program.close()
    assert (running.returncode, out) == (1, b"")
    assert err == b"The window of this home is open; close it and try again.\n"
    assert (shell.home / "desk.json").exists()
