"""What can be done in the timeline: correct, delete, undo, read what was before, answer a callback, narrow it down."""

from datetime import timedelta

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QApplication

from tests.ui.quiet_desk import BOTIR, ME, REGIONS, desk_screen, press, quiet_desk, until
from workstation.records import Disposition, Note
from workstation.services import contacts, drafts, notes
from workstation.services.contacts import ContactForm


@pytest.fixture
def desk(qapp, tmp_path):
    with quiet_desk(tmp_path) as made:
        with made.store.write() as session:
            session.add(Disposition(code="solved", label="Solved", is_right_party=True))
        yield made


@pytest.fixture
def screen(desk, qtbot):
    made = desk_screen(desk, qtbot)
    made.undo = []
    made.done.connect(lambda words, undo: made.undo.append((words, undo)))
    return made


@pytest.fixture
def customer(desk):
    return desk.add_customer("Dilnoza Karimova", "+998901234567")


def write(desk, customer, text, author=ME, minutes=0):
    with desk.store.write() as session:
        return notes.add_note(session, customer, author, text, desk.time[0] + timedelta(minutes=minutes))


def open_card(desk, screen, customer):
    screen.open(customer)
    until(lambda: screen.profile.card is not None and screen.timeline.model.rowCount())
    desk.settle()


def shown(screen):
    model = screen.timeline.model
    rows = [model.row_at(model.index(at)) for at in range(model.rowCount())]
    return [row.text for row in rows if row.entry is not None]


def bodies(desk):
    with desk.store.read() as session:
        return [(note.body, note.is_deleted) for note in session.query(Note).order_by(Note.written_at, Note.id)]


def opened(screen):
    until(lambda: screen.gestures.dialog is not None)
    return screen.gestures.dialog


def test_a_note_is_corrected_its_text_before_is_kept_and_it_can_be_undone(desk, screen, customer):
    write(desk, customer, "paid at ten")
    open_card(desk, screen, customer)
    desk.time[0] += timedelta(minutes=1)
    press(screen.timeline.list, "E")
    dialog = opened(screen)
    dialog.editor.setPlainText("paid at two")
    dialog.primary.click()
    until(lambda: screen.undo)
    assert bodies(desk) == [("paid at ten", False), ("paid at two", False)]
    until(lambda: shown(screen) == ["paid at two"])
    press(screen.timeline.list, "E")
    assert [version.text for version in opened(screen).card.before] == ["paid at ten"]
    screen.gestures.dialog.reject()
    desk.time[0] += timedelta(minutes=1)
    screen.undo[-1][1]()
    until(lambda: shown(screen) == ["paid at ten"])


def test_a_correction_that_was_not_saved_is_there_again(desk, screen, customer):
    note = write(desk, customer, "paid at ten")
    open_card(desk, screen, customer)
    press(screen.timeline.list, "Return")
    opened(screen).editor.setPlainText("half a corr")
    screen.gestures.dialog.reject()
    desk.settle()
    with desk.store.read() as session:
        assert drafts.draft_of(session, drafts.CORRECTION + str(note), customer) is not None
    press(screen.timeline.list, "E")
    assert opened(screen).editor.toPlainText() == "half a corr"
    screen.gestures.dialog.reject()


def test_a_deleted_note_leaves_a_tombstone_and_comes_back_by_undo(desk, screen, customer):
    write(desk, customer, "wrong customer")
    open_card(desk, screen, customer)
    press(screen.timeline.list, "Delete")
    until(lambda: shown(screen) == ["deleted"])
    assert bodies(desk) == [("wrong customer", True)]
    until(lambda: screen.undo)
    screen.undo[-1][1]()
    until(lambda: shown(screen) == ["wrong customer"])


