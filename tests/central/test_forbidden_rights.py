"""T19: rights of product.md 3.17 and limits of size, checked by central whatever the desk is."""

import json
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.central.test_forbidden import whole
from tests.central.test_forbidden_rows import WHEN, Intruder, calling
from tests.desks import Centre
from workstation.central import accounts

LATER = "2030-01-01T00:00:00+00:00"


def customer_of(caller: Intruder, **fields: object) -> UUID:
    made = uuid4()
    assert (
        caller.push(caller.operation("add", "customer", {"name": "Zamira", "made_at": WHEN} | fields, made))[0][2]
        == "applied"
    )
    return made


def callback_of(caller: Intruder, customer: UUID, owner: str | None) -> UUID:
    due = {"wall_start": "2026-12-01T10:00", "zone": "UTC", "made_at": WHEN, "customer_id": str(customer)}
    made = uuid4()
    assert caller.push(caller.operation("add", "callback", due | {"owner_id": owner}, made))[0][2] == "applied"
    return made


def answer(caller: Intruder, entity: str, record: UUID, **changes: list) -> str:
    (found,) = caller.push(caller.operation("edit", entity, changes, record))
    return found[4]["reason"] if found[2] == "refused" else found[2]


@pytest.mark.parametrize(
    "lifting",
    [
        {"do_not_contact": ["all", None]},
        {"do_not_contact": ["all", ""]},
        {"do_not_contact": ["all", "  "]},
        {"do_not_contact_until": [None, "2020-01-01T00:00:00+00:00"]},
        {"do_not_contact_until": [None, "2027-01-01T05:00:00+05:00"]},
        {"do_not_contact_until": [None, "yesterday"]},
    ],
    ids=lambda change: "=".join(f"{name}:{pair[1]}" for name, pair in change.items()),
)
def test_do_not_contact_is_lifted_by_a_senior_alone(centre, lifting):
    with calling(centre, "eve") as eve, calling(centre, "olim", "senior") as olim:
        customer = customer_of(eve)
        assert answer(eve, "customer", customer, do_not_contact=[None, "all"]) == "applied"
        assert answer(eve, "customer", customer, **lifting) == "lift_do_not_contact"
        ((kept, until),) = centre.sql("select do_not_contact, do_not_contact_until from workstation.customer")
        assert (kept, until) == ("all", None)
        assert answer(olim, "customer", customer, **lifting, do_not_contact_reason=[None, "asked"]) == "applied"


def test_do_not_contact_is_set_and_prolonged_by_everyone(centre):
    with calling(centre, "eve") as eve:
        customer = customer_of(eve, do_not_contact="all", do_not_contact_until=WHEN)
        assert answer(eve, "customer", customer, do_not_contact_until=[WHEN, LATER]) == "applied"
        assert answer(eve, "customer", customer, do_not_contact_until=[LATER, WHEN]) == "lift_do_not_contact"
        assert answer(eve, "customer", customer, do_not_contact_until=[LATER, None]) == "applied"


def test_somebody_else_s_callback_is_taken_over_with_a_reason_and_not_otherwise_touched(centre):
    with calling(centre, "eve") as eve, calling(centre, "bob") as bob, calling(centre, "olim", "senior") as olim:
        customer = customer_of(eve)
        owed = callback_of(bob, customer, bob.id)
        for change in (
            {"state": ["open", "cancelled"]},
            {"wall_start": ["2026-12-01T10:00", "2026-12-31T10:00"]},
            {"owner_id": [bob.id, None]},
            {"owner_id": [bob.id, olim.id], "state_reason": [None, "not mine to give"]},
            {"owner_id": [bob.id, eve.id]},
            {"owner_id": [bob.id, eve.id], "state_reason": [None, " \n"]},
        ):
            assert answer(eve, "callback", owed, **change) == "not_your_callback", change
        taken = {"owner_id": [bob.id, eve.id], "state_reason": [None, "Bob is ill"]}
        assert answer(eve, "callback", owed, **taken) == "applied"
        assert answer(eve, "callback", owed, state=["open", "done"]) == "applied"
        second = callback_of(bob, customer, bob.id)
        assert answer(olim, "callback", second, owner_id=[bob.id, olim.id]) == "applied"
        queue = callback_of(bob, customer, None)
        assert answer(eve, "callback", queue, owner_id=[None, eve.id]) == "applied"


def test_a_supervisor_reassigns_in_the_own_team_alone(centre):
    accounts.add_team(centre.admin_url, "night")
    with calling(centre, "bob") as bob, calling(centre, "sanjar", "supervisor") as sanjar:
        centre.add_agent("nodir", "supervisor", team="night")
        with calling(centre, "nodir") as nodir, calling(centre, "eve") as eve:
            owed = callback_of(bob, customer_of(bob), bob.id)
            assert answer(nodir, "callback", owed, owner_id=[bob.id, eve.id]) == "not_your_callback"
            assert answer(sanjar, "callback", owed, owner_id=[bob.id, eve.id]) == "applied"


