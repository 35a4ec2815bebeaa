"""T10: operations that central refuses or cannot carry out, amid others that must arrive."""

import contextlib
import json
import math
from collections import Counter
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.desks import DeskAtWork
from workstation.errors import CentralOffline
from workstation.records import Callback, Contact, ContactPoint, Note, OutboxEntry
from workstation.services import callbacks, contacts
from workstation.services.sync import decisions, sync_once
from workstation.services.sync.decisions import RefusedLine
from workstation.services.sync.desk import SyncReport

BATCH = 500


class Overheard:
    """A real line to central that remembers what was asked of it."""

    def __init__(self, central: Any) -> None:
        self.central = central
        self.pushed: list[list[Any]] = []
        self.buckets: list[tuple[str, int]] = []

    def __getattr__(self, verb: str) -> Any:
        return getattr(self.central, verb)

    def push(self, device: UUID, epoch: str, operations: list[Any]) -> Any:
        self.pushed.append(operations)
        return self.central.push(device, epoch, operations)

    def bucket(self, epoch: str, scope: int, entity: str, number: int, since: Any) -> Any:
        self.buckets.append((entity, number))
        return self.central.bucket(epoch, scope, entity, number, since)


def sync_overheard(desk: DeskAtWork, **options: Any) -> tuple[SyncReport, Overheard]:
    with contextlib.closing(desk.desk.central()) as central:
        heard = Overheard(central)
        return sync_once(desk.desk.sync_desk(heard, **options)), heard


def smuggle(desk: DeskAtWork, record: UUID, **values: Any) -> None:
    """Put values into a waiting creation that no service would have let through."""
    with desk.store.from_central() as inbox:
        ((n, text),) = inbox.connection.execute(
            "select n, \"set\" from outbox where entity_id = ? and kind = 'add'", (record.bytes,)
        ).fetchall()
        fields = json.loads(text) | {name: [None, value] for name, value in values.items()}
        inbox.connection.execute('update outbox set "set" = ? where n = ?', (json.dumps(fields), n))


def refused(desk: DeskAtWork) -> list[RefusedLine]:
    with desk.store.read() as session:
        return decisions.refused(session)


def entry_of(desk: DeskAtWork, op_id: UUID) -> OutboxEntry:
    with desk.store.read() as session:
        return session.scalars(select(OutboxEntry).where(OutboxEntry.op_id == op_id)).one()


def correct(desk: DeskAtWork, line: RefusedLine, **changes: str) -> None:
    entry = entry_of(desk, line.op_id)
    with desk.store.from_central() as inbox:
        decisions.correct(inbox, entry, changes)


def discard(desk: DeskAtWork, line: RefusedLine, *, with_dependants: bool = False) -> int:
    entry = entry_of(desk, line.op_id)
    with desk.store.read() as session, desk.store.from_central() as inbox:
        return decisions.discard(inbox, session, entry, with_dependants=with_dependants)


def attach(desk: DeskAtWork, line: RefusedLine, customer: UUID) -> None:
    entry = entry_of(desk, line.op_id)
    with desk.store.from_central() as inbox:
        decisions.attach(inbox, entry, customer, desk.desk.scope)


def assert_settles(desk: DeskAtWork, rounds: int = 50) -> None:
    """All of it comes back by pull; a moment's wait for a server that tidies its own tables is not a failure."""
    for _ in range(rounds):
        desk.sync()
        if set(desk.states()) == {"settled"}:
            return
    pytest.fail(f"not settled: {Counter(desk.states())}")


def at_central(centre, entity: str, record: UUID) -> int:
    return centre.sql(f"select count(*) from workstation.{entity} where id = %s", record)[0][0]


POISONS = {
    "NUL": {"body": "before\0after"},
    "half a letter": {"body": "before\ud83dafter"},
    "no time": {"written_at": "the day after tomorrow"},
    "a time no desk can read": {"written_at": "infinity"},
    "no truth": {"is_pinned": "perhaps"},
    "nothing": {"is_pinned": None},
    "no id": {"supersedes": "no id"},
}


