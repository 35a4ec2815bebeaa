"""Notes found by their words: every spelling that means the same, never what is gone, and any text may be asked."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.services.conftest import ME, NOW, REGIONS
from workstation.records import Note
from workstation.replica import note_index
from workstation.replica.store import Store
from workstation.services import customers, notes, search

DESK = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def find(store):
    def found(text, limit=5):
        while store.index_notes():
            pass
        with store.read() as session:
            return [(line.name, line.words) for line in search.find_in_notes(session, text, limit)]

    return found


@pytest.mark.parametrize(
    ("body", "asked"),
    [("Договор ещё не пришёл", "пришел"), ("Договор ещё не пришел", "пришёл"), ("Договор не пришёл", "ПРИШ"),
     ("Договор не пришёл", "пришёл договор"), ("Toʻlov oʻtmadi", "to'lov"), ("To'lov o'tmadi", "toʻlov"),
     ("Café closed", "cafe"), ("contract 8841-A", "8841")],
)  # fmt: skip
def test_a_note_is_found_by_its_words(write, find, customer, body, asked):
    write(customer, body)
    assert find(asked) == [("Dilnoza Karimova", body)]


def test_all_words_must_stand_there_and_short_ones_alone_are_not_looked_for(write, find, customer):
    write(customer, "the receipt was sent to accounting")
    assert find("receipt lost") == []
    assert find("to") == []
    assert find("to accounting")


def test_the_words_around_the_hit_are_shown_in_one_line(write, find, customer):
    write(customer, "word " * 60 + "\nthe parcel came back " + "word " * 60)
    ((_name, words),) = find("parcel")
    assert "the parcel came back" in words
    assert words.startswith("…")
    assert words.endswith("…")
    assert len(words) < 100
    assert "\n" not in words


def test_what_was_replaced_or_deleted_is_not_found(store, write, find, customer):
    first, second = write(customer, "wrong tariff"), write(customer, "double payment")
    assert find("tariff")
    assert find("payment")
    with store.write() as session:
        notes.correct_note(session, first, ME, "right price", NOW)
        session.get_one(Note, second).is_deleted = True
    assert (find("tariff"), find("payment")) == ([], [])
    assert find("price")


def test_each_customer_is_named_once_by_the_newest_note(store, write, find, customer):
    with store.write() as session:
        pavel = customers.add_customer(session, 1, "Pavel Novik", [], NOW, REGIONS)
    for text in ("receipt one", "receipt two", "receipt three"):
        write(customer, text)
    write(pavel, "receipt four")
    assert find("receipt") == [("Pavel Novik", "receipt four"), ("Dilnoza Karimova", "receipt three")]
    assert len(find("receipt", limit=1)) == 1


def test_notes_of_an_older_replica_are_indexed_page_by_page(tmp_path, store, customer):
    many = note_index.PAGE + 3
    with store.write() as session:
        for number in range(many):
            notes.add_note(session, customer, ME, f"about case{number}", NOW)
    with store.from_central() as inbox:
        inbox.connection.execute("drop trigger search_note_gone")
        inbox.connection.execute("drop table search_note")
    again = Store(tmp_path / "replica.db", bytes(32), lambda: NOW)
    assert again.index_notes()
    assert again.index_notes()
    assert not again.index_notes()
    with again.read() as session:
        for number in (0, many - 1):
            assert [line.words for line in search.find_in_notes(session, f"case{number}", 1)] == [f"about case{number}"]
    again.close()


def test_a_note_that_goes_takes_its_words_with_it(store, write, find, customer):
    gone = write(customer, "secret words")
    assert find("secret")
    with store.from_central() as inbox:
        inbox.connection.execute("delete from note where id = ?", (gone.bytes,))
        left = inbox.connection.execute("select count(*) from search_note where search_note match 'secret'").fetchone()
    assert left == (0,)
    write(customer, "other words")  # takes the same place
    assert find("secret") == []
    assert find("other")


@DESK
@given(
    text=st.text(max_size=220) | st.sampled_from(['"', '" OR *', "a* NEAR(b)", "words:abc", "-abc", "ab\0cd", "^abc"])
)
def test_any_text_may_be_asked(store, customer, text):
    with store.read() as session:
        assert search.find_in_notes(session, text) == []
