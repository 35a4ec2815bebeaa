"""Today: what presses stands on top, and one key takes the next."""

import pytest
from PySide6.QtWidgets import QApplication

from tests.ui.quiet_desk import BOTIR, ME, press, quiet_desk, until
from workstation.ui.today.screen import TodayScreen


@pytest.fixture
def desk(qapp, tmp_path):
    with quiet_desk(tmp_path) as made:
        yield made


@pytest.fixture
def today(desk, qtbot):
    made = TodayScreen(desk.background, desk.doors, desk.seat)
    qtbot.addWidget(made)
    made.resize(1093, 614)
    made.show()
    made.chosen = []
    made.customer_chosen.connect(made.chosen.append)
    return made


def listed(today, *ids):
    until(lambda: [line.id for line in today.table.lines.rows] == list(ids))


def test_nothing_to_do_says_what_to_do(desk, today):
    until(today.empty.isVisible)
    assert not today.next.isEnabled()


def test_overdue_due_and_soon_with_their_counts(desk, today):
    customer = desk.add_customer()
    soon, overdue, due = (desk.promise(customer, minutes) for minutes in (30, -90, -5))
    released = desk.promise(customer, -30, BOTIR)
    desk.promise(customer, 60 * 24)
    desk.promise(customer, 10, BOTIR)
    listed(today, overdue, released, due, soon)
    assert [label.text() for label in today.counts.values()] == ["1 overdue", "2 due now", "1 soon"]
    until(lambda: "wait for central" in today.own.text())


def test_a_minute_of_the_clock_makes_it_due(desk, today):
    listed(today, desk.promise(desk.add_customer(), 1))
    assert not today.next.isEnabled()
    desk.pass_minutes(1)
    until(today.next.isEnabled)


def test_enter_opens_the_customer(desk, today):
    customer = desk.add_customer()
    listed(today, desk.promise(customer, 10))
    press(today.table, "Return")
    assert today.chosen == [customer]


def test_take_next_is_my_own_first_then_the_teams_which_becomes_mine(desk, today):
    mine, teams = desk.add_customer("Pavel Novik"), desk.add_customer("Zamira Yusupova")
    free, own = desk.promise(teams, -50, None), desk.promise(mine, -5)
    today.take_next()
    until(lambda: today.chosen == [mine])
    assert desk.callback(own).state == "open"
    desk.settle()
    with desk.store.write() as session:
        session.get_one(type(desk.callback(own)), own).state = "done"
    today.take_next()
    until(lambda: today.chosen == [mine, teams])
    until(lambda: desk.callback(free).owner_id == ME)


def test_take_next_of_nothing_says_so(desk, today):
    said = []
    today.said.connect(said.append)
    today.take_next()
    until(lambda: said == ["No callback is due now."])
    assert today.chosen == []


def test_a_callback_is_answered_from_the_menu_of_its_row(desk, today):
    listed(today, desk.promise(desk.add_customer(), minutes=0))
    today.table.customContextMenuRequested.emit(today.table.rect().center())
    menu = QApplication.activePopupWidget()
    assert "Cancel callback…" in [action.text() for action in menu.actions()]
    next(action for action in menu.actions() if action.text() == "Done").trigger()
    menu.close()
    until(lambda: [callback.state for callback in desk.all_callbacks()] == ["done"])
