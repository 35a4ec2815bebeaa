"""Notes: kept byte for byte, never changed, only superseded or marked."""

from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.services.conftest import ME, NOW
from workstation.errors import NotFound, Refused
from workstation.records import Note, OutboxEntry
from workstation.services import notes, timeline


def add(store, customer, text, **options):
    with store.write() as session:
        return notes.add_note(session, customer, ME, text, NOW, **options)


def all_notes(store):
    with store.read() as session:
        return {note.id: note for note in session.query(Note)}


def texts_of(store, customer):
    with store.read() as session:
        return [line.facts["text"] for line in timeline.timeline_of(session, customer, set())]


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=300))
def test_any_text_is_kept_byte_for_byte_or_refused_as_blank(store, customer, text):
    if not text.replace("\0", "").strip():
        with pytest.raises(Refused, match="needs some text"):
            add(store, customer, text)
        return
    made = add(store, customer, text)
    assert all_notes(store)[made].body == text.replace("\0", "")


@pytest.mark.parametrize("text", ["", " \n", "\0\0", "x" * 100_001, "\ud83d", "ab\udcff"])
def test_what_is_no_note_is_refused_and_leaves_nothing(store, customer, text):
    before = len(operations(store))
    with pytest.raises(Refused):
        add(store, customer, text)
    assert all_notes(store) == {}
    assert len(operations(store)) == before


def operations(store):
    with store.read() as session:
        return session.query(OutboxEntry).all()


def test_the_longest_note_is_kept_whole(store, customer):
    text = "Ў🙂" * 50_000
    made = add(store, customer, text)
    assert all_notes(store)[made].body == text


def test_a_note_knows_its_author_its_time_and_its_customers_scope(store, customer):
    written = add(store, customer, "text", is_pinned=True)
    made = all_notes(store)[written]
    assert (made.author_id, made.written_at, made.scope_id, made.customer_id) == (ME, NOW, 1, customer)
    assert made.is_pinned


def test_a_correction_supersedes_and_keeps_the_old_text(store, customer):
    first = add(store, customer, "wrong", is_pinned=True)
    with store.write() as session:
        second = notes.correct_note(session, first, ME, "right", NOW + timedelta(minutes=1))
    kept = all_notes(store)
    assert (kept[first].body, kept[second].body, kept[second].supersedes) == ("wrong", "right", first)
    assert kept[second].is_pinned
    assert texts_of(store, customer) == ["right"]


def test_a_deleted_note_leaves_a_tombstone(store, customer):
    made = add(store, customer, "gone")
    with store.write() as session:
        notes.delete_note(session, made)
    assert all_notes(store)[made].is_deleted
    assert all_notes(store)[made].body == "gone"
    assert texts_of(store, customer) == []


def test_what_is_not_here_cannot_be_written_on(store, customer):
    with pytest.raises(NotFound):
        add(store, uuid4(), "text")
    with pytest.raises(NotFound), store.write() as session:
        notes.correct_note(session, uuid4(), ME, "text", NOW)
    with pytest.raises(NotFound), store.write() as session:
        notes.delete_note(session, uuid4())
