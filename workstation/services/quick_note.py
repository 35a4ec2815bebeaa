"""The quick note: contact, note and next callback of one talk, kept together or not at all, and its draft gone."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from workstation.errors import Refused
from workstation.language import _
from workstation.records import Disposition
from workstation.services import callbacks, contacts, drafts, notes
from workstation.services.callback_rules import CallbackForm
from workstation.services.contacts import ContactForm


@dataclass(frozen=True, slots=True)
class QuickNoteForm:
    """What an agent wrote of one talk. Without a channel it is a plain note; `next_step` is the callback, if any."""

    text: str
    channel: str | None = None
    direction: str = "in"
    phone: str | None = None
    disposition: str | None = None
    started_at: datetime | None = None
    next_step: CallbackForm | None = None


@dataclass(frozen=True, slots=True)
class DispositionLine:
    """One outcome that can be chosen."""

    code: str
    label: str
    queue: str


def save_quick_note(
    session: Session, customer_id: UUID, author: UUID, form: QuickNoteForm, now: datetime, regions: tuple[str, ...]
) -> None:
    """Keep all of it in one transaction; the draft goes with it. Raises Refused, and then nothing is kept but the
    draft."""
    text = form.text if form.text.strip() else None
    if form.channel is None:
        if form.disposition is not None:
            raise Refused(_("An outcome belongs to a contact: choose how you were in touch."), "channel")
        if text is None and form.next_step is None:
            raise Refused(_("There is nothing to save yet."), "text")
        if text is not None:
            notes.add_note(session, customer_id, author, text, now)
    else:
        if form.disposition is None:
            raise Refused(_("Choose the outcome of this contact."), "disposition")
        started = min(form.started_at or now, now)
        said = ContactForm(form.channel, form.direction, form.disposition, started, now, text, form.phone)
        contacts.log_contact(session, customer_id, author, said, now, regions)
    if form.next_step is not None:
        callbacks.add_callback(session, customer_id, author, form.next_step, now, regions[0])
    drafts.discard_draft(session, drafts.QUICK_NOTE, customer_id)


def dispositions_of(session: Session) -> list[DispositionLine]:
    """The outcomes in force, in their order; those of one queue together."""
    query = select(Disposition).where(Disposition.is_active).order_by(Disposition.queue.desc(), Disposition.position)
    return [DispositionLine(d.code, d.label, d.queue) for d in session.scalars(query)]
