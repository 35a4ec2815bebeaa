"""The board of callbacks by keyboard: take, done, no answer, another time, cancel, give away."""

import pytest
from PySide6.QtWidgets import QApplication, QToolButton

from tests.ui.quiet_desk import BOTIR, ME, press, quiet_desk, type_text, until
from workstation.records import Contact
from workstation.ui.callbacks.board import CallbackBoard
from workstation.ui.callbacks.form import CallbackDialog
from workstation.ui.callbacks.reason import ReasonDialog
from workstation.ui.widgets.reassign import ReassignDialog


@pytest.fixture
def desk(qapp, tmp_path):
    with quiet_desk(tmp_path) as made:
        yield made


@pytest.fixture
def board(desk, qtbot):
    made = CallbackBoard(desk.background, desk.doors, desk.seat)
    qtbot.addWidget(made)
    made.resize(1093, 614)
    made.show()
    made.activateWindow()
    made.table.setFocus()
    return made


def show(board, whose):
    (chosen,) = [b for b in board.findChildren(QToolButton) if b.accessibleName() == f"Show: {whose}"]
    chosen.click()


def texts(board):
    model = board.table.lines
    return [
        [model.index(row, column).data() for column in range(model.columnCount())] for row in range(model.rowCount())
    ]


def listed(board, *ids):
    until(lambda: [line.id for line in board.table.lines.rows] == list(ids))


def dialog_of(board, kind):
    until(lambda: any(one.isVisible() for one in board.findChildren(kind)))
    return next(one for one in board.findChildren(kind) if one.isVisible())


def test_state_both_times_customer_and_owner_stand_in_each_row(desk, board):
    customer = desk.add_customer()
    overdue, soon = desk.promise(customer, -90, said="evening"), desk.promise(customer, 30, contact_point_id=None)
    listed(board, overdue, soon)
    assert texts(board) == [
        ["Overdue 30 min", "Today 13:00", "11:00", "Dilnoza Karimova", "evening", "me"],
        ["In 30 min", "Today 15:00", "13:00", "Dilnoza Karimova", "", "me"],
    ]
    desk.pass_minutes(31)
    until(lambda: texts(board)[1][0] == "Due now")


def test_done_with_one_combination(desk, board):
    callback = desk.promise(desk.add_customer(), -5)
    listed(board, callback)
    press(board.table, "Ctrl+D")
    until(lambda: desk.callback(callback).state == "done")
    listed(board)
    until(board.empty.isVisible)
    assert "F3" in board.empty.text()


def test_no_answer_keeps_it_open_and_enter_takes_the_proposed_time(desk, board):
    callback = desk.promise(desk.add_customer(), -5)
    listed(board, callback)
    press(board.table, "Ctrl+N")
    dialog = dialog_of(board, CallbackDialog)
    assert desk.callback(callback).state == "open"
    until(dialog.when.text.text)
    assert dialog.when.text.text() == "24.11.2026 17:00"
    with desk.store.read() as session:
        (contact,) = session.query(Contact).all()
    assert (contact.callback_id, contact.direction, contact.disposition) == (callback, "out", "no_answer")
    press(dialog.when.text, "Return")
    until(lambda: desk.callback(callback).state == "rescheduled")
    new = desk.callback(callback).rescheduled_to
    listed(board, new)
    assert desk.callback(new).wall_start == "2026-11-24T17:00"


def test_escape_after_no_answer_leaves_it_open(desk, board):
    callback = desk.promise(desk.add_customer(), -5)
    listed(board, callback)
    press(board.table, "Ctrl+N")
    dialog = dialog_of(board, CallbackDialog)
    press(dialog, "Escape")
    assert desk.callback(callback).state == "open"
    assert len(desk.all_callbacks()) == 1


def test_cancelling_asks_why(desk, board):
    callback = desk.promise(desk.add_customer(), 5)
    listed(board, callback)
    press(board.table, "Ctrl+Backspace")
    dialog = dialog_of(board, ReasonDialog)
    press(dialog.field, "Return")
    assert desk.callback(callback).state == "open"
    type_text(dialog.field, "уже оплатил")
    press(dialog.field, "Return")
    until(lambda: desk.callback(callback).state == "cancelled")
    assert desk.callback(callback).state_reason == "уже оплатил"


def test_the_teams_is_taken_at_once_and_a_colleagues_with_a_reason(desk, board):
    customer = desk.add_customer()
    free, held, passed = (
        desk.promise(customer, 5, None), desk.promise(customer, 10, BOTIR), desk.promise(customer, -20, BOTIR)
    )  # fmt: skip
    show(board, "Team")
    listed(board, passed, free, held)
    assert [row[5] for row in texts(board)] == ["Botir · may be taken", "team", "Botir"]
    board.table.selectAll()
    press(board.table, "Ctrl+T")
    until(lambda: [desk.callback(i).owner_id for i in (free, passed)] == [ME, ME])
    dialog = dialog_of(board, ReasonDialog)
    type_text(dialog.field, "he is at the dentist")
    press(dialog.field, "Return")
    until(lambda: desk.callback(held).owner_id == ME)
    assert desk.callback(held).state_reason == "he is at the dentist"


def test_what_a_colleague_has_is_not_closed_by_me(desk, board):
    held = desk.promise(desk.add_customer(), 10, BOTIR)
    said = []
    board.said.connect(said.append)
    show(board, "All")
    listed(board, held)
    press(board.table, "Ctrl+D")
    until(lambda: said)
    assert "take it over first" in said[0]
    assert desk.callback(held).state == "open"


def test_enter_opens_the_customer_and_giving_away_names_all_selected(desk, board):
    customer = desk.add_customer()
    first, second = desk.promise(customer, 5), desk.promise(customer, 10)
    chosen, given = [], []
    board.customer_chosen.connect(chosen.append)
    board.reassign_requested.connect(given.append)
    listed(board, first, second)
    press(board.table, "Return")
    board.table.selectAll()
    press(board.table, "Ctrl+M")
    assert (chosen, given) == ([customer], [[first, second]])
    dialog = dialog_of(board, ReassignDialog)
    type_text(dialog.search, "botir")
    press(dialog.search, "Ctrl+Return")
    until(lambda: [desk.callback(i).owner_id for i in (first, second)] == [BOTIR, BOTIR])


def test_the_form_opens_for_a_customer(desk, board):
    dialog = board.open_form(desk.add_customer())
    until(lambda: dialog.customer.text() == "Dilnoza Karimova")
    assert QApplication.activeModalWidget() is dialog
    dialog.reject()


@pytest.mark.usefixtures("spoken")
def test_no_time_is_cut_where_the_customers_day_is_another(desk, board):
    desk.time[0] = desk.time[0].replace(hour=19, minute=30)
    listed(board, desk.promise(desk.add_customer(), 40))
    ours = texts(board)[0][2]
    assert " " in ours, "with its day"
    for column in range(board.table.lines.columnCount()):
        assert board.table.sizeHintForColumn(column) <= board.table.columnWidth(column), texts(board)[0][column]
