"""What became of operations central could not carry out, and since when work waits on a desk."""

from alembic import op

revision = "0004"
down_revision = "0003"

DECISIONS = """
alter table workstation.op_rejected add column decided text, add column decided_at timestamptz,
    add column decided_by text, add column decided_why text;
create index op_rejected_undecided on workstation.op_rejected (at) where status = 'quarantined' and decided is null;
alter table workstation.device add column waiting_since timestamptz, add column refused_since timestamptz;
alter table workstation.presence add column waiting_since timestamptz, add column refused_since timestamptz;
"""


def upgrade() -> None:
    """Add the columns; the functions that use them follow at every `admin init`."""
    op.execute(DECISIONS)
