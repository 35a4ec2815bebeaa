"""Reads one customer's history from the replica: each kind by its own index, so that a long one costs no more."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Integer, bindparam, exists, func, literal, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from workstation.records import Callback, Conflict, Contact, Note
from workstation.services import callbacks

SHOWN = 4_000  # characters of a note in a list; the rest is read when it is opened
CALLS = ("call", "phone", "third_party")  # channels of the voice; all others are written
ALL = ("call", "chat", "note", "callback", "system")


class Key(NamedTuple):
    """Where a page ends: the time and id of its last entry, and the source it came from."""

    at: datetime
    id: UUID
    source: str


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """Which entries are wanted; no kinds = all of them. `since` and `until` are UTC."""

    kinds: frozenset[str] = frozenset()
    channel: str | None = None
    author_id: UUID | None = None
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""

    def wants(self, kind: str) -> bool:
        """Whether entries of this kind can be among them at all."""
        if (self.channel or self.outcome) and kind not in ("call", "chat"):
            return False
        return not self.kinds or kind in self.kinds


EVERYTHING = HistoryFilter()


@dataclass(frozen=True, slots=True)
class Raw:
    """One row that happened, before names and texts are put to it."""

    key: Key
    kind: str
    author: UUID | None
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> UUID:
        """The record's."""
        return self.key.id

    @property
    def at(self) -> datetime:
        """UTC."""
        return self.key.at


@dataclass(frozen=True, slots=True)
class NoteText:
    """The newest version of a note."""

    id: UUID
    author: UUID | None
    text: str
    is_cut: bool
    is_pinned: bool
    is_deleted: bool
    versions: int


Column = InstrumentedAttribute[Any]
Question = Any  # a select whose rows have at least an id and `at`


@dataclass(frozen=True, slots=True, eq=False)
class _Source:
    """Where rows come from: the columns of their time and id, what is asked, and what a row becomes."""

    name: str
    kinds: tuple[str, ...]
    at: Column
    id: Column
    query: Callable[[HistoryFilter], Question]
    made: Callable[[Any], tuple[str, UUID | None, dict[str, Any]]]

    def rows(
        self, session: Session, customer: UUID, wanted: HistoryFilter, before: Key | None, limit: int
    ) -> Iterator[Raw]:
        """The newest rows before a key."""
        times = {name: at for name, at in (("since", wanted.since), ("until", wanted.until)) if at is not None}
        query = _question(self, replace(wanted, since=None, until=None, text=""), frozenset(times))
        if before is not None:
            query = query.where(self._is_older(before))
        for row in session.execute(query, {"customer": customer, "most": limit, **times}):
            kind, author, facts = self.made(row)
            yield Raw(Key(row.at, row.id, self.name), kind, author, facts)

    def _is_older(self, key: Key) -> ColumnElement[bool]:
        here = tuple_(self.at, self.id)
        there = tuple_(*_literals((key.at, self.at), (key.id, self.id)))
        return here <= there if self.name < key.source else here < there


@lru_cache(maxsize=256)
def _question(source: _Source, wanted: HistoryFilter, times: frozenset[str]) -> Question:
    """What is asked of one source, built once: building a statement takes longer than answering it."""
    query = source.query(wanted)
    if "since" in times:
        query = query.where(source.at >= bindparam("since"))
    if "until" in times:
        query = query.where(source.at < bindparam("until"))
    return query.order_by(source.at.desc(), source.id.desc()).limit(bindparam("most", type_=Integer))


def read(
    session: Session, customer: UUID, wanted: HistoryFilter, before: Key | None, limit: int
) -> tuple[list[Raw], Key | None]:
    """The newest `limit` rows before a key, and the key of the last one; None when nothing is older."""
    sources = [source for source in _SOURCES if any(wanted.wants(kind) for kind in source.kinds)]
    found = list(chain.from_iterable(s.rows(session, customer, wanted, before, limit + 1) for s in sources))
    found.sort(key=_key, reverse=True)
    if wanted.wants("note"):
        # Notes whose contact or first version is not on this PC: rare, and looked for only as far as the page goes.
        floor = found[limit - 1].key.at if len(found) > limit else wanted.since
        near = HistoryFilter(author_id=wanted.author_id, since=floor, until=wanted.until)
        found = sorted(chain(found, _LOST.rows(session, customer, near, before, limit + 1)), key=_key, reverse=True)
    return found[:limit], found[limit - 1].key if len(found) > limit else None


def _key(raw: Raw) -> Key:
    return raw.key


def _literals(*pairs: tuple[Any, Column]) -> list[ColumnElement[Any]]:
    return [literal(value, column.type) for value, column in pairs]


