"""What one login may leave at central within a day: new desks, and operations that could not be carried out."""

from uuid import uuid4

import psycopg
import pytest

from tests.central.test_forbidden import say_hello
from tests.central.test_forbidden_rows import calling
from tests.faults.test_poison import refused, smuggle
from workstation.central.port import DeskState
from workstation.central.postgres import named
from workstation.errors import QuotaReached

PUT_ASIDE = "select api.put_aside(%s, %s, %s, %s, 'no reason')"


def check_quota(code, ask):
    with pytest.raises(psycopg.Error) as error:
        ask()
    assert error.value.sqlstate == code
    assert isinstance(named(error.value), QuotaReached)


def a_day_passes(centre, table, column):
    centre.sql(f"update workstation.{table} set {column} = {column} - interval '25 h'")


def test_a_login_adds_a_hundred_desks_a_day(centre):
    with calling(centre, "eve") as eve, calling(centre, "aziza") as aziza:
        for _ in range(99):
            say_hello(eve.connection, uuid4())
        check_quota("WS004", lambda: say_hello(eve.connection, uuid4()))
        say_hello(eve.connection, eve.device)  # the desks it has go on
        say_hello(aziza.connection, uuid4())
        assert centre.count("device") == 102
        a_day_passes(centre, "device", "made_at")
        say_hello(eve.connection, uuid4())


def test_a_new_pc_is_refused_in_words_when_its_agent_has_many(centre, open_desk):
    aziza = open_desk("aziza")
    centre.sql(
        "insert into workstation.device (device, agent_id, desk_secret) "
        "select gen_random_uuid(), agent_id, desk_secret from workstation.device, generate_series(1, 99)"
    )
    aziza.sync()
    central = aziza.desk.central()
    with pytest.raises(QuotaReached, match="a hundred new PCs"):
        central.hello(DeskState(uuid4(), "PC 101", 0, 0, None))
    central.close()


def test_a_thousand_operations_of_a_login_are_put_aside_a_day_each_once(centre):
    with calling(centre, "eve") as eve, calling(centre, "aziza") as aziza:
        for _ in range(2):
            for number in range(1000):
                eve.ask(PUT_ASIDE, eve.device, f"op {number}", number, "{}")
        check_quota("WS005", lambda: eve.ask(PUT_ASIDE, eve.device, "one more", 1, "{}"))
        aziza.ask(PUT_ASIDE, aziza.device, "hers", 1, "{}")
        assert centre.count("op_rejected") == 1001
        a_day_passes(centre, "op_rejected", "at")
        eve.ask(PUT_ASIDE, eve.device, "one more", 1, "{}")


def test_twenty_million_characters_of_a_login_are_put_aside_a_day(centre):
    with calling(centre, "eve") as eve:
        for number in range(10):
            eve.ask(PUT_ASIDE, eve.device, str(number), number, "x" * 2_000_000)
        check_quota("WS005", lambda: eve.ask(PUT_ASIDE, eve.device, "one more", 1, "x"))


def test_a_bad_operation_of_which_central_keeps_no_copy_stops_nothing(centre, open_desk):
    aziza = open_desk("aziza")
    customer = aziza.add_customer()
    aziza.sync()
    centre.sql(
        "insert into workstation.op_rejected (op_id, status, device, agent_id, payload, reason) "
        "select i, 'quarantined', device, agent_id, '', '' from workstation.device, generate_series(1, 1000) i"
    )
    bad, good = aziza.note(customer, "bad"), aziza.note(customer, "good")
    smuggle(aziza, bad, body="ba\0d")
    report = aziza.sync()
    assert (report.pushed, report.refused, report.waiting) == (1, 1, 0)
    (line,) = refused(aziza)
    assert (line.entity_id, line.values["body"]) == (bad, "ba\0d")
    assert centre.sql("select id from workstation.note") == [(good,)]
    assert centre.count("op_rejected") == 1000
