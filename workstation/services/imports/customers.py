"""Storing imported customers: who is already known, what the file adds, and a report of every row."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid5

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute, Session
from uuid_utils.compat import uuid7

from workstation.errors import Refused
from workstation.keys import REGIONS, Phone, parse_phone
from workstation.language import _
from workstation.records import ContactPoint, Customer
from workstation.services.imports.mapping import (
    ColumnMap,
    CustomerRow,
    bind,
    fault_of,
    guess_map,
    read_customer,
    too_much,
)
from workstation.services.imports.tables import Reading, RowIssue, open_csv, printable

CHUNK = 500  # rows a transaction
AGENT_ROWS = 10_000  # what anyone may import from one file; more is for administrators (product.md, who may what)
SURVIVORS = 10  # steps followed from a merged customer to whom it was merged into
VALUES_IN_QUERY = 10_000  # SQLite takes 32,766
# Ids made from what a row says are the same on every desk, so that two desks importing one file offline meet.
NAMESPACE = UUID("9c8f7e70-b2ec-4dc2-bdac-50a14b2829af")

FileRow = CustomerRow | RowIssue
T = TypeVar("T")
WAYS = ("phone", "email")  # the kinds of contact point a file can bring
Way = tuple[str, str]  # kind of contact point, value as written
Identity = tuple[str, frozenset[Way]]  # name, all phones and e-mail addresses


@dataclass(frozen=True, slots=True)
class ImportContext:
    """Where imported customers go and what the import knows of itself.

    `regions` are ISO codes supplying missing country codes; `made_at` is the instant of the import; `source` is filled
    from the map or the file's name; `seen` are the customers this import has met: for what two of its rows say
    differently the first one counts, else the same file again would never come to rest.
    """

    scope_id: int
    made_at: datetime
    regions: Sequence[str] = REGIONS
    source: str = ""
    seen: set[UUID] = field(default_factory=set)


@dataclass(slots=True)
class ImportReport:
    """What became of every row: records = stored + merged + len(rejected). Lines count from 1."""

    records: int = 0
    stored: int = 0
    merged: int = 0
    rejected: list[RowIssue] = field(default_factory=list)
    warnings: list[RowIssue] = field(default_factory=list)

    def add(self, other: "ImportReport") -> None:
        """Take in the report of another part of the same import."""
        self.records += other.records
        self.stored += other.stored
        self.merged += other.merged
        self.rejected += other.rejected
        self.warnings += other.warnings

    def warn(self, line: int, reason: str) -> None:
        """Remark on a row that was taken; the same is not said twice in a row."""
        if self.warnings[-1:] != [RowIssue(line, reason)]:
            self.warnings.append(RowIssue(line, reason))


class _DryRunOver(Exception):
    """Leaves a transaction so that nothing of it is kept."""


def import_customers(
    open_session: Callable[[], AbstractContextManager[Session]],
    path: Path,
    *,
    context: ImportContext,
    mapping: ColumnMap | None = None,
    reading: Reading = Reading(),  # noqa: B008 - frozen
    max_rows: int | None = AGENT_ROWS,
    chunk_rows: int = CHUNK,
    dry_run: bool = False,
) -> ImportReport:
    """Import the customers of a CSV file; without a map the columns' meaning is guessed.

    Raises Refused, before anything is stored, when the file cannot be read or has more than `max_rows` rows.
    """
    table = open_csv(path, reading)
    mapping = mapping or guess_map(table.header)
    columns = bind(mapping, table.header)

    def read() -> Iterator[FileRow]:
        for row in table.rows():
            yield row if isinstance(row, RowIssue) else read_customer(columns, row)

    context = replace(context, source=mapping.source or printable(path.name))
    return import_rows(open_session, read, context, max_rows=max_rows, chunk_rows=chunk_rows, dry_run=dry_run)


def import_rows(
    open_session: Callable[[], AbstractContextManager[Session]],
    read: Callable[[], Iterable[FileRow]],
    context: ImportContext,
    *,
    max_rows: int | None = AGENT_ROWS,
    chunk_rows: int = CHUNK,
    dry_run: bool = False,
) -> ImportReport:
    """Store all rows, a transaction for each chunk; a dry run is one transaction that is not kept.

    `read` gives the rows of the file from its start and is called several times: first to see that all can be read.
    """
    limit = None if max_rows is None else max_rows + 1
    count = sum(1 for _row in islice(read(), limit))
    if max_rows is not None and count > max_rows:
        raise Refused(_("The file has more than {limit} rows; an administrator may import it.").format(limit=max_rows))
    context = replace(context, seen=set())
    # Rows with an external id first: they may add phones to a customer, and only then is it known whom
    # a row without one equals.
    ordered = chain(filter(_is_identified, read()), (row for row in read() if not _is_identified(row)))
    chunks = iter(lambda: list(islice(ordered, chunk_rows)), [])
    report = ImportReport()
    if dry_run:
        with suppress(_DryRunOver), open_session() as session:
            for chunk in chunks:
                report.add(store_rows(session, chunk, context))
                session.flush()
                session.expunge_all()
            raise _DryRunOver
    else:
        for chunk in chunks:
            with open_session() as session:
                report.add(store_rows(session, chunk, context))
    report.rejected.sort(key=lambda issue: issue.line)
    report.warnings.sort(key=lambda issue: issue.line)
    return report


def store_rows(session: Session, rows: Sequence[FileRow], context: ImportContext) -> ImportReport:
    """Store or merge one chunk of rows in the caller's transaction. Never raises for what a row holds."""
    report = ImportReport(records=len(rows))
    chunk = _Chunk(session, context, report)
    entries: list[_Entry] = []
    for row in rows:
        if isinstance(row, RowIssue):
            report.rejected.append(row)
        elif (fault := fault_of(row)) is not None:
            report.rejected.append(RowIssue(row.line, fault))
        else:
            entries.append(_Entry.of(row, context))
    _look_up(chunk, entries)
    for entry in entries:
        customer = chunk.find(entry)
        if customer is None:
            _store(chunk, entry)
        else:
            _merge(chunk, customer, entry)
    return report


