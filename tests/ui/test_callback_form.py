"""The form of a callback by keyboard: what is typed, what it means, and why it is refused."""

from datetime import UTC, datetime

import pytest

from tests.ui.quiet_desk import BOTIR, ME, NOW, press, quiet_desk, type_text, until
from workstation.errors import Refused
from workstation.records import Customer
from workstation.services import callbacks
from workstation.ui.callbacks.form import CallbackDialog


@pytest.fixture
def desk(qapp, tmp_path):
    with quiet_desk(tmp_path) as made:
        yield made


def opened(desk, qtbot, customer, *args):
    dialog = CallbackDialog(None, desk.background, desk.seat, customer, *args)
    dialog.open()
    until(dialog.customer.text)
    desk.settle()
    return dialog


def typed(dialog, text):
    dialog.when.text.clear()
    type_text(dialog.when.text, text)


def test_tomorrow_10_and_enter_is_a_callback_at_their_ten(desk, qtbot):
    customer, saved = desk.add_customer(), []
    dialog = opened(desk, qtbot, customer)
    dialog.saved.connect(saved.append)
    typed(dialog, "tomorrow 10")
    press(dialog.when.text, "Return")
    until(lambda: saved)
    made = desk.callback(saved[0])
    assert (made.wall_start, made.zone, made.owner_id, made.made_by) == (
        "2026-11-25T10:00", "Asia/Tashkent", ME, "we promised",
    )  # fmt: skip


def test_both_times_and_the_attempts_stand_below_while_typing(desk, qtbot):
    dialog = opened(desk, qtbot, desk.add_customer())
    typed(dialog, "завтра 10")
    until(lambda: dialog.times.text() == "Tomorrow 10:00 theirs · 08:00 ours")
    assert dialog.rule.text() == "inside calling hours · attempt 1 of 3 that day"
    dialog.when.ours.click()
    until(lambda: dialog.times.text() == "Tomorrow 12:00 theirs · 10:00 ours")
    typed(dialog, "whenever")
    until(lambda: "Not a time yet" in dialog.rule.text())
    assert dialog.times.text() == ""
    press(dialog.when.text, "Return")
    assert desk.all_callbacks() == []
    dialog.reject()


def test_who_must_not_be_called_is_refused_in_words_and_nothing_typed_is_lost(desk, qtbot):
    customer = desk.add_customer()
    with desk.store.write() as session:
        found = session.get_one(Customer, customer)
        found.do_not_contact = "calls"
    dialog = opened(desk, qtbot, customer)
    typed(dialog, "tomorrow 10")
    type_text(dialog.reason, "about the contract")
    until(lambda: dialog.rule.property("role") == "danger")
    press(dialog.when.text, "Return")
    until(dialog._problem.isVisible)
    assert "must not be contacted" in dialog._words.text()
    assert (dialog.reason.text(), desk.all_callbacks()) == ("about the contract", [])
    assert dialog.isVisible()
    dialog.reject()


def test_no_icon_stands_there_without_a_word(desk, qtbot):
    dialog = CallbackDialog(None, desk.background, desk.seat, desk.add_customer())
    dialog.open()
    for icon, words in ((dialog._times_icon, dialog.times), (dialog._rule_icon, dialog.rule)):
        assert icon.isVisible() == bool(words.text())
    desk.settle()
    dialog.reject()


def test_a_sunday_is_refused_until_a_reason_is_given(desk, qtbot):
    customer, saved = desk.add_customer(), []
    dialog = opened(desk, qtbot, customer)
    dialog.saved.connect(saved.append)
    typed(dialog, "sunday 12")
    press(dialog.when.text, "Return")
    until(dialog.override.isVisible)
    until(lambda: "Sunday at Dilnoza's" in dialog._words.text())
    assert desk.all_callbacks() == []
    type_text(dialog.override, "she works in a shop on weekdays")
    press(dialog.override, "Return")
    until(lambda: saved)
    assert desk.callback(saved[0]).state_reason == "she works in a shop on weekdays"


