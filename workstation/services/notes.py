"""Notes an agent leaves on a customer."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from workstation.errors import NotFound
from workstation.language import _
from workstation.records import Agent, Note
from workstation.records.contacts import NOTE_LIMIT
from workstation.services import lookup, texts


@dataclass(frozen=True, slots=True)
class NoteVersion:
    """One text a note had; `author` is a name, None for another system. `at` is UTC."""

    at: datetime
    author: str | None
    text: str


@dataclass(frozen=True, slots=True)
class NoteCard:
    """A note whole: its newest text, and the ones it took the place of, newest first."""

    id: UUID
    customer_id: UUID
    text: str
    before: tuple[NoteVersion, ...]


def note_card(session: Session, note_id: UUID) -> NoteCard:
    """The note whose newest version this is. Raises NotFound."""
    newest = _note(session, note_id)
    before: list[NoteVersion] = []
    seen, older = {newest.id}, session.get(Note, newest.supersedes) if newest.supersedes else None
    while older is not None and older.id not in seen:
        seen.add(older.id)
        author = session.get(Agent, older.author_id) if older.author_id else None
        before.append(NoteVersion(older.written_at, author.name if author else None, older.body))
        older = session.get(Note, older.supersedes) if older.supersedes else None
    return NoteCard(newest.id, newest.customer_id, newest.body, tuple(before))


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


def restore_note(session: Session, note_id: UUID) -> None:
    """Take a deletion back."""
    _note(session, note_id).is_deleted = False


def _note(session: Session, note_id: UUID) -> Note:
    found = session.get(Note, note_id)
    if found is None:
        raise NotFound(_("This note is not on this PC."))
    return found
