"""What must hold in the world of the fault tests: after every step, and once all have come to rest."""

import json
from typing import Any
from uuid import UUID

from tests.faults.ledger import Edit, Saved
from tests.faults.pc import Pc
from tests.faults.world import CentralOfTests, World
from workstation.records import KINDS, OutboxEntry
from workstation.replica import search_index
from workstation.replica.outbox import LAID_ON_TOP
from workstation.services.sync.decisions import RefusedLine, refused
from workstation.wire import FORMS

UNDECIDED = ("refused", "quarantined", "held")
POINTERS = {"contact_id": "contact", "contact_point_id": "contact_point", "source_contact_id": "contact"}
AT_REST = ("settled", "discarded", *UNDECIDED)


def check_cursors(pc: Pc) -> None:
    """A feed is never read again from an earlier place, but when the file itself was put back."""
    now = pc.read_cursors()
    for scope, (epoch, xid, seq) in now.items():
        before = pc.cursors.get(scope)
        if before is not None and before[0] == epoch:
            assert (xid, seq) >= before[1:], f"the cursor of scope {scope} went back from {before[1:]} to {(xid, seq)}"
    pc.cursors = now


def check_rest(world: World) -> None:
    """Everything sync promises, once nothing moves any more."""
    for pc in world.pcs:
        check_outbox(pc)
        check_replica(pc, world.central)
        check_search(pc)
    check_saved(world)
    check_edits(world)


def check_outbox(pc: Pc) -> None:
    """Nothing is on its way; what waits for a decision is shown with its text; nothing lies on top without reason."""
    operations = pc.operations()
    for entry in operations:
        assert entry.state in AT_REST, f"{entry.kind} of a {entry.entity} is still {entry.state}"
        assert entry.state != "quarantined", f"{entry.kind} of a {entry.entity} was put aside: {entry.reason}"
    with pc.store.read() as session:
        shown = {line.op_id: line.values for line in _whole(refused(session))}
    for entry in operations:
        if entry.state in UNDECIDED:
            assert entry.op_id in shown, f"a {entry.state} {entry.kind} of a {entry.entity} is shown nowhere"
            assert shown[entry.op_id] == {name: new for name, (_old, new) in entry.set.items()}
    on_top = {(entry.entity, entry.entity_id) for entry in operations if entry.state in LAID_ON_TOP}
    with pc.raw() as connection:
        beneath = {(e, UUID(bytes=i)) for e, i in connection.execute("select entity, entity_id from underlay")}
    assert beneath <= on_top, f"an underlay is left beneath nothing: {beneath - on_top}"


def _whole(lines: list[RefusedLine]) -> list[RefusedLine]:
    return [*lines, *(held for line in lines for held in _whole(line.held))]


def check_replica(pc: Pc, central: CentralOfTests) -> None:
    """Every record the agent may see is here as central has it, and nothing else; history may be short."""
    scopes = central.scopes_of(pc.who)
    for entity, form in FORMS.items():
        mine = f"select row_to_json(t) from workstation.{entity} t where scope_id = any(%s)"
        there = {row[form.names.index("id")]: row for row in map(form.stored, _bodies(central, mine, scopes))}
        here = _as_central_sent_it(pc, entity)
        assert here.keys() <= there.keys(), f"{pc.who.login} has a {entity} that is not to be seen"
        time = KINDS[entity].history_time
        recent = "true" if time is None else f"{time} >= now() - interval '89 days'"
        needed = {UUID(b["id"]).bytes for b in _bodies(central, f"{mine} and {recent}", scopes)}
        assert needed <= here.keys(), f"{pc.who.login} lacks a {entity}"
        for record_id, row in here.items():
            assert row == there[record_id], f"{pc.who.login} has a {entity} as {row}, central as {there[record_id]}"


def _bodies(central: CentralOfTests, query: str, scopes: list[int]) -> list[dict[str, Any]]:
    return [body for (body,) in central.sql(query, scopes)]


def _as_central_sent_it(pc: Pc, entity: str) -> dict[bytes, tuple[Any, ...]]:
    """The underlay where there is one, else the row."""
    form = FORMS[entity]
    at_id = form.names.index("id")
    with pc.raw() as connection:
        rows = {row[at_id]: row for row in connection.execute(f"select {', '.join(form.names)} from {entity}")}
        beneath = connection.execute("select entity_id, body from underlay where entity = ?", (entity,)).fetchall()
    for record_id, body in beneath:
        rows.pop(record_id, None)
        if body is not None:
            rows[record_id] = form.stored(json.loads(body))
    return rows


