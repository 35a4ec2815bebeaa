"""Customers and the ways to reach them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Boolean, bindparam, select
from sqlalchemy.orm import Session

from workstation.errors import NotFound, Refused
from workstation.keys import parse_phone
from workstation.language import _
from workstation.records import ContactPoint, Customer
from workstation.records.base import TEXT_LIMIT, UtcTime
from workstation.services import lookup, record_words, texts

KINDS = ("person", "organisation", "prospect")
POINT_KINDS = ("phone", "email", "telegram", "site", "other")
# product.md 3.2: what is known of a contact point.
STATUSES = (
    "unknown", "reaches person", "reaches family or colleague", "reception", "IVR", "voice robot", "voicemail", "fax",
    "wrong person", "not in service", "invalid",
)  # fmt: skip
MAY_LIFT = ("senior", "supervisor")  # do-not-contact, with a reason (product.md 3.17)


@dataclass(frozen=True, slots=True)
class ContactPointLine:
    """One way to reach a customer."""

    id: UUID
    kind: str
    value: str
    e164: str | None
    label: str | None
    is_primary: bool
    status: str
    do_not_use: bool
    way_through: str | None = None


def add_customer(
    session: Session,
    scope: int,
    name: str,
    phones: Sequence[str],
    now: datetime,
    regions: Sequence[str],
    emails: Sequence[str] = (),
) -> UUID:
    """A new person with phones and e-mails. Raises Refused for a blank name or phone; a phone that no plan knows is
    kept as given."""
    customer = Customer(name=texts.required(name, _("A name")), scope_id=scope, made_at=now)
    session.add(customer)
    for number, raw in enumerate(phones):
        add_phone(session, customer, raw, now, regions, is_primary=number == 0)
    for address in emails:
        value = texts.required(address, _("An e-mail address"))
        session.add(ContactPoint(customer_id=customer.id, scope_id=scope, kind="email", value=value, made_at=now))
    return customer.id


def add_phone(
    session: Session, customer: Customer, raw: str, now: datetime, regions: Sequence[str], *, is_primary: bool = False
) -> UUID:
    """One more phone of a customer, as given and in the forms by which it is found."""
    value = texts.required(raw, _("A phone"), 100)
    phone = parse_phone(value, regions)
    point = ContactPoint(
        customer_id=customer.id,
        scope_id=customer.scope_id,
        kind="phone",
        value=value,
        e164=phone.e164,
        digits=phone.digits or None,
        extension=phone.extension,
        is_primary=is_primary,
        made_at=now,
    )
    session.add(point)
    return point.id


def edit_customer(session: Session, customer_id: UUID, changes: Mapping[str, str]) -> None:
    """Change fields given as texts; an empty text clears a field. Raises Refused naming the field that is wrong."""
    customer = lookup.customer_of(session, customer_id)
    for field, text in changes.items():
        if field not in Customer.editable or field == "more":
            raise Refused(
                _("There is no field {field}; there are: {fields}.").format(
                    field=field, fields=", ".join(sorted(Customer.editable - {"more"}))
                ),
                field,
            )
        setattr(customer, field, _value(field, text))


def add_with_fields(
    session: Session, scope: int, fields: Mapping[str, str], now: datetime, regions: Sequence[str]
) -> UUID:
    """A new customer in one step: name, phone and e-mail, and whatever else is known already."""
    known = {name: text for name, text in fields.items() if text}
    phone, email = known.pop("phone", None), known.pop("email", None)
    name = known.pop("name", "")
    customer_id = add_customer(session, scope, name, [phone] if phone else [], now, regions, [email] if email else [])
    edit_customer(session, customer_id, known)
    return customer_id


def edit_as(session: Session, customer_id: UUID, changes: Mapping[str, str], role: str) -> None:
    """Change fields as somebody of this role. Raises Refused naming the field that is wrong or not theirs to change."""
    may_lift(session, customer_id, changes, role)
    edit_customer(session, customer_id, changes)


def _value(field: str, text: str) -> Any:
    column, called = Customer.__table__.columns[field], record_words.field_words(field)
    if isinstance(column.type, Boolean):
        said = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False, "": False}.get(
            text.lower()
        )
        if said is None:
            raise Refused(_("{field} is yes or no.").format(field=called), field)
        return said
    if isinstance(column.type, UtcTime):
        return texts.instant(text, called, field) if text else None
    if field == "name":
        return texts.required(text, _("A name"), field=field)
    if field == "time_zone" and text:
        check_zone(text)
    if field == "kind" and text not in KINDS:
        raise Refused(_("{field} is one of: {values}.").format(field=called, values=", ".join(KINDS)), field)
    return texts.optional(text, called, Customer.limits.get(field, TEXT_LIMIT), field) or None


def check_zone(name: str) -> None:
    """Raises Refused for what is no time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Refused(
            _("There is no time zone {zone}; write it as Asia/Tashkent.").format(zone=name), "time_zone"
        ) from error


