"""The quick note on the desk: the likely number is there, outcomes fit the channel, the owed callback is answered."""

from datetime import timedelta

import pytest

from tests.ui.quiet_desk import desk_screen, press, quiet_desk, until
from workstation.records import ContactPoint, Disposition, Note
from workstation.services import drafts

PHONE = "+998901234567"
OUTCOMES = (("support", "solved", True), ("outbound", "promised", True), ("outbound", "busy", False))


@pytest.fixture
def desk(qapp, tmp_path):
    with quiet_desk(tmp_path) as made:
        with made.store.write() as session:
            for queue, code, closes in OUTCOMES:
                session.add(Disposition(code=code, label=code.title(), queue=queue, closes_callback=closes))
        yield made


@pytest.fixture
def screen(desk, qtbot):
    return desk_screen(desk, qtbot)


def open_card(desk, screen, customer):
    screen.open(customer, in_new_tab=True)
    until(lambda: screen.profile.card is not None and screen.profile.card.id == customer)
    desk.settle()


def choose(screen, words):
    channel = screen.note.channel
    channel.setCurrentIndex(channel.findText(words))


def test_the_number_that_works_is_there_for_a_call_and_none_for_a_note(desk, screen):
    customer = desk.add_customer("Dilnoza Karimova", "+998712001122", PHONE)
    with desk.store.write() as session:
        session.query(ContactPoint).filter_by(value="+998712001122").one().status = "not in service"
    open_card(desk, screen, customer)
    assert screen.note.point.currentText() == ""
    choose(screen, "Call in")
    assert screen.note.point.currentText() == PHONE
    choose(screen, "E-mail in")
    assert screen.note.point.currentText() == ""
    screen.note.point.setCurrentText("typed@example.org")
    choose(screen, "Call out")
    assert screen.note.point.currentText() == "typed@example.org"


def test_what_arrives_while_it_is_being_saved_is_no_new_draft(desk, screen):
    """The likely number comes a moment after the card: no text of the agent, who would save the note again."""
    customer = desk.add_customer("Dilnoza Karimova", PHONE)
    open_card(desk, screen, customer)
    points = screen.note.point._points
    screen.note.point.show_points([], "")
    choose(screen, "Call in")
    screen.note.outcome.choose("solved")
    screen.note.editor.setPlainText("Contract sent again")
    screen.writing.save()
    screen.note.point.show_points(points, "call")
    until(screen.note.save.isEnabled)
    desk.settle()
    assert screen.note.editor.toPlainText() == ""
    with desk.store.read() as session:
        assert [note.body for note in session.query(Note)] == ["Contract sent again"]
        assert drafts.draft_of(session, drafts.QUICK_NOTE, customer) is None


def test_what_is_typed_while_it_is_being_saved_is_a_new_draft(desk, screen):
    customer = desk.add_customer("Dilnoza Karimova", PHONE)
    open_card(desk, screen, customer)
    screen.note.editor.setPlainText("Contract sent again")
    screen.writing.save()
    screen.note.editor.setPlainText("Contract sent again, and the receipt")
    until(screen.note.save.isEnabled)
    desk.settle()
    assert screen.note.editor.toPlainText() == "Contract sent again, and the receipt"


def test_an_outcome_of_another_queue_is_not_saved_unseen(desk, screen):
    open_card(desk, screen, desk.add_customer())
    screen.note.outcome.choose("solved")
    choose(screen, "Call out")
    assert screen.note.outcome.code == ""
    screen.note.outcome.choose("busy")
    choose(screen, "Chat out")
    assert screen.note.outcome.code == "busy"


def test_a_draft_of_a_call_out_comes_back_with_its_outcomes(desk, screen):
    customer, other = desk.add_customer(), desk.add_customer("Pavel Novik")
    open_card(desk, screen, customer)
    choose(screen, "Call out")
    screen.note.outcome.choose("promised")
    open_card(desk, screen, other)
    assert "solved" in [line.code for line in screen.note.outcome._lines]
    open_card(desk, screen, customer)
    until(lambda: screen.note.outcome.code == "promised")
    assert [line.code for line in screen.note.outcome._lines] == ["promised", "busy"]


