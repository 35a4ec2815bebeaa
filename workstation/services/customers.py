"""Customers and the ways to reach them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, select
from sqlalchemy.orm import Session

from workstation.errors import Refused
from workstation.keys import parse_phone
from workstation.language import _
from workstation.records import ContactPoint, Customer
from workstation.records.base import TEXT_LIMIT, UtcTime
from workstation.services import lookup, texts

KINDS = ("person", "organisation", "prospect")


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


def _value(field: str, text: str) -> Any:
    column = Customer.__table__.columns[field]
    if isinstance(column.type, Boolean):
        said = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False, "": False}.get(
            text.lower()
        )
        if said is None:
            raise Refused(_("{field} is yes or no.").format(field=field), field)
        return said
    if isinstance(column.type, UtcTime):
        return texts.instant(text, field) if text else None
    if field == "name":
        return texts.required(text, _("A name"))
    if field == "kind" and text not in KINDS:
        raise Refused(_("{field} is one of: {values}.").format(field=field, values=", ".join(KINDS)), field)
    return texts.optional(text, field, Customer.limits.get(field, TEXT_LIMIT)) or None


def contact_points_of(session: Session, customer_id: UUID) -> list[ContactPointLine]:
    """The ways to reach a customer, the primary one first."""
    query = select(ContactPoint).where(ContactPoint.customer_id == customer_id)
    return [
        ContactPointLine(p.id, p.kind, p.value, p.e164, p.label, p.is_primary, p.status, p.do_not_use)
        for p in session.scalars(query.order_by(ContactPoint.is_primary.desc(), ContactPoint.made_at, ContactPoint.id))
    ]


def names_of(session: Session, ids: Sequence[UUID]) -> dict[UUID, str]:
    """The names of these customers, as far as they are on this PC."""
    found: dict[UUID, str] = {}
    for start in range(0, len(ids), 500):
        query = select(Customer.id, Customer.name).where(Customer.id.in_(ids[start : start + 500]))
        found.update(session.execute(query).all())
    return found
