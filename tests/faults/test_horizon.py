"""T8: a writer that sleeps in an open transaction delays the feed for everybody; it costs nobody a row."""

from contextlib import contextmanager

import psycopg
import pytest

from tests.alike import assert_alike
from workstation.central import health


@contextmanager
def sleeper_here(centre, customer):
    """Has written a note and not said whether it means it."""
    with psycopg.connect(centre.admin_url) as connection:
        connection.execute("insert into workstation.note (customer_id, body) values (%s, 'slept')", (customer,))
        yield connection


@contextmanager
def sleeper_in_another_database(centre, _customer):
    with psycopg.connect(centre.cluster.admin_url) as connection:
        connection.execute("create table sleeper (a int)")  # gone again with the rollback
        yield connection


@pytest.mark.parametrize(
    ("sleeper", "end", "expected"),
    [
        (sleeper_here, "commit", {"before", "meanwhile", "slept"}),
        (sleeper_here, "rollback", {"before", "meanwhile"}),
        (sleeper_in_another_database, "rollback", {"before", "meanwhile"}),
    ],
)
def test_what_others_write_meanwhile_arrives_when_the_sleeper_ends(centre, open_desk, sleeper, end, expected):
    aziza, botir = open_desk("aziza"), open_desk("botir")
    customer = aziza.add_customer()
    aziza.note(customer, "before")
    aziza.sync()
    botir.sync()

    with sleeper(centre, customer) as connection:
        aziza.note(customer, "meanwhile")
        assert aziza.sync().waiting == 0  # central has it; what the feed cannot say yet is laid on top or read by id
        assert aziza.notes(customer) == {"before", "meanwhile"}
        for _ in range(3):
            botir.sync()
        assert botir.notes(customer) == {"before"}
        assert health.status(centre.admin_url)["horizon_seconds"] > 0
        getattr(connection, end)()

    aziza.sync()
    botir.sync()
    for desk in (aziza, botir):
        assert desk.notes(customer) == expected
    assert set(aziza.states()) == {"settled"}
    assert_alike(centre.admin_url, aziza, botir)


def test_a_first_fill_begun_while_somebody_sleeps_misses_nothing(centre, open_desk):
    aziza = open_desk("aziza")
    customer = aziza.add_customer()
    aziza.sync()
    with sleeper_here(centre, customer) as connection:
        aziza.note(customer, "meanwhile")
        aziza.sync()
        botir = open_desk("botir")
        botir.sync()
        assert botir.notes(customer) == {"meanwhile"}  # a fill has no horizon
        connection.commit()
    botir.sync()
    assert botir.notes(customer) == {"meanwhile", "slept"}
    aziza.sync()
    assert_alike(centre.admin_url, aziza, botir)


def test_a_digest_taken_while_somebody_sleeps_drops_nothing(centre, open_desk):
    aziza, botir = open_desk("aziza"), open_desk("botir")
    customer = aziza.add_customer()
    aziza.sync()
    botir.sync()
    with sleeper_here(centre, customer) as connection:
        aziza.note(customer, "meanwhile")
        aziza.sync()
        botir.a_day_passes()
        botir.sync()
        assert botir.notes(customer) == {"meanwhile"}  # read by digest, before the feed could say so
        connection.commit()
    for _ in range(2):
        aziza.sync()
        botir.sync()
    assert botir.notes(customer) == {"meanwhile", "slept"}
    assert_alike(centre.admin_url, aziza, botir)
