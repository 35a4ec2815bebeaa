"""The outbox: written by the store in the transaction of the row, whatever a service does; or neither is there."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, update

from workstation.changes import Changes
from workstation.records import Callback, ContactPoint, Customer, Note, OutboxEntry, Underlay
from workstation.replica.store import Store
from workstation.wire import columns_of, to_wire

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
AUTHOR = UUID(int=1)
CUSTOMERS = [UUID(int=100 + n) for n in range(3)]
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


class Broken(Exception):
    """Raised inside a save."""


@dataclass
class Replica:
    """A store, and what it announced."""

    store: Store
    told: list[Changes]


@pytest.fixture
def replica(tmp_path):
    told: list[Changes] = []
    store = Store(tmp_path / "replica.db", bytes(32), lambda: NOW, told.append)
    yield Replica(store, told)
    store.close()


def write(session: Any, action: tuple[Any, ...]) -> Any:
    """One thing a service might do; gives the session."""
    verb, at, value = action
    customer = session.get(Customer, CUSTOMERS[at])
    if customer is None:
        customer = Customer(id=CUSTOMERS[at], name=f"Customer {at}", made_at=NOW, scope_id=1)
        session.add(customer)
    match verb:
        case "name" | "need" | "language":
            setattr(customer, verb, value or "empty")
        case "flag":
            customer.is_vip = not customer.is_vip
        case "until":
            customer.do_not_contact_until = NOW.replace(minute=len(value))
        case "bag":
            customer.more = {"told": value}
        case "clear":
            customer.need = customer.language = None
        case "note":
            session.add(Note(customer_id=customer.id, scope_id=1, author_id=AUTHOR, body=value or "-", written_at=NOW))
        case "phone":
            session.add(
                ContactPoint(customer_id=customer.id, scope_id=1, kind="phone", value=value or "-", made_at=NOW)
            )
        case "pin":
            for note in session.query(Note).where(Note.customer_id == customer.id).limit(2):
                note.is_pinned = not note.is_pinned
        case "flush":
            session.flush()
    return session


VERBS = ("name", "need", "language", "flag", "until", "bag", "clear", "note", "phone", "pin", "flush")
ACTIONS = st.tuples(st.sampled_from(VERBS), st.integers(0, 2), TEXTS)
SAVES = st.lists(st.tuples(st.lists(ACTIONS, min_size=1, max_size=6), st.booleans()), min_size=1, max_size=6)


def rows(store: Store) -> dict[UUID, dict[str, Any]]:
    """Every record as the replica has it, by id."""
    with store.read() as session:
        return {
            record.id: {c.name: to_wire(getattr(record, c.name)) for c in columns_of(kind)}
            for kind in (Customer, ContactPoint, Note)
            for record in session.query(kind)
        }


def entries(store: Store) -> list[OutboxEntry]:
    with store.read() as session:
        return session.query(OutboxEntry).order_by(OutboxEntry.n).all()


def replayed(store: Store) -> dict[UUID, dict[str, Any]]:
    """What the operations say, one after the other; each must start from what the one before left."""
    said: dict[UUID, dict[str, Any]] = {}
    for entry in entries(store):
        assert (entry.kind == "add") == (entry.entity_id not in said)
        record = said.setdefault(entry.entity_id, {})
        for name, (old, new) in entry.set.items():
            assert record.get(name) == old, (entry.kind, name)
            assert entry.kind == "add" or old != new
            record[name] = new
    return said


@settings(deadline=None, max_examples=30)
@given(saves=SAVES)
def test_the_operations_tell_exactly_what_the_rows_became(saves):
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        told: list[Changes] = []
        store = Store(Path(folder) / "replica.db", bytes(32), lambda: NOW, told.append)
        try:
            for actions, breaks in saves:
                before, operations, announced = rows(store), len(entries(store)), len(told)
                try:
                    with store.write() as session:
                        for action in actions:
                            write(session, action)
                        if breaks:
                            raise Broken
                except Broken:
                    assert (rows(store), len(entries(store)), len(told)) == (before, operations, announced)
                assert (len(told) > announced) == (len(entries(store)) > operations)
            said = replayed(store)
            kept = rows(store)
            assert said.keys() == kept.keys()
            for record_id, values in kept.items():
                apart = {"id": str(record_id), "version": 0} | said[record_id]
                assert {name: value for name, value in values.items() if value is not None} == {
                    name: value for name, value in apart.items() if value is not None
                }
        finally:
            store.close()


def test_one_save_about_one_customer_is_one_save(replica):
    with replica.store.write() as session:
        for action in [("note", 0, "a"), ("flush", 0, ""), ("phone", 0, "b"), ("name", 1, "c")]:
            write(session, action)
    saves: dict[UUID | None, set[UUID]] = {}
    for entry in entries(replica.store):
        saves.setdefault(entry.customer_id, set()).add(entry.save)
    assert sorted(map(len, saves.values())) == [1, 1]
    assert len(set.union(*saves.values())) == 2
    with replica.store.write() as session:
        write(session, ("need", 0, "later"))
    assert entries(replica.store)[-1].save not in set.union(*saves.values())


def test_the_customer_comes_before_what_stands_on_it(replica):
    with replica.store.write() as session:
        session.add(
            Callback(customer_id=CUSTOMERS[0], author_id=AUTHOR, wall_start="2026-11-23T10:00", zone="UTC", made_at=NOW)
        )
        session.add(Note(customer_id=CUSTOMERS[0], author_id=AUTHOR, body="text", written_at=NOW))
        session.add(Customer(id=CUSTOMERS[0], name="n", made_at=NOW))
    found = entries(replica.store)
    assert found[0].entity == "customer"
    assert found[0].needs == []
    assert all(entry.needs == [str(CUSTOMERS[0])] for entry in found[1:])


def test_what_central_has_accepted_is_needed_no_more(replica):
    with replica.store.write() as session:
        write(session, ("name", 0, "n"))
    with replica.store.from_central() as inbox:
        inbox.connection.execute("update outbox set state = 'acknowledged'")
    with replica.store.write() as session:
        write(session, ("note", 0, "text"))
    assert entries(replica.store)[-1].needs == []


def test_the_underlay_keeps_what_central_sent_as_long_as_ours_lies_on_top(replica):
    body = {
        "id": str(CUSTOMERS[0]),
        "name": "from central",
        "version": 7,
        "scope_id": 1,
        "made_at": NOW.isoformat(),
        "more": {},
    }
    with replica.store.from_central() as inbox:
        inbox.put("customer", [body])
    for name in ("first", "second"):
        with replica.store.write() as session:
            write(session, ("name", 0, name))
    with replica.store.read() as session:
        (underlay,) = session.query(Underlay).all()
    assert (underlay.entity_id, underlay.version) == (CUSTOMERS[0], 7)
    assert json.loads(underlay.body)["name"] == "from central"
    assert [entry.set["name"] for entry in entries(replica.store)] == [["from central", "first"], ["first", "second"]]


def test_what_comes_from_central_is_not_sent_back(replica):
    with replica.store.from_central() as inbox:
        inbox.put("customer", [{"id": str(CUSTOMERS[0]), "name": "n", "version": 1, "made_at": NOW.isoformat()}])
    assert entries(replica.store) == []
    assert replica.told == [Changes(frozenset({Customer}), frozenset({CUSTOMERS[0]}))]


@pytest.mark.parametrize(
    "change",
    [
        lambda session: session.execute(update(Customer).values(name="all")),
        lambda session: session.execute(delete(Note)),
        lambda session: session.execute(insert(Customer).values(id=CUSTOMERS[2], name="n", made_at=NOW)),
        lambda session: session.query(Customer).update({"name": "all"}),
        lambda session: session.query(Note).delete(),
        lambda session: session.execute(insert(Note), [{"body": "n"}]),
    ],
    ids=["update", "delete", "insert", "query.update", "query.delete", "insert many"],
)
def test_a_bulk_change_is_a_defect_and_changes_nothing(replica, change):
    with replica.store.write() as session:
        write(session, ("note", 0, "text"))
    before = rows(replica.store), len(entries(replica.store))
    with pytest.raises(TypeError, match="one by one"), replica.store.write() as session:
        change(write(session, ("name", 0, "in the same save")))
    assert (rows(replica.store), len(entries(replica.store))) == before


def test_a_record_is_never_deleted_on_a_desk(replica):
    with replica.store.write() as session:
        write(session, ("note", 0, "text"))
    before = rows(replica.store), len(entries(replica.store))
    with pytest.raises(TypeError, match="never deleted"), replica.store.write() as session:
        session.delete(session.query(Note).one())
    assert (rows(replica.store), len(entries(replica.store))) == before


def test_a_reader_cannot_write(replica):
    with replica.store.write() as session:
        write(session, ("name", 0, "n"))
    with replica.store.read() as session:
        session.get_one(Customer, CUSTOMERS[0]).name = "changed"
        with pytest.raises(Exception, match="readonly"):
            session.commit()
    assert rows(replica.store)[CUSTOMERS[0]]["name"] == "n"


def test_a_save_that_changes_nothing_says_nothing(replica):
    with replica.store.write() as session:
        write(session, ("name", 0, "n"))
    before = len(entries(replica.store)), len(replica.told)
    with replica.store.write() as session:
        write(session, ("name", 0, "n"))
    assert (len(entries(replica.store)), len(replica.told)) == before
