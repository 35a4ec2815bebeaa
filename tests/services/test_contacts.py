"""Contacts: logged once, with an outcome that is known, and a note that goes with it."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.services.conftest import ME, NOW, REGIONS
from workstation.errors import NotFound, Refused
from workstation.records import Contact, ContactPoint, Disposition, Note
from workstation.services import contacts
from workstation.services.contacts import ContactForm

FORM = ContactForm("call", "out", "no_answer", NOW - timedelta(minutes=5), NOW)


@pytest.fixture(autouse=True)
def known(store):
    with store.write() as session:
        session.add(Disposition(code="no_answer", label="No answer", position=1))
        session.add(Disposition(code="promised", label="Reached – promises to pay", position=2))
        session.add(Disposition(code="old", label="Old", position=0, is_active=False))


def log(store, customer, form):
    with store.write() as session:
        made = contacts.log_contact(session, customer, ME, form, NOW, REGIONS)
    with store.read() as session:
        return session.get_one(Contact, made)


def test_a_contact_is_kept_as_it_was_said(store, customer):
    made = log(store, customer, FORM)
    assert (made.channel, made.direction, made.disposition) == ("call", "out", "no_answer")
    assert (made.started_at, made.ended_at, made.written_at) == (FORM.started_at, NOW, NOW)
    assert (made.author_id, made.customer_id, made.scope_id) == (ME, customer, 1)


@pytest.mark.parametrize("said", ["promised", "PROMISED", "Reached – promises to pay", " reached: promises, to pay!"])
def test_an_outcome_is_known_by_code_or_label_in_any_spelling(store, customer, said):
    assert log(store, customer, replace(FORM, disposition=said)).disposition == "promised"


def test_a_pc_that_knows_no_outcomes_yet_keeps_what_was_said(store, customer):
    with store.write() as session:
        for disposition in session.query(Disposition):
            disposition.is_active = False
    assert log(store, customer, replace(FORM, disposition="solved")).disposition == "solved"
    assert log(store, customer, replace(FORM, disposition=None)).disposition is None


def test_the_note_of_a_contact_belongs_to_it(store, customer):
    made = log(store, customer, replace(FORM, note="said he pays on Friday"))
    with store.read() as session:
        (note,) = session.query(Note).all()
    assert (note.contact_id, note.body) == (made.id, "said he pays on Friday")


def test_the_number_that_was_called_is_found_among_the_customers_own(store, customer):
    with store.read() as session:
        (point,) = session.query(ContactPoint).all()
    assert log(store, customer, replace(FORM, phone="901234567")).contact_point_id == point.id
    other = log(store, customer, replace(FORM, phone="90 765 43 21"))
    assert (other.contact_point_id, other.phone) == (None, "90 765 43 21")
    assert log(store, customer, replace(FORM, phone="unknown")).contact_point_id is None


@pytest.mark.parametrize(
    ("change", "told"),
    [({"direction": "sideways"}, "in or out"), ({"ended_at": NOW - timedelta(minutes=6)}, "ends before"),
     ({"disposition": "happy"}, "no_answer, promised"), ({"disposition": "old"}, "no_answer, promised"),
     ({"channel": " "}, "channel"), ({"channel": "x" * 41}, "at most 40"), ({"note": "\n"}, "note needs"),
     ({"phone": "9" * 101}, "at most 100"), ({"disposition": "\udcff"}, "There is no disposition")],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_leaves_neither_contact_nor_note(store, customer, change, told):
    with pytest.raises(Refused, match=told):
        log(store, customer, replace(FORM, **({"note": "text"} | change)))
    with store.read() as session:
        assert session.query(Contact).count() == session.query(Note).count() == 0


def test_a_customer_who_is_not_here_is_told(store):
    with pytest.raises(NotFound):
        log(store, uuid4(), FORM)
