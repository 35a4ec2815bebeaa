"""What a conflict looks like to the two who made it, and what choosing between the values does on a desk."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.desks import DeskAtWork, command
from tests.faults.test_conflicts import conflicts_on, disagree, meet, pair, put, resolve
from workstation.errors import Refused
from workstation.records import Conflict
from workstation.services import conflicts

__all__ = ["pair"]


def plant(desk: DeskAtWork, centre, customer: UUID, field: str, kept: str, lost: str, **more: Any) -> UUID:
    """A conflict as central would have recorded it; kept and lost are JSON texts."""
    found = uuid4()
    values = {"entity": "customer", "entity_id": customer, "before": "null", "lost_by": desk.desk.agent_id} | more
    columns = ", ".join(values)
    centre.sql(
        f"insert into workstation.conflict (id, scope_id, customer_id, field, kept, lost, {columns}) "
        f"values (%s, 1, %s, %s, %s, %s, {', '.join(['%s'] * len(values))})",
        found,
        customer,
        field,
        kept,
        lost,
        *values.values(),
    )
    desk.sync()
    return found


def test_mine_and_theirs_are_told_from_where_one_stands(pair, centre):
    disagree(pair)
    aziza, botir, _customer = pair
    (of_aziza,), (of_botir,) = conflicts_on(aziza), conflicts_on(botir)
    assert (of_aziza.mine, of_aziza.theirs, of_aziza.is_mine_lost) == ("deaf", "blind", False)
    assert (of_botir.mine, of_botir.theirs, of_botir.is_mine_lost) == ("blind", "deaf", True)
    assert {of_aziza.lost_by, of_botir.lost_by} == {centre.login("botir")}
    assert (of_aziza.kept, of_aziza.lost, of_aziza.before) == ("deaf", "blind", None)


def test_conflicts_are_shown_oldest_first_and_decided_ones_no_more(pair):
    aziza, botir, customer = pair
    for field in ("need", "hours", "language"):
        aziza.edit(customer, **{field: "a"})
        botir.edit(customer, **{field: "b"})
        meet(aziza, botir)
    assert [line.field for line in conflicts_on(aziza)] == ["need", "hours", "language"]
    resolve(aziza, conflicts_on(aziza)[1], "mine")
    assert [line.field for line in conflicts_on(aziza)] == ["need", "language"]
    with aziza.store.read() as session:
        decided = session.query(Conflict).where(Conflict.field == "hours").one()
        assert (decided.resolution, decided.resolved_at.tzinfo) == ("kept", UTC)


@pytest.mark.parametrize(
    ("field", "lost", "value"),
    [
        ("need", '"blind"', "blind"),
        ("need", "null", None),
        ("is_vip", "true", True),
        ("do_not_contact_until", '"2031-01-01T05:00:00+05:00"', datetime(2031, 1, 1, tzinfo=UTC)),
        ("do_not_contact_until", "null", None),
        ("more", '{"b": "ў – “x”"}', {"b": "ў – “x”"}),
    ],
)
def test_a_lost_value_of_any_type_is_given_back(pair, centre, field, lost, value):
    aziza, botir, customer = pair
    put(aziza, customer, need="deaf", do_not_contact_until=datetime(2030, 1, 1, tzinfo=UTC))
    meet(aziza, botir)
    plant(aziza, centre, customer, field, "null", lost)
    resolve(aziza, conflicts_on(aziza)[0], "mine")
    assert getattr(aziza.customer(customer), field) == value
    meet(aziza, botir)
    assert getattr(botir.customer(customer), field) == value
    assert conflicts_on(botir) == []


@pytest.mark.parametrize(
    ("more", "field", "lost"),
    [
        ({"entity_id": uuid4()}, "need", '"x"'),
        ({"entity": "nonsense"}, "need", '"x"'),
        ({}, "no_such_field", '"x"'),
        ({}, "made_at", '"2020-01-01T00:00:00+00:00"'),
        ({}, "do_not_contact_until", '"soon"'),
        ({}, "do_not_contact_until", "5"),
        ({}, "is_vip", '"perhaps"'),
        ({}, "more", '"no object"'),
        ({}, "more", "no JSON at all"),
        ({}, "name", "null"),
        ({}, "name", '{"an": "object"}'),
        ({"entity": "callback"}, "owner_id", '"no id"'),
    ],
)
def test_a_value_that_cannot_be_given_back_is_refused_in_words_and_may_be_left(pair, centre, more, field, lost):
    aziza, _botir, customer = pair
    plant(aziza, centre, customer, field, '"kept"', lost, **more)
    (line,) = conflicts_on(aziza)
    before = aziza.customer(customer).name
    with pytest.raises(Refused):
        resolve(aziza, line, "mine")
    assert (aziza.customer(customer).name, aziza.states()[-1]) == (before, "settled")
    resolve(aziza, line, "theirs")
    assert conflicts_on(aziza) == []
    assert aziza.sync().refused == 0


def test_what_is_no_conflict_here_cannot_be_decided(pair):
    aziza, _botir, _customer = pair
    with aziza.store.write() as session, pytest.raises(Refused):
        conflicts.resolve(session, uuid4(), "mine", aziza.desk.agent_id, aziza.clock())


def test_a_conflict_whose_customer_left_this_pc_is_still_shown(pair, centre):
    disagree(pair)
    aziza, _botir, customer = pair
    with aziza.store.from_central() as inbox:
        inbox.gone("customer", [customer], 1)
    (line,) = conflicts_on(aziza)
    assert (line.customer, line.mine) == (None, "deaf")
    with pytest.raises(Refused):
        resolve(aziza, line, "theirs")


def test_the_same_by_commands(pair, centre, tmp_path):
    disagree(pair)
    _aziza, _botir, customer = pair
    (item,) = command(tmp_path / "botir", "conflicts")["items"]
    assert (item["mine"], item["theirs"], item["before"], item["field"]) == ("blind", "deaf", None, "need")
    assert item["customer"] == "Dilnoza Karimova"
    command(tmp_path / "botir", "conflicts", "resolve", item["id"][-12:], "--take", "mine")
    assert command(tmp_path / "botir", "conflicts")["items"] == []
    finished = command(tmp_path / "botir", "conflicts", "resolve", item["id"], "--take", "mine", ok=None)
    assert (finished.returncode, finished.stderr.decode().count("\n")) == (1, 1)
    command(tmp_path / "botir", "sync")
    assert centre.sql("select need from workstation.customer where id = %s", customer) == [("blind",)]
    assert command(tmp_path / "aziza", "sync")["conflicts"] == 0
    assert command(tmp_path / "aziza", "conflicts")["items"] == []
    with pytest.raises(AssertionError):
        command(tmp_path / "aziza", "conflicts", "resolve", "ffffff", "--take", "mine")
