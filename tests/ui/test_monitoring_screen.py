"""The monitoring tab over a real central: figures and their age, agents, and callbacks moved by one gesture."""

from contextlib import closing
from datetime import timedelta
from functools import partial

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtWidgets import QLabel, QWidget

from tests.windows import press, type_text
from workstation.records import Callback
from workstation.services import callbacks, presence
from workstation.services.monitoring import monitoring_of
from workstation.services.sync.beat import Beat, BeatingDesk
from workstation.ui.monitoring.screen import MonitoringScreen
from workstation.ui.widgets.reassign import ReassignDialog


@pytest.fixture
def sanjar(open_window):
    """A supervisor's window."""
    return open_window("sanjar", "supervisor")


@pytest.fixture
def screen(sanjar, qtbot):
    """The tab of his team, shown and answered once."""
    desk = sanjar.desk.desk
    with closing(desk.central("live", 5)) as central:
        seat = sanjar.workstation.seat
        made = MonitoringScreen(sanjar.background, sanjar.doors, seat, partial(monitoring_of, central, "Asia/Tashkent"))
        qtbot.addWidget(made)
        made.resize(1093, 614)
        made.show()
        sanjar.until(lambda: made._card is not None)
        yield made
        made.hide()
        sanjar.settle()


def say(at_work, command, *args):
    desk = at_work.desk
    with at_work.store.write() as session:
        command(session, *args, desk.clock())
    beat = Beat(BeatingDesk(at_work.store, desk.who.device, desk.clock, lambda: desk.central("presence", 5)))
    beat.beat()
    beat.stop()