def test_people_teams_scopes_and_dispositions_are_not_for_desks(centre):
    for role in ("agent", "senior", "supervisor", "admin"):
        with calling(centre, f"one_{role}", role) as caller:
            before = whole(centre)
            for entity in ("agent", "team", "scope", "disposition"):
                ((record,),) = centre.sql(f"select id from workstation.{entity} order by id limit 1")
                for field in ("name", "role", "scopes", "is_active", "label", "version", "scope_id", "id"):
                    assert answer(caller, entity, record, **{field: [None, "supervisor"]}) in (
                        "unknown_field",
                        "not_writable",
                    )
                (refused,) = caller.push(
                    caller.operation("add", entity, {"name": "x", "login": "x", "code": "x", "label": "x"})
                )
                assert refused[2] == "refused"
            (refused,) = caller.push(caller.operation("add", "conflict", {"field": "name", "kept": "1", "lost": "2"}))
            assert refused[2] == "refused"
            after = whole(centre)
            assert {t for t in after if after[t] != before[t]} <= {"op_rejected", "device"}


def test_a_batch_beyond_the_limits_has_no_effect(centre):
    with calling(centre, "eve") as eve:
        customer = customer_of(eve)
        before = whole(centre)
        assert eve.push(*[eve.note_on(customer) for _ in range(501)])[0][2] == "54000"
        wide = [eve.note_on(customer, "x" * 99_000) for _ in range(20)]
        assert eve.push(*wide)[0][2] == "54000"
        (answer_to_one,) = eve.push(eve.note_on(customer, "x" * 100_001))
        assert (answer_to_one[2], answer_to_one[4]["reason"]) == ("refused", "too_long")
        assert eve.push(eve.note_on(customer, "x" * 8_000_000))[0][2] == "54000"
        after = whole(centre)
        assert {t for t in after if after[t] != before[t]} <= {"op_rejected", "device"}
        assert {a[2] for a in eve.push(*[eve.note_on(customer, "x" * 1_000) for _ in range(500)])} == {"applied"}


HOSTILE = [
    ("add", "note", {"body": {"deep": [[]]}, "written_at": "tomorrow, perhaps"}),
    ("add", "note", {"body": "x", "written_at": "infinity"}),
    ("add", "note", {"body": "x", "written_at": "290000-01-01T00:00:00Z"}),
    ("add", "note", {"body": "x", "written_at": "0044-03-15 BC"}),
    ("add", "note", {"body": "x", "is_pinned": "perhaps", "written_at": WHEN}),
    ("add", "note", {"body": "x", "contact_id": "not an id", "written_at": WHEN}),
    ("add", "callback", {"wall_start": "x", "zone": "UTC", "window_minutes": 10**30, "made_at": WHEN}),
    ("add", "callback", {"wall_start": "x", "zone": "UTC", "window_minutes": "1e400", "made_at": WHEN}),
    ("edit", "customer", {"more": [{}, "no object"]}),
    ("edit", "customer", {"more": [{}, ["no", "object"]]}),
    ("edit", "customer", {"more": [{}, {"one": {"two": 3}}]}),
    ("edit", "customer", {"more": [{}, None]}),
    ("edit", "customer", {"do_not_contact_until": [None, "-infinity"]}),
    ("edit", "customer", {"is_vip": [False, None]}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "entity", "fields"), HOSTILE)
def test_a_value_that_no_desk_could_read_never_reaches_one(centre, open_desk, kind, entity, fields):
    botir = open_desk("botir")
    with calling(centre, "eve") as eve:
        customer = customer_of(eve)
        botir.sync()
        about = {} if kind == "edit" else {"customer_id": str(customer)}
        (found,) = eve.push(eve.operation(kind, entity, fields | about, customer if kind == "edit" else None))
        assert found[2] not in ("applied", "merged", "conflict"), found
        botir.sync()
        assert botir.customer(customer).name == "Zamira"
        assert centre.sql("select more::text from workstation.customer") == [("{}",)]


def test_json_without_end_is_refused(centre):
    with calling(centre, "eve") as eve:
        customer = customer_of(eve)
        for depth in (500, 5_000, 100_000):
            deep = '{"a":' * depth + "1" + "}" * depth
            op = json.dumps([eve.operation("edit", "customer", {"more": [{}, "HERE"]}, customer)])
            with pytest.raises(psycopg.Error) as refused:
                eve.ask("select * from api.push(%s, %s, %s::jsonb)", eve.device, eve.epoch, op.replace('"HERE"', deep))
            assert refused.value.sqlstate[:2] in ("23", "54")
        assert centre.sql("select more::text from workstation.customer") == [("{}",)]


HARMLESS = {"refused", "held", "21000", "22023", "22P02", "22003", "23502", "23505"}


def test_malformed_batches_have_no_effect(centre: Centre):
    with calling(centre, "eve") as eve:
        customer = customer_of(eve)
        before = whole(centre)
        good = eve.note_on(customer)
        for text in (
            "null", "1", '"x"', "{}", "[1]", "[null]", "[[]]", "[{}]", json.dumps([{"op": 1}]),
            json.dumps([good | {"op_id": None}]), json.dumps([good | {"op_id": "x"}]), json.dumps([good | {"id": 5}]),
            json.dumps([good | {"set": "x"}]), json.dumps([good | {"set": [1]}]), json.dumps([good | {"n": "x"}]),
            json.dumps([good | {"n": None}]), json.dumps([good | {"n": 10**20}]), json.dumps([good | {"needs": 1}]),
            json.dumps([good | {"needs": ["x"]}]), json.dumps([good, good]), json.dumps([good | {"entity": None}]),
            json.dumps([good | {"kind": None}]),
        ):  # fmt: skip
            assert {row[2] for row in eve.push_text(text)} <= HARMLESS, text
        after = whole(centre)
        assert {t for t in after if after[t] != before[t]} <= {"op_rejected", "device"}
