"""The pop, from another program to the note: offered, never opened by itself, silent while nobody may see it."""

import json
import subprocess
import sys
from datetime import timedelta
from typing import ClassVar

import pytest
from PySide6.QtCore import QObject, QPoint, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QLabel

from tests.desks import PASSWORD, environment
from tests.windows import press, type_text, until
from workstation.services import customers, notes
from workstation.ui.desk.contact_points import ContactPointRow
from workstation.ui.doors import ArrivedCall
from workstation.ui.shell.call_watch import FORGOTTEN
from workstation.ui.shell.one_window import hand_over

DILNOZA, BARNO = "+998901234567", "+998935556677"


@pytest.fixture
def shift(program, centre):
    """Aziza at work; she knows Dilnoza and Barno."""
    sign_in(program, centre)
    return program.shift


def sign_in(program, centre):
    gate = program.entrance.gate
    gate.central.setText(centre.url)
    gate.login.setText(centre.add_agent("aziza"))
    gate.password.setText(PASSWORD)
    gate.enter.click()
    until(lambda: program.shift is not None)
    program.shift.window.resize(1366, 768)


def add(shift, name, *phones):
    desk = shift.desk
    with desk.store.write() as session:
        return customers.add_customer(session, desk.scope, name, phones, desk.clock(), desk.regions)


