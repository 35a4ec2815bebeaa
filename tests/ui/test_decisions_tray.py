"""The tray "Needs your decision": refused, held, given up, drafts without a customer, and every choice there is."""

import json
from datetime import timedelta

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QPlainTextEdit, QPushButton

from tests.ui.quiet_desk import ME, NOW, REGIONS, quiet_desk, type_text, until
from workstation.records import ContactPoint, Customer, Note, OutboxEntry
from workstation.services import contacts, customers, drafts, notes
from workstation.services.contacts import ContactForm
from workstation.services.sync.standing import connection_of
from workstation.ui.desk.screen import DeskScreen
from workstation.ui.shell.decision_cards import CorrectionForm, RefusedCard
from workstation.ui.shell.decisions import DecisionsTray
from workstation.ui.widgets.choose_customer import CustomerChoice

NAME, OTHER, TEXT = "Dilnoza Karimova", "Pavel Novik", "receipt found, finance asked"


@pytest.fixture
def desk(qapp, tmp_path):
    with quiet_desk(tmp_path) as made:
        yield made


@pytest.fixture
def tray(desk, qtbot):
    made = DecisionsTray(None, desk.background, desk.doors, desk.seat)
    qtbot.addWidget(made)
    return made


def refuse_customer(desk):
    """A customer with a note; central refuses the customer, so that the note is held."""
    with desk.store.write() as session:
        other = customers.add_customer(session, 1, OTHER, [], desk.time[0], REGIONS)
    with desk.store.write() as session:
        made = customers.add_customer(session, 1, NAME, [], desk.time[0], REGIONS)
        notes.add_note(session, made, ME, TEXT, desk.time[0])
    with desk.store.from_central() as inbox:
        reason = json.dumps({"reason": "blank", "field": "name"})
        inbox.connection.execute(
            "update outbox set state = 'refused', reason = ? where entity_id = ?", (reason, made.bytes)
        )
        inbox.connection.execute("update outbox set state = 'held' where entity = 'note'")
    return made, other


def words_on(card):
    fields = [one.toPlainText() for one in card.findChildren(QPlainTextEdit)]
    return fields + [one.text() for one in card.findChildren(QLabel)]


def press_button(tray, words):
    def found():
        made = [one for one in tray.findChildren(QPushButton) if one.text() == words and one.isVisible()]
        return [one for one in made if words.endswith("customer…") or one.accessibleName() == words]

    until(found)
    found()[0].click()


def answer(kind):
    until(lambda: isinstance(QApplication.activeModalWidget(), kind))
    return QApplication.activeModalWidget()


def give_to(desk, name):
    choice = answer(CustomerChoice)
    type_text(choice.search, name)
    until(lambda: choice.found.count() and choice.found.item(0).text() == name)
    choice.primary.click()
    desk.settle()


def states(desk):
    with desk.store.read() as session:
        return [(entry.entity, entry.state) for entry in session.query(OutboxEntry).order_by(OutboxEntry.n)]


def test_what_is_held_is_given_to_another_customer(desk, tray):
    _made, other = refuse_customer(desk)
    tray.begin()
    press_button(tray, "To another customer…")
    give_to(desk, OTHER)
    with desk.store.read() as session:
        assert session.query(Note).one().customer_id == other
    assert ("note", "waiting") in states(desk)


def test_it_opens_high_enough_for_what_stands_in_it(desk, tray):
    refuse_customer(desk)
    tray.begin()
    until(lambda: tray.findChildren(RefusedCard))
    assert (tray.width(), tray.height()) == (760, 480)


@pytest.mark.usefixtures("spoken", "dressed")
def test_every_choice_is_in_sight_and_nothing_is_told_in_names_of_fields(desk, tray):
    refuse_customer(desk)
    tray.begin()
    until(lambda: tray.findChildren(RefusedCard))
    (card,) = tray.findChildren(RefusedCard)
    until(lambda: card.width() > card.minimumSizeHint().width())
    assert card.mapTo(tray, card.rect().topRight()).x() < tray.width()
    told = words_on(card)
    assert TEXT in told
    assert not [words for words in told for raw in ("is_", "False", "body", "{}") if raw in words]


def test_what_is_left_of_something_given_up_still_has_its_choices(desk, tray):
    refuse_customer(desk)
    tray.begin()
    press_button(tray, "Give up…")
    until(lambda: QApplication.activeModalWidget() is not None)
    QApplication.activeModalWidget().primary.click()
    until(lambda: ("customer", "discarded") in states(desk))
    assert ("note", "held") in states(desk)
    press_button(tray, "Give up all…")
    until(lambda: QApplication.activeModalWidget() is not None)
    QApplication.activeModalWidget().primary.click()
    until(lambda: ("note", "discarded") in states(desk))
    until(lambda: "Correct and send…" not in [one.text() for one in tray.findChildren(QPushButton) if one.isVisible()])


def test_all_is_given_up_at_once(desk, tray):
    refuse_customer(desk)
    tray.begin()
    press_button(tray, "Give up all…")
    until(lambda: QApplication.activeModalWidget() is not None)
    QApplication.activeModalWidget().primary.click()
    until(lambda: {("customer", "discarded"), ("note", "discarded")} <= set(states(desk)))


def lose_customer(desk, customer):
    """The customer leaves this agent's scope, as a pull would take them away."""
    with desk.store.from_central() as inbox:
        inbox.connection.execute("delete from customer where id = ?", (customer.bytes,))