@pytest.mark.parametrize("values", POISONS.values(), ids=POISONS)
def test_one_bad_operation_of_a_thousand_stops_none_of_the_others(open_desk, centre, values):
    aziza = open_desk("aziza")
    customer = aziza.add_customer("Dilnoza Karimova")
    aziza.sync()
    notes = [aziza.note(customer, f"note {number}") for number in range(1_000)]
    bad = notes[456]
    smuggle(aziza, bad, **values)

    report, heard = sync_overheard(aziza)
    assert (report.pushed, report.refused, report.waiting) == (999, 1, 0)
    assert centre.count("note") == 999
    assert len(heard.pushed) <= 2 + 2 * math.ceil(math.log2(BATCH))
    (line,) = refused(aziza)
    assert (line.entity_id, line.state, line.customer) == (bad, "quarantined", "Dilnoza Karimova")
    wanted = {"body": "note 456"} | values
    assert {name: line.values.get(name) for name in wanted} == wanted
    assert line.reason.startswith("Central could not carry it out")
    ((kept,),) = centre.sql("select payload from workstation.op_rejected where status = 'quarantined'")
    assert {name: pair[1] for name, pair in json.loads(kept)["set"].items() if name in wanted} == wanted

    report, heard = sync_overheard(aziza)
    assert (heard.pushed, report.refused) == ([], 0)
    good = {"body": "note 456", "written_at": "2026-11-22T10:00:00+00:00", "is_pinned": "no", "supersedes": ""}
    correct(aziza, line, **{name: good[name] for name in values})
    assert aziza.sync().pushed == 1
    assert refused(aziza) == []
    assert centre.sql("select body from workstation.note where id = %s", bad) == [("note 456",)]
    assert_settles(aziza)


def test_a_bad_operation_that_is_given_up_is_gone_here_and_readable_in_the_outbox(open_desk, centre):
    aziza = open_desk("aziza")
    customer = aziza.add_customer()
    good, bad = aziza.note(customer, "good"), aziza.note(customer, "bad")
    smuggle(aziza, bad, body="ba\0d")
    aziza.sync()
    (line,) = refused(aziza)
    aziza.line.cut()
    assert discard(aziza, line) == 1
    assert refused(aziza) == []
    assert aziza.notes(customer) == {"good"}
    assert entry_of(aziza, line.op_id).set["body"][1] == "ba\0d"
    aziza.line.restore()
    assert aziza.sync().refused == 0
    assert (at_central(centre, "note", good), at_central(centre, "note", bad)) == (1, 0)


def test_several_bad_ones_are_all_found(open_desk, centre):
    aziza = open_desk("aziza")
    customer = aziza.add_customer()
    notes = [aziza.note(customer, f"note {number}") for number in range(100)]
    bad = {notes[0], notes[49], notes[50], notes[99]}
    for note in bad:
        smuggle(aziza, note, body="\0")
    report = aziza.sync()
    assert (report.pushed, report.refused) == (97, 4)
    assert {line.entity_id for line in refused(aziza)} == bad
    assert centre.count("note") == 96


def test_the_line_breaks_while_the_bad_one_is_sought(open_desk, centre):
    aziza = open_desk("aziza")
    customer = aziza.add_customer()
    aziza.sync()
    notes = [aziza.note(customer, f"note {number}") for number in range(64)]
    smuggle(aziza, notes[40], body="\0")
    for count in range(500, 12_000, 500):
        aziza.line.reset_after(count, "down")
        with contextlib.suppress(CentralOffline):
            aziza.sync()
    aziza.line.restore()
    aziza.sync()
    assert [line.entity_id for line in refused(aziza)] == [notes[40]]
    assert centre.count("note") == 63
    assert centre.count("op_rejected") == 1