def pinned(session: Session, customer: UUID) -> list[Raw]:
    """What agents pinned, newest first: notes of their own, and contacts whose note is pinned."""
    found: dict[UUID, Raw] = {}
    for row in session.execute(_PINNED, {"customer": customer}):
        asked = {"customer": customer, "contact": row.contact_id}
        contact = session.execute(_ONE_CONTACT, asked).first() if row.contact_id else None
        if contact:
            kind, author, facts = _contact_made(contact)
            raw = Raw(Key(contact.at, contact.id, "contact"), kind, author, facts)
        else:
            root = _first_version(session, row.id)
            raw = Raw(Key(root.written_at, root.id, "note"), "note", root.author_id)
        found.setdefault(raw.id, raw)
    return list(found.values())


def _first_version(session: Session, note_id: UUID) -> Any:
    """The first version of a note that is on this PC."""
    columns = (Note.id, Note.supersedes, Note.written_at, Note.author_id)
    row = session.execute(select(*columns).where(Note.id == note_id)).one()
    seen = {note_id}
    while row.supersedes is not None and row.supersedes not in seen:
        seen.add(row.supersedes)
        older = session.execute(select(*columns).where(Note.id == row.supersedes)).first()
        if older is None:
            break
        row = older
    return row


def texts_of(session: Session, raws: Sequence[Raw], *, whole: bool = False) -> dict[UUID, list[NoteText]]:
    """By record, the newest versions of the notes that belong to it, oldest first."""
    of_contacts, of_notes, of_older = _TEXTS[whole]
    contacts = [raw.id for raw in raws if "direction" in raw.facts]
    notes = [raw.id for raw in raws if raw.kind == "note"]
    rows: dict[UUID, Any] = {}
    for query, ids in ((of_contacts, contacts), (of_notes, notes)):
        for start in range(0, len(ids), 500):
            for row in session.execute(query, {"ids": ids[start : start + 500]}):
                rows[row.id] = row
    frontier = list(rows)
    while frontier:  # once, where nothing on the page was corrected
        newer: list[UUID] = []
        for start in range(0, len(frontier), 500):
            asked = {"ids": frontier[start : start + 500]}
            newer += [row.id for row in session.execute(of_older, asked) if rows.setdefault(row.id, row) is row]
        frontier = newer
    return _newest_versions(rows, set(contacts))


def _newest_versions(rows: dict[UUID, Any], contacts: set[UUID]) -> dict[UUID, list[NoteText]]:
    by_first: dict[UUID, list[Any]] = defaultdict(list)
    superseded = {row.supersedes for row in rows.values()}
    for row in rows.values():
        first, seen = row, {row.id}
        while first.supersedes in rows and first.supersedes not in seen:
            seen.add(first.supersedes)
            first = rows[first.supersedes]
        by_first[first.id].append(row)
    found: dict[UUID, list[tuple[Any, NoteText]]] = defaultdict(list)
    for first_id, versions in by_first.items():
        leaves = [row for row in versions if row.id not in superseded]
        last = max(leaves or versions, key=lambda row: (row.written_at, row.id))
        owner = rows[first_id].contact_id if rows[first_id].contact_id in contacts else first_id
        text = NoteText(last.id, last.author_id, last.text, last.is_cut, last.is_pinned, last.is_deleted, len(versions))
        found[owner].append((rows[first_id].written_at, text))
    return {
        owner: [text for _at, text in sorted(texts, key=lambda pair: (pair[0], pair[1].id))]
        for owner, texts in found.items()
    }


def what_occurs(session: Session, customer: UUID) -> tuple[set[UUID], set[str], set[str]]:
    """(authors, outcomes, channels) of a history."""
    authors: set[UUID] = set()
    for kind in (Note, Contact, Callback):
        found = session.scalars(select(kind.author_id).where(kind.customer_id == customer).distinct())
        authors |= {author for author in found if author is not None}
    query = select(Contact.disposition, Contact.channel).where(Contact.customer_id == customer).distinct()
    pairs = session.execute(query).all()
    outcomes = {outcome for outcome, _channel in pairs if outcome is not None}
    return authors, outcomes, {channel for _outcome, channel in pairs}


_CUSTOMER: BindParameter[Any] = bindparam("customer")


def _notes(wanted: HistoryFilter) -> Question:
    query = select(Note.id, Note.written_at.label("at"), Note.author_id).where(Note.customer_id == _CUSTOMER)
    query = query.where(Note.contact_id.is_(None), Note.supersedes.is_(None))
    return query if wanted.author_id is None else query.where(Note.author_id == wanted.author_id)


def _lost_notes(wanted: HistoryFilter) -> Question:
    older = aliased(Note)
    query = select(Note.id, Note.written_at.label("at"), Note.author_id).where(
        Note.customer_id == _CUSTOMER,
        or_(Note.contact_id.is_not(None), Note.supersedes.is_not(None)),
        ~exists().where(Contact.id == Note.contact_id),
        ~exists().where(older.id == Note.supersedes),
    )
    return query if wanted.author_id is None else query.where(Note.author_id == wanted.author_id)


