"""Screen pop: who may be calling, by the number, on this PC alone and without waiting for anybody."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import phonenumbers
from sqlalchemy import select
from sqlalchemy.orm import Session

from workstation.errors import NotFound
from workstation.keys import Phone, parse_phone
from workstation.records import ContactPoint, Customer, Note
from workstation.replica import mention_index
from workstation.services import lookup, profile, search
from workstation.services.call_address import CallAddress
from workstation.services.profile import WarningLine

EXACT, SEVERAL, MENTIONED, NONE = "exact", "several", "mentioned", "none"
MOST = 20  # people of one number; an office of more is found by its name
MOST_NOTES = 50
EXCERPT = 60  # characters of a note around its beginning
SAME_ENDING = 0.95  # what search says of a phone that ends with the other one: an exchange may add or drop digits
SHORTEST_ENDING = 9
# The number stands there, but whoever answers is not this person.
ELSEWHERE = frozenset({"wrong person", "not in service", "invalid"})


@dataclass(frozen=True, slots=True)
class CallerLine:
    """One person who may be calling. `value` is the contact point as it stands on their card, "" for a mention;
    `detail` its label, or the beginning of the note; inactive: merged into somebody who is not on this PC."""

    id: UUID
    name: str
    value: str
    detail: str
    warnings: tuple[WarningLine, ...]
    is_inactive: bool


@dataclass(frozen=True, slots=True)
class CallerCard:
    """A call and the people it may be from. `matched` is exact, several, mentioned or none (product.md 3.1).

    `number` is how the number is read aloud and written, "" when hidden; `dialled` how it is kept.
    """

    call: CallAddress
    matched: str
    number: str
    dialled: str
    people: tuple[CallerLine, ...]


def identify_caller(session: Session, call: CallAddress, regions: tuple[str, ...], now: datetime) -> CallerCard:
    """Who may be calling: one person with this number, several who share it, or people in whose notes it stands.

    Inactive people never come first; points that are known to reach somebody else count only when nothing better does.
    """
    if call.customer is not None:
        return _of_customer(session, call, call.customer, now)
    phone = parse_phone(f"{call.number} ext. {call.extension}" if call.extension else call.number, regions)
    number, dialled = _written(phone), phone.e164 or phone.digits
    if call.extension and dialled:
        dialled = f"{dialled} ext. {call.extension}"
    people = _with_number(session, phone, now) if phone.digits else []
    if people:
        active = [line for line in people if not line.is_inactive]
        matched = EXACT if len(active or people) == 1 else SEVERAL
        return CallerCard(call, matched, number, dialled, tuple(people))
    mentioned = _mentioned(session, phone.digits, now)
    return CallerCard(call, MENTIONED if mentioned else NONE, number, dialled, tuple(mentioned))


def _of_customer(session: Session, call: CallAddress, customer_id: UUID, now: datetime) -> CallerCard:
    try:
        found = lookup.customer_of(session, customer_id)
    except NotFound:
        return CallerCard(call, NONE, "", "", ())
    return CallerCard(call, EXACT, "", "", (_line(found, "", "", now),))


def _with_number(session: Session, phone: Phone, now: datetime) -> list[CallerLine]:
    points = list(session.scalars(select(ContactPoint).where(ContactPoint.digits == phone.digits).limit(10 * MOST)))
    if not points and len(phone.digits) >= SHORTEST_ENDING:
        hits = search.find(session, phone.digits, MOST)
        ids = [hit.id for hit in hits if hit.matched == "phone" and hit.score >= SAME_ENDING]
        of_them = session.scalars(select(ContactPoint).where(ContactPoint.customer_id.in_(ids)))
        points = [point for point in of_them if _is_ending(point.digits or "", phone.digits)]
    same = [point for point in points if phone.extension is not None and point.extension == phone.extension]
    reaching = [point for point in same or points if point.status not in ELSEWHERE]
    return _people(session, reaching or same or points, now)


def _is_ending(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    return len(shorter) >= SHORTEST_ENDING and longer.endswith(shorter)


def _people(session: Session, points: Iterable[ContactPoint], now: datetime) -> list[CallerLine]:
    """Each person once, however many points lead to them; a merged one is the survivor."""
    found: dict[UUID, tuple[tuple[bool, bool, bool, str], CallerLine]] = {}
    for point in points:
        try:
            customer = lookup.customer_of(session, point.customer_id)
        except NotFound:
            continue
        line = _line(customer, point.value, point.label or "", now)
        rank = (line.is_inactive, point.do_not_use, not point.is_primary, customer.name)
        if customer.id not in found or rank < found[customer.id][0]:
            found[customer.id] = (rank, line)
    return [line for _rank, line in sorted(found.values(), key=lambda pair: pair[0])][:MOST]


def _mentioned(session: Session, digits: str, now: datetime) -> list[CallerLine]:
    driver = session.connection().connection.driver_connection
    if driver is None:
        return []
    ids = [UUID(bytes=raw) for raw in mention_index.notes_mentioning(driver, digits, MOST_NOTES)]
    notes = session.scalars(select(Note).where(Note.id.in_(ids)).order_by(Note.written_at.desc()))
    found: dict[UUID, CallerLine] = {}
    for note in notes:
        try:
            customer = lookup.customer_of(session, note.customer_id)
        except NotFound:
            continue
        found.setdefault(customer.id, _line(customer, "", _excerpt(note.body), now))
    return sorted(found.values(), key=lambda line: line.is_inactive)[:MOST]


def _excerpt(body: str) -> str:
    line = " ".join(body.split())
    return line if len(line) <= EXCERPT else line[: EXCERPT - 1] + "…"


def _line(customer: Customer, value: str, detail: str, now: datetime) -> CallerLine:
    warnings = tuple(profile.warnings_of(customer, now))
    return CallerLine(customer.id, customer.name, value, detail, warnings, customer.merged_into is not None)


def _written(phone: Phone) -> str:
    """The number as people write it, grouped; a short or unknown one as its digits."""
    if phone.e164 is None:
        written = phone.digits
    else:
        parsed = phonenumbers.parse(phone.e164)
        written = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return f"{written} · {phone.extension}" if phone.extension and written else written
