"""People, contacts and notes; the feed, what was applied and refused, devices and the catalogue."""

from alembic import op
from sqlalchemy import BigInteger, Column, Text

from workstation.central.schema.ground import (
    SCHEMA,
    customer_key,
    flags,
    flat,
    follows_its_customer,
    instant,
    pointer,
    synced_table,
    texts,
)

revision = "0001"
down_revision = None

# The bookkeeping of the sync: central's own, never synced.
BOOKS = """
create table workstation.meta (key text primary key, value text not null);
create table workstation.entity (
    name text primary key, addable boolean not null, about_customer boolean not null,
    author text, history_time text, position integer not null, defaults jsonb not null);
create table workstation.field (
    entity text not null references workstation.entity (name) on delete cascade, name text not null,
    may_add boolean not null, may_edit boolean not null, is_required boolean not null, max_chars integer,
    is_safer boolean not null, refers_to text, primary key (entity, name));
create table workstation.feed (
    scope_id bigint not null, xid xid8 not null default pg_current_xact_id(), seq bigint generated always as identity,
    entity text not null, entity_id uuid not null, version bigint not null, kind "char" not null,
    actor text not null, changed jsonb, at timestamptz not null default clock_timestamp(),
    primary key (scope_id, xid, seq));
create table workstation.feed_archive (
    archived_at timestamptz not null default now(), scope_id bigint, xid xid8, seq bigint, entity text, entity_id uuid,
    version bigint, kind "char", actor text, changed jsonb, at timestamptz);
create table workstation.op_applied (
    op_id uuid primary key, device uuid not null, n bigint not null, agent_id uuid not null, entity text not null,
    entity_id uuid not null, status text not null, version bigint, detail jsonb, at timestamptz not null default now());
create index op_applied_at on workstation.op_applied (at);
create table workstation.op_rejected (
    op_id text not null, status text not null, device uuid not null, n bigint, agent_id uuid not null,
    payload text not null, reason text not null, at timestamptz not null default now(), primary key (op_id, status));
create table workstation.device (
    device uuid not null, agent_id uuid not null, host text, program text, op_schema integer,
    desk_secret bytea not null, last_n bigint not null default 0, waiting integer not null default 0,
    refused integer not null default 0, clock_offset_ms bigint, made_at timestamptz not null default now(),
    seen_at timestamptz not null default now(), primary key (device, agent_id));
create table workstation.audit (
    at timestamptz not null default now(), actor text not null, verb text not null, detail jsonb not null);
"""


def upgrade() -> None:
    """Build the first floor."""
    op.execute(BOOKS)
    synced_table("scope", Column("number", BigInteger, nullable=False, unique=True), *texts("name", required=True))
    synced_table("team", Column("name", Text, nullable=False, unique=True))
    synced_table(
        "agent",
        Column("login", Text, nullable=False, unique=True),
        *texts("name", required=True),
        Column("role", Text, nullable=False, server_default="agent"),
        pointer("team_id", "team"),
        flat("scopes", "[1]"),
        Column("is_active", flags("x")[0].type, nullable=False, server_default="true"),
    )
    synced_table(
        "disposition",
        *texts("code", "label", required=True),
        Column("queue", Text, nullable=False, server_default="support"),
        Column("position", BigInteger, nullable=False, server_default="0"),
        *texts("uncallable", "retry_rule"),
        *flags("is_right_party", "closes_callback"),
        Column("is_active", flags("x")[0].type, nullable=False, server_default="true"),
    )
    _customers()
    _history()
    synced_table(
        "conflict",
        pointer("customer_id"),
        customer_key("conflict"),
        *texts("entity", "field", "kept", "lost", "before", required=True),
        pointer("entity_id", required=True),
        pointer("lost_by", "agent"),
        pointer("op_id"),
        instant("found_at"),
        *texts("resolution"),
        instant("resolved_at", required=False),
    )


def _customers() -> None:
    synced_table(
        "customer",
        *texts("name", required=True),
        Column("kind", Text, nullable=False, server_default="person"),
        *texts("language", "channel", "hours", "time_zone", "need"),
        *flags("is_vip", "is_staff", "is_conflict", "is_vulnerable", "consent_withdrawn"),
        *texts("do_not_contact", "do_not_contact_reason", "wish", "source", "external_id"),
        instant("do_not_contact_until", required=False),
        flat("more", "{}"),
        pointer("merged_into"),
        instant("made_at"),
        follows_its_customer(),
        scope=1,
    )
    op.execute("create index customer_name on workstation.customer (lower(name) text_pattern_ops)")
    op.execute("create index customer_external on workstation.customer (source, external_id)")
    synced_table(
        "contact_point",
        *texts("kind", "value", required=True),
        *texts("e164", "digits", "extension", "label", "way_through"),
        *flags("is_primary", "do_not_use"),
        Column("status", Text, nullable=False, server_default="unknown"),
        instant("made_at"),
        about_customer=True,
        scope=None,
    )
    op.execute("create index contact_point_digits on workstation.contact_point (reverse(digits) text_pattern_ops)")


def _history() -> None:
    synced_table(
        "contact",
        pointer("author_id", "agent"),
        *texts("channel", "direction", required=True),
        *texts("disposition", "phone"),
        pointer("contact_point_id", "contact_point"),
        pointer("callback_id"),
        instant("started_at"),
        instant("ended_at", required=False),
        instant("written_at"),
        about_customer=True,
        scope=None,
    )
    synced_table(
        "note",
        pointer("author_id", "agent"),
        *texts("body", required=True),
        pointer("contact_id", "contact"),
        pointer("supersedes"),
        *flags("is_pinned", "is_deleted"),
        instant("written_at"),
        about_customer=True,
        scope=None,
    )
    op.create_index("contact_time", "contact", ["scope_id", "started_at", "id"], schema=SCHEMA)
    op.create_index("note_time", "note", ["scope_id", "written_at", "id"], schema=SCHEMA)
