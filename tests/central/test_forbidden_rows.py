"""T19: what the functions for desks refuse to an agent who calls them by hand: other scopes, other authors, rights."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.central.test_forbidden import say_hello, whole
from tests.desks import PASSWORD, Centre, DeskAtWork
from workstation.central import accounts
from workstation.records import RECORDS
from workstation.services import callbacks, contacts

INJECTIONS = Path(__file__).parents[2] / ".." / "shared" / "data" / "security" / "wfuzz_vulns_sql_inj.txt"
WHEN = "2026-11-22T10:00:00+00:00"
BEFORE_ALL = "1970-01-01T00:00:00+00:00"


class Intruder:
    """An agent who calls the functions for desks by hand."""

    def __init__(self, connection: psycopg.Connection, device: UUID) -> None:
        self.connection, self.device = connection, device
        hello = say_hello(connection, device)
        self.epoch, self.id, self.n = hello["epoch"], hello["agent"]["id"], 0

    def ask(self, query: str, *args: Any) -> list[tuple[Any, ...]]:
        return self.connection.execute(query.encode(), args or None).fetchall()

    def operation(self, kind: str, entity: str, fields: dict[str, Any], record: UUID | None = None, **more: Any) -> Any:
        """An operation with old value None unless a pair is given."""
        self.n += 1
        pairs = {name: value if isinstance(value, list) else [None, value] for name, value in fields.items()}
        made = {"op_id": str(uuid4()), "n": self.n, "kind": kind, "entity": entity, "id": str(record or uuid4())}
        return made | {"set": pairs, "needs": [], "made_at": WHEN, "op_schema": 1} | more

    def push(self, *operations: Any) -> list[tuple[Any, ...]]:
        """(op_id, n, status, version, detail, row) of each; an error of the whole batch is one row of its code."""
        return self.push_text(json.dumps(list(operations)))

    def push_text(self, batch: str) -> list[tuple[Any, ...]]:
        """The same with any text for a batch."""
        try:
            return self.ask("select * from api.push(%s, %s, %s::jsonb)", self.device, self.epoch, batch)
        except psycopg.Error as error:
            return [(None, None, error.sqlstate, None, None, None)]

    def note_on(self, customer: UUID, body: str = "mine", **more: Any) -> Any:
        return self.operation("add", "note", {"customer_id": str(customer), "body": body, "written_at": WHEN} | more)


@contextmanager
def calling(centre: Centre, name: str, role: str = "agent") -> Iterator[Intruder]:
    login = centre.add_agent(name, role)
    with psycopg.connect(centre.url, user=login, password=PASSWORD, autocommit=True) as connection:
        yield Intruder(connection, uuid4())


@pytest.fixture
def eve(centre: Centre) -> Iterator[Intruder]:
    with calling(centre, "eve") as intruder:
        yield intruder


@pytest.fixture
def victim(centre: Centre, open_desk) -> DeskAtWork:
    """A desk of another scope with a customer and every kind of record about it, all at central."""
    accounts.add_scope(centre.admin_url, "north")
    centre.add_agent("rustam", scope="north")
    desk = open_desk("rustam")
    customer = desk.add_customer("Zamira Yusupova", "+998901234567")
    desk.note(customer, "secret")
    with desk.store.write() as session:
        form = contacts.ContactForm("phone", "in", None, desk.clock(), desk.clock(), phone="+998901234567")
        contacts.log_contact(session, customer, desk.desk.agent_id, form, desk.clock(), desk.desk.regions)
        at = f"{desk.clock().date()}T23:59:59"
        callback = callbacks.CallbackForm(
            at, "Pacific/Kiritimati", "secret", desk.desk.agent_id, made_by="customer asked"
        )
        callbacks.add_callback(session, customer, desk.desk.agent_id, callback, desk.clock().replace(hour=0), "UZ")
    desk.sync()
    centre.sql(
        "insert into workstation.conflict (scope_id, customer_id, entity, entity_id, field, kept, lost, before, op_id) "
        "select scope_id, id, 'customer', id, 'need', '1', '2', '3', (select max(op_id::text)::uuid from "
        "workstation.op_applied) from workstation.customer"
    )
    return desk


def of_north(centre: Centre) -> dict[str, list[UUID]]:
    """The ids of what the other scope holds; one of every kind about a customer, at least."""
    about = [record.__tablename__ for record in RECORDS if record.__tablename__ not in EVERYONES]
    found = {entity: [i for (i,) in centre.sql(f"select id from workstation.{entity}")] for entity in about}
    assert all(found.values())
    return found


EVERYONES = ("scope", "team", "agent", "disposition")


def test_no_function_gives_a_row_of_another_scope(centre, victim, eve):
    ids = of_north(centre)
    ((north,),) = centre.sql("select number from workstation.scope where name = 'north'")
    customer = ids["customer"][0]
    for scope in (north, -1, 10**15, None):
        for entity in (*ids, "agent"):
            for call, args in (
                ("api.fill(%s, %s, %s, null, null, %s, 100)", (eve.epoch, scope, entity, BEFORE_ALL)),
                ("api.digest(%s, %s, %s, %s)", (eve.epoch, scope, entity, BEFORE_ALL)),
                ("api.bucket(%s, %s, %s, 1, %s)", (eve.epoch, scope, entity, BEFORE_ALL)),
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    eve.ask(f"select * from {call}", *args)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            eve.ask("select * from api.pull(%s, %s, '0', -1, null, 100)", eve.epoch, scope)
    for entity, wanted in ids.items():
        assert eve.ask("select * from api.rows(%s, %s)", entity, wanted) == []
        for scope in (0, 1):
            query = "select * from api.fill(%s, %s, %s, null, null, %s, 100)"
            assert eve.ask(query, eve.epoch, scope, entity, BEFORE_ALL) == [("[]",)]
    for text in ("Zamira Yusupova", "zamira", "%", "_amira", "4567", "998901234567", "' or 1=1--", "\\"):
        assert eve.ask("select * from api.search_customers(%s, 100)", text) == []
    assert eve.ask("select api.fetch_customer(%s)", customer) == [("{}",)]
    ((changes,),) = eve.ask("select changes from api.pull(%s, 1, '0', -1, '99999999', 5000)", eve.epoch)
    assert changes == "{}"
    ((changes,),) = eve.ask("select changes from api.pull(%s, 0, '0', -1, '99999999', 5000)", eve.epoch)
    assert set(json.loads(changes)) <= set(EVERYONES)


def test_customers_of_another_scope_do_not_crowd_out_one_s_own(centre, victim, eve):
    centre.sql(
        "insert into workstation.customer (name, scope_id) select 'Zamira ' || n, 2 from generate_series(1, 600) n"
    )
    centre.sql("insert into workstation.customer (name, scope_id) values ('Zamira Own', 1)")
    centre.sql(
        "insert into workstation.contact_point (customer_id, kind, value, digits) "
        "select id, 'phone', '1', '998901234567' from workstation.customer"
    )
    for text in ("zamira", "4567"):
        found = eve.ask("select c::jsonb ->> 'name' from api.search_customers(%s, 10) c", text)
        assert found == [("Zamira Own",)]


def test_push_neither_shows_nor_changes_a_row_of_another_scope(centre, victim, eve):
    ids = of_north(centre)
    before = whole(centre)
    for entity, (record, *_) in ids.items():
        fields = {"name": "mine"} if entity == "customer" else {"is_pinned": True, "resolution": "lost", "state": "x"}
        tried = [
            eve.operation("edit", entity, fields, record),
            eve.operation("edit", entity, {}, record),
            eve.operation("do", entity, fields, record),
            eve.operation("add", entity, {"customer_id": str(ids["customer"][0])} | fields, record),
        ]
        for answer in (answer for one in tried for answer in eve.push(one)):
            assert answer[2] in ("refused", "22P02"), (entity, answer)
            assert answer[5] is None
    about = {"customer_id": str(ids["customer"][0])}
    for operation in (
        eve.note_on(ids["customer"][0]),
        eve.note_on(ids["customer"][0], scope_id=1),
        eve.operation("add", "contact_point", about | {"kind": "phone", "value": "1", "made_at": WHEN}),
        eve.operation("add", "customer", {"name": "x", "scope_id": 2, "made_at": WHEN}),
        eve.operation("add", "customer", {"name": "x", "scope_id": 0, "made_at": WHEN}),
        eve.operation("add", "customer", {"name": "x", "merged_into": about["customer_id"], "made_at": WHEN}),
    ):
        assert [answer[2] for answer in eve.push(operation)] == ["refused"], operation
    check_only_rejections_grew(centre, before)


def check_only_rejections_grew(centre: Centre, before: dict[str, list]) -> None:
    after = whole(centre)
    for table in ("op_rejected", "device"):
        before.pop(table), after.pop(table)
    assert after == before


def test_the_number_of_somebody_s_operation_gives_nothing_away(centre, victim, eve):
    """Conflicts carry the number of an operation; sent again by another agent it must not answer with the record."""
    for op_id, entity, record in centre.sql("select op_id, entity, entity_id from workstation.op_applied"):
        for kind in ("add", "edit"):
            answers = eve.push(eve.operation(kind, entity, {"name": "mine"}, record, op_id=str(op_id)))
            assert [(answer[2], answer[5]) for answer in answers] == [("refused", None)]


def test_who_left_a_scope_gets_no_row_of_it_for_an_old_operation(centre, victim, eve):
    with calling(centre, "rustam") as rustam:
        customer = of_north(centre)["customer"][0]
        note = rustam.note_on(customer)
        assert rustam.push(note)[0][2] == "applied"
        assert rustam.push(note)[0][5]["body"] == "mine"
        centre.sql("update workstation.agent set scopes = '[1]' where login = %s", centre.login("rustam"))
        (again,) = rustam.push(note)
        assert (again[2], again[5]) == ("duplicate", None)


def test_a_record_cannot_point_into_another_scope(centre, victim, eve):
    ids = of_north(centre)
    mine = uuid4()
    assert eve.push(eve.operation("add", "customer", {"name": "mine", "made_at": WHEN}, mine))[0][2] == "applied"
    call = {"channel": "phone", "direction": "in", "started_at": WHEN, "written_at": WHEN, "customer_id": str(mine)}
    due = {"wall_start": "2026-12-01T10:00", "zone": "UTC", "made_at": WHEN, "customer_id": str(mine)}
    owed = eve.operation("add", "callback", due)
    assert eve.push(owed)[0][2] == "applied"
    there, nowhere = str(ids["contact_point"][0]), str(uuid4())
    for made in (
        lambda point: eve.operation("add", "contact", call | {"contact_point_id": point}),
        lambda point: eve.operation("add", "callback", due | {"contact_point_id": point}),
        lambda point: eve.operation("edit", "callback", {"contact_point_id": point}, UUID(owed["id"])),
    ):
        # The answer must not tell that the record exists somewhere.
        answers = [eve.push(made(point))[0] for point in (there, nowhere)]
        assert [(a[2], a[4]) for a in answers] == [
            ("refused", {"reason": "unknown_reference", "field": "contact_point_id"})
        ] * 2
    (answer,) = eve.push(eve.note_on(mine, contact_id=str(ids["contact"][0])))
    assert answer[2] == "refused"


def test_an_author_is_whoever_is_signed_in(centre, victim, eve):
    mine, bobs = uuid4(), str(centre.sql("select id from workstation.agent where login ~ 'rustam'")[0][0])
    eve.push(eve.operation("add", "customer", {"name": "mine", "made_at": WHEN}, mine))
    forged = eve.note_on(mine, author_id=bobs)
    assert eve.push(forged)[0][2] == "applied"
    ((author,),) = centre.sql("select author_id from workstation.note where id = %s", forged["id"])
    assert str(author) == eve.id
    ((actor,),) = centre.sql("select actor from workstation.feed where entity_id = %s", forged["id"])
    assert actor == centre.login("eve")
    assert eve.push(eve.operation("edit", "note", {"author_id": [eve.id, bobs]}, UUID(forged["id"])))[0][2] == "refused"


def test_another_agent_s_device_is_not_mine(centre, victim, eve):
    device = victim.desk.who.device
    with pytest.raises(psycopg.Error) as refused:
        eve.ask("select * from api.push(%s, %s, '[]'::jsonb)", device, eve.epoch)
    assert refused.value.sqlstate == "WS001"
    ((before,),) = centre.sql("select d::text from workstation.device d where device = %s", device)
    mine = say_hello(eve.connection, device)
    eve.ask("select api.report(%s, 99, 99)", device)
    theirs = centre.sql(
        "select d::text, encode(desk_secret, 'hex') from workstation.device d where device = %s and agent_id <> %s",
        device, eve.id,
    )  # fmt: skip
    assert [row for row, _secret in theirs] == [before]
    assert mine["desk_secret"] not in [secret for _row, secret in theirs]
    assert mine["last_n"] == 0


def test_names_that_are_sql_stay_words(centre, victim, eve):
    if not INJECTIONS.exists():
        pytest.skip("the collection of hostile texts is not here")
    texts = [text for text in INJECTIONS.read_text(encoding="utf-8").splitlines() if text.strip()]
    mine = uuid4()
    eve.push(eve.operation("add", "customer", {"name": "mine", "made_at": WHEN}, mine))
    before = whole(centre)
    for text in [*texts, "note; drop table workstation.note", 'customer" where true --', "%I", "%1$s", "pg_authid"]:
        for entity in ("customer", "note"):
            answers = eve.push(
                eve.operation("add", entity, {"customer_id": str(mine), text: "x"}),
                eve.operation("edit", entity, {text: ["x", "y"]}, mine),
            )
            assert {answer[2] for answer in answers} <= {"refused", "held"}
        assert eve.push(eve.operation(text, "customer", {"name": "x"}, mine))[0][2] == "refused"
        assert eve.push(eve.operation("add", text, {"name": "x"}))[0][2] == "22023"
        with pytest.raises(psycopg.Error):
            eve.ask("select * from api.rows(%s, %s)", text, [mine])
        for query in ("select api.fill(%s, 1, %s, null, null, now(), 1)", "select api.digest(%s, 1, %s, now())"):
            with pytest.raises(psycopg.Error):
                eve.ask(query, eve.epoch, text)
        eve.ask("select * from api.search_customers(%s, 1)", text)
    before.pop("audit")
    before["audit"] = whole(centre)["audit"]
    check_only_rejections_grew(centre, before)