def test_why_not_is_said_though_a_preview_is_asked_for_meanwhile(desk, qtbot):
    dialog = opened(desk, qtbot, desk.add_customer())
    typed(dialog, "sunday 12")
    until(dialog.rule.text)
    dialog._refused(Refused("Sunday at Dilnoza's", "at"))
    dialog._ask_preview()  # as the pause after the last key does
    until(lambda: "Sunday at Dilnoza's" in dialog._words.text())
    dialog.reject()


def test_what_the_customer_asked_for_may_lie_outside(desk, qtbot):
    saved = []
    dialog = opened(desk, qtbot, desk.add_customer())
    dialog.saved.connect(saved.append)
    typed(dialog, "today 21:30")
    until(lambda: "calling hours are" in dialog.rule.text())
    dialog.made_by.setCurrentIndex(0)
    until(lambda: dialog.rule.text().startswith("outside calling hours"))
    assert not dialog.override.isVisible()
    press(dialog, "Ctrl+Return")
    until(lambda: saved)
    assert desk.callback(saved[0]).made_by == "customer asked"


def test_what_no_reason_sets_aside_says_so(desk, qtbot):
    customer = desk.add_customer("Pavel Novik", "+375291234567")
    dialog = opened(desk, qtbot, customer)
    dialog.point.setCurrentIndex(1)
    desk.forbid_number(customer)
    typed(dialog, "tomorrow 10")
    press(dialog.when.text, "Return")
    until(lambda: "not to be used" in dialog._words.text())
    assert not dialog.override.isVisible()
    typed(dialog, "01.09.2027 10:00")
    until(lambda: "90 days" in dialog.rule.text())
    assert desk.all_callbacks() == []
    dialog.reject()


def test_owner_reason_and_a_pick(desk, qtbot):
    saved = []
    dialog = opened(desk, qtbot, desk.add_customer())
    dialog.saved.connect(saved.append)
    dialog.owner.setCurrentText("Botir")
    type_text(dialog.reason, "contract")
    type_text(dialog.said, "after lunch")
    dialog.when.show_moment(datetime(2026, 11, 24, 10, tzinfo=UTC))
    assert dialog.when.text.text() == "24.11.2026 15:00"
    press(dialog.reason, "Return")
    until(lambda: saved)
    made = desk.callback(saved[0])
    assert (made.owner_id, made.reason, made.said) == (BOTIR, "contract", "after lunch")


def test_another_time_takes_the_place_of_the_old_one(desk, qtbot):
    customer, saved = desk.add_customer(), []
    old = desk.promise(customer, 10)
    with desk.store.read() as session:
        (line,) = callbacks.callbacks(session, NOW)
    dialog = opened(desk, qtbot, customer, line)
    dialog.saved.connect(saved.append)
    typed(dialog, "fri 15:30")
    press(dialog.when.text, "Return")
    until(lambda: saved)
    assert (desk.callback(old).state, desk.callback(old).rescheduled_to) == ("rescheduled", saved[0])
    assert desk.callback(saved[0]).wall_start == "2026-11-27T15:30"


def test_every_field_has_a_name(desk, qtbot):
    dialog = opened(desk, qtbot, desk.add_customer())
    fields = (dialog.override, dialog.reason, dialog.point, dialog.owner, dialog.made_by, dialog.priority, dialog.said)
    assert all(field.accessibleName() for field in (*fields, dialog.when.text, dialog.when.theirs, dialog.when.ours))
    dialog.reject()


def test_half_an_hour_from_now_is_there_and_the_first_key_takes_its_place(desk, qtbot):
    dialog = opened(desk, qtbot, desk.add_customer())
    until(lambda: dialog.times.text() == "Today 15:00 theirs · 13:00 ours")
    type_text(dialog.when.text, "tomorrow 11")
    until(lambda: dialog.times.text() == "Tomorrow 11:00 theirs · 09:00 ours")
    dialog.reject()


def test_at_night_the_next_opening_is_there(desk, qtbot):
    desk.time[0] = NOW.replace(hour=20)
    dialog = opened(desk, qtbot, desk.add_customer())
    until(lambda: dialog.times.text() == "Today 09:00 theirs · 07:00 ours")
    dialog.reject()
