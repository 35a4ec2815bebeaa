"""The own state in the top bar: what it shows, says to a screen reader, and asks for."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from tests.windows import press, type_text
from workstation.services.presence import CHOOSABLE, PresenceLine
from workstation.ui.shell.presence_menu import PresenceMenu

NOON = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)  # in Tashkent


@pytest.fixture
def clock():
    """What the menu takes for now."""
    return [NOON + timedelta(minutes=12, seconds=4)]


@pytest.fixture
def menu(qtbot, clock):
    made = PresenceMenu(lambda: clock[0], ZoneInfo("Asia/Tashkent"))
    qtbot.addWidget(made)
    made.show()
    made.show_state(PresenceLine("available", NOON))
    return made


def words(menu):
    return [part.text() for part in menu.findChildren(QLabel) if part.parent() is menu]


def test_it_shows_the_state_and_a_timer_that_goes_on(menu, clock, qtbot):
    assert words(menu) == ["Available", "12:04"]
    assert menu.accessibleName() == "Your state: Available since 12:00"
    clock[0] += timedelta(seconds=57)
    qtbot.waitUntil(lambda: words(menu) == ["Available", "13:01"])
    clock[0] += timedelta(hours=1)
    qtbot.waitUntil(lambda: words(menu) == ["Available", "1:13:01"])
    assert menu.sizeHint().width() >= menu.layout().sizeHint().width()


def test_hidden_it_does_not_tick(menu):
    menu.hide()
    assert not menu._ticking.isActive()


def test_without_a_line_it_shows_for_how_long(menu):
    menu.show_state(PresenceLine("break", NOON, "tea", None, NOON + timedelta(minutes=9)))
    assert words(menu) == ["Working offline", "03:04"]
    for part in ("Working offline since 12:09", "Break since 12:00", "tea"):
        assert part in menu.accessibleName()


def test_every_state_that_may_be_chosen_is_in_the_menu(menu, qtbot):
    assert tuple(menu.states) == CHOOSABLE
    chosen = []
    menu.state_chosen.connect(lambda *said: chosen.append(said))
    for action in menu.states.values():
        action.trigger()
    assert chosen == [(state, "") for state in CHOOSABLE]
    assert [state for state, action in menu.states.items() if action.isChecked()] == ["available"]


def test_by_keyboard_alone(menu, qtbot):
    chosen = []
    menu.state_chosen.connect(lambda *said: chosen.append(said))
    assert menu.focusPolicy() & Qt.FocusPolicy.TabFocus
    popup = menu.menu()
    popup.popup(menu.pos())
    qtbot.waitUntil(popup.isVisible)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Return):
        QTest.keyClick(popup, key)
    assert chosen == [("break", "")]


def test_own_words_go_with_the_state(menu, qtbot):
    chosen = []
    menu.state_chosen.connect(lambda *said: chosen.append(said))
    popup = menu.menu()
    popup.popup(menu.pos())
    qtbot.waitUntil(popup.isVisible)
    type_text(menu.text_field, "обед до 14:00")
    menu.states["meal"].trigger()
    menu.show_state(PresenceLine("meal", NOON, "обед до 14:00"))
    popup.popup(menu.pos())
    assert menu.text_field.text() == "обед до 14:00"
    menu.text_field.setText("back at 14:10")
    press(menu.text_field, "Return")
    popup.popup(menu.pos())
    menu.states["available"].trigger()  # the words were for the meal
    assert chosen == [("meal", "обед до 14:00"), ("meal", "back at 14:10"), ("available", "")]
    popup.close()


def test_a_long_text_is_cut_where_it_is_typed(menu):
    menu.text_field.setText("x" * 200)
    assert len(menu.text_field.text()) == 100
