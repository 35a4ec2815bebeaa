"""The profile: who a customer is, how to treat them and how to reach them, as one card."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import BigInteger, bindparam, func, select, type_coerce
from sqlalchemy.orm import Session

from workstation.language import _, ngettext
from workstation.records import Conflict, Contact, Customer, OutboxEntry
from workstation.records.base import EPOCH, MICROSECOND
from workstation.services import attempts, customers, lookup
from workstation.services.attempts import PointTried
from workstation.services.customers import ContactPointLine

YEAR = timedelta(days=365)
DAY = timedelta(days=1) // MICROSECOND  # as the replica counts time
DAILY = 0.8  # contacts a day over the weeks before: a daily writer
SILENT_DAYS = 4
WAITING, REJECTED = ("waiting", "sent", "held"), ("refused", "quarantined")


# Built once: building a statement takes longer than answering it.
_ENTRIES = select(OutboxEntry.entity_id, OutboxEntry.state).where(
    OutboxEntry.customer_id == bindparam("customer"), OutboxEntry.state.in_((*WAITING, *REJECTED))
)
_CONFLICTS = (
    select(func.count())
    .select_from(Conflict)
    .where(Conflict.customer_id == bindparam("customer"), Conflict.resolution.is_(None))
)
_OF_YEAR = (Contact.customer_id == bindparam("customer"), Contact.started_at > bindparam("since"))
_DAY = type_coerce(Contact.started_at, BigInteger) // DAY
_COUNT = select(func.count()).select_from(Contact).where(*_OF_YEAR)
_DAYS = select(_DAY).where(*_OF_YEAR).distinct().order_by(_DAY)


@dataclass(frozen=True, slots=True)
class WarningLine:
    """What changes how to treat a person: `kind` is need, do_not_contact, conflict, vulnerable, staff, consent."""

    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class ProfileCard:
    """All that stands above and beside a customer's history. `time_zone` is an IANA name or None."""

    id: UUID
    name: str
    kind: str
    language: str | None
    time_zone: str | None
    since: datetime
    wish: str | None
    is_vip: bool
    warnings: tuple[WarningLine, ...]
    points: tuple[ContactPointLine, ...]
    tried: dict[UUID, PointTried]
    contacts_in_year: int
    rhythm: str
    conflicts: int
    is_waiting: bool
    is_refused: bool
    waiting: frozenset[UUID]
    fields: dict[str, str]


def profile_of(session: Session, customer_id: UUID, now: datetime) -> ProfileCard:
    """Who this is. Raises NotFound."""
    found = lookup.customer_of(session, customer_id)
    entries = session.execute(_ENTRIES, {"customer": found.id}).all()
    waiting = {entity_id for entity_id, state in entries if state in WAITING}
    contacts, days = _contacts_of_year(session, found.id, now)
    return ProfileCard(
        id=found.id,
        name=found.name,
        kind=found.kind,
        language=found.language,
        time_zone=found.time_zone,
        since=found.made_at,
        wish=found.wish,
        is_vip=found.is_vip,
        warnings=tuple(warnings_of(found, now)),
        points=tuple(customers.contact_points_of(session, found.id)),
        tried=attempts.points_tried(session, found.id, now - YEAR),
        contacts_in_year=contacts,
        rhythm=_rhythm(days, now),
        conflicts=session.scalar(_CONFLICTS, {"customer": found.id}) or 0,
        is_waiting=found.id in waiting,
        is_refused=any(state in REJECTED for _id, state in entries),
        waiting=frozenset(waiting),
        fields={name: _text(getattr(found, name)) for name in sorted(Customer.editable - {"more"})},
    )


def _text(value: object) -> str:
    """A field as its form shows it, and as `customers.edit_customer` takes it back."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else ""
    return value.isoformat() if isinstance(value, datetime) else str(value)


def warnings_of(customer: Customer, now: datetime) -> list[WarningLine]:
    """What must be known before a word is said to this customer, the weightiest first."""
    lines = [WarningLine("need", customer.need)] if customer.need else []
    until = customer.do_not_contact_until
    if customer.do_not_contact and (until is None or until > now):
        words = _("Do not contact: {scope}").format(scope=customer.do_not_contact)
        if customer.do_not_contact_reason:
            words = _("{what} · {why}").format(what=words, why=customer.do_not_contact_reason)
        lines.append(WarningLine("do_not_contact", words))
    flags = (
        ("consent", customer.consent_withdrawn, _("Consent withdrawn")),
        ("vulnerable", customer.is_vulnerable, _("Vulnerable – take special care")),
        ("conflict", customer.is_conflict, _("Conflict before – stay calm and exact")),
        ("staff", customer.is_staff, _("Colleague")),
    )
    return [*lines, *(WarningLine(kind, words) for kind, is_set, words in flags if is_set)]


def _contacts_of_year(session: Session, customer_id: UUID, now: datetime) -> tuple[int, list[date]]:
    """(how many, on which days); counted by the database, for there may be thousands."""
    asked = {"customer": customer_id, "since": now - YEAR}
    days = session.scalars(_DAYS, asked)
    return session.scalar(_COUNT, asked) or 0, [EPOCH.date() + timedelta(days=found) for found in days]


def _rhythm(days: list[date], now: datetime) -> str:
    """How often they come, where it is worth saying: nearly every day, and that they have fallen silent."""
    if len(days) < 20:
        return ""
    month = [day for day in days if (days[-1] - day).days < 30]
    if len(month) < DAILY * 30:
        return ""
    silent = (now.date() - days[-1]).days
    if silent < SILENT_DAYS:
        return _("Comes nearly every day")
    return ngettext(
        "Came nearly every day; silent for {n} day", "Came nearly every day; silent for {n} days", silent
    ).format(n=silent)