def test_the_note_says_what_it_does_to_the_owed_callback_and_does_it(desk, screen):
    customer = desk.add_customer("Dilnoza Karimova", PHONE)
    desk.promise(customer, minutes=0)
    open_card(desk, screen, customer)
    owed = screen.note.next_step.owed
    until(owed.isVisible)
    assert owed.text().startswith("Callback owed: today 14:30 theirs · 12:30 ours")
    choose(screen, "Call out")
    screen.note.outcome.choose("busy")
    assert "stays open" in owed.text()
    screen.note.next_step.when.setText("tomorrow 10")
    assert "moves to this time" in owed.text()
    screen.note.next_step.when.clear()
    screen.note.outcome.choose("promised")
    assert "is done by this" in owed.text()
    screen.note.submitted.emit()
    until(lambda: [callback.state for callback in desk.all_callbacks()] == ["done"])
    desk.settle()
    screen.refresh()
    until(owed.isHidden)


def test_an_outcome_alone_is_a_call_out_where_one_is_owed(desk, screen):
    customer = desk.add_customer("Dilnoza Karimova", PHONE)
    desk.promise(customer, minutes=0)
    open_card(desk, screen, customer)
    until(lambda: "busy" in [line.code for line in screen.note.outcome._lines])
    screen.note.outcome.choose("promised")
    assert screen.note.channel.currentText() == "Call out"
    assert screen.note.outcome.code == "promised"
    assert screen.note.point.currentText() == PHONE


def test_a_stopped_timer_keeps_its_time_and_begins_the_wrap_up(desk, screen):
    customer = desk.add_customer()
    open_card(desk, screen, customer)
    ended = []
    screen.contact_ended.connect(lambda: ended.append(True))
    timer = screen.note.timer
    timer.button.click()
    desk.time[0] += timedelta(minutes=4)
    timer.button.click()
    desk.time[0] += timedelta(minutes=3)
    assert ended == [True]
    assert (timer.ended_at - timer.started_at) == timedelta(minutes=4)
    screen.note.paused.emit()
    desk.settle()
    with desk.store.read() as session:
        kept = drafts.draft_of(session, drafts.QUICK_NOTE, customer).values
    assert kept["ended_at"] == timer.ended_at.isoformat()


def test_a_plain_note_is_no_contact_and_begins_no_wrap_up(desk, screen):
    open_card(desk, screen, desk.add_customer())
    ended, saved = [], []
    screen.contact_ended.connect(lambda: ended.append(True))
    screen.writing.saved.connect(saved.append)
    screen.note.editor.setPlainText("only a note")
    screen.note.submitted.emit()
    until(lambda: saved)
    assert not ended


def test_the_outcomes_of_the_first_customer_are_seen(desk, screen):
    open_card(desk, screen, desk.add_customer())
    outcome = screen.note.outcome
    until(lambda: len(outcome._buttons) == 2)
    until(lambda: all(not one.visibleRegion().isEmpty() for one in outcome._buttons))


def test_what_comes_in_meanwhile_does_not_close_what_is_chosen_from(desk, screen):
    customer = desk.add_customer("Dilnoza Karimova", PHONE)
    open_card(desk, screen, customer)
    when = screen.note.next_step.when
    press(when, "Down")
    offered = when.completer().popup()
    until(offered.isVisible)
    desk.promise(customer, 30)  # as when a sync brings it
    until(lambda: any("Callback" in str(row.data()) for row in map(screen.timeline.model.index, range(3))))
    desk.settle()
    assert when.completer().popup() is offered
    assert offered.isVisible()


def test_an_outcome_too_long_for_its_button_ends_with_an_ellipsis_and_is_told_whole(desk, screen):
    long = "Asked to be called by somebody who speaks Karakalpak, after the harvest"
    with desk.store.write() as session:
        session.add(Disposition(code="harvest", label=long, queue="support"))
    screen.resize(1400, 900)
    open_card(desk, screen, desk.add_customer("Dilnoza Karimova", PHONE))
    until(lambda: [one for one in screen.note.outcome._buttons if one.toolTip() == long])
    (made,) = [one for one in screen.note.outcome._buttons if one.toolTip() == long]
    until(lambda: made.text().endswith("…"))
    assert made.accessibleName() == long
    assert made.fontMetrics().horizontalAdvance(made.text()) < made.width()