def test_a_colleagues_note_is_read_and_not_changed(desk, screen, customer):
    write(desk, customer, "of Botir", BOTIR)
    open_card(desk, screen, customer)
    said = []
    screen.said.connect(lambda words, _alert: said.append(words))
    press(screen.timeline.list, "Delete")
    press(screen.timeline.list, "E")
    assert len(said) == 2
    assert bodies(desk) == [("of Botir", False)]
    press(screen.timeline.list, "Return")
    assert opened(screen).editor.isReadOnly()
    screen.gestures.dialog.reject()


def test_p_pins_under_a_cyrillic_layout_too(desk, screen, customer):
    write(desk, customer, "prefers the evening")
    open_card(desk, screen, customer)
    event = QKeyEvent(QEvent.Type.KeyPress, 0x0417, Qt.KeyboardModifier.NoModifier, 33, 0, 0, "з")
    QApplication.sendEvent(screen.timeline.list, event)

    def is_pinned():
        with desk.store.read() as session:
            return session.query(Note).one().is_pinned

    until(is_pinned)


def test_a_saved_note_is_taken_back_with_its_text(desk, screen, customer):
    write(desk, customer, "before", minutes=-5)
    open_card(desk, screen, customer)
    screen.note.editor.setPlainText("too early")
    screen.note.submitted.emit()
    until(lambda: screen.undo)
    until(lambda: not screen.note.editor.toPlainText())
    screen.undo[-1][1]()
    until(lambda: screen.note.editor.toPlainText() == "too early")
    assert ("too early", True) in bodies(desk)


def test_a_callback_of_the_timeline_is_answered_from_there(desk, screen, customer):
    desk.promise(customer, minutes=0)
    open_card(desk, screen, customer)
    press(screen.timeline.list, "Return")
    menu = QApplication.activePopupWidget()
    assert menu is not None
    words = [action.text() for action in menu.actions()]
    assert words == ["Done", "No answer", "Another time…", "Give to…", "Cancel callback…"]
    menu.actions()[0].trigger()
    menu.close()
    until(lambda: [callback.state for callback in desk.all_callbacks()] == ["done"])


def test_a_history_is_narrowed_by_agent_outcome_and_date(desk, screen, customer):
    now = desk.time[0]
    write(desk, customer, "mine, new", minutes=-5)
    write(desk, customer, "mine, old", minutes=-60 * 24 * 10)
    write(desk, customer, "of Botir", BOTIR, minutes=-6)
    with desk.store.write() as session:
        form = ContactForm("chat", "in", "solved", now - timedelta(hours=1), now, "a chat")
        contacts.log_contact(session, customer, BOTIR, form, now, REGIONS)
    open_card(desk, screen, customer)
    filters = screen.timeline.filters
    filters.click()
    until(lambda: filters.menu_shown is not None)
    menus = {action.text(): action.menu() for action in filters.menu_shown.actions() if action.menu()}
    assert [action.text() for action in menus["Agent"].actions()] == ["any", "Aziza", "Botir"]
    assert [action.text() for action in menus["Outcome"].actions()] == ["any", "Solved"]
    filters.menu_shown.close()
    filters.choose("author_id", "Aziza", ME)
    until(lambda: shown(screen) == ["mine, new", "mine, old"])
    filters.choose("since", "last 7 days", now - timedelta(days=7))
    until(lambda: shown(screen) == ["mine, new"])
    assert filters.words == "Aziza · last 7 days"
    filters.choose("author_id", "any", None)
    filters.choose("outcome", "Solved", "solved")
    until(lambda: shown(screen) == ["a chat"])
    screen.timeline.search.setText("nowhere")
    screen.timeline._filter()
    until(lambda: shown(screen) == [])
    QGuiApplication.clipboard().clear()


def test_a_window_higher_than_the_first_page_shows_more_of_a_history(desk, screen, customer):
    for number in range(45):
        write(desk, customer, f"note {number}", minutes=number)
    screen.resize(1318, 6000)
    open_card(desk, screen, customer)
    until(lambda: "note 0" in shown(screen))
    assert "note 44" in shown(screen)