def pop(program, *arguments, ok=0):
    """The command in a process of its own, while the window goes on; gives what it answered."""
    running = subprocess.Popen(
        [sys.executable, "-m", "workstation", "--home", str(program._home.root), "--json", "pop", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(""),
    )  # fmt: skip
    until(lambda: running.poll() is not None, 60)
    out, err = running.communicate()
    assert running.returncode == ok, err.decode()
    return json.loads(out) if ok == 0 else err.decode()


def arrive(shift, text, **times):
    """The same without a process: what the socket brings."""
    answers = []
    call = ArrivedCall(text, shift.desk.clock() + timedelta(**times), answers.append)
    shift.workstation.doors.call_arrived.emit(call)
    until(lambda: answers)
    return answers[0]


def popup(shift):
    return shift.workstation.calls.popup


def texts(shift):
    return [one.text() for one in popup(shift).findChildren(QLabel) if one.isVisible()]


def desk_of(shift):
    return shift.window.screen_of("desk")


def test_a_call_is_offered_by_its_number_and_taken_by_a_key(program, shift):
    dilnoza = add(shift, "Dilnoza Karimova", "8 90 123-45-67")
    answer = pop(program, "tel:+998-90-123-45-67")
    assert answer == {
        "matched": "exact", "customers": [{"id": str(dilnoza), "name": "Dilnoza Karimova"}], "shown": "now",
    }  # fmt: skip
    assert popup(shift).isVisible()
    assert {"Incoming call", "+998 90 123 45 67", "Dilnoza Karimova"} <= set(texts(shift))
    assert desk_of(shift).customer_id is None, "it offers, it does not open"
    press(shift.window, "F7")
    note = desk_of(shift).note
    until(lambda: note.timer.started_at is not None)
    assert desk_of(shift).customer_id == dilnoza
    assert note.channel.currentData() == ("call", "in")
    assert note.point.currentText() == "8 90 123-45-67"
    assert popup(shift).isHidden()


@pytest.fixture
def tel(qapp):
    """What opens tel: addresses on this PC, in place of the system's own."""

    class Opener(QObject):
        opened: ClassVar[list[str]] = []

        @Slot(QUrl)
        def open_url(self, url):
            self.opened.append(url.toString())

    opener = Opener()
    opener.opened.clear()
    QDesktopServices.setUrlHandler("tel", opener, "open_url")
    yield opener.opened
    QDesktopServices.unsetUrlHandler("tel")


def dial(shift, customer):
    shift.window.open_customer(customer)
    until(lambda: desk_of(shift).customer_id == customer and desk_of(shift).profile.findChildren(ContactPointRow))
    press(desk_of(shift).profile.findChildren(ContactPointRow)[0], "Return")


def test_dialling_that_comes_back_to_us_is_told_and_the_number_copied(shift, tel):
    dial(shift, add(shift, "Dilnoza Karimova", "8 90 123-45-67"))
    assert tel == ["tel:890123-45-67"]
    assert arrive(shift, tel[0]) == {"refused": "This number was dialled here."}
    assert popup(shift).isHidden()
    assert QApplication.clipboard().text() == "8 90 123-45-67"
    assert "Nothing was dialled" in shift.window.message.words
    assert "shown" in arrive(shift, tel[0]), "a second time it is somebody who calls"


@pytest.mark.parametrize(("text", "seconds"), [("tel:+998935556677", 1), ("tel:890123-45-67", 6), ("890123-45-67", 1)])
def test_another_call_after_dialling_is_offered(shift, tel, text, seconds):
    dial(shift, add(shift, "Dilnoza Karimova", "8 90 123-45-67"))
    assert arrive(shift, text, seconds=seconds)["shown"] == "now"


def test_a_half_typed_note_stays_and_keeps_the_keyboard(program, shift):
    dilnoza, barno = add(shift, "Dilnoza Karimova", DILNOZA), add(shift, "Barno", BARNO)
    desk = desk_of(shift)
    shift.window.open_customer(dilnoza)
    until(lambda: desk.customer_id == dilnoza)
    desk.note.focus_editor()
    type_text(desk.note.editor, "Asks about the")
    focused = QApplication.focusWidget()
    arrive(shift, BARNO)
    until(popup(shift).isVisible)
    assert QApplication.focusWidget() is focused
    assert not popup(shift).isActiveWindow()
    type_text(desk.note.editor, " receipt")
    assert (desk.customer_id, desk.note.editor.toPlainText()) == (dilnoza, "Asks about the receipt")
    press(desk.note.editor, "F7")
    until(lambda: desk.customer_id == barno and desk.note.timer.started_at is not None)
    assert desk.note.editor.toPlainText() == ""
    assert desk.tabs.customers == [dilnoza, barno]
    shift.window.open_customer(dilnoza)
    until(lambda: desk.note.editor.toPlainText() == "Asks about the receipt")
    assert desk.note.timer.started_at is None


def test_taking_the_call_of_somebody_with_a_draft_keeps_the_draft(program, shift):
    dilnoza, barno = add(shift, "Dilnoza Karimova", DILNOZA), add(shift, "Barno", BARNO)
    desk = desk_of(shift)
    for customer in (dilnoza, barno):
        shift.window.open_customer(customer, in_new_tab=True)
        until(lambda customer=customer: desk.customer_id == customer and desk.writing._is_restored)
        type_text(desk.note.editor, "begun before")
    arrive(shift, DILNOZA)
    press(shift.window, "F7")
    until(lambda: desk.note.timer.started_at is not None)
    assert (desk.customer_id, desk.note.editor.toPlainText()) == (dilnoza, "begun before")


def test_several_people_are_chosen_by_key_or_click(program, shift):
    add(shift, "Alisher", "+998 71 200-11-22", DILNOZA)
    barno = add(shift, "Barno", DILNOZA)
    assert arrive(shift, DILNOZA)["matched"] == "several"
    assert "2 people share this number" in texts(shift)
    assert popup(shift).chosen_id == barno
    press(shift.window, "Ctrl+F7")
    assert popup(shift).chosen_id not in (barno, None)
    press(shift.window, "Ctrl+F7")
    assert (popup(shift).chosen_id, popup(shift).open_button.text()) == (None, "New customer")
    press(shift.window, "Ctrl+F7")
    popup(shift)._rows[0].pressed.emit()
    until(lambda: desk_of(shift).customer_id == barno)


def test_an_unknown_caller_becomes_a_customer_in_one_step_and_the_contact_is_theirs(program, shift):
    assert pop(program, "workstation:call?number=%2B998935556677&direction=out")["matched"] == "none"
    assert {"Outgoing call", "Nobody here has this number."} <= set(texts(shift))
    press(shift.window, "F7")
    desk = desk_of(shift)
    until(lambda: desk.editing.form is not None)
    form = desk.editing.form
    assert form.fields["phone"].text() == BARNO
    type_text(form.fields["name"], "Barno")
    press(form, "Ctrl+Return")
    until(lambda: desk.note.timer.started_at is not None)
    assert desk.note.channel.currentData() == ("call", "out")
    assert desk.note.point.currentText() == BARNO
    type_text(desk.note.editor, "Ordered a SIM")
    desk.note.outcome.show_lines([])
    assert arrive(shift, BARNO)["customers"][0]["name"] == "Barno"


def test_a_caller_in_a_note_is_mentioned_and_offered_with_it(program, shift):
    dilnoza, desk = add(shift, "Dilnoza Karimova", DILNOZA), shift.desk
    with desk.store.write() as session:
        notes.add_note(session, dilnoza, desk.agent_id, "Her brother calls from 93 555 66 77", desk.clock())
    assert arrive(shift, BARNO)["matched"] == "mentioned"
    assert {"Dilnoza Karimova", "Her brother calls from 93 555 66 77"} <= set(texts(shift))
    press(shift.window, "F7")
    note = desk_of(shift).note
    until(lambda: note.timer.started_at is not None)
    assert note.point.currentText() == BARNO


def test_nothing_is_seen_or_said_while_locked_and_all_of_it_afterwards(program, shift):
    dilnoza = add(shift, "Dilnoza Karimova", DILNOZA)
    arrive(shift, BARNO)
    shift.lock_now()
    assert popup(shift).isHidden()
    answer = pop(program, DILNOZA)
    assert answer == {"matched": "none", "customers": [], "shown": "later"}
    assert arrive(shift, "+998712001122", minutes=-5) == {"shown": "later"}
    assert popup(shift).isHidden()
    seen = [one.text() for one in QApplication.allWidgets() if isinstance(one, QLabel) and one.isVisible()]
    assert not [text for text in seen if "Dilnoza" in text or "93 555 66 77" in text]
    shift.lock.password.setText(PASSWORD)
    shift.lock.unlock.click()
    until(lambda: len(shift.workstation.calls.offers) == 3)
    offers = shift.workstation.calls.offers
    assert [offer.is_away for offer in offers] == [False, False, True]
    assert offers[1].card.people[0].id == dilnoza
    assert popup(shift).isVisible()


def test_what_came_before_the_sign_in_is_offered_after_it(program, centre):
    assert pop(program, DILNOZA)["shown"] == "later"
    program._early = [ArrivedCall(call.text, call.at - timedelta(minutes=3), call.answer) for call in program._early]
    sign_in(program, centre)
    until(lambda: popup(program.shift).isVisible())
    assert "Called while you were away" in texts(program.shift)
    press(program.shift.window, "F7")
    until(lambda: desk_of(program.shift).editing.form is not None)
    desk_of(program.shift).editing.form.reject()
    assert desk_of(program.shift).note.timer.started_at is None


def test_a_burst_waits_its_turn_and_a_number_that_rings_on_is_one_call(program, shift):
    add(shift, "Dilnoza Karimova", DILNOZA)
    for text in (DILNOZA, BARNO, DILNOZA, "103", "anonymous"):
        arrive(shift, text)
    calls = shift.workstation.calls
    assert [offer.card.dialled for offer in calls.offers] == [DILNOZA, BARNO, "103", ""]
    assert "3 more calls wait" in texts(shift)
    for left in (3, 2):
        press(shift.window, "Shift+F7")
        assert len(calls.offers) == left
    for number in range(40):
        arrive(shift, f"9012345{number:02}")
    assert len(calls.offers) == 20
    popup(shift).dismiss_all.click()
    assert popup(shift).isHidden()


def test_a_new_call_comes_before_one_nobody_took_and_that_is_forgotten(program, shift):
    arrive(shift, DILNOZA, minutes=-2)
    arrive(shift, BARNO)
    calls = shift.workstation.calls
    assert [offer.card.dialled for offer in calls.offers] == [BARNO, DILNOZA]
    calls.offers[1] = type(calls.offers[1])(calls.offers[1].card, calls.offers[1].at - FORGOTTEN)
    shift.workstation.doors.minute_passed.emit()
    assert [offer.card.dialled for offer in calls.offers] == [BARNO]


@pytest.mark.parametrize("text", ["'; drop table customer; --", "x" * 5000])
def test_hostile_text_does_nothing_but_say_so(program, shift, text):
    words = pop(program, "--", text, ok=1)
    assert "Traceback" not in words
    assert words.count("\n") == 1
    until(lambda: len(text) > 1000 or "no call" in shift.window.message.words)  # the command did not wait for it
    assert popup(shift).isHidden()
    assert shift.workstation.calls.offers == []


def test_a_window_that_is_busy_says_it_when_it_is_not(program, shift):
    hand_over(program._home.root, "no number", 0)  # and is gone before the window looks
    until(lambda: "no call" in shift.window.message.words)


def test_hostile_text_past_the_command_is_refused_by_the_window_too(program, shift):
    for text in ("javascript:alert(1)", "tel:%00", "x" * 9000, "<b>bold</b>", "\u202e1", "", "\ud800"):
        shift.window.message.hide()
        assert set(arrive(shift, text)) == {"refused"}
        assert "no call" in shift.window.message.words
    assert popup(shift).isHidden()
    assert arrive(shift, "+998 90 123 45 67")["matched"] == "none"
    assert popup(shift).isVisible()


def test_a_card_of_another_program_is_offered_without_a_timer(program, shift):
    dilnoza = add(shift, "Dilnoza Karimova", DILNOZA)
    assert arrive(shift, f"workstation:customer/{dilnoza}")["matched"] == "exact"
    press(shift.window, "F7")
    until(lambda: desk_of(shift).customer_id == dilnoza and desk_of(shift).writing._is_restored)
    assert desk_of(shift).note.timer.started_at is None
    assert arrive(shift, "workstation:customer/01a20000-0000-7000-8000-00000000a211")["matched"] == "none"
    assert shift.window.message.words == "This customer is not on this PC."


def test_its_place_is_remembered_and_a_lost_screen_brings_it_back(program, shift):
    arrive(shift, DILNOZA)
    popup(shift).move(QPoint(200, 120))
    press(shift.window, "Shift+F7")
    assert program._place().value("pop") == QPoint(200, 120)
    arrive(shift, BARNO)
    assert popup(shift).pos() == QPoint(200, 120)
    popup(shift).hide()
    popup(shift).place = QPoint(9_000, 9_000)
    popup(shift).show_offer(shift.workstation.calls.offers[0], 0)
    screen = QApplication.primaryScreen().availableGeometry()
    assert screen.contains(popup(shift).geometry())


def test_another_language_is_spoken_at_once_and_the_calls_stay(program, shift):
    arrive(shift, DILNOZA)
    before = popup(shift)
    program._speak("ru")
    until(lambda: popup(shift) is not before and popup(shift).isVisible())
    assert [offer.card.dialled for offer in shift.workstation.calls.offers] == [DILNOZA]
    assert arrive(shift, BARNO)["shown"] == "now"
    assert len(shift.workstation.calls.offers) == 2
    program._speak("en")
    until(lambda: "Incoming call" in texts(shift))


def test_everything_in_it_has_a_name(program, shift):
    add(shift, "Dilnoza Karimova", DILNOZA)
    arrive(shift, DILNOZA)
    assert popup(shift).accessibleName() == "Incoming call, +998 90 123 45 67"
    assert [row.accessibleName() for row in popup(shift)._rows] == [
        "Dilnoza Karimova, +998901234567", "New customer with this number",
    ]  # fmt: skip
    assert popup(shift).open_button.accessibleName() == "Dilnoza Karimova, +998901234567"
