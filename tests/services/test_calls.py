"""Who is calling: one person, several who share a number, people in whose notes it stands, or nobody known."""

from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.services.conftest import ME, NOW, REGIONS
from workstation.errors import Refused
from workstation.records import ContactPoint, Customer, Note
from workstation.replica import mention_index
from workstation.services import customers, notes
from workstation.services.call_address import parse
from workstation.services.calls import identify_caller

DESK = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
NUMBER = "+998901234567"


@pytest.fixture
def add(store):
    def added(name, *phones, **fields):
        with store.write() as session:
            made = customers.add_customer(session, 1, name, phones, NOW, REGIONS)
            for field, value in fields.items():
                setattr(session.get_one(Customer, made), field, value)
            return made

    return added


@pytest.fixture
def call(store):
    def called(text):
        with store.read() as session:
            return identify_caller(session, parse(text), REGIONS, NOW)

    return called


def names(card):
    return [line.name for line in card.people]


@pytest.mark.parametrize(
    "text",
    [NUMBER, "998901234567", "901234567", "8 90 123-45-67", "00998901234567", "tel:+998-90-123-45-67", "9998901234567",
     "sip:998901234567@exchange.example", "workstation:call?number=901234567&direction=out"],
)  # fmt: skip
def test_one_person_with_this_number_is_exact(call, customer, add, text):
    add("Botir", "+998 90 123-45-68")
    card = call(text)
    assert (card.matched, [line.id for line in card.people]) == ("exact", [customer])
    assert card.people[0].value == "+998 90 123-45-67"


def test_every_number_counts_and_not_only_the_first(call, add):
    made = add("Dilnoza", "+998 71 200-11-22", "+998 90 765-43-21")
    assert [line.id for line in call("+998907654321").people] == [made]


def test_several_share_a_number_and_the_main_one_comes_first(call, add, store):
    add("Alisher", "+998 71 200-11-22", NUMBER)
    add("Barno", NUMBER)
    card = call(NUMBER)
    assert (card.matched, names(card)) == ("several", ["Barno", "Alisher"])


def test_two_points_of_one_person_are_one_person(call, add):
    add("Barno", "+998 90 123-45-67", "8 90 123 45 67")
    assert call(NUMBER).matched == "exact"


def test_an_inactive_person_never_comes_first(call, add):
    """Merged into somebody who is not on this PC."""
    add("Aaa, merged elsewhere", NUMBER, merged_into=UUID(int=99))
    add("Barno", NUMBER)
    card = call(NUMBER)
    assert (card.matched, names(card)) == ("exact", ["Barno", "Aaa, merged elsewhere"])
    add("Vera", NUMBER)
    card = call(NUMBER)
    assert (card.matched, names(card)) == ("several", ["Barno", "Vera", "Aaa, merged elsewhere"])


def test_a_merged_person_is_the_survivor(call, add):
    survivor = add("Barno")
    add("Barno, twice", NUMBER, merged_into=survivor)
    card = call(NUMBER)
    assert (card.matched, [line.id for line in card.people]) == ("exact", [survivor])


def test_who_is_known_not_to_answer_there_counts_only_when_nobody_else_does(call, add, store):
    wrong = add("Alisher", NUMBER)
    with store.write() as session:
        session.query(ContactPoint).filter_by(customer_id=wrong).one().status = "wrong person"
    assert names(call(NUMBER)) == ["Alisher"]
    add("Barno", NUMBER)
    assert (call(NUMBER).matched, names(call(NUMBER))) == ("exact", ["Barno"])


def test_an_extension_tells_people_of_one_office_apart(call, add):
    add("Reception", "+998 71 200-11-22")
    add("Barno", "+998 71 200-11-22 ext. 34")
    assert names(call("tel:+998712001122;ext=34")) == ["Barno"]
    assert call("tel:+998712001122").matched == "several"
    assert call("tel:+998712001122;ext=99").matched == "several"


def test_short_codes_and_endings_of_a_number_find_nobody_by_chance(call, customer):
    for text in ("4567", "234567", "1234567"):
        assert (call(text).matched, call(text).people) == ("none", ())


def test_a_number_in_a_note_is_mentioned_newest_note_first(call, customer, add, write):
    barno = add("Barno")
    write(barno, "Brother's number is 8 (93) 555-66-77, ask for Alisher.")
    write(customer, "звонить на 935556677 после шести")
    card = call("+998935556677")
    assert card.matched == "mentioned"
    assert {line.id for line in card.people} == {customer, barno}
    assert "Brother's number is" in next(line.detail for line in card.people if line.id == barno)
    assert call("+998935556678").matched == "none"


def test_a_number_on_a_card_comes_before_one_in_a_note(call, customer, add, write):
    write(add("Barno"), f"asked about {NUMBER}")
    assert (call(NUMBER).matched, [line.id for line in call(NUMBER).people]) == ("exact", [customer])


def test_deleted_and_corrected_notes_mention_nobody(call, customer, write, store):
    first, second = write(customer, "number 93 555 66 77"), write(customer, "number 93 555 66 88")
    with store.write() as session:
        session.get_one(Note, first).is_deleted = True
        notes.correct_note(session, second, ME, "number 93 555 66 99", NOW)
    assert call("935556677").matched == "none"


def test_the_need_is_told_with_the_name(call, add):
    add("Barno", NUMBER, need="deaf – write, don't call")
    (line,) = call(NUMBER).people
    assert [warning.words for warning in line.warnings] == ["deaf – write, don't call"]


def test_a_hidden_number_is_nobody(call, customer):
    card = call("anonymous")
    assert (card.matched, card.number, card.people) == ("none", "", ())


def test_a_customer_is_named_by_the_address_of_their_card(call, customer):
    card = call(f"workstation:customer/{customer}")
    assert (card.matched, [line.id for line in card.people]) == ("exact", [customer])
    assert call(f"workstation:customer/{UUID(int=5)}").matched == "none"


def test_an_old_replica_learns_which_notes_mention_numbers(store, call, customer, write):
    write(customer, "number 93 555 66 77")
    with store.from_central() as inbox:
        inbox.connection.execute("delete from search_mention")
    assert call("935556677").matched == "none"
    with store.from_central() as inbox:
        mention_index.rebuild(inbox.connection)
    assert call("935556677").matched == "mentioned"


@DESK
@given(text=st.text(max_size=200))
def test_any_text_handed_over_finds_people_or_refuses(store, customer, text):
    try:
        call = parse(text)
    except Refused:
        return
    with store.read() as session:
        card = identify_caller(session, call, REGIONS, NOW)
    assert card.matched in ("exact", "several", "mentioned", "none")


@given(st.text(max_size=2000))
def test_numbers_in_any_note_are_digits_of_a_phone(text):
    assert all(number.isascii() and 7 <= len(number) <= 15 for number in mention_index.numbers_in(text))
