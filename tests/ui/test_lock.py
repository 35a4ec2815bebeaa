"""Locked is locked: no key, dialog, reminder or message shows a customer to whoever passes by; all is back after."""

from datetime import timedelta

import pytest
from PySide6.QtWidgets import QApplication, QDialog

from tests.desks import PASSWORD
from tests.line import Line
from tests.windows import press, type_text, until
from workstation.app.program import Program
from workstation.home import Home
from workstation.services import callbacks, customers, drafts, presence
from workstation.services.callback_rules import CallbackForm
from workstation.ui.shell.reminder import ReminderWatch

NAME = "Dilnoza Karimova"


@pytest.fixture
def line(cluster):
    with Line(cluster.address) as made:
        yield made


@pytest.fixture
def shift(qapp, centre, line, tmp_path):
    program = Program(qapp, Home(tmp_path / "pc"))
    program.entrance.show()
    gate = program.entrance.gate
    gate.central.setText(line.url_for(centre.url))
    gate.login.setText(centre.add_agent("aziza"))
    gate.password.setText(PASSWORD)
    gate.enter.click()
    until(lambda: program.shift is not None)
    yield program.shift
    program.close()


@pytest.fixture
def customer(shift):
    desk = shift.desk
    with desk.store.write() as session:
        made = customers.add_customer(session, desk.scope, NAME, ["+998901234567"], desk.clock(), desk.regions)
    screen = shift.window.screen_of("desk")
    shift.window.open_customer(made)
    until(lambda: screen.profile.card is not None and screen.profile.card.id == made)
    return made


def unlock(shift):
    shift.lock.password.setText(PASSWORD)
    shift.lock.unlock.click()
    until(lambda: not shift.lock.isVisible())


def dialogs():
    return [one for one in QApplication.topLevelWidgets() if isinstance(one, QDialog) and one.isVisible()]


def is_on_top(shift):
    """Whether the lock is what is seen at every corner of the window and in its middle."""
    window = shift.window
    area = window.rect().adjusted(5, 5, -5, -5)
    places = (area.center(), area.topLeft(), area.topRight(), area.bottomLeft(), area.bottomRight())
    return all(window.childAt(at) is shift.lock or shift.lock.isAncestorOf(window.childAt(at)) for at in places)


def test_no_key_works_behind_the_lock(shift, customer):
    place, tabs = shift.window.place, shift.window.screen_of("desk").tabs
    shift.lock_now()
    for key in ("F1", "F2", "F3", "F9", "Ctrl+K", "Ctrl+1", "Ctrl+W"):
        press(shift.lock.password, key)
        until(lambda: shift.workstation.background.is_idle)
        assert not dialogs(), key
        assert (shift.window.place, tabs.count()) == (place, 1), key
        assert is_on_top(shift), key


def test_a_dialog_is_out_of_sight_while_locked_and_back_with_what_was_typed(shift, customer):
    screen = shift.window.screen_of("desk")
    screen.begin_callback()
    until(dialogs)
    (form,) = dialogs()
    type_text(form.reason, "contract")
    shift.lock_now()
    assert not dialogs()
    assert is_on_top(shift)
    unlock(shift)
    assert dialogs() == [form]
    assert form.reason.text() == "contract"
    form.reject()


def test_a_reminder_and_a_message_come_behind_the_lock(shift, customer):
    watch = shift.window.findChild(ReminderWatch)
    desk = shift.desk
    shift.lock_now()
    now = desk.clock()
    with desk.store.write() as session:
        form = CallbackForm(now.isoformat(), None, "secret", desk.agent_id, made_by="customer asked")
        callbacks.add_callback(session, customer, desk.agent_id, form, now - timedelta(seconds=30), "UZ")
    until(lambda: watch.popup.lines)
    shift.window.say("Copied: +998901234567")
    until(lambda: shift.workstation.background.is_idle)
    assert is_on_top(shift)
    assert not watch.popup.isEnabled()
    unlock(shift)
    assert watch.popup.isVisible()
    assert watch.popup.isEnabled()


def test_the_keyboard_is_back_where_it_was(shift, customer):
    note = shift.window.screen_of("desk").note
    shift.window.activateWindow()
    note.focus_editor()
    type_text(note.editor, "half a sent")
    shift.lock_now()

    def is_kept():
        with shift.desk.store.read() as session:  # each time anew: a session sees what was there when it began
            return drafts.draft_of(session, drafts.QUICK_NOTE, customer) is not None

    until(is_kept)
    unlock(shift)
    assert shift.window.focusWidget() is note.editor
    assert note.editor.toPlainText() == "half a sent"


def test_who_signed_out_is_offline_and_is_not_reminded_while_work_is_delivered(shift, line, customer, centre):
    desk = shift.desk
    until(lambda: centre.sql("select name from workstation.customer") == [(NAME,)])
    until(lambda: shift.waiting == 0)
    line.cut()
    until(lambda: shift.workstation.watch.connection is not None)
    until(lambda: shift.workstation.watch.connection.state == "offline")
    rung = []
    watch = shift.window.findChild(ReminderWatch)
    watch._sound = lambda: rung.append("rung")
    with desk.store.write() as session:  # a moment before the sign-out: the window has not counted it yet
        form = CallbackForm(desk.clock().isoformat(), None, "late", desk.agent_id, made_by="customer asked")
        callbacks.add_callback(session, customer, desk.agent_id, form, desk.clock(), "UZ")
    watch.look()  # asked before the sign-out, answered after it
    left = []
    shift.sign_out_wanted.connect(lambda: left.append(shift.waiting))
    shift.sign_out()
    until(lambda: left)
    assert left == [1]
    with desk.store.read() as session:
        assert presence.own_presence(session, desk.clock()).state == "offline"
    watch.look()
    until(lambda: shift.workstation.background.is_idle)
    assert not rung
    assert not shift.window.isVisible()
