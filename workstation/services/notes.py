"""Notes an agent leaves on a customer."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from workstation.errors import NotFound
from workstation.language import _
from workstation.records import Note
from workstation.records.contacts import NOTE_LIMIT
from workstation.services import lookup, texts


def add_note(
    session: Session,
    customer_id: UUID,
    author: UUID,
    text: str,
    now: datetime,
    *,
    is_pinned: bool = False,
    contact_id: UUID | None = None,
    supersedes: UUID | None = None,
) -> UUID:
    """Keep a note, byte for byte. Raises Refused when it is blank or longer than 100,000 characters."""
    customer, scope = lookup.place_of(session, customer_id)
    note = Note(
        customer_id=customer,
        scope_id=scope,
        author_id=author,
        body=texts.required(text, _("A note"), NOTE_LIMIT),
        written_at=now,
        is_pinned=is_pinned,
        contact_id=contact_id,
        supersedes=supersedes,
    )
    session.add(note)
    return note.id


def correct_note(session: Session, note_id: UUID, author: UUID, text: str, now: datetime) -> UUID:
    """A new text that supersedes a note; the old one stays in the history."""
    old = _note(session, note_id)
    return add_note(
        session,
        old.customer_id,
        author,
        text,
        now,
        is_pinned=old.is_pinned,
        contact_id=old.contact_id,
        supersedes=old.id,
    )


def pin_note(session: Session, note_id: UUID, is_pinned: bool) -> None:
    """Keep a note in sight, or let it go."""
    _note(session, note_id).is_pinned = is_pinned


def delete_note(session: Session, note_id: UUID) -> None:
    """Leave a tombstone."""
    _note(session, note_id).is_deleted = True


def _note(session: Session, note_id: UUID) -> Note:
    found = session.get(Note, note_id)
    if found is None:
        raise NotFound(_("This note is not on this PC."))
    return found
