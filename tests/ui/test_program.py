"""From sign-in to sign-out: first run, what goes wrong in words, lock, and the next agent while work still waits."""

import subprocess
import sys
import threading

import keyring
import pytest
from keyring.backends import null
from PySide6.QtWidgets import QPushButton

from tests.desks import PASSWORD
from tests.line import Line
from tests.windows import type_text, until
from workstation.app.program import Program
from workstation.home import Home, waiting_of
from workstation.services import customers
from workstation.ui.shell.one_window import call_running


def give(program, central, login, password):
    gate = program.entrance.gate
    gate.central.setText(central)
    gate.login.setText(login)
    gate.password.setText(password)
    gate.enter.click()


def words(program):
    return program.entrance.gate._words.text()


def test_the_first_run_says_what_is_wrong_and_loses_nothing(program, centre):
    login = centre.add_agent("aziza")
    give(program, "postgresql://127.0.0.1:1/nowhere", login, PASSWORD)
    until(program.entrance.gate.enter.isEnabled)
    assert "cannot be reached" in words(program)
    assert program.entrance.gate.login.text() == login
    give(program, centre.url, login, "wrong")
    until(program.entrance.gate.enter.isEnabled)
    assert words(program) == "Central does not accept this login or password."
    give(program, centre.url, login, PASSWORD)
    until(lambda: program.shift is not None)
    assert program.shift.window.isVisible()


def test_without_central_an_agent_who_was_here_may_work_on(program, centre, cluster):
    login = centre.add_agent("aziza")
    with Line(cluster.address) as line:
        url = line.url_for(centre.url)
        give(program, url, login, PASSWORD)
        until(lambda: program.shift is not None)
        until(lambda: program.shift.workstation.watch.connection is not None)
        program.shift.sign_out()
        until(lambda: program.entrance.gate is not None and not program._leaving)
        line.cut()
        give(program, url, login, PASSWORD)
        until(program.entrance.gate.offline.isVisible)
        program.entrance.gate.offline.click()
        until(lambda: program.shift is not None)
        watch = program.shift.workstation.watch
        until(lambda: watch.connection is not None and watch.connection.state == "offline")


@pytest.fixture
def no_keyring():
    before = keyring.get_keyring()
    keyring.set_keyring(null.Keyring())
    yield
    keyring.set_keyring(before)


def test_a_keyring_that_takes_no_password_keeps_nobody_out(program, centre, no_keyring):
    program.entrance.gate.remember.setChecked(True)
    give(program, centre.url, centre.add_agent("aziza"), PASSWORD)
    until(lambda: program.shift is not None)
    assert [words for words in program.shift.desk.notices if "no keyring" in words]


HEAVY = ("sqlalchemy", "psycopg", "keyring", "phonenumbers", "workstation.records", "workstation.replica")


