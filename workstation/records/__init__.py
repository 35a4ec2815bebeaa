"""The tables, shared by both sides: one class per thing the business talks about."""

from workstation.records.base import AboutCustomer, Base, Record, Values
from workstation.records.contacts import Contact, Disposition, Note
from workstation.records.people import Agent, ContactPoint, Customer, Scope, Team
from workstation.records.sync import Conflict, Cursor, Draft, Meta, OutboxEntry, Underlay
from workstation.records.work import Callback

# In the order in which a first fill brings them: what everyone needs, what we owe, whom we serve, what happened.
RECORDS: tuple[type[Record], ...] = (
    Scope, Team, Agent, Disposition, Callback, Customer, ContactPoint, Conflict, Contact, Note,
)  # fmt: skip
KINDS: dict[str, type[Record]] = {record.__tablename__: record for record in RECORDS}

__all__ = [
    "KINDS", "RECORDS", "AboutCustomer", "Agent", "Base", "Callback", "Conflict", "Contact", "ContactPoint", "Cursor",
    "Customer", "Disposition", "Draft", "Meta", "Note", "OutboxEntry", "Record", "Scope", "Team", "Underlay", "Values",
]  # fmt: skip
