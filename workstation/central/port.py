"""What the workstation asks of central: the verbs of sync, and what they answer."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from workstation.records import Values


@dataclass(frozen=True, slots=True)
class DeskState:
    """What a desk tells central about itself at hello. `clock_offset_ms`: central's clock minus ours."""

    device: UUID
    host: str
    waiting: int
    refused: int
    clock_offset_ms: int | None


@dataclass(frozen=True, slots=True)
class Hello:
    """Central's answer to the first word of a desk.

    Attributes:
        epoch: cluster, timeline and epoch in one; another value = central is not the one of before.
        is_released: false after a restore on which `admin restored` was not run.
        last_n: the highest outbox number central applied for this device.
        horizon: every transaction below it is over; a fill begun now is followed by a pull from here.
        feed_floor: the feed is whole from this transaction number on.
        is_program_old: central wants a newer program than this one; it takes what this one has.
    """

    epoch: str
    is_released: bool
    last_n: int
    scopes: tuple[int, ...]
    agent: Values
    desk_secret: bytes
    server_time: datetime
    schema: str
    min_op_schema: int
    max_op_schema: int
    horizon: str
    feed_floor: int
    is_program_old: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """One change as it travels. `set` is {field: [old, new]} in wire values, `needs` a list of ids: both as JSON texts,
    passed on as they were saved. `made_at` is ISO 8601."""

    op_id: UUID
    n: int
    kind: str
    entity: str
    id: UUID
    set: str
    needs: str
    made_at: str
    op_schema: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What central did with one operation: applied, merged, conflict, duplicate, refused or held.

    `row` is the record's present state at central, where the status is not applied.
    """

    op_id: UUID
    n: int
    status: str
    version: int | None
    detail: Values = field(default_factory=dict)
    row: Values | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """A place in one scope's feed: after this transaction and entry."""

    xid: str
    seq: int


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the feed: `put` and `gone` by entity; `entries` 0 = nothing new; after the last one nothing is left
    below the horizon."""

    position: Position
    horizon: str
    entries: int
    is_last: bool
    put: dict[str, list[Values]]
    gone: dict[str, list[UUID]]


@dataclass(frozen=True, slots=True)
class Bucket:
    """One of 256 parts of an entity in a scope: how many records, and the sum of their hashes."""

    records: int
    sum: int


@dataclass(frozen=True, slots=True)
class Interval:
    """What a desk spent in one state; `working_offline` lies over the states. Times are UTC by the desk's clock."""

    id: UUID
    state: str
    text: str | None
    customer_id: UUID | None
    began_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class Presence:
    """What a desk says of itself now. Times are UTC by the desk's clock, which is `now`; central reckons with its own.

    `customer_id`: whom the contact is with; `waiting` and `undecided` count operations; at most 500 intervals.
    """

    device: UUID
    now: datetime
    state: str
    text: str | None
    since: datetime
    host: str
    customer_id: UUID | None
    waiting: int
    undecided: int
    intervals: tuple[Interval, ...] = ()


class LiveCentral(Protocol):
    """The live part: what is asked beside the sync, and waited for."""

    def search_customers(self, text: str, limit: int) -> list[Values]:
        """Customers by the beginning of a name or the last digits of a phone."""

    def fetch_customer(self, customer: UUID) -> dict[str, list[Values]]:
        """Everything about one customer, however old, by entity."""

    def beat(self, presence: Presence) -> datetime:
        """Tell what this desk does, and keep the intervals, each once; gives central's time."""

    def monitoring(self, zone: str) -> Values:
        """The figures of the caller's team, its day from midnight of `zone`; Refused for all but supervisors."""

    def reap(self) -> int:
        """End agents' sessions that hold the feed back for over 30 s; gives how many."""


class Central(LiveCentral, Protocol):
    """The central database. Every verb raises CentralOffline, LoginRefused, CentralReplaced or CentralRefused."""

    def hello(self, state: DeskState) -> Hello:
        """Say who we are; ends this device's older connections of the same purpose. QuotaReached for the hundred and
        first new device of an agent within a day."""

    def report(self, device: UUID, waiting: int, refused: int) -> None:
        """Tell what still waits on this desk after a sync."""

    def push(self, device: UUID, epoch: str, operations: list[Operation]) -> list[Answer]:
        """Apply at most 500 operations in order, each once; raises BatchFailed when one cannot be carried out."""

    def put_aside(self, device: UUID, operation: Operation, reason: str) -> None:
        """Keep a quarantined operation at central too; `reason` is JSON for its administrator. QuotaReached when it has
        many of this agent today."""

    def decided(self, device: UUID, epoch: str, numbers: dict[UUID, int]) -> list[Answer]:
        """Of these operations put aside, with their outbox numbers, those that were applied at central since; at most
        500."""

    def pull(self, epoch: str, scope: int, after: Position, horizon: str | None) -> Page:
        """The next page of a scope's feed below the horizon; without one, central names it."""

    def fill(self, epoch: str, scope: int, entity: str, after: Values | None, since: datetime) -> list[Values]:
        """The next page of a first fill; `after` is the last record of the page before (its id and history time)."""

    def rows(self, entity: str, ids: list[UUID]) -> list[Values]:
        """These records, as far as the agent may see them."""

    def digest(self, epoch: str, scope: int, entity: str, since: datetime) -> dict[int, Bucket]:
        """The buckets of an entity that are not empty."""

    def bucket(self, epoch: str, scope: int, entity: str, number: int, since: datetime) -> list[Values]:
        """All records of one bucket."""

    def close(self) -> None:
        """Hang up."""