def _is_identified(row: FileRow) -> bool:
    return isinstance(row, CustomerRow) and bool(row.external_id)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A row that can be stored, its phones understood, and the id its customer gets if nobody here is meant."""

    row: CustomerRow
    phones: tuple[Phone, ...]
    id: UUID

    @classmethod
    def of(cls, row: CustomerRow, context: ImportContext) -> "_Entry":
        phones = tuple(parse_phone(phone, context.regions) for phone in row.phones if phone.strip())
        key = f"{context.scope_id}\0{context.source}\0{row.external_id}"
        return cls(row, phones, uuid5(NAMESPACE, key) if row.external_id else uuid7())

    @property
    def ways(self) -> list[tuple[Way, Phone | None]]:
        """The contact points the row tells of; a phone with what was understood of it."""
        phones: list[tuple[Way, Phone | None]] = [(("phone", phone.raw), phone) for phone in self.phones]
        return phones + [(("email", email), None) for email in self.row.emails if email.strip()]

    @property
    def identity(self) -> Identity:
        """What a customer must equal to be the one meant, where there is no external id."""
        return self.row.name, frozenset(way for way, _phone in self.ways)


@dataclass(slots=True)
class _Chunk:
    """The storing of one chunk: what this PC holds that its rows may be about, kept up to date row by row.

    Attributes:
        customers: by id, also by the id of one since merged into them.
        external: external id → id, within the source of the import.
        identities: the customers of each name with exactly these phones and e-mail addresses.
        names: everyone of that name.
        holders: everyone with a phone of these digits.
        points: the contact points of `customers`, by the customer's own id.
        taken: ids of contact points that exist, wherever they are now.
    """

    session: Session
    context: ImportContext
    report: ImportReport
    customers: dict[UUID, Customer] = field(init=False, default_factory=dict)
    external: dict[str | None, UUID] = field(init=False, default_factory=dict)
    identities: dict[Identity, set[UUID]] = field(init=False, default_factory=lambda: defaultdict(set))
    names: dict[str, set[UUID]] = field(init=False, default_factory=lambda: defaultdict(set))
    holders: dict[str | None, set[UUID]] = field(init=False, default_factory=lambda: defaultdict(set))
    points: dict[UUID, list[ContactPoint]] = field(init=False, default_factory=lambda: defaultdict(list))
    taken: set[UUID] = field(init=False, default_factory=set)

    def find(self, entry: _Entry) -> Customer | None:
        """The one customer a row may merge into."""
        external_id = entry.row.external_id
        if external_id:
            return self.customers.get(self.external.get(external_id, entry.id))
        equal = [self.customers[found] for found in self.identities.get(entry.identity, ())]
        return min(equal, key=lambda customer: (customer.external_id is not None, customer.id), default=None)

    def identity_of(self, customer: Customer) -> Identity:
        """The customer's name with all phones and e-mail addresses."""
        points = self.points[customer.id]
        return customer.name, frozenset((point.kind, point.value) for point in points if point.kind in WAYS)


