"""Callbacks: what we owe to whom, at their wall clock."""

from sqlalchemy import BigInteger, Column, Text

from workstation.central.schema.ground import instant, pointer, synced_table, texts

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the table; capture, grants and catalogue follow by themselves from the record class."""
    synced_table(
        "callback",
        pointer("author_id", "agent"),
        pointer("owner_id", "agent"),
        pointer("team_id", "team"),
        pointer("contact_point_id", "contact_point"),
        pointer("source_contact_id", "contact"),
        *texts("wall_start", "zone", required=True),
        Column("window_minutes", BigInteger, nullable=False, server_default="60"),
        *texts("reason", "said", "state_reason"),
        Column("made_by", Text, nullable=False, server_default="we promised"),
        Column("priority", Text, nullable=False, server_default="normal"),
        Column("state", Text, nullable=False, server_default="open"),
        pointer("rescheduled_to"),
        instant("closed_at", required=False),
        instant("made_at"),
        about_customer=True,
        scope=None,
    )