def cells(view):
    model = view.model()
    return [
        [str(model.data(model.index(row, column)) or "") for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def texts(widget):
    return {part.text() for part in widget.findChildren(QLabel) if part.isVisible()}


def asked_again(sanjar, screen):
    before = screen._card
    screen.refresh()
    sanjar.until(lambda: screen._card is not before)


def overdue(aziza, owner, *reasons):
    """Callbacks of an hour and a half ago."""
    ids = []
    customer = aziza.add_customer("Dilnoza Karimova")
    past = aziza.clock() - timedelta(minutes=90)
    for reason in reasons:
        with aziza.store.write() as session:
            made = Callback(
                customer_id=customer, scope_id=1, author_id=aziza.desk.agent_id, owner_id=owner, reason=reason,
                wall_start=past.replace(tzinfo=None).isoformat(timespec="seconds"), zone="UTC", made_at=past,
            )  # fmt: skip
            session.add(made)
        ids.append(made.id)
    aziza.sync()
    return ids


def test_what_agents_do_and_since_when(sanjar, screen, open_desk):
    aziza = open_desk("aziza")
    customer = aziza.add_customer("Dilnoza Karimova")
    aziza.sync()
    say(aziza, presence.begin_contact, customer)
    asked_again(sanjar, screen)
    (line,) = [row for row in cells(screen.agents.view) if row[0] == "Aziza"]
    assert line[1] == "On contact"
    assert line[2].startswith("00:")
    assert (line[3], line[5], line[8]) == ("Dilnoza Karimova", "0", "now")
    assert "of 2 signed in" in texts(screen.strip)
    before = line[2]
    sanjar.until(lambda: before not in [row[2] for row in cells(screen.agents.view)])  # it ticks between two answers
    chosen = []
    screen.customer_chosen.connect(chosen.append)
    view = screen.agents.view
    view.setFocus()
    view.setCurrentIndex(view.model().index([row[0] for row in cells(view)].index("Aziza"), 0))
    press(view, "Return")
    assert chosen == [customer]


def test_a_silent_pc_says_since_when(sanjar, screen, centre, open_desk):
    say(open_desk("aziza"), presence.choose_state, "available", "")
    centre.sql("update workstation.presence set seen_at = now() - interval '10 min' where state = 'available' "
               "and agent_id = (select id from workstation.agent where name = 'Aziza')")  # fmt: skip
    asked_again(sanjar, screen)
    (line,) = [row for row in cells(screen.agents.view) if row[0] == "Aziza"]
    assert line[1].startswith("No word since ")
    assert line[2].startswith("10:0")


def test_figures_grow_old_aloud_when_central_is_away(sanjar, screen):
    assert any(text.startswith("as of ") for text in texts(screen))
    sanjar.line.cut()
    screen.refresh()
    sanjar.until(lambda: screen._trouble)
    sanjar.desk.clock.offset += timedelta(seconds=40)
    screen._tick()
    assert any(text.startswith("as of ") and text.endswith("s ago") for text in texts(screen))
    assert screen._trouble in texts(screen)
    sanjar.line.restore()
    sanjar.desk.clock.offset = timedelta(0)
    sanjar.until(lambda: not screen._trouble)  # by itself, at the next question
    assert not any(text.endswith(" ago") for text in texts(screen))


def test_hidden_it_asks_nothing(screen):
    screen.hide()
    assert not screen._asking.isActive()
    assert not screen._ticking.isActive()
    screen.show()
    assert screen._asking.isActive()


def test_several_callbacks_move_with_one_gesture_by_keyboard(sanjar, screen, open_desk, centre):
    aziza = open_desk("aziza")
    ids = overdue(aziza, aziza.desk.agent_id, "first", "second", "third")
    botir = open_desk("botir")
    sanjar.sync()
    asked_again(sanjar, screen)
    view = screen.needs.view
    assert [row[4] for row in cells(view)] == ["first", "second", "third"]
    assert not screen.needs.reassign.isEnabled()
    view.setFocus()
    view.setCurrentIndex(view.model().index(0, 0))
    press(view, "Shift+Down")
    assert screen.needs.chosen() == ids[:2]
    asked_again(sanjar, screen)
    assert screen.needs.chosen() == ids[:2]  # an answer of central takes no choice away
    press(screen.needs.reassign, "Space")
    sanjar.until(lambda: screen.findChildren(ReassignDialog))
    (dialog,) = screen.findChildren(ReassignDialog)
    type_text(dialog.search, "boti")
    type_text(dialog.reason, "Азиза ушла")
    press(dialog, "Ctrl+Return")
    sanjar.until(lambda: [row[4] for row in cells(view)] == ["third"])
    sanjar.sync()
    found = centre.sql("select reason, owner_id::text, state_reason from workstation.callback order by reason")
    wanted = str(botir.desk.agent_id)
    assert found == [
        ("first", wanted, "Азиза ушла"), ("second", wanted, "Азиза ушла"), ("third", str(aziza.desk.agent_id), None)
    ]  # fmt: skip


def test_one_closed_meanwhile_does_not_hold_up_the_others(sanjar, screen, open_desk, centre):
    aziza = open_desk("aziza")
    first, second = overdue(aziza, None, "first", "second")
    sanjar.sync()
    asked_again(sanjar, screen)
    said = []
    sanjar.background.refused.connect(said.append)
    with sanjar.desk.store.write() as session:
        callbacks.cancel(session, first, "settled by letter", sanjar.desk.clock())
    screen.moving.move([first, second], aziza.desk.agent_id, "")
    sanjar.until(lambda: said)
    sanjar.settle()
    sanjar.sync()
    found = dict(centre.sql("select reason, owner_id from workstation.callback"))
    assert found == {"first": None, "second": aziza.desk.agent_id}
    assert "closed" in said[0]


def test_a_choice_survives_other_callbacks_that_come(sanjar, screen, open_desk):
    aziza = open_desk("aziza")
    overdue(aziza, None, "first")
    asked_again(sanjar, screen)
    view = screen.needs.view
    flags = QItemSelectionModel.SelectionFlag
    view.selectionModel().select(view.model().index(0, 0), flags.Select | flags.Rows)
    chosen = screen.needs.chosen()
    overdue(aziza, None, "second")
    asked_again(sanjar, screen)
    assert len(cells(view)) == 2
    assert screen.needs.chosen() == chosen


def test_everything_is_reached_by_keyboard_and_has_a_name(screen):
    reached = [
        part for part in screen.findChildren(QWidget)
        if part.isVisible() and part.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]  # fmt: skip
    assert reached
    assert [type(part).__name__ for part in reached if not part.accessibleName()] == []
    for card in (screen.strip.working, screen.strip.contacts, screen.strip.callbacks, screen.strip.silent):
        assert card.toolTip()
        assert card.title in card.accessibleName()
