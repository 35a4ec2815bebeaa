"""A batch is judged as if each operation came alone and in order, however its kinds are mixed; in few statements."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.central.test_forbidden_rows import WHEN, calling

KINDS = ("customer", "contact_point", "contact", "callback", "note")
# What each kind may name of what the same batch makes, a callback and a contact each other too.
MAY_NAME = {
    "contact_point": {"customer_id": "customer"},
    "contact": {"customer_id": "customer", "contact_point_id": "contact_point", "callback_id": "callback"},
    "callback": {"customer_id": "customer", "source_contact_id": "contact", "rescheduled_to": "callback"},
    "note": {"customer_id": "customer", "contact_id": "contact"},
}
FILLED: dict[str, dict[str, Any]] = {
    "customer": {"name": "Dilnoza Karimova", "scope_id": 1, "made_at": WHEN},
    "contact_point": {"kind": "phone", "value": "+998901234567", "made_at": WHEN},
    "contact": {"channel": "call", "direction": "in", "started_at": WHEN, "written_at": WHEN},
    "callback": {"wall_start": "2030-11-25T10:00", "zone": "Asia/Tashkent", "made_at": WHEN},
    "note": {"body": "Contract not received", "written_at": WHEN},
}
BLANK = {"customer": "name", "contact_point": "value", "contact": "channel", "callback": "zone", "note": "body"}

Step = tuple[str, bool, list[int]]


@st.composite
def plans(draw: st.DrawFn) -> list[Step]:
    """(kind, whether it is wrong, numbers that choose what it names); the first is a good customer."""
    step = st.tuples(
        st.sampled_from((*KINDS, "edit")), st.sampled_from((False, False, False, True)), st.lists(st.integers(0, 99))
    )
    return [("customer", False, []), *draw(st.lists(step, min_size=3, max_size=30))]


def made_by(agent: Any, plan: list[Step]) -> tuple[list[Any], list[str]]:
    """The operations of a plan, and what must become of each."""
    operations: list[Any] = []
    expected: list[str] = []
    known: dict[str, list[tuple[UUID, int]]] = {kind: [] for kind in KINDS}
    for kind, is_wrong, numbers in plan:
        choose = iter([*numbers, 0, 0, 0])
        names, named = {}, []
        for field, of in MAY_NAME.get("note" if kind == "edit" else kind, {}).items():
            if known[of] and (of == "customer" or next(choose) % 2):
                record, at = known[of][next(choose) % len(known[of])]
                names[field] = str(record)
                named.append((str(record), at))
        needs = [record for record, _at in named]
        stands = all(expected[at] == "applied" for _record, at in named)
        if kind == "edit":
            customer = names["customer_id"]
            work = agent.operation("edit", "customer", {"wish": [None, "a call"]}, UUID(customer), needs=[customer])
            stands = expected[named[0][1]] == "applied"
            expected.append("edited" if stands else "held")
        else:
            record = uuid4()
            fields = FILLED[kind] | names | ({BLANK[kind]: " "} if is_wrong else {})
            work = agent.operation("add", kind, fields, record, needs=needs)
            known[kind].append((record, len(operations)))
            expected.append("held" if not stands else "refused" if is_wrong else "applied")
        operations.append(work)
    return operations, expected


def statuses(operations: list[Any], answers: list[tuple[Any, ...]]) -> list[str]:
    """By operation, in the order they were sent."""
    assert all(answer[0] is not None for answer in answers), answers
    by_op = {str(op_id): status for op_id, _n, status, *_rest in answers}
    assert len(by_op) == len(answers) == len(operations)
    return [
        "edited" if work["kind"] == "edit" and by_op[work["op_id"]] in ("applied", "merged") else by_op[work["op_id"]]
        for work in operations
    ]


@pytest.fixture
def eve(centre):
    ((database,),) = centre.sql("select current_database()")
    centre.sql(f"alter database {database} set track_functions = 'pl'")
    with calling(centre, "eve") as agent:
        yield agent


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=plans())
def test_whatever_is_mixed_each_is_judged_as_if_it_came_alone(eve, plan):
    operations, expected = made_by(eve, plan)
    assert statuses(operations, eve.push(*operations)) == expected


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=plans(), share=st.integers(1, 30))
def test_what_was_delivered_before_is_known_again(eve, plan, share):
    operations, expected = made_by(eve, plan)
    eve.push(*operations[:share])
    again = statuses(operations, eve.push(*operations))
    for before, now in zip(expected, again, strict=True):
        assert now in {"applied": ("applied", "duplicate"), "edited": ("edited", "duplicate")}.get(before, (before,))


def test_a_day_of_contacts_with_their_notes_goes_in_by_a_few_statements(eve, centre):
    """A window saves a contact and its note together: kinds alternate all day."""
    plan: list[Step] = [("customer", False, [])]
    for at in range(50):
        plan += [("contact", False, [at]), ("note", False, [at, 1, at])]
    operations, expected = made_by(eve, plan)
    assert statuses(operations, eve.push(*operations)) == expected
    eve.ask("select pg_stat_force_next_flush()")
    ((calls,),) = centre.sql("select sum(calls) from pg_stat_user_functions where funcname = 'add_all'")
    assert calls == 3
