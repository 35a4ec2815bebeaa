"""The reminder in the window: at its minute, once after sleep, put off and kept by a restart."""

import wave

import pytest
from PySide6.QtWidgets import QLabel, QPushButton, QSystemTrayIcon, QWidget

from tests.ui.quiet_desk import NOW, quiet_desk, until
from workstation.services import callbacks
from workstation.ui.shell.message_line import MessageLine
from workstation.ui.shell.reminder import ReminderWatch
from workstation.ui.shell.reminder_popup import ReminderPopup
from workstation.ui.shell.reminder_sound import sound_file


@pytest.fixture
def desk(qapp, tmp_path):
    with quiet_desk(tmp_path) as made:
        yield made


@pytest.fixture
def watch(desk, qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(1093, 614)
    window.show()
    rung = []
    made = ReminderWatch(window, desk.background, desk.doors, desk.seat, lambda: rung.append(desk.time[0]))
    made.rung = rung
    return made


def test_it_comes_at_its_minute_with_both_times_and_one_sound(desk, watch):
    desk.promise(desk.add_customer(), 2, said="evening")
    until(watch.timer.isActive)
    assert watch.popup.isHidden()
    assert watch.timer.remainingTime() <= 120_001
    desk.pass_minutes(2)
    until(watch.popup.isVisible)
    shown = [part.text() for part in watch.popup.findChildren(type(watch.popup.heading))]
    assert "Callback due" in shown
    assert "Dilnoza Karimova" in shown
    assert "Today 14:32 theirs · 12:32 ours" in shown
    desk.pass_minutes(1)
    until(lambda: watch.popup.heading.text() == "Callback due, 1 min late")
    assert len(watch.rung) == 1


def test_a_timer_of_its_own_wakes_it_between_minutes(desk, watch):
    desk.promise(desk.add_customer(), 0.002)
    until(watch.timer.isActive)
    desk.time[0] = NOW.replace(second=1)
    until(watch.popup.isVisible)
    assert len(watch.rung) == 1


def test_after_sleep_all_that_was_missed_is_one_reminder(desk, watch):
    customer = desk.add_customer()
    for minutes in (5, 10, 15, 20, 25):
        desk.promise(customer, minutes)
    desk.settle()
    desk.pass_minutes(8 * 60)
    until(watch.popup.isVisible)
    assert watch.popup.heading.text() == "5 callbacks are due"
    assert len(watch.rung) == 1
    watch.popup.dismissed.emit()
    desk.settle()
    desk.pass_minutes(1)
    desk.settle()
    assert watch.popup.isHidden()
    assert len(watch.rung) == 1


def test_snooze_shows_when_and_reminds_then(desk, watch):
    desk.promise(desk.add_customer(), 1)
    desk.settle()
    desk.pass_minutes(1)
    until(watch.popup.isVisible)
    choices = watch.popup.snooze_menu().actions()
    assert [choice.text() for choice in choices][1:] == [
        "in 10 min\tToday 12:41", "in 20 min\tToday 12:51", "in 1 h\tToday 13:31", "tomorrow 10:00\tTomorrow 10:00"
    ]  # fmt: skip
    choices[1].trigger()
    until(watch.popup.isHidden)
    desk.settle()
    desk.pass_minutes(9)
    desk.settle()
    assert watch.popup.isHidden()
    desk.pass_minutes(1)
    until(watch.popup.isVisible)
    assert len(watch.rung) == 2


def test_open_leads_to_the_customer_and_leaves_the_others(desk, watch):
    first, second = desk.add_customer(), desk.add_customer("Pavel Novik")
    desk.promise(first, -2)
    desk.promise(second, -1)
    chosen = []
    watch.customer_chosen.connect(chosen.append)
    until(lambda: len(watch.popup.lines) == 2)
    watch.popup.open_button.click()
    until(lambda: len(watch.popup.lines) == 1 and watch.popup.isVisible())
    assert chosen == [first]
    assert watch.popup.lines[0].customer == "Pavel Novik"


def test_it_stands_at_the_bottom_left_away_from_the_note_and_goes_along(desk, watch):
    message = MessageLine(watch._window)
    desk.promise(desk.add_customer(), -1)
    until(watch.popup.isVisible)
    for width, height in ((1093, 614), (1600, 900)):
        watch._window.resize(width, height)
        until(lambda height=height: watch.popup.geometry().bottom() in range(height - 80, height - 60))
        assert watch.popup.geometry().right() < width / 2
        message.say("Note saved.", "ok", lambda: None)
        assert not message.geometry().intersects(watch.popup.geometry())


def test_the_sound_is_a_short_wav_of_ours():
    with wave.open(str(sound_file())) as sound:
        assert sound.getnframes() / sound.getframerate() < 1
        assert sound.getsampwidth() == 2


def test_a_reminder_stays_whole_when_it_is_told_again(dressed, desk, qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(1093, 614)
    popup = ReminderPopup(window, desk.seat)
    for name in ("Dilnoza Karimova", "Pavel Novik"):
        desk.promise(desk.add_customer(name), minutes=0)
    with desk.store.read() as session:
        lines = callbacks.callbacks(session, desk.time[0])
    popup.show_lines(lines, desk.time[0])
    window.show()
    until(popup.isVisible)
    popup.show_lines(lines, desk.time[0])  # as with every change of a callback

    def is_whole():
        shown = [
            one for one in popup.findChildren(QWidget) if isinstance(one, QLabel | QPushButton) and one.isVisible()
        ]
        names = [one.text() for one in shown if "Karimova" in one.text() or "Novik" in one.text()]
        return len(names) == 2 and all(one.height() >= one.minimumSizeHint().height() > 0 for one in shown)

    until(is_whole)
    assert window.rect().contains(popup.geometry())


def test_who_opens_the_customer_is_not_reminded_of_them_any_more(desk, watch):
    customer = desk.add_customer()
    desk.promise(customer, minutes=0)
    desk.promise(desk.add_customer("Pavel Novik"), minutes=0)
    watch.look()
    until(lambda: len(watch.popup.lines) == 2)
    watch.answer(customer)
    until(lambda: [line.customer for line in watch.popup.lines] == ["Pavel Novik"])


def test_without_a_tray_the_window_alone_reminds(desk, qtbot, monkeypatch):
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", lambda: False)
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    made = ReminderWatch(window, desk.background, desk.doors, desk.seat, lambda: None)
    desk.promise(desk.add_customer(), 1)
    desk.settle()
    desk.pass_minutes(1)
    until(made.popup.isVisible)
    assert made.tray is None
