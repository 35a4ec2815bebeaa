"""What waits for a person's decision: operations central refused or could not carry out, with their text whole."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Boolean, Text, select
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from workstation.errors import NotFound, Refused
from workstation.keys import parse_phone
from workstation.language import _
from workstation.records import KINDS, OutboxEntry, Record, Values
from workstation.records.base import TEXT_LIMIT, Id, UtcTime
from workstation.replica import delivery
from workstation.replica.inbox import Inbox
from workstation.replica.outbox import NOT_ACCEPTED, REJECTED
from workstation.services import customers, lookup, record_words, texts
from workstation.services.conflicts import ConflictLine, open_conflicts
from workstation.services.drafts import DraftLine, stranded
from workstation.wire import columns_of, to_wire


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """One refused or quarantined operation: what was wanted (`values`), why not (`field`: because of which one), and
    what is held because of it; `names` tells what ids and codes in it stand for."""

    op_id: UUID
    n: int
    state: str
    kind: str
    entity: str
    entity_id: UUID
    customer_id: UUID | None
    customer: str | None
    reason: str
    values: Values
    made_at: datetime
    held: list["RefusedLine"]
    field: str | None
    names: Mapping[str, str]


def refused(session: Session) -> list[RefusedLine]:
    """Everything that waits for a decision, oldest first, each with its dependants."""
    rejected = list(session.scalars(select(OutboxEntry).where(OutboxEntry.state.in_(REJECTED)).order_by(OutboxEntry.n)))
    held = list(session.scalars(select(OutboxEntry).where(OutboxEntry.state == "held").order_by(OutboxEntry.n)))
    orphans = _orphaned_by(session, held)
    names = customers.names_of(session, [e.customer_id for e in (*rejected, *held) if e.customer_id])
    below: dict[UUID, list[OutboxEntry]] = {}
    owner = {entry.entity_id: entry.entity_id for entry in (*rejected, *orphans)}
    for entry in held:
        stands_on = [UUID(need) for need in entry.needs] + [entry.entity_id]
        root = next((owner[i] for i in stands_on if i in owner), None)
        if root is not None:
            owner.setdefault(entry.entity_id, root)
            below.setdefault(root, []).append(entry)
    everything = (*rejected, *orphans, *held)
    words = lookup.named(session, [new for entry in everything for _old, new in entry.set.values()])
    line = partial(_line, names, words)
    return [
        line(entry, [line(dependant, []) for dependant in below.get(entry.entity_id, [])])
        for entry in (*rejected, *orphans)
    ]


@dataclass(frozen=True, slots=True)
class DecisionsCard:
    """All that waits for this agent: refused changes with what hangs on them, conflicts, drafts without a customer."""

    refused: list[RefusedLine]
    conflicts: list[ConflictLine]
    drafts: list[DraftLine]


def all_open(session: Session, me: UUID) -> DecisionsCard:
    """What the tray shows."""
    return DecisionsCard(refused(session), open_conflicts(session, me), stranded(session))


def _orphaned_by(session: Session, held: Iterable[OutboxEntry]) -> list[OutboxEntry]:
    """Discarded creations on which something is still held."""
    needed = {UUID(need) for entry in held for need in entry.needs}
    query = select(OutboxEntry).where(OutboxEntry.state == "discarded", OutboxEntry.kind == "add")
    return [entry for entry in session.scalars(query.order_by(OutboxEntry.n)) if entry.entity_id in needed]


def _line(
    names: Mapping[UUID, str], words: Mapping[str, str], entry: OutboxEntry, held: list[RefusedLine]
) -> RefusedLine:
    said = json.loads(entry.reason) if entry.reason else {}
    return RefusedLine(
        entry.op_id, entry.n, entry.state, entry.kind, entry.entity, entry.entity_id, entry.customer_id,
        names.get(entry.customer_id) if entry.customer_id else None,
        in_words(entry.reason, entry.entity), {name: pair[1] for name, pair in entry.set.items()}, entry.made_at, held,
        said.get("field"), words,
    )  # fmt: skip


def in_words(reason: str | None, entity: str) -> str:
    """Why central said no to a change of such a record, as a sentence."""
    if reason is None:
        return _("It stands on something that central refused.")
    said: dict[str, Any] = json.loads(reason)
    field, limit = record_words.field_words(str(said.get("field", "")), entity), said.get("limit", "")
    sentences = {
        "blank": _("{field} may not be empty."),
        "too_long": _("{field} is longer than {limit} characters."),
        "unknown_field": _("Central does not know the field {field}."),
        "not_writable": _("{field} cannot be changed from a desk."),
        "unknown_customer": _("Central has no such customer among yours."),
        "unknown_record": _("Central has no such record among yours."),
        "unknown_reference": _("{field} names something central does not have."),
        "lift_do_not_contact": _("Only a senior or supervisor may lift do-not-contact."),
        "not_your_callback": _("This callback belongs to somebody else; taking it over needs a reason."),
        "unsure": _("This PC stopped while this was being saved; you were not told that it is. Send it or give it up."),
        "failed": _("Central could not carry it out: {text}"),
    }
    sentence = sentences.get(str(said.get("reason")), _("Central refused it."))
    return sentence.format(field=field, limit=limit, text=said.get("text", ""))


def find_operation(session: Session, text: str) -> OutboxEntry:
    """The refused, quarantined or held operation whose id ends with `text`."""
    wanted = text.strip().replace("-", "").lower()
    states = (*REJECTED, "held", "discarded")
    found = [
        e
        for e in session.scalars(select(OutboxEntry).where(OutboxEntry.state.in_(states)))
        if e.op_id.hex.endswith(wanted)
    ]
    if len(wanted) < lookup.SHORTEST or len(found) != 1:
        raise NotFound(_("No single operation that waits for a decision has the id {id}.").format(id=text), "id")
    return found[0]


def correct(inbox: Inbox, entry: OutboxEntry, changes: Values) -> None:
    """Send a refused operation again with other values, in its old place, so that what hangs on it follows.

    `changes` are texts as people write them. Raises Refused for a field or value that this record cannot have.
    """
    _still(inbox, entry, REJECTED, _("Only a refused change can be corrected."))
    kind = KINDS[entry.entity]
    given = {name: _value(kind, entry, name, text) for name, text in changes.items()}
    if isinstance(given.get("value"), str) and entry.entity == "contact_point":
        given = _found_by(entry, given["value"]) | given
    fields = entry.set | {name: [entry.set.get(name, [None])[0], value] for name, value in given.items()}
    delivery.cover(inbox, entry.entity, entry.entity_id.bytes)
    inbox.connection.execute(
        "update outbox set op_id = ?, \"set\" = ?, state = 'waiting', reason = null where op_id = ?",
        (uuid7().bytes, json.dumps(fields), entry.op_id.bytes),
    )
    _settle_again(inbox, [entry])


def _found_by(entry: OutboxEntry, phone: str) -> Values:
    """The forms by which a corrected phone is found; nothing for another kind of contact point."""
    is_phone = "digits" in entry.set or entry.set.get("kind", [None, None])[1] == "phone"
    if not is_phone:
        return {}
    parsed = parse_phone(phone)
    forms = {"e164": parsed.e164, "digits": parsed.digits or None, "extension": parsed.extension}
    return {name: form for name, form in forms.items() if entry.kind == "add" or name in entry.set}


def correct_by_id(inbox: Inbox, session: Session, op_id: UUID, changes: Values) -> None:
    """The same for the operation of this id. Raises NotFound."""
    correct(inbox, _entry_of(session, op_id), changes)


def discard_by_id(inbox: Inbox, session: Session, op_id: UUID, with_dependants: bool = False) -> int:
    """Give up the operation of this id; what hangs on it stays held and can be attached elsewhere, or goes with it.
    Raises NotFound."""
    return discard(inbox, session, _entry_of(session, op_id), with_dependants=with_dependants)


def attach_by_id(inbox: Inbox, session: Session, op_id: UUID, customer_id: UUID) -> None:
    """Give the held operation of this id to another customer. Raises NotFound."""
    customer = lookup.customer_of(session, customer_id)
    attach(inbox, _entry_of(session, op_id), customer.id, customer.scope_id)


def _entry_of(session: Session, op_id: UUID) -> OutboxEntry:
    found = session.scalar(select(OutboxEntry).where(OutboxEntry.op_id == op_id))
    if found is None:
        raise NotFound(_("This change does not wait any more."))
    return found


def discard(inbox: Inbox, session: Session, entry: OutboxEntry, *, with_dependants: bool) -> int:
    """Give a refused change up; it stays readable in the outbox for 30 days. Gives how many were discarded."""
    _still(inbox, entry, (*REJECTED, "held", "discarded"), _("Only a refused or held change can be given up."))
    gone = [entry]
    if with_dependants:
        family = {entry.entity_id}
        for held in session.scalars(select(OutboxEntry).where(OutboxEntry.state == "held").order_by(OutboxEntry.n)):
            if held.op_id != entry.op_id and (held.entity_id in family or family & {UUID(need) for need in held.needs}):
                family.add(held.entity_id)
                gone.append(held)
    given_up = [(operation.op_id.bytes,) for operation in gone]
    inbox.connection.executemany("update outbox set state = 'discarded' where op_id = ?", given_up)
    _settle_again(inbox, gone)
    return len(gone)


def attach(inbox: Inbox, entry: OutboxEntry, customer_id: UUID, scope: int) -> None:
    """Give a held note, contact or callback to another customer; it is delivered there, after that customer itself.

    What it points to and was given up, or is another customer's way to be reached, it points to no more.
    """
    _still(inbox, entry, ("held",), _("Only what is held can be attached to another customer."))
    if "customer_id" not in entry.set or entry.kind != "add":
        raise Refused(_("Only what is held because its customer was refused can be attached to another one."))
    lost = {entry.set["customer_id"][1]}
    fields = entry.set | {"customer_id": [None, str(customer_id)], "scope_id": [None, scope]}
    for name, (_old, pointed) in entry.set.items():
        if pointed in entry.needs and name != "customer_id" and _is_left_behind(inbox, UUID(pointed), customer_id):
            fields.pop(name)
            lost.add(pointed)
    gained = {str(customer_id)} if _is_not_accepted(inbox, customer_id) else set()
    inbox.connection.execute('update outbox set "set" = ? where op_id = ?', (json.dumps(fields), entry.op_id.bytes))
    of_this = inbox.connection.execute(
        "select n, needs from outbox where entity_id = ? and +state in ('waiting', 'held')", (entry.entity_id.bytes,)
    ).fetchall()
    for n, needs in of_this:
        inbox.connection.execute(
            "update outbox set customer_id = ?, needs = ? where n = ?",
            (customer_id.bytes, json.dumps(sorted(set(json.loads(needs)) - lost | gained)), n),
        )
    _send_last(inbox, entry)
    _settle_again(inbox, [entry])


def _still(inbox: Inbox, entry: OutboxEntry, states: tuple[str, ...], otherwise: str) -> None:
    """Raises Refused when the operation is not in one of these states, or a sync moved it on since it was read."""
    now = inbox.connection.execute("select state from outbox where op_id = ?", (entry.op_id.bytes,)).fetchone()
    if now is None or now[0] not in states:
        raise Refused(otherwise)


def _value(kind: type[Record], entry: OutboxEntry, name: str, text: Any) -> Any:
    """A corrected value as it travels. A change can be corrected in the fields it changes, a creation in all."""
    fixed = {"id", "version", "scope_id", "customer_id", kind.author}
    writable = {c.name for c in columns_of(kind) if c.name not in fixed and not isinstance(c.type, JSON)}
    called = record_words.field_words(name, entry.entity)
    if name not in (writable if entry.kind == "add" else writable & kind.editable & entry.set.keys()):
        raise Refused(_("{field} cannot be corrected here.").format(field=called), name)
    column = kind.__table__.columns[name]
    try:
        if isinstance(column.type, Text):
            if name == "time_zone" and text:
                customers.check_zone(str(text))
            written = texts.required if not column.nullable else texts.optional
            return written(str(text), called, kind.limits.get(name, TEXT_LIMIT), name) or None
        if text == "" and column.nullable:
            return None
        if isinstance(column.type, UtcTime):
            return to_wire(texts.instant(str(text), called, name))
        if isinstance(column.type, Boolean):
            return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[str(text).lower()]
        return str(UUID(str(text))) if isinstance(column.type, Id) else int(text)
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(_("{field} cannot be “{value}”.").format(field=called, value=text), name) from error


def _is_left_behind(inbox: Inbox, record_id: UUID, customer_id: UUID) -> bool:
    """Whether this record was given up, or reaches another customer than this one."""
    row = inbox.connection.execute(
        "select state, entity, customer_id from outbox where kind = 'add' and entity_id = ?", (record_id.bytes,)
    ).fetchone()
    return row is not None and (row[0] == "discarded" or (row[1] == "contact_point" and row[2] != customer_id.bytes))


def _is_not_accepted(inbox: Inbox, record_id: UUID) -> bool:
    found = inbox.connection.execute(
        "select state from outbox where kind = 'add' and entity_id = ?", (record_id.bytes,)
    ).fetchone()
    return found is not None and found[0] in NOT_ACCEPTED


def _send_last(inbox: Inbox, entry: OutboxEntry) -> None:
    """Number an operation, and what stands on it, behind all others: its new customer may be younger than it."""
    (last,) = inbox.connection.execute(
        "select max(seq, (select max(n) from outbox)) from sqlite_sequence where name = 'outbox'"
    ).fetchone()
    later = inbox.connection.execute(
        "select n, entity_id, needs from outbox where state in ('waiting', 'held') "
        "and n >= (select n from outbox where op_id = ?) order by n",
        (entry.op_id.bytes,),
    ).fetchall()
    family: set[str] = {str(entry.entity_id)}
    for n, record_id, needs in later:
        if str(UUID(bytes=record_id)) in family or family & set(json.loads(needs)):
            family.add(str(UUID(bytes=record_id)))
            last += 1
            inbox.connection.execute("update outbox set n = ? where n = ?", (last, n))
    inbox.connection.execute("update sqlite_sequence set seq = ? where name = 'outbox'", (last,))


def _settle_again(inbox: Inbox, entries: list[OutboxEntry]) -> None:
    delivery.hold_dependants(inbox)
    for entry in entries:
        inbox.rebuild(entry.entity, [entry.entity_id.bytes])