def may_lift(session: Session, customer_id: UUID, changes: Mapping[str, str], role: str) -> None:
    """Raises Refused when these changes lift do-not-contact and this role may not: central would refuse them too."""
    customer = lookup.customer_of(session, customer_id)
    is_lifted = customer.do_not_contact and "do_not_contact" in changes and not changes["do_not_contact"]
    if is_lifted and role not in MAY_LIFT:
        raise Refused(_("Only a senior or supervisor may lift do-not-contact."), "do_not_contact")


def add_point(
    session: Session, customer_id: UUID, kind: str, value: str, label: str, now: datetime, regions: Sequence[str]
) -> UUID:
    """One more way to reach a customer. Raises Refused for a blank value or an unknown kind."""
    customer = lookup.customer_of(session, customer_id)
    if kind not in POINT_KINDS:
        raise Refused(_("{field} is one of: {values}.").format(field="kind", values=", ".join(POINT_KINDS)), "kind")
    if kind == "phone":
        point_id = add_phone(session, customer, value, now, regions)
        point = session.get(ContactPoint, point_id)
    else:
        point = ContactPoint(
            customer_id=customer.id, scope_id=customer.scope_id, kind=kind,
            value=texts.required(value, _("The contact point")), made_at=now,
        )  # fmt: skip
        session.add(point)
    assert point is not None, "just added"
    point.label = texts.optional(label, record_words.field_words("label"), field="label") or None
    return point.id


def mark_point(session: Session, point_id: UUID, fields: Mapping[str, Any], regions: Sequence[str]) -> None:
    """Change a contact point: value, label, status, way_through, do_not_use, is_primary. A corrected phone is found by
    its new digits; another main one ceases to be it."""
    point = session.get(ContactPoint, point_id)
    if point is None:
        raise NotFound(_("This contact point is not on this PC."))
    if fields.get("status", STATUSES[0]) not in STATUSES:
        raise Refused(_("{field} is one of: {values}.").format(field="status", values=", ".join(STATUSES)), "status")
    for name in fields.keys() & {"status", "do_not_use", "is_primary"}:
        setattr(point, name, fields[name])
    for name in fields.keys() & {"label", "way_through"}:
        setattr(point, name, texts.optional(fields[name], record_words.field_words(name), field=name) or None)
    if "value" in fields:
        _correct_value(point, texts.required(fields["value"], _("The contact point")), regions)
    if fields.get("is_primary"):
        others = select(ContactPoint).where(
            ContactPoint.customer_id == point.customer_id, ContactPoint.is_primary, ContactPoint.id != point.id
        )
        for other in session.scalars(others):
            other.is_primary = False


def _correct_value(point: ContactPoint, value: str, regions: Sequence[str]) -> None:
    point.value = value
    if point.kind == "phone":
        phone = parse_phone(value, regions)
        point.e164, point.digits, point.extension = phone.e164, phone.digits or None, phone.extension


def contact_points_of(session: Session, customer_id: UUID) -> list[ContactPointLine]:
    """The ways to reach a customer, the primary one first."""
    return [ContactPointLine(*found) for found in session.execute(_POINTS, {"customer": customer_id})]


_POINTS = (
    select(
        ContactPoint.id, ContactPoint.kind, ContactPoint.value, ContactPoint.e164, ContactPoint.label,
        ContactPoint.is_primary, ContactPoint.status, ContactPoint.do_not_use, ContactPoint.way_through,
    )
    .where(ContactPoint.customer_id == bindparam("customer"))
    .order_by(ContactPoint.is_primary.desc(), ContactPoint.made_at, ContactPoint.id)
)  # fmt: skip


def names_of(session: Session, ids: Sequence[UUID]) -> dict[UUID, str]:
    """The names of these customers, as far as they are on this PC."""
    found: dict[UUID, str] = {}
    for start in range(0, len(ids), 500):
        query = select(Customer.id, Customer.name).where(Customer.id.in_(ids[start : start + 500]))
        found.update(session.execute(query).all())
    return found