def _look_up(chunk: _Chunk, entries: Sequence[_Entry]) -> None:
    """Everything a chunk needs to know, in a handful of queries."""
    session, context = chunk.session, chunk.context
    identified = [entry for entry in entries if entry.row.external_id]
    chunk.customers = {found.id: found for found in _customers(session, Customer.id, {e.id for e in identified})}
    absent = {entry.row.external_id for entry in identified if entry.id not in chunk.customers}
    rivals = _customers(session, Customer.external_id, absent, Customer.source == context.source)
    # Written by another system, so their ids are not ours; of several, one of our scope, then the oldest.
    for customer in sorted(rivals, key=lambda rival: (rival.scope_id != context.scope_id, rival.id)):
        if chunk.external.setdefault(customer.external_id, customer.id) == customer.id:
            chunk.customers[customer.id] = customer
    _look_up_namesakes(chunk, [entry for entry in entries if chunk.find(entry) is None])
    _follow_merges(chunk)
    _look_up_points(chunk, entries)


def _look_up_namesakes(chunk: _Chunk, entries: Sequence[_Entry]) -> None:
    wanted = {entry.identity for entry in entries if not entry.row.external_id}
    ways: dict[tuple[UUID, str], set[Way]] = defaultdict(set)
    statement = select(Customer.id, Customer.name, Customer.merged_into, ContactPoint.kind, ContactPoint.value)
    statement = statement.outerjoin(ContactPoint, ContactPoint.customer_id == Customer.id)
    for names in _batches({entry.row.name for entry in entries}):
        for found, name, merged_into, kind, value in chunk.session.execute(statement.where(Customer.name.in_(names))):
            ways[found, name] |= {(kind, value)} if kind in WAYS else set()
            if merged_into is None:
                chunk.names[name].add(found)
    for (found, name), values in ways.items():
        if (identity := (name, frozenset(values))) in wanted:
            chunk.identities[identity].add(found)
    equal = set(chain.from_iterable(chunk.identities.values()))
    chunk.customers |= {customer.id: customer for customer in _customers(chunk.session, Customer.id, equal)}
    digits = {phone.digits for entry in entries for phone in entry.phones} - {""}
    for batch in _batches(digits):
        held = select(ContactPoint.digits, ContactPoint.customer_id).where(ContactPoint.digits.in_(batch))
        for number, customer_id in chunk.session.execute(held):
            chunk.holders[number].add(customer_id)


def _follow_merges(chunk: _Chunk) -> None:
    """Put in place of every customer since merged the one they live on in, if that one is on this PC."""
    for _step in range(SURVIVORS):
        merged = {id_: customer.merged_into for id_, customer in chunk.customers.items() if customer.merged_into}
        survivors = {found.id: found for found in _customers(chunk.session, Customer.id, set(merged.values()))}
        chunk.customers |= {id_: survivors[into] for id_, into in merged.items() if into in survivors}
        if not survivors:
            return


def _look_up_points(chunk: _Chunk, entries: Sequence[_Entry]) -> None:
    for batch in _batches({customer.id for customer in chunk.customers.values()}):
        for point in chunk.session.scalars(select(ContactPoint).where(ContactPoint.customer_id.in_(batch))):
            chunk.points[point.customer_id].append(point)
    owners = [(chunk.find(entry) or entry, entry) for entry in entries]
    ids = {_point_id(owner.id, way) for owner, entry in owners for way, _phone in entry.ways}
    for batch in _batches(ids):
        chunk.taken.update(chunk.session.scalars(select(ContactPoint.id).where(ContactPoint.id.in_(batch))))


