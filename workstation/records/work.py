"""What we owe: callbacks."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from workstation.records.base import AboutCustomer


class Callback(AboutCustomer, kw_only=True):
    """A call we owe a customer.

    The time is the wall clock in `zone` ("2026-11-23T10:00"); the instant is computed whenever it is needed, so that
    a change of the zone's rules moves it. Stored states: open, done, rescheduled, cancelled; due, overdue and missed
    are derived. An absent owner means the team.
    """

    __tablename__ = "callback"
    addable: ClassVar = True
    editable: ClassVar = frozenset(
        {"owner_id", "team_id", "state", "state_reason", "rescheduled_to", "closed_at", "contact_point_id", "priority",
         "reason", "wall_start", "window_minutes", "zone"}
    )  # fmt: skip
    required: ClassVar = frozenset({"wall_start", "zone"})
    limits: ClassVar = {"said": 10_000}
    author: ClassVar = "author_id"

    author_id: Mapped[UUID | None] = mapped_column(info={"of": "agent"})  # None: another system wrote it
    owner_id: Mapped[UUID | None] = mapped_column(default=None, info={"of": "agent"})
    team_id: Mapped[UUID | None] = mapped_column(default=None, info={"of": "team"})
    contact_point_id: Mapped[UUID | None] = mapped_column(default=None, info={"of": "contact_point"})
    source_contact_id: Mapped[UUID | None] = mapped_column(default=None, info={"of": "contact"})
    wall_start: Mapped[str]
    window_minutes: Mapped[int] = mapped_column(default=60)
    zone: Mapped[str]
    reason: Mapped[str | None] = mapped_column(default=None)
    said: Mapped[str | None] = mapped_column(default=None)
    made_by: Mapped[str] = mapped_column(default="we promised")
    priority: Mapped[str] = mapped_column(default="normal")
    state: Mapped[str] = mapped_column(default="open")
    state_reason: Mapped[str | None] = mapped_column(default=None)
    rescheduled_to: Mapped[UUID | None] = mapped_column(default=None)
    closed_at: Mapped[datetime | None] = mapped_column(default=None)
    made_at: Mapped[datetime]
