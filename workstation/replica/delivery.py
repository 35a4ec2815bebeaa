"""The way of an operation out of this PC: what is sent next, what is held, what central answered."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from workstation.records import OutboxEntry, Values
from workstation.records.base import EPOCH, MICROSECOND
from workstation.replica import rows
from workstation.replica.inbox import Inbox
from workstation.replica.outbox import REJECTED, WAITING
from workstation.wire import FORMS, stored_to_time

BATCH = 500  # operations
BATCH_BYTES = 900_000  # of their text; central takes 1 MB
KEPT = timedelta(days=30)  # acknowledged operations, for a central that went back


# Records that central does not have, or not as this PC thinks: rejected changes, and creations that were given up.
_BLOCKING = (
    "select entity_id, min(n) from outbox where state in ('refused', 'quarantined') "
    "or (state = 'discarded' and kind = 'add') group by entity_id"
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one operation: its new state, central's version, lost fields, reason, central's present row."""

    op_id: UUID
    state: str
    version: int | None = None
    lost: tuple[str, ...] = ()
    reason: str | None = None
    row: Values | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many operations are not yet at central, and how many wait for a decision."""

    waiting: int
    refused: int


# Asked by every round of the sync, of which most bring nothing: as text, for building them cost more than the answer.
_COUNTS = (
    "select state, count(*) from outbox where state in ("
    + ", ".join(f"'{state}'" for state in (*WAITING, *REJECTED))
    + ") group by state"
)
_TO_SEND = "select 1 from outbox where state in ('waiting', 'sent') limit 1"
_ACKNOWLEDGED = "select distinct entity, entity_id from outbox where state = 'acknowledged'"


def counts(session: Session) -> Counts:
    """Count the outbox by what it means to the agent."""
    by_state: dict[str, int] = dict(session.connection().exec_driver_sql(_COUNTS).all())
    return Counts(
        waiting=sum(by_state.get(state, 0) for state in WAITING),
        refused=sum(by_state.get(state, 0) for state in REJECTED),
    )


def is_anything_to_send(session: Session) -> bool:
    """Whether an operation is on its way to central, or may be."""
    return session.connection().exec_driver_sql(_TO_SEND).first() is not None


@dataclass(frozen=True, slots=True)
class WaitingEntry:
    """An operation on its way out: `set` and `needs` as the JSON texts they were saved as, passed on unread."""

    n: int
    op_id: UUID
    save: bytes
    kind: str
    entity: str
    entity_id: UUID
    set: str
    needs: str
    made_at: str
    op_schema: int
    state: str


_NEXT = (
    'select n, op_id, save, kind, entity, entity_id, "set", needs, made_at, op_schema, state from outbox '
    "where state in ('waiting', 'sent') and n > ? order by n limit ?"
)


def next_batch(connection: Any, after: int = 0) -> list[WaitingEntry]:
    """The next operations to send, in order, beyond outbox number `after`; a save is never split between batches."""
    found = _entries(connection, _NEXT, (after, BATCH + 1))
    size, count = 0, 0
    for entry in found[:BATCH]:
        size += len(entry.set) + 300
        if count and size > BATCH_BYTES:
            break
        count += 1
    if count == len(found):
        return found
    last = found[count].save
    whole = count
    while whole and found[whole - 1].save == last:
        whole -= 1
    return found[: whole or count]


def send_next(inbox: Inbox, after: int = 0) -> list[WaitingEntry]:
    """The next batch; once this is committed central may have it, whatever we hear of it."""
    batch = next_batch(inbox.connection, after)
    if batch:
        numbers = batch[0].n, batch[-1].n
        inbox.connection.execute(
            "update outbox set state = 'sent' where state = 'waiting' and n between ? and ?", numbers
        )
    return batch


def put_aside(session: Session) -> list[WaitingEntry]:
    """The first operations that central could not carry out and nobody has decided about, at most a batch."""
    driver = session.connection().connection.driver_connection
    return _entries(driver, _NEXT.replace("('waiting', 'sent')", "('quarantined')"), (0, BATCH))


def _entries(connection: Any, query: str, args: tuple[int, int]) -> list[WaitingEntry]:
    return [
        WaitingEntry(
            n, UUID(bytes=op), save, kind, entity, UUID(bytes=i), given, needs, stored_to_time(at), schema, state
        )
        for n, op, save, kind, entity, i, given, needs, at, schema, state in connection.execute(query, args)
    ]


def hold_dependants(inbox: Inbox) -> None:
    """Hold what stands on a refused or quarantined operation, and let go of what no longer does, in outbox order."""
    firsts: dict[bytes, int] = dict(inbox.connection.execute(_BLOCKING).fetchall())
    blocked = set(firsts)
    if not blocked and not inbox.connection.execute("select 1 from outbox where state = 'held' limit 1").fetchone():
        return
    rows = inbox.connection.execute(
        "select n, entity_id, needs, state from outbox where state in ('waiting', 'sent', 'held') order by n"
    ).fetchall()
    for n, record_id, needs, state in rows:
        on = {bytes.fromhex(need.replace("-", "")) for need in json.loads(needs)}
        stands = bool(on & blocked) or (record_id in blocked and n > firsts.get(record_id, 0))
        if stands:
            blocked.add(record_id)
            firsts.setdefault(record_id, n)
        wanted = "held" if stands else ("waiting" if state == "held" else state)
        if wanted != state:
            inbox.connection.execute("update outbox set state = ? where n = ?", (wanted, n))


def take_answers(inbox: Inbox, entries: Sequence[WaitingEntry], outcomes: Iterable[Outcome], now: datetime) -> None:
    """Write what became of operations, and rebuild the records whose present state is not what we thought."""
    by_op = {entry.op_id: entry for entry in entries}
    stored_now = (now - EPOCH) // MICROSECOND
    changes, to_learn = [], []
    for outcome in outcomes:
        entry = by_op.get(outcome.op_id)
        if entry is None:
            continue
        at = stored_now if outcome.state == "acknowledged" else None
        lost = json.dumps(outcome.lost) if outcome.lost else "[]"
        changes.append((outcome.state, outcome.version, lost, outcome.reason, at, entry.n))
        if outcome.row is not None or outcome.lost or outcome.state not in ("acknowledged", "held"):
            to_learn.append((entry.entity, entry.entity_id.bytes, outcome.row))
    inbox.connection.executemany(
        "update outbox set state = ?, version = ?, lost = ?, reason = ?, acknowledged_at = ? where n = ?", changes
    )
    for entity, record_id, row in to_learn:
        inbox.learn_answer(entity, record_id, row)
    _settle_what_was_read(inbox)


def _settle_what_was_read(inbox: Inbox) -> None:
    """A fetch may have brought the version before its answer came."""
    found = inbox.connection.execute(
        "select u.entity, u.entity_id, u.version from underlay u where u.version > 0 and exists (select 1 "
        "from outbox o where o.entity_id = u.entity_id and +o.state = 'acknowledged' and o.version <= u.version)"
    ).fetchall()
    for entity, record_id, version in found:
        inbox.settle(entity, record_id, version)
        inbox.rebuild(entity, [record_id])


def deliver_again(inbox: Inbox, now: datetime) -> int:
    """Central went back: what it once acknowledged within 30 days waits again, laid on top of what is here.

    Central knows what it still has by the operation's id, so that nothing happens twice. Gives how many.
    """
    since = (now - KEPT - EPOCH) // MICROSECOND
    which = "state in ('acknowledged', 'settled') and coalesce(acknowledged_at, made_at) >= ?"
    records = inbox.connection.execute(
        f"select distinct entity, entity_id from outbox where {which}", (since,)
    ).fetchall()
    for entity, record_id in records:
        cover(inbox, entity, record_id)
    # What was read so far counts another central's versions: of nothing may it be said that it was read already.
    inbox.connection.execute("update underlay set version = 0")
    done = inbox.connection.execute(f"update outbox set state = 'waiting', version = null where {which}", (since,))
    return int(done.rowcount)


def cover(inbox: Inbox, entity: str, record_id: bytes) -> None:
    """Before an operation lies on top again: keep what is here of the record beneath it."""
    form = FORMS[entity]
    row = rows.one(inbox.connection, form, record_id)
    body = form.wire(row) if row else {}
    inbox.connection.execute(
        "insert into underlay (entity, entity_id, version, body) values (?, ?, ?, ?) on conflict do nothing",
        (entity, record_id, body.get("version", 0), json.dumps(body, ensure_ascii=False) if body else None),
    )


def forget_old(inbox: Inbox, now: datetime) -> None:
    """Settled operations leave the outbox after 30 days, discarded ones 30 days after they were first met here: when
    they were made was said by this PC's clock alone."""
    before = (now - KEPT - EPOCH) // MICROSECOND
    inbox.connection.execute(
        "update outbox set acknowledged_at = ? where state = 'discarded' and acknowledged_at is null",
        ((now - EPOCH) // MICROSECOND,),
    )
    inbox.connection.execute(
        "delete from outbox where state in ('settled', 'discarded') and coalesce(acknowledged_at, made_at) < ?",
        (before,),
    )


def highest_acknowledged(session: Session) -> int:
    """The highest outbox number central told us it applied; 0 = none."""
    query = select(func.max(OutboxEntry.n)).where(OutboxEntry.state.in_(("acknowledged", "settled")))
    return session.scalar(query) or 0


def number_from(inbox: Inbox, last_n: int = 0) -> None:
    """Number what is not yet acknowledged, and what will be saved, above all that central has applied of this device.

    Only so does a central that lost any of it show a last number below our highest acknowledged one: a corrected
    operation has an old place, and an older file that was put back here gives out numbers a second time.
    """
    connection = inbox.connection
    query = "select coalesce(max(n), 0) from outbox where state in ('acknowledged', 'settled')"
    above = max(last_n, connection.execute(query).fetchone()[0])
    query = "select min(n) from outbox where state in ('waiting', 'sent')"
    first = connection.execute(query).fetchone()[0]
    if first is not None and first <= above:
        # All that is undecided moves, in its order; by way of negative numbers, for each is unique at every moment.
        undecided = "state not in ('acknowledged', 'settled')"
        first = connection.execute(f"select min(n) from outbox where {undecided}").fetchone()[0]
        connection.execute(f"update outbox set n = -(n + ?) where {undecided}", (above + 1 - first,))
        connection.execute("update outbox set n = -n where n < 0")
    (highest,) = connection.execute("select coalesce(max(n), 0) from outbox").fetchone()
    connection.execute("update sqlite_sequence set seq = max(seq, ?, ?) where name = 'outbox'", (last_n, highest))
    if not connection.execute("select 1 from sqlite_sequence where name = 'outbox'").fetchone():
        connection.execute("insert into sqlite_sequence (name, seq) values ('outbox', ?)", (last_n,))


_ABSENT = ("unknown_customer", "unknown_record", "unknown_reference")


def try_again(inbox: Inbox) -> int:
    """What central refused because it lacked a record waits again, once central has sent that record: it was restored
    and another desk brought the customer back, or the customer returned to a scope of ours. Gives how many."""
    refused = inbox.connection.execute(
        "select n, entity, entity_id, \"set\", reason from outbox where state = 'refused' and reason is not null"
    ).fetchall()
    freed = 0
    for n, entity, record_id, fields, text in refused:
        reason = json.loads(text)
        if reason.get("reason") not in _ABSENT:
            continue
        lacked, lacked_id = _lacked(reason, entity, UUID(bytes=record_id), json.loads(fields))
        if _is_from_central(inbox, lacked, lacked_id.bytes):
            cover(inbox, entity, record_id)
            inbox.connection.execute("update outbox set state = 'waiting', reason = null where n = ?", (n,))
            inbox.rebuild(entity, [record_id])
            freed += 1
    return freed


def _is_from_central(inbox: Inbox, entity: str, record_id: bytes) -> bool:
    """Whether central's state of a record is on this PC, whatever lies on top of it."""
    beneath = inbox.connection.execute(
        "select body is not null from underlay where entity = ? and entity_id = ?", (entity, record_id)
    ).fetchone()
    return bool(beneath[0]) if beneath else rows.count_here(inbox.connection, entity, [record_id]) > 0


def _lacked(reason: Values, entity: str, record_id: UUID, fields: Values) -> tuple[str, UUID]:
    """The record whose absence was the reason."""
    if reason["reason"] == "unknown_customer" and "customer_id" in fields:
        return "customer", UUID(fields["customer_id"][1])
    field = str(reason.get("field"))
    if reason["reason"] == "unknown_reference" and field in fields:
        return FORMS[entity].kind.__table__.columns[field].info.get("of", entity), UUID(fields[field][1])
    return entity, record_id


def acknowledged(session: Session) -> dict[str, list[UUID]]:
    """By entity, the records with operations that central has and that were not read back yet."""
    found: dict[str, list[UUID]] = defaultdict(list)
    for entity, record_id in session.connection().exec_driver_sql(_ACKNOWLEDGED):
        found[entity].append(UUID(bytes=record_id))
    return found
