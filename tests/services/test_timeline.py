"""A customer as a whole: everything that happened, newest first, and what still waits for central."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from tests.services.conftest import ME, NOW, REGIONS
from workstation.errors import NotFound
from workstation.records import Conflict, Customer, Note, OutboxEntry
from workstation.services import callbacks, contacts, customers, notes, timeline
from workstation.services.callbacks import CallbackForm
from workstation.services.contacts import ContactForm


def card(store, customer):
    with store.read() as session:
        return timeline.card_of(session, customer)


def fill(store, customer):
    """A note, a contact with its note, and a callback, minutes apart; gives their ids."""
    with store.write() as session:
        note = notes.add_note(session, customer, ME, "first", NOW)
        form = ContactForm("call", "in", "solved", NOW + timedelta(minutes=1), NOW + timedelta(minutes=3), phone="1050")
        contact = contacts.log_contact(session, customer, ME, form, NOW + timedelta(minutes=3), REGIONS)
        at = (NOW + timedelta(days=1)).isoformat()
        form = CallbackForm(at, "Europe/Minsk", "contract", ME, made_by="customer asked")
        callback = callbacks.add_callback(session, customer, ME, form, NOW + timedelta(minutes=2), "UZ")
    return note, contact, callback


def test_everything_is_there_newest_first_with_its_author(store, customer):
    note, contact, callback = fill(store, customer)
    with store.write() as session:
        session.add(Note(customer_id=customer, author_id=UUID(int=7), body="from afar", written_at=NOW))
    entries = card(store, customer).timeline
    assert [entry.id for entry in entries][:2] == [callback, contact]
    assert [entry.kind for entry in entries] == ["callback", "contact", "note", "note"]
    assert {entry.author for entry in entries} == {"aziza", str(UUID(int=7))}, "an unknown author is named by id"
    assert entries[0].facts == {
        "due_at": NOW + timedelta(days=1), "state": "open", "reason": "contract", "zone": "Europe/Minsk"
    }  # fmt: skip
    assert entries[1].facts["phone"] == "1050"
    assert {entry.facts["text"] for entry in entries[2:]} == {"first", "from afar"}
    assert note in {entry.id for entry in entries}


def test_equal_times_come_in_the_order_of_their_ids(store, customer):
    with store.write() as session:
        made = [notes.add_note(session, customer, ME, f"{n}", NOW) for n in range(20)]
    assert [entry.id for entry in card(store, customer).timeline] == sorted(made, reverse=True)


def test_another_customers_history_stays_away(store, customer):
    fill(store, customer)
    with store.write() as session:
        other = customers.add_customer(session, 1, "Other", [], NOW, REGIONS)
    assert card(store, other).timeline == []


def test_what_waits_is_marked_until_central_has_it(store, customer):
    note, *_others = fill(store, customer)
    assert card(store, customer).is_waiting
    assert all(entry.is_waiting for entry in card(store, customer).timeline)
    for state, waits in (
        ("sent", True),
        ("held", True),
        ("acknowledged", False),
        ("settled", False),
        ("refused", False),
    ):
        with store.from_central() as inbox:
            inbox.connection.execute("update outbox set state = ? where entity_id = ?", (state, note.bytes))
        (entry,) = [entry for entry in card(store, customer).timeline if entry.id == note]
        assert entry.is_waiting == waits, state


def test_a_card_counts_the_conflicts_nobody_has_decided(store, customer):
    with store.write() as session:
        for resolution in (None, None, "kept"):
            session.add(
                Conflict(
                    customer_id=customer, entity="customer", entity_id=customer, field="name", kept='"a"', lost='"b"',
                    before='"c"', found_at=NOW, resolution=resolution,
                )
            )  # fmt: skip
    assert card(store, customer).conflicts == 2


def test_the_profile_is_whole(store, customer):
    shown = card(store, customer)
    assert shown.customer["name"] == "Dilnoza Karimova"
    assert set(shown.customer) == {column.name for column in Customer.__table__.columns}
    assert [(point.value, point.is_primary) for point in shown.contact_points] == [("+998 90 123-45-67", True)]


def test_whoever_is_not_here_is_told(store):
    with pytest.raises(NotFound):
        card(store, uuid4())


def test_every_save_of_a_card_is_in_the_outbox_under_its_customer(store, customer):
    fill(store, customer)
    with store.read() as session:
        entries = session.query(OutboxEntry).where(OutboxEntry.customer_id == customer).all()
    assert [entry.entity for entry in entries].count("note") == 1
    assert {entry.entity for entry in entries} == {"customer", "contact_point", "note", "contact", "callback"}
