"""Presence: what each desk says of itself now, and the intervals it spent in each state."""

from alembic import op

revision = "0003"
down_revision = "0002"

# Plain tables beside the feed: figures are asked live, and a record a beat would drown what desks must pull. Logged, so
# that a read replica and a promoted standby have them.
PRESENCE = """
create table workstation.presence (
    device uuid not null, agent_id uuid not null references workstation.agent (id), state text not null, text text,
    since timestamptz not null, host text, program text, customer_id uuid,
    waiting integer not null default 0, undecided integer not null default 0,
    away_from timestamptz, away_until timestamptz, reaped_at timestamptz not null default '-infinity',
    seen_at timestamptz not null, primary key (device, agent_id)) with (fillfactor = 50);
create index presence_agent on workstation.presence (agent_id);
create table workstation.presence_interval (
    id uuid primary key, agent_id uuid not null references workstation.agent (id), device uuid not null,
    state text not null, text text, customer_id uuid, began_at timestamptz not null, ended_at timestamptz not null,
    noted_at timestamptz not null default clock_timestamp(), check (began_at <= ended_at));
create index presence_interval_agent on workstation.presence_interval (agent_id, began_at);
create index callback_open on workstation.callback (scope_id) where state = 'open';
"""


def upgrade() -> None:
    """Add the tables; functions and grants follow at every `admin init`."""
    op.execute(PRESENCE)
