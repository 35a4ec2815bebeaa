"""What was saved on the PCs of a fault test, and what must have become of it, apart from the program's own books."""

from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from tests.faults.pc import Pc
from workstation.records import OutboxEntry


class Books(Protocol):
    """What the ledger asks of central."""

    def has(self, entity: str, record_id: UUID) -> bool: ...
    def applied(self, op_id: UUID) -> bool: ...


@dataclass
class Saved:
    """A record an agent added. `texts`: what its body may say; `backed`: its operation is in the outbox of its PC."""

    pc: Pc
    at: int
    entity: str
    id: UUID
    customer: UUID
    op_id: UUID
    texts: set[str] = field(default_factory=set)
    backed: bool = True

    def is_at(self, central: Books) -> bool:
        return central.has(self.entity, self.id)


@dataclass
class Edit:
    """A field an agent changed, from what the agent saw to a value nobody else writes."""

    pc: Pc
    at: int
    customer: UUID
    field: str
    old: Any
    new: Any
    op_id: UUID
    backed: bool = True

    def is_at(self, central: Books) -> bool:
        return central.applied(self.op_id)


class Ledger:
    """Everything saved and not legitimately lost. `customers` are all that ever were, in order, for choosing one."""

    def __init__(self) -> None:
        self.count = 0
        self.customers: list[UUID] = []
        self.saved: list[Saved] = []
        self.edits: list[Edit] = []
        self.external: list[tuple[UUID, str, Any, Any]] = []  # (customer, field, old, new) by plain SQL

    def next(self) -> int:
        """One more thing is saved; also makes every text and value of a test its own."""
        self.count += 1
        return self.count

    def customer(self, number: int) -> UUID:
        return self.customers[number % len(self.customers)]

    def met(self, customer: UUID) -> None:
        if customer not in self.customers:
            self.customers.append(customer)

    def note_new(self, pc: Pc, at: int, known: set[UUID], texts: set[str]) -> None:
        """Write down what was saved on this PC beyond the `known` operations: records added, fields changed."""
        for entry in pc.operations():
            if entry.op_id in known:
                continue
            if entry.kind == "add":
                customer = entry.customer_id or entry.entity_id
                self.saved.append(Saved(pc, at, entry.entity, entry.entity_id, customer, entry.op_id, texts))
                if entry.entity == "customer":
                    self.met(entry.entity_id)
                continue
            for name, (old, new) in entry.set.items():
                if entry.entity == "customer":
                    self.edits.append(Edit(pc, at, entry.entity_id, name, old, new, entry.op_id))

    def sent_again(self, old: UUID, pc: Pc) -> None:
        """A refused operation got a new id; its records and fields are the same."""
        known = {one.op_id for one in (*self.saved, *self.edits)} - {old}
        for one in (*self.saved, *self.edits):
            if one.op_id == old and one.pc is pc:
                (one.op_id,) = [e.op_id for e in pc.operations() if e.op_id not in known and _is_of(e, one)][:1] or [
                    old
                ]

    def forget_after(self, pc: Pc, at: int, central: Books) -> None:
        """An older file of this PC was put back: of what was saved after it only what central has is left."""
        for one in (*self.saved, *self.edits):
            if one.pc is pc and one.at > at:
                one.backed = False
        self.forget_unbacked(central)

    def forget_unbacked(self, central: Books) -> None:
        """What is neither in an outbox nor at central is gone, and nobody can be blamed."""
        self.saved = [one for one in self.saved if one.backed or one.is_at(central)]
        self.edits = [one for one in self.edits if one.backed or one.is_at(central)]


def _is_of(entry: OutboxEntry, one: Saved | Edit) -> bool:
    if isinstance(one, Saved):
        return entry.kind == "add" and entry.entity_id == one.id
    return entry.kind == "edit" and entry.entity_id == one.customer and entry.set.get(one.field) == [one.old, one.new]
