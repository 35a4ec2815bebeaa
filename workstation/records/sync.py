"""What syncing itself must remember: conflicts (shared), and this PC's outbox, underlay, cursors and drafts."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from workstation.records.base import Base, Record, Texts, Values


class Conflict(Record, kw_only=True):
    """Two agents changed one field: `kept` is central's value, `lost` the other one, `before` what both started from.

    The three are JSON texts of one value each. Written by central; resolved by an ordinary operation.
    """

    __tablename__ = "conflict"
    editable: ClassVar = frozenset({"resolution", "resolved_at"})

    customer_id: Mapped[UUID | None] = mapped_column(default=None, index=True)
    entity: Mapped[str]
    entity_id: Mapped[UUID]
    field: Mapped[str]
    kept: Mapped[str]
    lost: Mapped[str]
    before: Mapped[str]
    lost_by: Mapped[UUID | None] = mapped_column(default=None, info={"of": "agent"})
    op_id: Mapped[UUID | None] = mapped_column(default=None)
    found_at: Mapped[datetime]
    resolution: Mapped[str | None] = mapped_column(default=None)  # "kept" or "lost": whose value was chosen
    resolved_at: Mapped[datetime | None] = mapped_column(default=None)

    def about(self) -> UUID | None:
        return self.customer_id


class OutboxEntry(Base, kw_only=True):
    """One operation of this PC, from the save until long after central has it.

    State: waiting → sent → acknowledged → settled, or held, refused, quarantined, discarded (sync.md §1.1, §3).
    Entries of one save carry the same `save`. `set` is {field: [old, new]}, in wire values.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index("outbox_operation", "op_id"),
        Index("outbox_record", "entity_id"),
        Index("outbox_state", "state", "n"),
        {"sqlite_autoincrement": True},
    )

    n: Mapped[int] = mapped_column(primary_key=True, init=False)
    op_id: Mapped[UUID]
    save: Mapped[UUID]
    kind: Mapped[str]  # add or edit
    entity: Mapped[str]
    entity_id: Mapped[UUID]
    customer_id: Mapped[UUID | None] = mapped_column(default=None)
    set: Mapped[Values]
    needs: Mapped[Texts]
    made_at: Mapped[datetime]
    op_schema: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(default="waiting")
    reason: Mapped[str | None] = mapped_column(default=None)
    lost: Mapped[Texts] = mapped_column(default_factory=list)
    version: Mapped[int | None] = mapped_column(default=None)
    acknowledged_at: Mapped[datetime | None] = mapped_column(default=None)


class Underlay(Base, kw_only=True):
    """A record exactly as central last sent it, kept while operations lie on top; no body = central has none."""

    __tablename__ = "underlay"
    __table_args__ = ({"sqlite_with_rowid": False},)  # one tree less to write in every save

    entity: Mapped[str] = mapped_column(primary_key=True)
    entity_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=0)
    body: Mapped[str | None] = mapped_column(Text, default=None)


class Cursor(Base, kw_only=True):
    """How far this PC has read one scope's feed, and where its first fill stands.

    `xid` and `seq` are the last feed entry read; `fill_entity` and `fill_key` the resume point of a fill that is
    not finished ("" = finished).
    """

    __tablename__ = "cursor"

    scope_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    epoch: Mapped[str]
    schema: Mapped[str]
    xid: Mapped[str]
    seq: Mapped[int]
    fill_entity: Mapped[str] = mapped_column(default="")
    fill_key: Mapped[str] = mapped_column(default="")


class Draft(Base, kw_only=True):
    """What an agent is still writing: bound to its customer at the first keystroke, gone only on save or discard.

    Of the kinds that are `passing` nothing is lost with the replica: they only tell what somebody has looked at.
    """

    __tablename__ = "draft"
    passing: ClassVar = frozenset({"looked"})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    customer_id: Mapped[UUID | None] = mapped_column(default=None, index=True)
    values: Mapped[Values]
    changed_at: Mapped[datetime]


class Meta(Base, kw_only=True):
    """One fact about this replica: device, last good hello, offset of the clock, and the like."""

    __tablename__ = "meta"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
