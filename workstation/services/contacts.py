"""Contacts: what happened with a customer, logged once, when it is over."""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from workstation.errors import Refused
from workstation.keys import parse_phone
from workstation.language import _
from workstation.records import Contact, ContactPoint, Disposition
from workstation.services import lookup, notes, texts


@dataclass(frozen=True, slots=True)
class ContactForm:
    """What an agent says of a contact. Times are UTC; `phone` is the number that was used, as given; `callback_id` the
    callback it answers."""

    channel: str
    direction: str
    disposition: str | None
    started_at: datetime
    ended_at: datetime | None
    note: str | None = None
    phone: str | None = None
    callback_id: UUID | None = None


def log_contact(
    session: Session, customer_id: UUID, author: UUID, form: ContactForm, now: datetime, regions: tuple[str, ...]
) -> UUID:
    """Keep a contact and its note. Raises Refused for an unknown disposition or an end before the start."""
    customer = lookup.customer_of(session, customer_id)
    if form.direction not in ("in", "out"):
        raise Refused(_("The direction is in or out."), "direction")
    if form.ended_at is not None and form.ended_at < form.started_at:
        raise Refused(_("The contact ends before it starts."), "ended")
    contact = Contact(
        customer_id=customer.id,
        scope_id=customer.scope_id,
        author_id=author,
        channel=texts.required(form.channel, _("The channel"), 40),
        direction=form.direction,
        disposition=disposition_of(session, form.disposition),
        contact_point_id=_point_of(session, customer.id, form.phone, regions),
        phone=texts.optional(form.phone, _("The phone"), 100),
        callback_id=form.callback_id,
        started_at=form.started_at,
        ended_at=form.ended_at,
        written_at=now,
    )
    session.add(contact)
    if form.note is not None:
        notes.add_note(session, customer.id, author, form.note, now, contact_id=contact.id)
    return contact.id


def disposition_of(session: Session, said: str | None) -> str | None:
    """The code of a disposition given by its code or label, in any spelling. Raises Refused naming the known ones."""
    if said is None:
        return None
    known = {
        d.code: d.label
        for d in session.scalars(select(Disposition).where(Disposition.is_active).order_by(Disposition.position))
    }
    wanted = _plain(said)
    for code, label in known.items():
        if wanted in (_plain(code), _plain(label)):
            return code
    if not known:  # a PC that has not read the list yet keeps what was said
        return texts.required(said, _("The disposition"), 100)
    raise Refused(
        _("There is no disposition {said}; there are: {codes}.").format(said=said, codes=", ".join(known)),
        "disposition",
    )


def _plain(text: str) -> str:
    return re.sub(r"\W+", "_", text.casefold()).strip("_")


def _point_of(session: Session, customer_id: UUID, phone: str | None, regions: tuple[str, ...]) -> UUID | None:
    if not phone:
        return None
    digits = parse_phone(phone, regions).digits
    query = select(ContactPoint.id).where(ContactPoint.customer_id == customer_id, ContactPoint.digits == digits)
    return session.scalars(query.limit(1)).first() if digits else None
