"""What happened with a customer: contacts, notes, and the outcomes they can have."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from workstation.records.base import AboutCustomer, Record

NOTE_LIMIT = 100_000  # characters


class Disposition(Record, kw_only=True):
    """An outcome a contact can have, and what it does next."""

    __tablename__ = "disposition"
    required: ClassVar = frozenset({"code", "label"})

    code: Mapped[str]
    label: Mapped[str]
    queue: Mapped[str] = mapped_column(default="support")
    position: Mapped[int] = mapped_column(default=0)
    uncallable: Mapped[str | None] = mapped_column(default=None)  # "number", "person" or nothing
    is_right_party: Mapped[bool] = mapped_column(default=False)
    closes_callback: Mapped[bool] = mapped_column(default=False)
    retry_rule: Mapped[str | None] = mapped_column(default=None)
    is_active: Mapped[bool] = mapped_column(default=True)


class Contact(AboutCustomer, kw_only=True):
    """One interaction with a customer, inserted once, at its wrap-up."""

    __tablename__ = "contact"
    addable: ClassVar = True
    required: ClassVar = frozenset({"channel", "direction"})
    author: ClassVar = "author_id"
    history_time: ClassVar = "started_at"

    author_id: Mapped[UUID | None] = mapped_column(info={"of": "agent"})  # None: another system wrote it
    channel: Mapped[str]
    direction: Mapped[str]
    disposition: Mapped[str | None] = mapped_column(default=None)
    contact_point_id: Mapped[UUID | None] = mapped_column(default=None, info={"of": "contact_point"})
    phone: Mapped[str | None] = mapped_column(default=None)
    callback_id: Mapped[UUID | None] = mapped_column(default=None)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    written_at: Mapped[datetime]


class Note(AboutCustomer, kw_only=True):
    """What an agent wrote. Never changed: a new text supersedes the old one, a deletion leaves a tombstone."""

    __tablename__ = "note"
    addable: ClassVar = True
    editable: ClassVar = frozenset({"is_pinned", "is_deleted"})
    required: ClassVar = frozenset({"body"})
    limits: ClassVar = {"body": NOTE_LIMIT}
    author: ClassVar = "author_id"
    history_time: ClassVar = "written_at"

    author_id: Mapped[UUID | None] = mapped_column(info={"of": "agent"})  # None: another system wrote it
    body: Mapped[str]
    contact_id: Mapped[UUID | None] = mapped_column(default=None, info={"of": "contact"})
    supersedes: Mapped[UUID | None] = mapped_column(default=None)
    is_pinned: Mapped[bool] = mapped_column(default=False)
    is_deleted: Mapped[bool] = mapped_column(default=False)
    written_at: Mapped[datetime]