def customer_with_everything(desk: DeskAtWork, name: str = "Dilnoza Karimova") -> UUID:
    """A customer with a phone, a contact with a note, a callback and 20 notes, saved one after the other."""
    customer = desk.add_customer(name, "+998 90 123-45-67")
    with desk.store.write() as session:
        form = contacts.ContactForm(
            "phone", "in", None, desk.clock(), desk.clock(), "said so", phone="+998 90 123-45-67"
        )
        contacts.log_contact(session, customer, desk.desk.agent_id, form, desk.clock(), desk.desk.regions)
    with desk.store.write() as session:
        at = f"{desk.clock().date()}T23:59:59"
        callback = callbacks.CallbackForm(
            at, "Pacific/Pago_Pago", "contract", desk.desk.agent_id, made_by="customer asked"
        )
        callbacks.add_callback(session, customer, desk.desk.agent_id, callback, desk.clock(), "UZ")
    for number in range(20):
        desk.note(customer, f"note {number}")
    return customer


def test_what_hangs_on_a_refused_customer_is_held_and_follows_when_it_is_corrected(open_desk, centre):
    aziza, botir = open_desk("aziza"), open_desk("botir")
    customer = customer_with_everything(aziza)
    smuggle(aziza, customer, name="   ")
    other = aziza.add_customer("Botirjon")
    aziza.note(other, "arrives")

    report = aziza.sync()
    assert (report.pushed, report.refused, report.waiting) == (2, 1, 24)
    assert [centre.count(entity) for entity in ("customer", "contact_point", "contact", "callback", "note")] == [
        1,
        0,
        0,
        0,
        1,
    ]
    (line,) = refused(aziza)
    assert (line.entity_id, line.state, line.reason) == (customer, "refused", "Name may not be empty.")
    assert [held.entity for held in line.held] == ["contact_point", "contact", "note", "callback", *["note"] * 20]
    assert [held.values["body"] for held in line.held[4:]] == [f"note {number}" for number in range(20)]
    assert sync_overheard(aziza)[1].pushed == []

    correct(aziza, line, name="Dilnoza Karimova")
    assert refused(aziza) == []
    _report, heard = sync_overheard(aziza)
    (batch,) = heard.pushed
    assert [operation.entity for operation in batch] == ["customer", *(held.entity for held in line.held)]
    assert_settles(aziza)
    botir.sync()
    assert botir.notes(customer) == {"said so", *(f"note {number}" for number in range(20))}
    assert botir.customer(customer).name == "Dilnoza Karimova"


def test_what_hangs_on_a_refused_customer_of_an_earlier_batch_is_not_sent(open_desk, centre):
    """The customer is the first of 600 operations, its notes come in the second batch."""
    aziza = open_desk("aziza")
    customer = aziza.add_customer()
    other = aziza.add_customer()
    smuggle(aziza, customer, name="")
    for number in range(520):
        aziza.note(other, f"{number}")
    mine = [aziza.note(customer, f"mine {number}") for number in range(20)]
    report, heard = sync_overheard(aziza)
    assert (report.pushed, report.refused, report.waiting) == (521, 1, 20)
    assert not {operation.id for batch in heard.pushed for operation in batch} & set(mine)
    assert centre.count("note") == 520


def test_a_refused_customer_is_given_up_with_all_that_hangs_on_it(open_desk, centre):
    aziza = open_desk("aziza")
    customer = customer_with_everything(aziza)
    smuggle(aziza, customer, name="")
    aziza.sync()
    (line,) = refused(aziza)
    assert discard(aziza, line, with_dependants=True) == 25
    assert refused(aziza) == []
    with aziza.store.read() as session:
        left = [session.query(kind).count() for kind in (ContactPoint, Contact, Callback, Note)]
    assert (aziza.customer(customer), left) == (None, [0, 0, 0, 0])
    report = aziza.sync()
    assert (report.pushed, report.waiting) == (0, 0)
    assert [centre.count(entity) for entity in ("customer", "contact", "callback", "note")] == [0, 0, 0, 0]