def test_a_draft_whose_customer_was_removed_waits_for_a_decision(desk, tray):
    customer, other = desk.add_customer(NAME), desk.add_customer(OTHER)
    with desk.store.write() as session:
        drafts.keep_draft(session, drafts.QUICK_NOTE, customer, {"text": TEXT, "channel": ""}, desk.time[0])
        drafts.look(session, customer, desk.time[0])
    lose_customer(desk, customer)
    with desk.store.read() as session:
        assert connection_of(session, ME, "online", "", desk.time[0]).undecided == 1
    tray.begin()
    press_button(tray, "To another customer…")
    give_to(desk, OTHER)
    with desk.store.read() as session:
        assert drafts.draft_of(session, drafts.QUICK_NOTE, other).values["text"] == TEXT
        assert drafts.stranded(session) == []


def test_typing_goes_on_when_the_customer_is_removed_or_merged(desk, qtbot):
    screen = DeskScreen(desk.background, desk.doors, desk.seat)
    qtbot.addWidget(screen)
    screen.show()
    said = []
    screen.said.connect(lambda words, _alert: said.append(words))
    gone, merged, survivor = (desk.add_customer(name) for name in ("Gone Away", NAME, OTHER))
    screen.open(gone)
    until(lambda: screen.profile.card is not None)
    type_text(screen.note.editor, "half a sent")
    lose_customer(desk, gone)
    screen.refresh()
    until(lambda: any("not on this PC any more" in words for words in said))
    assert screen.note.editor.toPlainText() == "half a sent"
    desk.settle()
    with desk.store.read() as session:
        assert [draft.values["text"] for draft in drafts.stranded(session)] == ["half a sent"]
    screen.open(merged, in_new_tab=True)
    until(lambda: screen.profile.card.name == NAME)
    type_text(screen.note.editor, "what he said")
    with desk.store.write() as session:
        session.get_one(Customer, merged).merged_into = survivor
    until(lambda: screen.profile.card.id == survivor)
    until(lambda: screen.note.editor.toPlainText() == "what he said")
    assert screen.tabs.customers == [gone, survivor]


def test_it_waits_since_the_oldest_change_was_made(desk):
    desk.add_customer(NAME)
    with desk.store.read() as session:
        found = connection_of(session, ME, "offline", "", desk.time[0] + timedelta(hours=3))
    assert found.waiting_since == NOW


def refuse(desk, entity, **reason):
    with desk.store.from_central() as inbox:
        inbox.connection.execute(
            "update outbox set state = 'refused', reason = ? where entity = ?", (json.dumps(reason), entity)
        )


def told_when_refused(desk, tray, entity, **reason):
    refuse(desk, entity, **reason)
    tray.begin()
    until(lambda: tray.findChildren(RefusedCard))
    (card,) = tray.findChildren(RefusedCard)
    return "\n".join(words_on(card))


def test_a_refused_callback_is_told_in_words_of_people(desk, tray):
    customer = desk.add_customer(NAME, "+998901234567")
    desk.promise(customer, minutes=30)
    told = told_when_refused(desk, tray, "callback", reason="unknown_reference", field="contact_point_id")
    assert "Number names something central does not have." in told
    assert "Made by: customer asked" in told
    assert "State: open" in told
    assert "Time: today " in told
    assert not [raw for raw in ("_id", "wall_start", "window_minutes", str(ME)) if raw in told], told


def test_the_words_of_a_refused_contact_are_those_of_its_outcome_and_of_this_wall(desk, tray):
    customer = desk.add_customer(NAME, "+998901234567")
    with desk.store.write() as session:
        form = ContactForm("call", "in", "no_answer", desk.time[0] - timedelta(minutes=5), None)
        contacts.log_contact(session, customer, ME, form, desk.time[0], REGIONS)
    told = told_when_refused(desk, tray, "contact", reason="too_long", field="channel", limit=40)
    assert "Channel is longer than 40 characters." in told
    assert "Channel: call" in told
    assert "Direction: from the customer" in told
    assert "Outcome: No answer" in told
    assert "Began: today " in told


def test_a_yes_or_no_is_ticked_and_only_the_refused_link_can_be_emptied(desk, tray):
    customer = desk.add_customer(NAME, "+998901234567")
    with desk.store.write() as session:
        point = session.query(ContactPoint).one()
        form = ContactForm("call", "in", None, desk.time[0], None, phone=point.value)
        contacts.log_contact(session, customer, ME, form, desk.time[0], REGIONS)
    refuse(desk, "contact", reason="unknown_reference", field="contact_point_id")
    tray.begin()
    press_button(tray, "Correct and send…")
    form = answer(CorrectionForm)
    assert "contact_point_id" in form.fields
    assert "callback_id" not in form.fields
    form.fields["contact_point_id"].setText("")
    form.primary.click()
    until(lambda: ("contact", "waiting") in states(desk))
    with desk.store.read() as session:
        (entry,) = [one for one in session.query(OutboxEntry) if one.entity == "contact"]
        assert entry.set["contact_point_id"][1] is None


def test_a_flag_of_a_refused_customer_is_corrected_with_a_tick(desk, tray):
    made, _other = refuse_customer(desk)
    tray.begin()
    press_button(tray, "Correct and send…")
    form = answer(CorrectionForm)
    assert not form.fields["is_vip"].isChecked()
    form.fields["is_vip"].setChecked(True)
    form.primary.click()
    until(lambda: ("customer", "refused") not in states(desk))
    with desk.store.read() as session:
        ticked = [one.set["is_vip"][1] for one in session.query(OutboxEntry) if one.entity_id == made]
        assert ticked == [True]
