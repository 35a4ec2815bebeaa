"""T8: a writer that sleeps in an open transaction delays the feed for everybody; it costs nobody a row."""

from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.alike import assert_alike
from tests.central.test_live import hasten
from tests.desks import PASSWORD
from tests.servers import drop_database, fresh_database
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


@contextmanager
def agent_here(centre, login, customer):
    """Has changed something through a function for desks, and keeps the transaction open."""
    with psycopg.connect(centre.url, user=login, password=PASSWORD) as connection:
        connection.execute("set idle_in_transaction_session_timeout = 0")
        connection.execute("select api.fetch_customer(%s)", (customer,))
        yield connection
        connection.close()


@contextmanager
def agent_in_another_database(centre, login, _customer):
    """Made after `admin init`, so that it is still open to everybody."""
    admin_url = fresh_database(centre.cluster)
    name = urlsplit(admin_url).path.lstrip("/")
    address = urlsplit(centre.url)._replace(path=f"/{name}").geturl()
    try:
        with psycopg.connect(address, user=login, password=PASSWORD) as connection:
            connection.execute("select pg_current_xact_id()")
            yield connection
            connection.close()
    finally:
        drop_database(centre.cluster, admin_url)


@pytest.mark.parametrize("holder", [agent_here, agent_in_another_database])
def test_an_agent_who_sleeps_in_a_transaction_is_ended_by_the_next_desk(centre, open_desk, holder):
    aziza, botir = open_desk("aziza"), open_desk("botir")
    customer = aziza.add_customer()
    aziza.sync()
    botir.sync()
    hasten(centre)
    with holder(centre, centre.add_agent("eve"), customer) as sleeper:
        aziza.note(customer, "meanwhile")
        assert aziza.sync().waiting == 0
        botir.sync()
        assert botir.notes(customer) == set()
        status = health.status(centre.admin_url)
        assert status["horizon_seconds"] > 0
        assert status["horizon"]["login"] == centre.login("eve")

        central = botir.desk.central()
        assert central.reap() == 1
        central.close()
        with pytest.raises(psycopg.OperationalError):
            sleeper.execute("select 1")
        botir.sync()
        assert botir.notes(customer) == {"meanwhile"}
    assert_alike(centre.admin_url, aziza, botir)
