"""Rebuilds what waits for central from the journal and from what a damaged file still tells."""

import contextlib
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy.orm import Session

from workstation.records import Values
from workstation.records.base import EPOCH, MICROSECOND
from workstation.replica import delivery, engines, news
from workstation.replica.inbox import Inbox
from workstation.replica.journal import DRAFTS, HEADER, HEADER_LINES, SAVES, Journal, Seal
from workstation.replica.outbox import LAID_ON_TOP, NOT_ACCEPTED
from workstation.replica.store import Store
from workstation.wire import FORMS

log = logging.getLogger(__name__)

TAIL_BYTES = 65_536
_MARKS = ", ".join("?" * len(news.OPERATION))
_INSERT = f"insert into outbox ({news.COLUMNS}, lost) values ({_MARKS}, '[]')"
_OPEN = f"select op_id from outbox where state in ({', '.join(repr(state) for state in NOT_ACCEPTED)})"
UNSURE = json.dumps({"reason": "unsure"})
_ACCEPTED = ("acknowledged", "settled")
_FINAL = {"acknowledged": 2, "settled": 2, "discarded": 2, "refused": 1, "quarantined": 1}  # the further one is true


@dataclass(frozen=True, slots=True)
class Unread:
    """A place that could not be read: the file's name and the line in it; 0 = the file as a whole."""

    file: str
    line: int = 0


