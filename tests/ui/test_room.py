"""What is read has room: in every language, whole rows, and an address from its beginning."""

from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from tests.ui.quiet_desk import BOTIR, NOW, quiet_desk, until
from workstation.central import dispositions
from workstation.services.monitoring import NeedLine
from workstation.services.outcome_words import in_words
from workstation.services.quick_note import DispositionLine
from workstation.ui.desk.disposition_choice import DispositionChoice
from workstation.ui.desk.screen import NOTE_WIDTH
from workstation.ui.monitoring.needs import LEAST_ROWS, ROW_HEIGHT, NeedsPanel
from workstation.ui.shell.search_box import SearchBox
from workstation.ui.sign_in.screen import SignInScreen, WaitingLine
from workstation.ui.today.screen import TodayScreen

LONG = "postgresql://the-central-server-of-the-whole-firm.example/workstation?sslmode=verify-full"


@pytest.fixture
def desk(qapp, tmp_path):
    with quiet_desk(tmp_path) as made:
        yield made


def need(number):
    due = NOW - timedelta(minutes=number)
    return NeedLine(
        uuid4(), uuid4(), f"Customer {number}", BOTIR, "Botir", True, due, due, "overdue", "contract", "UTC"
    )


@pytest.mark.usefixtures("spoken", "dressed")
def test_how_late_a_callback_is_can_be_read_at_the_smallest_size(desk, qtbot):
    desk.promise(desk.add_customer(), minutes=-90)
    today = TodayScreen(desk.background, desk.doors, desk.seat)
    qtbot.addWidget(today)
    today.resize(1093 - 48, 614 - 48)
    today.show()
    until(lambda: today.table.lines.rows)
    assert today.table.sizeHintForColumn(0) <= today.table.columnWidth(0)


@pytest.mark.usefixtures("dressed")
@pytest.mark.parametrize("room", [100, 180, 200, 345, 500])
def test_as_many_whole_rows_of_what_needs_somebody_as_there_is_room_for_and_nothing_empty_below(qtbot, room):
    place = QWidget()
    qtbot.addWidget(place)
    panel = NeedsPanel(ZoneInfo("UTC"), lambda: NOW)
    box = QVBoxLayout(place)
    box.addWidget(panel)
    box.addStretch(1)
    place.resize(1000, 600)
    panel.show_needs(tuple(need(number) for number in range(40)))
    panel.fit(room)
    place.show()
    box.activate()
    panel.layout().activate()
    seen = panel.view.viewport().height()
    assert seen % ROW_HEIGHT == 0
    assert seen // ROW_HEIGHT >= LEAST_ROWS
    assert panel.height() <= max(room, panel.minimumSizeHint().height())
    assert panel.height() - panel.view.geometry().bottom() < ROW_HEIGHT
    if room > 200:
        assert room - panel.height() < 2 * ROW_HEIGHT


@pytest.mark.usefixtures("spoken", "dressed")
@pytest.mark.parametrize("queue", ["support", "outbound"])
def test_every_outcome_can_be_read_where_they_stand_beside_each_other(qtbot, queue):
    choice = DispositionChoice()
    qtbot.addWidget(choice)
    starters = [one for one in dispositions.STARTER if one["queue"] == queue]
    choice.show_lines([DispositionLine(one["code"], in_words(one["label"]), queue) for one in starters])
    choice.resize(NOTE_WIDTH - 30, 400)
    choice.show()
    until(lambda: all(made.width() < NOTE_WIDTH for made in choice._buttons))
    assert [made.text() for made in choice._buttons if "…" in made.text()] == []


def test_an_address_is_read_from_its_beginning(qtbot):
    gate = SignInScreen(LONG, "aziza", True, "en")
    qtbot.addWidget(gate)
    assert gate.central.cursorPosition() == 0
    gate._choose(WaitingLine(LONG + "&x", "botir", 3, "09:12"))
    assert (gate.central.text(), gate.central.cursorPosition()) == (LONG + "&x", 0)


def test_what_is_searched_is_cleared_by_a_cross_of_ours_in_the_colours_of_the_theme(desk, dressed, qtbot):
    box = SearchBox(desk.background)
    qtbot.addWidget(box)
    box.show()
    glass, wipe = box.actions()
    assert not wipe.isVisible()
    box.setText("dilnoza")
    assert wipe.isVisible()
    before = glass.icon().cacheKey()
    dressed.wear("dark")
    assert glass.icon().cacheKey() != before
    wipe.trigger()
    assert (box.text(), wipe.isVisible()) == ("", False)
    assert not QLineEdit.isClearButtonEnabled(box)
