"""The quick note: contact, note and next callback of one talk, kept together or not at all, and its draft gone."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from workstation.errors import Refused
from workstation.language import _
from workstation.records import Callback, Disposition, Values
from workstation.services import callbacks, contacts, drafts, notes, outcome_words
from workstation.services.callback_rules import CallbackForm
from workstation.services.callbacks import CallbackLine
from workstation.services.contacts import ContactForm

EARLY = timedelta(minutes=30)  # a promised call made this much before its time is that call
UNMEANT = "third party"  # a call to somebody else about the customer is not the call that was promised


@dataclass(frozen=True, slots=True)
class QuickNoteForm:
    """What an agent wrote of one talk. Without a channel it is a plain note; `next_step` is the callback, if any.

    `ended_at`: the timer was stopped then; None: the talk ends with the save.
    """

    text: str
    channel: str | None = None
    direction: str = "in"
    phone: str | None = None
    disposition: str | None = None
    started_at: datetime | None = None
    next_step: CallbackForm | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DispositionLine:
    """One outcome that can be chosen."""

    code: str
    label: str
    queue: str
    closes_callback: bool = False


def save_quick_note(
    session: Session, customer_id: UUID, author: UUID, form: QuickNoteForm, now: datetime, regions: tuple[str, ...]
) -> UUID | None:
    """Keep all of it in one transaction; the draft goes with it. Raises Refused, and then nothing is kept but the
    draft. Gives the id of a note that stands alone: that one can be taken back.

    A call to the customer answers the callback that is owed: the outcome closes it, or the next step becomes its new
    time; else it stays open (product.md 3.6).
    """
    text, note = (form.text if form.text.strip() else None), None
    if form.channel is None:
        if form.disposition is not None:
            raise Refused(_("An outcome belongs to a contact: choose how you were in touch."), "channel")
        if text is None and form.next_step is None:
            raise Refused(_("There is nothing to save yet."), "text")
        if text is not None:
            note = notes.add_note(session, customer_id, author, text, now)
    else:
        if form.disposition is None:
            raise Refused(_("Choose the outcome of this contact."), "disposition")
        ended = min(form.ended_at or now, now)
        started = min(form.started_at or ended, ended)
        owed = owed_to(session, customer_id, author, now) if answers_promise(form.channel, form.direction) else None
        answered = owed.id if owed is not None else None
        said = ContactForm(form.channel, form.direction, form.disposition, started, ended, text, form.phone, answered)
        contacts.log_contact(session, customer_id, author, said, now, regions)
        if owed is not None and _answer(session, owed, author, form, now, regions[0]):
            drafts.discard_draft(session, drafts.QUICK_NOTE, customer_id)
            return None
    if form.next_step is not None:
        callbacks.add_callback(session, customer_id, author, form.next_step, now, regions[0])
    drafts.discard_draft(session, drafts.QUICK_NOTE, customer_id)
    return note if form.next_step is None else None


def take_back(session: Session, customer_id: UUID, note_id: UUID, values: Values, now: datetime) -> None:
    """Undo the save of a note that stands alone: it is deleted, and what was written is a draft again."""
    notes.delete_note(session, note_id)
    if drafts.draft_of(session, drafts.QUICK_NOTE, customer_id) is None:
        drafts.keep_draft(session, drafts.QUICK_NOTE, customer_id, values, now)


def answers_promise(channel: str | None, direction: str) -> bool:
    """Whether such a contact is the call we owed."""
    return channel not in (None, "", UNMEANT) and direction == "out"


def owed_to(session: Session, customer_id: UUID, me: UUID, now: datetime) -> CallbackLine | None:
    """The callback this agent makes by calling the customer now: the oldest whose time has come, or nearly, that is
    theirs or free to be taken."""
    lines = callbacks.open_lines(session, now, Callback.customer_id == customer_id)
    near = (line for line in lines if line.due_at <= now + EARLY)
    mine = (line for line in near if line.owner_id in (None, me) or line.is_released)
    return min(mine, key=lambda line: (line.owner_id != me, line.due_at, line.id), default=None)


def _answer(session: Session, owed: CallbackLine, me: UUID, form: QuickNoteForm, now: datetime, region: str) -> bool:
    """The owed callback was made; says whether the next step went into its new time."""
    if owed.owner_id not in (None, me):
        callbacks.take(session, owed.id, me, now)
    if callbacks.settle_by_outcome(session, owed.id, form.disposition, now) or form.next_step is None:
        return False
    callbacks.replace(session, owed.id, me, form.next_step, now, region)
    return True


def dispositions_of(session: Session) -> list[DispositionLine]:
    """The outcomes in force, in their order; those of one queue together."""
    query = select(Disposition).where(Disposition.is_active).order_by(Disposition.queue.desc(), Disposition.position)
    return [
        DispositionLine(d.code, outcome_words.in_words(d.label), d.queue, d.closes_callback)
        for d in session.scalars(query)
    ]
