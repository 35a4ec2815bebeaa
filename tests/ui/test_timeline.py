"""What the timeline says at a glance: what is new since the last look, repeated failures as one row, pins on top."""

from datetime import timedelta

import pytest

from tests.ui.quiet_desk import BOTIR, ME, REGIONS, desk_screen, press, quiet_desk, until
from workstation.services import contacts, history, notes
from workstation.services.contacts import ContactForm


@pytest.fixture
def desk(qapp, tmp_path):
    with quiet_desk(tmp_path) as made:
        yield made


@pytest.fixture
def screen(desk, qtbot):
    return desk_screen(desk, qtbot)


def write(desk, customer, text, author=ME):
    with desk.store.write() as session:
        return notes.add_note(session, customer, author, text, desk.time[0])


def try_in_vain(desk, customer, times):
    for _ in range(times):
        desk.time[0] += timedelta(hours=1)
        form = ContactForm("call", "out", "no_answer", desk.time[0], None)
        with desk.store.write() as session:
            contacts.log_contact(session, customer, ME, form, desk.time[0], REGIONS)


def open_card(desk, screen, customer):
    screen.open(customer)
    until(lambda: screen.profile.card is not None and screen.profile.card.id == customer)
    desk.settle()


def rows(screen):
    """What each row says: a heading's words, an entry's text or else its head."""
    model = screen.timeline.model
    found = [model.row_at(model.index(at)) for at in range(model.rowCount())]
    return [row.head if row.entry is None else row.text or row.head for row in found]


def test_what_is_new_since_the_last_look_stands_above_a_line(desk, screen):
    customer, other = desk.add_customer("Dilnoza Karimova"), desk.add_customer("Pavel Novik")
    write(desk, customer, "asked for a contract")
    open_card(desk, screen, customer)
    assert "since you last looked" not in rows(screen)
    open_card(desk, screen, other)
    desk.time[0] += timedelta(minutes=10)
    write(desk, customer, "contract sent", BOTIR)
    open_card(desk, screen, customer)
    shown = rows(screen)
    assert shown.index("since you last looked") < shown.index("contract sent")
    assert shown.index("contract sent") < shown.index("seen before") < shown.index("asked for a contract")
    open_card(desk, screen, other)
    desk.time[0] += timedelta(minutes=10)
    open_card(desk, screen, customer)
    assert "since you last looked" not in rows(screen)


def test_repeated_failures_are_one_row_that_opens(desk, screen):
    customer = desk.add_customer("Dilnoza Karimova")
    write(desk, customer, "wants to be called")
    try_in_vain(desk, customer, history.FEWEST_FOLDED + 2)
    open_card(desk, screen, customer)
    folded, model = rows(screen), screen.timeline.model
    at = next(at for at in range(model.rowCount()) if "5 × No answer" in model.row_at(model.index(at)).head)
    assert "5 different hours" in folded[at]
    screen.timeline.list.setCurrentIndex(model.index(at))
    press(screen.timeline.list, "Return")
    until(lambda: len(rows(screen)) == len(folded) + 5)
    press(screen.timeline.list, "Return")
    until(lambda: rows(screen) == folded)


def test_two_failures_are_not_folded(desk, screen):
    customer = desk.add_customer("Dilnoza Karimova")
    try_in_vain(desk, customer, history.FEWEST_FOLDED - 1)
    open_card(desk, screen, customer)
    assert not [words for words in rows(screen) if "×" in words]


def test_what_is_pinned_stands_on_top_however_old_it_is(desk, screen):
    customer = desk.add_customer("Dilnoza Karimova")
    old = write(desk, customer, "deaf in the left ear")
    for number in range(history.FIRST_PAGE + 5):
        desk.time[0] += timedelta(minutes=1)
        write(desk, customer, f"asked again, {number}")
    open_card(desk, screen, customer)
    assert "deaf in the left ear" not in rows(screen)[:5]
    with desk.store.write() as session:
        notes.pin_note(session, old, True)
    model = screen.timeline.model
    until(
        lambda: next(words for words in rows(screen) if "asked" in words or "deaf" in words) == "deaf in the left ear"
    )
    first = next(row for row in (model.row_at(model.index(at)) for at in range(5)) if row.entry is not None)
    assert first.chip == "pinned"


def test_a_callback_is_due_within_its_hour_and_overdue_afterwards(desk, screen):
    customer = desk.add_customer("Dilnoza Karimova")
    desk.promise(customer, minutes=10)

    def chip():
        screen.refresh()
        desk.settle()
        model = screen.timeline.model
        found = (model.row_at(model.index(at)) for at in range(model.rowCount()))
        return next((row.chip, row.chip_tone) for row in found if row.entry is not None)

    open_card(desk, screen, customer)
    for minutes, told in ((0, ""), (20, "due"), (60, "overdue")):
        desk.pass_minutes(minutes)
        until(lambda told=told: chip()[0] == told)
    assert chip() == ("overdue", "danger")
