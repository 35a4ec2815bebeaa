"""Reminders: each callback at its own minute, everything missed once, and nothing forgotten by a restart."""

from datetime import timedelta
from uuid import UUID

import pytest

from tests.services.conftest import ME, NOW
from workstation.records import Agent, Meta
from workstation.replica.store import Store
from workstation.services import callbacks, reminders
from workstation.services.callbacks import CallbackForm

BOTIR = UUID("01a20000-0000-7000-8000-00000000b071")


def after(minutes):
    return NOW + timedelta(minutes=minutes)


def promise(store, customer, minutes, owner=ME):
    form = CallbackForm(after(minutes).isoformat(), None, None, owner, made_by="customer asked")
    with store.write() as session:
        return callbacks.add_callback(session, customer, ME, form, NOW, "UZ")


def card(store, minutes):
    with store.read() as session:
        return reminders.reminder(session, ME, after(minutes))


def shown(store, minutes):
    return [line.id for line in card(store, minutes).lines]


def act(store, verb, *args):
    with store.write() as session:
        verb(session, *args)


def test_each_callback_of_mine_comes_at_its_own_minute(store, customer):
    second, first = promise(store, customer, 30), promise(store, customer, 10)
    promise(store, customer, 5, None)
    promise(store, customer, 5, BOTIR)
    assert card(store, 0) == reminders.ReminderCard((), after(10))
    assert shown(store, 10) == [first]
    assert card(store, 10).next_at == after(30)
    assert shown(store, 30) == [first, second]
    assert card(store, 30).next_at is None
    with store.read() as session:
        assert reminders.next_reminder_at(session, ME, after(0)) == after(10)


def test_what_was_slept_through_comes_at_once_and_only_once(store, customer):
    missed = [promise(store, customer, minutes) for minutes in (10, 20, 30)]
    assert shown(store, 600) == missed
    act(store, reminders.dismiss, missed, ME, after(600))
    assert shown(store, 601) == []
    late = promise(store, customer, 15)  # given to me later, though its time was long past
    assert shown(store, 602) == [late]


def test_snoozed_is_reminded_of_at_that_time_and_a_restart_keeps_it(store, customer, tmp_path):
    first, second = promise(store, customer, 10), promise(store, customer, 12)
    act(store, reminders.snooze, [first], after(40), ME, after(11))
    act(store, reminders.dismiss, [second], ME, after(13))
    store.close()
    again = Store(tmp_path / "replica.db", bytes(32), lambda: NOW)
    assert shown(again, 39) == []
    assert card(again, 39).next_at == after(40)
    assert shown(again, 40) == [first]
    act(again, reminders.dismiss, [first], ME, after(41))
    assert card(again, 50) == reminders.ReminderCard((), None)
    again.close()


def test_what_is_closed_or_given_away_reminds_nobody_and_is_forgotten(store, customer):
    first, second = promise(store, customer, 10), promise(store, customer, 10)
    act(store, reminders.snooze, [first, second], after(30), ME, after(11))
    act(store, callbacks.mark_done, first, after(12))
    with store.write() as session:
        session.add(Agent(id=BOTIR, login="botir", name="Botir"))
        callbacks.reassign(session, second, BOTIR, None)
    assert card(store, 60) == reminders.ReminderCard((), None)
    act(store, reminders.dismiss, [first], ME, after(60))
    assert store.fact(reminders.FACT) == '{"snoozed": {}, "seen": {}}'


def test_another_time_of_the_same_callback_reminds_again(store, customer):
    callback = promise(store, customer, 10)
    act(store, reminders.dismiss, [callback], ME, after(11))
    with store.write() as session:
        new = callbacks.reschedule(session, callback, ME, after(60).isoformat(), after(12), "UZ", override_reason="now")
    assert card(store, 20).next_at == after(60)
    assert shown(store, 61) == [new]


@pytest.mark.parametrize("kept", ["", "nonsense", "[]", '{"seen": 5}', '{"snoozed": {"x": "y"}}', "null"])
def test_a_memory_that_cannot_be_read_reminds_once_too_often(store, customer, kept):
    callback = promise(store, customer, 10)
    with store.write() as session:
        session.add(Meta(key=reminders.FACT, value=kept))
    assert shown(store, 10) == [callback]
    act(store, reminders.dismiss, [callback], ME, after(11))
    assert shown(store, 12) == []