@dataclass
class Found:
    """What journal and damaged file tell; ids in hexadecimal.

    Attributes:
        operations: by operation, its row of the outbox as last known.
        unsure: operations whose COMMIT nothing confirms: they were never shown as saved.
        drafts: by draft, its row; None for one that is gone.
        facts: of `meta`.
        unread: where something could not be read.
    """

    operations: dict[str, Values] = field(default_factory=dict)
    unsure: set[str] = field(default_factory=set)
    drafts: dict[str, list[Any] | None] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was put into the replica: operations that wait for central, those for a person to decide, drafts."""

    waiting: int = 0
    undecided: int = 0
    drafts: int = 0
    unread: tuple[Unread, ...] = ()

    @property
    def is_anything(self) -> bool:
        """Whether a person should hear of it."""
        return bool(self.waiting or self.undecided or self.drafts)


NOTHING = Recovered()


def heal(store: Store, now: datetime, salvaged: Found | None = None, *, whole: bool = False) -> Recovered:
    """Put into the replica what its journal knows and it does not: an older copy of it was put back, its log was lost,
    or it is new because its file was damaged, of which `salvaged` is what it still told.

    Without need only the journal's end is read, but for `whole`. Raises Refused when the disk does not take it.
    """
    if salvaged is None and not whole and not _is_behind(store):
        _forget_files(store, now)
        return NOTHING
    found = read(store.journal)
    if salvaged is not None:
        _add(found, salvaged)
    with store.from_central() as inbox:
        done = _replay(inbox, found, (now - EPOCH) // MICROSECOND)
    if done.is_anything:
        log.warning("recovered: %d waiting, %d undecided, %d drafts", done.waiting, done.undecided, done.drafts)
    return done


def take_over(store: Store, journal: Journal, salvaged: Found, now: datetime) -> Recovered:
    """Put into this replica what another one on this PC held, whose journal this is and of which `salvaged` is what
    its file told. What central had acknowledged of it waits again: it may be just what central lost, and central
    knows by its id what it has. Raises Refused when the disk does not take it.
    """
    found, foreign = read(journal), {path.name for path in journal.foreign_files()}
    _add(found, salvaged)
    found.facts.clear()  # this replica has its own
    found.unread = [place for place in found.unread if place.file not in foreign]
    with store.from_central() as inbox:
        return _replay(inbox, found, (now - EPOCH) // MICROSECOND, from_another=True)


def read(journal: Journal) -> Found:
    """All that the journal tells."""
    found = Found(unread=[Unread(path.name) for path in journal.foreign_files()])
    entries = [said for path in journal.files(SAVES) for said in _lines(journal.seal, path, found.unread)]
    done = {said["done"] for said in entries if "done" in said}
    void = {said["void"] for said in entries if "void" in said} - done
    for said in entries:
        line = said.get("line")
        if line not in void:
            _take_in(found, said, is_sure=line is None or line in done)
    for path in journal.files(DRAFTS):
        for said in _lines(journal.seal, path, found.unread):
            found.drafts |= {draft[0]: draft for draft in said["drafts"]} | dict.fromkeys(said["dropped"])
    return found


def salvage(path: Path, key: bytes) -> Found:
    """All that a damaged replica still tells, page by page; nothing when it does not open."""
    found = Found()
    with contextlib.ExitStack() as closing:
        try:
            connection = closing.enter_context(contextlib.closing(engines.looking(path, key)))
            connection.execute("select count(*) from sqlite_schema").fetchone()
        except sqlcipher.Error:
            found.unread.append(Unread(path.name))
            return found
        for row in _rows(connection, f"select {news.COLUMNS} from outbox order by n", path, found):
            operation = news.operation_said(row)
            found.operations[operation["op_id"]] = operation
        for row in _rows(connection, f"{news.DRAFT} order by rowid", path, found):
            draft = news.draft_said(row)
            found.drafts[draft[0]] = draft
        for name, value in _rows(connection, "select key, value from meta order by rowid", path, found):
            if name in news.FACTS:
                found.facts[name] = value
    return found


def _rows(connection: Any, query: str, path: Path, found: Found) -> Iterator[Any]:
    """From both ends towards the damage."""
    for order in ("", " desc"):
        try:
            yield from connection.execute(query + order)
        except (sqlcipher.Error, ValueError):
            if not order:
                found.unread.append(Unread(path.name))
            continue
        return


def _lines(seal: Seal, path: Path, unread: list[Unread]) -> Iterator[Values]:
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError:
        unread.append(Unread(path.name))
        return
    for number, line in enumerate(lines, 1):
        if not line or (number <= HEADER_LINES and line.startswith(HEADER)):
            continue
        said = seal.open(line)
        if said is None:
            unread.append(Unread(path.name, number))
        else:
            yield said


def _take_in(found: Found, said: Values, *, is_sure: bool) -> None:
    """One entry of the journal, later than all that were taken in before."""
    for operation in said.get("operations", ()):
        op_id = operation["op_id"]
        if is_sure or op_id not in found.operations:
            found.operations[op_id] = operation
            (found.unsure.discard if is_sure else found.unsure.add)(op_id)
    if not is_sure:
        return
    for op_id in said.get("replaced", ()):
        if op_id in found.operations:
            found.operations[op_id]["state"] = "discarded"
    for op_id, (state, reason, at) in said.get("states", {}).items():
        if op_id in found.operations:
            found.operations[op_id] |= {"state": state, "reason": reason, "acknowledged_at": at}
            found.unsure.discard(op_id)
    found.facts |= said.get("facts", {})


def _add(found: Found, more: Found) -> None:
    """What a damaged file tells: older than the journal where both know of an operation, unless it went further."""
    for op_id, operation in more.operations.items():
        known = found.operations.get(op_id)
        further = known is not None and _FINAL.get(operation["state"], 0) > _FINAL.get(known["state"], 0)
        if known is None or further or op_id in found.unsure:
            found.operations[op_id] = operation
        found.unsure.discard(op_id)
    for draft_id, draft in more.drafts.items():
        kept = found.drafts.setdefault(draft_id, draft)
        if kept is not None and draft is not None and draft[4] > kept[4]:
            found.drafts[draft_id] = draft
    found.facts = more.facts | found.facts
    found.unread += more.unread


def _replay(inbox: Inbox, found: Found, now: int, *, from_another: bool = False) -> Recovered:
    connection = inbox.connection
    here = {op_id.hex(): state for op_id, state in connection.execute("select op_id, state from outbox")}
    (last,) = connection.execute("select coalesce(max(n), 0) from outbox").fetchone()
    taken = {n for (n,) in connection.execute("select n from outbox")}
    records: set[tuple[str, bytes]] = set()
    waiting = undecided = 0
    for operation in sorted(found.operations.values(), key=lambda one: one["n"]):
        op_id, state = operation["op_id"], operation["state"]
        record = (operation["entity"], bytes.fromhex(operation["entity_id"]))
        if op_id in here:
            if state == "discarded" and here[op_id] in NOT_ACCEPTED:
                connection.execute("update outbox set state = ? where op_id = ?", (state, bytes.fromhex(op_id)))
                records.add(record)
            continue
        state, reason = _state_of(operation, op_id in found.unsure, now)
        if from_another and state == "settled":
            state = "waiting"
        if state is None or operation["entity"] not in FORMS:
            continue
        last = max(last, operation["n"])
        n = operation["n"]
        if n in taken or from_another:  # all of another's, or its order would be lost
            last += 1
            n = last
        if state in LAID_ON_TOP:
            delivery.cover(inbox, *record)
        _insert(connection, operation | {"state": state, "reason": reason, "n": n})
        taken.add(n)
        records.add(record)
        waiting += state == "waiting" and operation["state"] not in _ACCEPTED
        undecided += state in ("refused", "quarantined")
    delivery.hold_dependants(inbox)
    for entity, record_id in sorted(records):
        inbox.rebuild(entity, [record_id])
    return Recovered(waiting, undecided, _put_drafts(inbox, found), tuple(found.unread))


def _state_of(operation: Values, is_unsure: bool, now: int) -> tuple[str | None, str | None]:
    """(state, reason) in which an operation that is not in the outbox comes back; no state = not at all."""
    state = operation["state"]
    if state == "discarded":
        return None, None
    if state in _ACCEPTED:  # central has it; kept for a central that goes back
        at = operation["acknowledged_at"] or operation["made_at"]
        is_recent = now - at < delivery.KEPT // MICROSECOND
        return ("settled" if is_recent else None), None
    if is_unsure:
        return "refused", UNSURE
    return (state, operation["reason"]) if state in ("refused", "quarantined") else ("waiting", None)


def _insert(connection: Any, operation: Values) -> None:
    values = [
        bytes.fromhex(value) if name in news.IDS and value is not None else value
        for name, value in ((name, operation[name]) for name in news.OPERATION)
    ]
    connection.execute(_INSERT, values)


def _put_drafts(inbox: Inbox, found: Found) -> int:
    connection, put = inbox.connection, 0
    for draft_id, kind, customer, values, changed_at in filter(None, found.drafts.values()):
        done = connection.execute(
            'insert into draft (id, kind, customer_id, "values", changed_at) values (?, ?, ?, ?, ?) on conflict (id) '
            'do update set "values" = excluded."values", changed_at = excluded.changed_at '
            "where excluded.changed_at > draft.changed_at",
            (
                bytes.fromhex(draft_id),
                kind,
                bytes.fromhex(customer) if customer else None,
                json.dumps(values),
                changed_at,
            ),
        )
        put += done.rowcount
    connection.executemany(
        "insert into meta (key, value) values (?, ?) on conflict (key) do nothing", list(found.facts.items())
    )
    return put


def _is_behind(store: Store) -> bool:
    """Whether the last commit that the journal confirms is not in the outbox, or nothing is known here of what it was.

    What no COMMIT confirmed is decided now, by the file, which is sound: nothing may be unsure that need not be.
    """
    files = store.journal.files(SAVES)
    if not files:
        return False
    with store.read() as session:
        is_behind = _lacks_the_last(session, _ending(store.journal, files))
    if not is_behind and _unconfirmed(_ending(store.journal, files)):
        with store.from_central() as inbox:  # nobody is between its line and its COMMIT now
            for line, said in _unconfirmed(_ending(store.journal, files)).items():
                is_here = _is_in_outbox(inbox.connection, said)
                store.journal.append({"done" if is_here else "void": line}, synced=False)
    return is_behind


def _ending(journal: Journal, files: list[Path]) -> list[Values]:
    """The last entries: of as few files as hold one that was confirmed."""
    entries: list[Values] = []
    for path in reversed(files):
        with contextlib.suppress(OSError), path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - TAIL_BYTES))
            part = [said for line in file.read().split(b"\n") if line and (said := journal.seal.open(line)) is not None]
            entries = part + entries
        if {said["done"] for said in entries if "done" in said} & {said.get("line") for said in entries}:
            break
    return entries


def _unconfirmed(entries: list[Values]) -> dict[str, Values]:
    ended = {said.get("done") or said.get("void") for said in entries}
    return {said["line"]: said for said in entries if "line" in said and said["line"] not in ended}


def _lacks_the_last(session: Session, entries: list[Values]) -> bool:
    connection: Any = session.connection().connection.driver_connection
    if not connection.execute("select 1 from meta where key = 'agent'").fetchone():
        return True  # a replica that was made anew, and has not met central since
    done = {said["done"] for said in entries if "done" in said}
    last = next((said for said in reversed(entries) if said.get("line") in done), None)
    return last is not None and not _is_in_outbox(connection, last)


def _is_in_outbox(connection: Any, said: Values) -> bool:
    """Whether what an entry says is what the file says."""
    for operation in said.get("operations", ()):
        op_id = bytes.fromhex(operation["op_id"])
        if not connection.execute("select 1 from outbox where op_id = ?", (op_id,)).fetchone():
            return False
    for op_id, (state, *_rest) in said.get("states", {}).items():
        found = connection.execute("select state from outbox where op_id = ?", (bytes.fromhex(op_id),)).fetchone()
        if found is None or (state == "discarded") != (found[0] == "discarded"):
            return False
    return True


def _forget_files(store: Store, now: datetime) -> None:
    """Files whose days are over go, when nothing in them waits."""
    journal = store.journal
    saves, drafts = journal.old_files(SAVES, now), journal.old_files(DRAFTS, now)
    if saves:
        with store.read() as session:
            connection: Any = session.connection().connection.driver_connection
            open_ones = {op_id.hex() for (op_id,) in connection.execute(_OPEN)}
        for path in saves:
            entries = list(_lines(journal.seal, path, []))
            said = {operation["op_id"] for entry in entries for operation in entry.get("operations", ())}
            if not said & open_ones:
                drafts.append(path)
    for path in drafts:
        with contextlib.suppress(OSError):
            path.unlink()