def check_search(pc: Pc) -> None:
    """The index is whole, and finds whom a new one would find."""
    with pc.store.from_central() as inbox:
        connection = inbox.connection
        assert search_index.is_sound(connection)
        names = [name for (name,) in connection.execute("select name from customer")]
        before = [_found(connection, name) for name in names]
        search_index.rebuild(connection)
        assert before == [_found(connection, name) for name in names], "the index is not what a new one would be"


def _found(connection: Any, name: str) -> set[tuple[bytes, str]]:
    return {(hit.customer_id, hit.name) for hit in search_index.find(connection, name, 100)}


def check_saved(world: World) -> None:
    """Every record an agent added is at central exactly once under its author, or waits here with its text because
    central has no such customer for this agent."""
    for one in world.ledger.saved:
        rows = world.central.sql(f"select to_jsonb(t) from workstation.{one.entity} t where id = %s", one.id)
        if rows:
            _check_central_row(world.central, one, rows[0][0])
            continue
        entries = [entry for entry in one.pc.operations() if entry.entity_id == one.id and entry.kind == "add"]
        assert entries, f"a {one.entity} is lost"
        states = {entry.state for entry in entries}
        assert states <= {*UNDECIDED, "discarded"}, f"a {one.entity} that central lacks is {states}"
        if one.texts and one.entity == "note":
            assert entries[-1].set["body"][1] in one.texts
        if "discarded" not in states and one.entity != "customer":
            assert not _may_write_on(world.central, one.pc, entries[-1]), f"a {one.entity} is refused without reason"


def _check_central_row(central: CentralOfTests, one: Saved, row: dict[str, Any]) -> None:
    if "author_id" in row:
        assert row["author_id"] == str(one.pc.who.agent_id), f"a {one.entity} has another author"
    if one.entity == "note":
        assert row["body"] in one.texts
        ((times,),) = central.sql("select count(*) from workstation.note where body = any(%s)", list(one.texts))
        assert times == 1, "a note is at central more than once"


def _may_write_on(central: CentralOfTests, pc: Pc, entry: OutboxEntry) -> bool:
    found = central.sql("select scope_id from workstation.customer where id = %s", entry.customer_id)
    if not found or found[0][0] not in central.scopes_of(pc.who):
        return False
    if any(e.state in {*UNDECIDED, "discarded"} and str(e.entity_id) in entry.needs for e in pc.operations()):
        return False  # what it stands on waits itself, for a reason of its own
    pointed = [(to, entry.set[name][1]) for name, to in POINTERS.items() if name in entry.set]
    return all(central.has(to, record_id) for to, record_id in pointed)


def check_edits(world: World) -> None:
    """A value somebody wrote is central's, or in a conflict record, or was overwritten by somebody who saw it, or waits
    for a decision on its PC."""
    for edit in world.ledger.edits:
        if edit.field in ("is_vulnerable", "more") or _is_explained(world, edit):
            continue
        raise AssertionError(f"{edit.field} = {edit.new!r} by {edit.pc.who.login} vanished without a record")
    check_protection(world)


def _is_explained(world: World, edit: Edit) -> bool:
    customer = world.central.sql("select to_jsonb(c) from workstation.customer c where id = %s", edit.customer)
    if not customer or customer[0][0][edit.field] == edit.new:
        return True
    value = json.dumps(edit.new, ensure_ascii=False)
    query = "select 1 from workstation.conflict where entity_id = %s and field = %s and %s in (kept, lost)"
    if world.central.sql(query, edit.customer, edit.field, value):
        return True
    if any(e.op_id == edit.op_id and e.state in (*UNDECIDED, "discarded") for e in edit.pc.operations()):
        return True
    later = [(e.customer, e.field, e.old) for e in world.ledger.edits]
    later += [(customer_id, field, old) for customer_id, field, old, _new in world.ledger.external]
    return (edit.customer, edit.field, edit.new) in later


def check_protection(world: World) -> None:
    """Whoever was marked vulnerable is, unless somebody who saw the mark took it away."""
    marks = [edit for edit in world.ledger.edits if edit.field == "is_vulnerable"]
    lifted = {edit.customer for edit in marks if not edit.new}
    for edit in marks:
        if edit.new and edit.customer not in lifted:
            states = {e.state for e in edit.pc.operations() if e.op_id == edit.op_id}
            rows = world.central.sql("select is_vulnerable from workstation.customer where id = %s", edit.customer)
            assert not rows or rows[0][0] or states & {*UNDECIDED, "discarded"}, "a customer's protection was lost"