def _contacts(wanted: HistoryFilter) -> Question:
    query = select(
        Contact.id, Contact.started_at.label("at"), Contact.author_id, Contact.channel, Contact.direction,
        Contact.disposition, Contact.phone, Contact.ended_at,
    ).where(Contact.customer_id == _CUSTOMER)  # fmt: skip
    if wanted.wants("call") != wanted.wants("chat"):
        query = query.where(Contact.channel.in_(CALLS) if wanted.wants("call") else Contact.channel.not_in(CALLS))
    for column, value in (
        (Contact.channel, wanted.channel), (Contact.disposition, wanted.outcome), (Contact.author_id, wanted.author_id)
    ):  # fmt: skip
        if value is not None:
            query = query.where(column == value)
    return query


def _callbacks(wanted: HistoryFilter) -> Question:
    query = select(
        Callback.id, Callback.made_at.label("at"), Callback.author_id, Callback.state, Callback.wall_start,
        Callback.zone, Callback.window_minutes, Callback.reason,
    ).where(Callback.customer_id == _CUSTOMER)  # fmt: skip
    return query if wanted.author_id is None else query.where(Callback.author_id == wanted.author_id)


def _closings(wanted: HistoryFilter) -> Question:
    query = select(
        Callback.id, Callback.closed_at.label("at"), Callback.owner_id, Callback.state, Callback.state_reason
    ).where(Callback.customer_id == _CUSTOMER, Callback.closed_at.is_not(None))
    return query if wanted.author_id is None else query.where(Callback.owner_id == wanted.author_id)


def _conflicts(wanted: HistoryFilter) -> Question:
    query = select(Conflict.id, Conflict.found_at.label("at"), Conflict.lost_by, Conflict.field, Conflict.resolution)
    query = query.where(Conflict.customer_id == _CUSTOMER)
    return query if wanted.author_id is None else query.where(Conflict.lost_by == wanted.author_id)


def _contact_made(row: Any) -> tuple[str, UUID | None, dict[str, Any]]:
    facts = {name: getattr(row, name) for name in ("channel", "direction", "disposition", "phone", "ended_at")}
    return "call" if row.channel in CALLS else "chat", row.author_id, facts


def _callback_made(row: Any) -> tuple[str, UUID | None, dict[str, Any]]:
    due = callbacks.instant_of(row.wall_start, row.zone, row.at)
    until = due + timedelta(minutes=row.window_minutes)
    facts = {"what": row.state, "due_at": due, "until": until, "zone": row.zone, "text": row.reason or ""}
    return "callback", row.author_id, facts


def _closing_made(row: Any) -> tuple[str, UUID | None, dict[str, Any]]:
    return "system", None, {"what": row.state, "text": row.state_reason or ""}


def _conflict_made(row: Any) -> tuple[str, UUID | None, dict[str, Any]]:
    what = "conflict" if row.resolution is None else "conflict_decided"
    return "system", row.lost_by, {"what": what, "text": row.field}


def _note_made(row: Any) -> tuple[str, UUID | None, dict[str, Any]]:
    return "note", row.author_id, {}


_SOURCES = (
    _Source("callback", ("callback",), Callback.made_at, Callback.id, _callbacks, _callback_made),
    _Source("closing", ("system",), Callback.closed_at, Callback.id, _closings, _closing_made),
    _Source("conflict", ("system",), Conflict.found_at, Conflict.id, _conflicts, _conflict_made),
    _Source("contact", ("call", "chat"), Contact.started_at, Contact.id, _contacts, _contact_made),
    _Source("note", ("note",), Note.written_at, Note.id, _notes, _note_made),
)
_LOST = _Source("note", ("note",), Note.written_at, Note.id, _lost_notes, _note_made)


def _texts(*, whole: bool) -> tuple[Question, Question, Question]:
    """Notes of contacts, by their own ids, and those that correct others."""
    body = Note.body if whole else func.substr(Note.body, 1, SHOWN)
    columns = select(
        Note.id, Note.author_id, Note.contact_id, Note.supersedes, Note.is_pinned, Note.is_deleted, Note.written_at,
        body.label("text"), (func.length(Note.body) > SHOWN).label("is_cut"),
    )  # fmt: skip
    ids: BindParameter[Any] = bindparam("ids", expanding=True)
    return (
        columns.where(Note.contact_id.in_(ids)),
        columns.where(Note.id.in_(ids)),
        columns.where(Note.supersedes.in_(ids)),
    )


_TEXTS = {whole: _texts(whole=whole) for whole in (True, False)}
_ONE_CONTACT = _contacts(EVERYTHING).where(Contact.id == bindparam("contact"))
_PINNED = (
    select(Note.contact_id, Note.id, Note.supersedes, Note.written_at, Note.author_id)
    .where(Note.customer_id == _CUSTOMER, Note.is_pinned.is_(True), Note.is_deleted.is_(False))
    .order_by(Note.written_at.desc(), Note.id.desc())
    .limit(50)
)