def test_the_sign_in_shows_before_what_stands_behind_it_is_loaded():
    asked = f"import sys, workstation.cli, workstation.app.program; print(set({HEAVY!r}) & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_rest_is_loaded_once_the_sign_in_shows(tmp_path):
    asked = """
import sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from workstation.app.program import Program
from workstation.home import Home
application = QApplication([])
program = Program(application, Home(Path(sys.argv[1])))
program.entrance.loaded.connect(application.quit)
assert "workstation.app.shift" not in sys.modules
program.entrance.show()
application.exec()
assert "workstation.app.shift" in sys.modules
program.close()
print("loaded")
"""
    done = subprocess.run([sys.executable, "-c", asked, tmp_path], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "loaded"


def test_whoever_leaves_while_it_loads_leaves_cleanly(tmp_path):
    asked = """
import sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from workstation.app.program import Program
from workstation.home import Home
application = QApplication([])
program = Program(application, Home(Path(sys.argv[1])))
program.entrance.show()
program.entrance.gate.painted.connect(application.quit)
application.exec()
program.close()
"""
    done = subprocess.run([sys.executable, "-c", asked, tmp_path], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_lock_keeps_what_is_written_and_opens_by_this_password_alone(program, centre):
    give(program, centre.url, centre.add_agent("aziza"), PASSWORD)
    until(lambda: program.shift is not None)
    lock = program.shift.lock
    program.shift.lock_now()
    assert not program.shift.window.stack.isEnabled()
    type_text(lock.password, "wrong")
    lock.unlock.click()
    until(lambda: "not the password" in lock._problem.text())
    lock.password.setText(PASSWORD)
    lock.unlock.click()
    until(lambda: not lock.isVisible())
    assert program.shift.window.stack.isEnabled()


def test_signing_out_with_waiting_work_goes_on_delivering(program, centre, cluster):
    login = centre.add_agent("aziza")
    with Line(cluster.address) as line:
        give(program, line.url_for(centre.url), login, PASSWORD)
        until(lambda: program.shift is not None)
        shift = program.shift
        until(lambda: shift.workstation.watch.connection is not None)
        until(lambda: shift.workstation.watch.connection.state == "online")
        line.cut()
        until(lambda: shift.workstation.watch.connection.state == "offline")
        editing = shift.window.screen_of("desk").editing
        editing.add_customer("Dilnoza Karimova")
        until(lambda: editing.form is not None)
        editing.form.primary.click()
        until(lambda: shift.waiting > 0)
        shift.sign_out()
        until(lambda: program.entrance.gate is not None)
        assert "still being delivered" in words(program)
        until(lambda: waiting_of(shift.desk.home, shift.desk.who)[0] > 0)
        line.restore()
        until(lambda: not program._leaving, 60)
    assert waiting_of(shift.desk.home, shift.desk.who)[0] == 0
    assert centre.sql("select name from workstation.customer") == [("Dilnoza Karimova",)]


def test_another_language_is_spoken_at_once_and_nothing_open_is_lost(program, centre):
    give(program, centre.url, centre.add_agent("aziza"), PASSWORD)
    until(lambda: program.shift is not None)
    shift, old = program.shift, program.shift.window
    desk = shift.desk
    with desk.store.write() as session:
        one = customers.add_customer(session, desk.scope, "Dilnoza Karimova", (), desk.clock(), desk.regions)
    old.open_customer(one)
    until(lambda: old.screen_of("desk").profile.card is not None)
    note = old.screen_of("desk").note
    note.focus_editor()
    type_text(note.editor, "half a sent")
    old.go_to("settings")
    settings = old.screen_of("settings")
    settings.language.setCurrentIndex(settings.language.findData("uz"))
    settings.language.activated.emit(settings.language.currentIndex())
    until(lambda: shift.window is not old)
    new = shift.window
    assert new.isVisible()
    assert not old.isVisible()
    assert new.place == "settings"
    assert new.screen_of("settings").language.currentData() == "uz"
    assert new.screen_of("desk").note.save.text() == "Saqlash"
    new.go_to("desk")
    until(lambda: new.screen_of("desk").note.editor.toPlainText() == "half a sent")
    until(lambda: shift.workstation.watch.connection is not None)
    shift.lock_now()
    assert shift.lock.isVisible()
    assert not new.stack.isEnabled()
    program.entrance.speak("en")


def test_nobody_is_locked_out_of_a_shift_that_is_over(program, centre):
    give(program, centre.url, centre.add_agent("aziza"), PASSWORD)
    until(lambda: program.shift is not None)
    idle = program.shift._idle
    assert idle.is_waiting
    program.shift.end()
    assert not idle.is_waiting


def test_the_end_of_a_shift_holds_up_nobody(program, centre):
    """A dead line, or a slow disk: the next agent signs in meanwhile."""
    give(program, centre.url, centre.add_agent("aziza"), PASSWORD)
    until(lambda: program.shift is not None)
    shift, closed_by = program.shift, []
    shift._closing.callback(lambda: closed_by.append(threading.current_thread()))
    shift.sign_out()
    until(lambda: program.entrance.gate is not None and not program._leaving)
    assert closed_by
    assert threading.main_thread() not in closed_by
    assert program._place().value("geometry") == shift.geometry != b""


def test_the_sign_in_says_whose_work_waits_here_and_fills_in_who(program, qapp, centre, cluster, tmp_path):
    login = centre.add_agent("aziza")
    with Line(cluster.address) as line:
        url = line.url_for(centre.url)
        give(program, url, login, PASSWORD)
        until(lambda: program.shift is not None)
        store, watch = program.shift.desk.store, program.shift.workstation.watch
        until(lambda: watch.connection is not None and watch.connection.state == "online")
        line.cut()
        with store.write() as session:
            customers.add_customer(session, 1, "Dilnoza Karimova", (), program.shift.desk.clock(), ("UZ",))
        program.close()
    again = Program(qapp, Home(tmp_path / "pc"))
    again.entrance.show()
    gate = again.entrance.gate
    (waiting,) = [one for one in gate.findChildren(QPushButton) if "change since" in one.text()]
    assert waiting.text().startswith(f"{login} · 1 change since")
    gate.login.setText("somebody else")
    gate.central.clear()
    waiting.click()
    assert (gate.login.text(), gate.central.text()) == (login, url)
    again.close()


def test_a_second_start_of_the_same_home_only_calls_the_first(program, tmp_path):
    asked = []
    program.one.asked.connect(lambda: asked.append("front"))
    assert call_running(tmp_path / "pc")
    until(lambda: asked == ["front"])
    assert not call_running(tmp_path / "another")
