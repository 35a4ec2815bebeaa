"""Who works here and whom we serve: scopes, teams, agents, customers and the ways to reach them."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from workstation.records.base import AboutCustomer, Bag, Numbers, Record


class Scope(Record, kw_only=True):
    """A set of customers that travel together; `number` is what every other record carries as scope_id."""

    __tablename__ = "scope"
    required: ClassVar = frozenset({"name", "number"})

    number: Mapped[int]
    name: Mapped[str]


class Team(Record, kw_only=True):
    """People with a supervisor; limits rights and figures, never which customers are seen."""

    __tablename__ = "team"
    required: ClassVar = frozenset({"name"})

    name: Mapped[str]


class Agent(Record, kw_only=True):
    """A person with a login at central. `role` is agent, senior, supervisor or admin."""

    __tablename__ = "agent"
    required: ClassVar = frozenset({"login", "name"})

    login: Mapped[str]
    name: Mapped[str]
    role: Mapped[str] = mapped_column(default="agent")
    team_id: Mapped[UUID | None] = mapped_column(default=None, info={"of": "team"})
    scopes: Mapped[Numbers] = mapped_column(default_factory=list, info={"empty": []})
    is_active: Mapped[bool] = mapped_column(default=True)


class Customer(Record, kw_only=True):
    """A person, organisation or prospect. `more` is what an import brought and no field of ours holds."""

    __tablename__ = "customer"
    __table_args__ = (Index("customer_source", "source", "external_id"),)
    addable: ClassVar = True
    editable: ClassVar = frozenset(
        {
            "name", "kind", "language", "channel", "hours", "time_zone", "need", "is_vip", "is_staff", "is_conflict",
            "is_vulnerable", "consent_withdrawn", "do_not_contact", "do_not_contact_until", "do_not_contact_reason",
            "wish", "more",
        }
    )  # fmt: skip
    required: ClassVar = frozenset({"name"})
    limits: ClassVar = {"wish": 10_000, "more": 100_000}
    safer: ClassVar = frozenset({"do_not_contact", "is_vulnerable", "consent_withdrawn"})

    name: Mapped[str] = mapped_column(index=True)  # imports look for the very same name
    kind: Mapped[str] = mapped_column(default="person")
    language: Mapped[str | None] = mapped_column(default=None)
    channel: Mapped[str | None] = mapped_column(default=None)
    hours: Mapped[str | None] = mapped_column(default=None)
    time_zone: Mapped[str | None] = mapped_column(default=None)
    need: Mapped[str | None] = mapped_column(default=None)
    is_vip: Mapped[bool] = mapped_column(default=False)
    is_staff: Mapped[bool] = mapped_column(default=False)
    is_conflict: Mapped[bool] = mapped_column(default=False)
    is_vulnerable: Mapped[bool] = mapped_column(default=False)
    consent_withdrawn: Mapped[bool] = mapped_column(default=False)
    do_not_contact: Mapped[str | None] = mapped_column(default=None)
    do_not_contact_until: Mapped[datetime | None] = mapped_column(default=None)
    do_not_contact_reason: Mapped[str | None] = mapped_column(default=None)
    wish: Mapped[str | None] = mapped_column(default=None)
    source: Mapped[str | None] = mapped_column(default=None)
    external_id: Mapped[str | None] = mapped_column(default=None)
    more: Mapped[Bag] = mapped_column(default_factory=dict)
    merged_into: Mapped[UUID | None] = mapped_column(default=None)
    made_at: Mapped[datetime]

    def about(self) -> UUID | None:
        return self.id


class ContactPoint(AboutCustomer, kw_only=True):
    """One way to reach a customer. `value` is as given; `e164` and `digits` only for phones (digits: 0-9, with
    the country code where it is known)."""

    __tablename__ = "contact_point"
    addable: ClassVar = True
    editable: ClassVar = frozenset(
        {"kind", "value", "e164", "digits", "extension", "label", "is_primary", "status", "way_through", "do_not_use"}
    )
    required: ClassVar = frozenset({"kind", "value"})

    kind: Mapped[str]
    value: Mapped[str]
    e164: Mapped[str | None] = mapped_column(default=None)
    digits: Mapped[str | None] = mapped_column(default=None, index=True)
    extension: Mapped[str | None] = mapped_column(default=None)
    label: Mapped[str | None] = mapped_column(default=None)
    is_primary: Mapped[bool] = mapped_column(default=False)
    status: Mapped[str] = mapped_column(default="unknown")
    way_through: Mapped[str | None] = mapped_column(default=None)
    do_not_use: Mapped[bool] = mapped_column(default=False)
    made_at: Mapped[datetime]
