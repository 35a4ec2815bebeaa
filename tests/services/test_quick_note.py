"""The quick note and the callback it answers; outcomes in the agent's language."""

from datetime import timedelta

import pytest

from tests.ui.quiet_desk import BOTIR, ME, NOW, REGIONS, quiet_desk
from workstation import resources
from workstation.central.dispositions import STARTER
from workstation.language import use
from workstation.records import Contact, Disposition
from workstation.services import outcome_words, quick_note
from workstation.services.callback_rules import CallbackForm
from workstation.services.quick_note import QuickNoteForm


@pytest.fixture
def desk(qapp, tmp_path):
    with quiet_desk(tmp_path) as made:
        with made.store.write() as session:
            session.add(Disposition(code="promised", label="Reached – promised", closes_callback=True))
        yield made


def save(desk, customer, disposition="promised", direction="out", channel="call", **more):
    form = QuickNoteForm("said so", channel, direction, disposition=disposition, **more)
    with desk.store.write() as session:
        quick_note.save_quick_note(session, customer, ME, form, desk.time[0], REGIONS)


def states(desk):
    return [callback.state for callback in desk.all_callbacks()]


def test_an_outcome_that_closes_makes_the_owed_callback_done(desk):
    customer = desk.add_customer()
    owed = desk.promise(customer, minutes=20)
    save(desk, customer)
    assert states(desk) == ["done"]
    with desk.store.read() as session:
        assert session.query(Contact).one().callback_id == owed


def test_reaching_nobody_leaves_it_open_and_a_next_step_becomes_its_new_time(desk):
    customer = desk.add_customer()
    desk.promise(customer, minutes=0)
    save(desk, customer, "no_answer")
    assert states(desk) == ["open"]
    later = CallbackForm((NOW + timedelta(hours=1)).isoformat(), None, None, ME, made_by="customer asked")
    save(desk, customer, "no_answer", next_step=later)
    old, new = desk.all_callbacks()
    assert (old.state, new.state) == ("rescheduled", "open")
    assert old.rescheduled_to == new.id


@pytest.mark.parametrize(
    ("minutes", "owner", "contact"),
    [
        (31, ME, {}),  # that call is another one
        (0, BOTIR, {}),  # a colleague has it
        (0, ME, {"direction": "in"}),  # what the customer calls about is not known
        (0, ME, {"channel": "third party"}),
    ],
)
def test_what_is_not_the_owed_call_leaves_it_alone(desk, minutes, owner, contact):
    customer = desk.add_customer()
    desk.promise(customer, minutes, owner)
    save(desk, customer, **contact)
    assert states(desk) == ["open"]


def test_a_stopped_timer_ends_the_contact(desk):
    customer = desk.add_customer()
    ended = NOW - timedelta(minutes=3)
    save(desk, customer, started_at=NOW - timedelta(minutes=10), ended_at=ended)
    with desk.store.read() as session:
        kept = session.query(Contact).one()
        assert (kept.started_at, kept.ended_at) == (NOW - timedelta(minutes=10), ended)


def test_starter_outcomes_are_known_to_translators_and_a_teams_own_stay():
    known = outcome_words._starters()
    assert {row["label"] for row in STARTER} == set(known)
    assert outcome_words.in_words("Ждём оплату") == "Ждём оплату"


def test_a_translated_outcome_is_read_in_the_agents_language(desk, tmp_path):
    (tmp_path / "xx.po").write_text('msgid "Reached – promised"\nmsgstr "Обещал"\n', "utf-8")
    use("xx", tmp_path)
    try:
        with desk.store.read() as session:
            assert "Обещал" in [line.label for line in quick_note.dispositions_of(session)]
    finally:
        use("en", resources.folder() / "locale")