def _customers(
    session: Session, column: InstrumentedAttribute[Any], values: Iterable[Any], *conditions: ColumnElement[bool]
) -> list[Customer]:
    """The customers whose `column` is one of `values`."""
    statement = select(Customer).where(*conditions)
    return [found for batch in _batches(values) for found in session.scalars(statement.where(column.in_(batch)))]


def _batches(values: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(values)
    return iter(lambda: list(islice(rest, VALUES_IN_QUERY)), [])


def _point_id(customer_id: UUID, way: Way) -> UUID:
    return uuid5(NAMESPACE, "\0".join((str(customer_id), *way)))


def _store(chunk: _Chunk, entry: _Entry) -> None:
    row = entry.row
    customer = Customer(
        id=entry.id, scope_id=chunk.context.scope_id, name=row.name, source=chunk.context.source,
        external_id=row.external_id or None, more=dict(row.more), made_at=chunk.context.made_at,
    )  # fmt: skip
    for name, value in row.fields.items():
        setattr(customer, name, value)
    chunk.session.add(customer)
    chunk.report.stored += 1
    if chunk.names[row.name]:
        chunk.report.warn(row.line, _("There is another customer of this name; both are kept."))
    if any(chunk.holders[phone.digits] for phone in entry.phones if phone.digits):
        chunk.report.warn(row.line, _("Another customer has the same phone; both are kept."))
    for notice in row.notices:
        chunk.report.warn(row.line, notice)
    chunk.customers[customer.id] = customer
    chunk.names[row.name].add(customer.id)
    chunk.context.seen.add(customer.id)
    _add_points(chunk, customer, entry)


def _merge(chunk: _Chunk, customer: Customer, entry: _Entry) -> None:
    """Add what the file knows and we do not. What an agent may have written is never replaced."""
    row = entry.row
    more = dict(customer.more)
    is_first = customer.id not in chunk.context.seen
    kept = [key for key, value in row.more.items() if not is_first and more.get(key, value) != value]
    more |= {key: value for key, value in row.more.items() if key not in kept}
    if (fault := too_much(more)) is not None:
        chunk.report.rejected.append(RowIssue(row.line, fault))
        return
    chunk.report.merged += 1
    chunk.context.seen.add(customer.id)
    for key in kept:
        chunk.report.warn(
            row.line, _("{column}: an earlier row of this file says otherwise; that one counts.").format(column=key)
        )
    if more != customer.more:
        customer.more = more
    for name, value in {"name": row.name, **row.fields}.items():
        ours = getattr(customer, name)
        if not ours:
            setattr(customer, name, value)
        elif ours != value:
            chunk.report.warn(row.line, _("{field} differs from what is kept here; ours stays.").format(field=name))
    _add_points(chunk, customer, entry)


def _add_points(chunk: _Chunk, customer: Customer, entry: _Entry) -> None:
    """Add the ways to reach a customer that are missing; a known number in another spelling is not missing."""
    before = chunk.identity_of(customer)
    points = chunk.points[customer.id]
    numbers = {(point.e164, point.extension) for point in points if point.e164}
    primary = None if points else next(iter(entry.phones), None)
    for way, phone in entry.ways:
        point_id = _point_id(customer.id, way)
        is_known = way in before[1] or (phone is not None and (phone.e164, phone.extension) in numbers)
        if is_known or point_id in chunk.taken:
            continue
        chunk.taken.add(point_id)
        point = ContactPoint(
            id=point_id, scope_id=customer.scope_id, customer_id=customer.id, kind=way[0], value=way[1],
            made_at=chunk.context.made_at,
        )  # fmt: skip
        if phone is not None:
            point.e164, point.digits, point.extension = phone.e164, phone.digits or None, phone.extension
            point.is_primary = phone is primary
            chunk.holders[phone.digits].add(customer.id)
            if not phone.is_valid:
                chunk.report.warn(entry.row.line, _("A phone number is not understood; it is kept as written."))
        elif "@" not in way[1]:
            chunk.report.warn(entry.row.line, _("An e-mail address is not understood; it is kept as written."))
        chunk.session.add(point)
        points.append(point)
    chunk.identities[before].discard(customer.id)
    chunk.identities[chunk.identity_of(customer)].add(customer.id)
