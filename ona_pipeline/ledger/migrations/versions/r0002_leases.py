"""Who is at work on what, and an index to find subjects by what happened to them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """From the tables of revision 0001; no event is touched."""
    op.create_table(
        "ona_leases",
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("token", sa.String(32), nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("beat", sa.BigInteger, nullable=False),
        sa.Column("process", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("subject"),
    )
    op.create_index("ix_ona_events_kind", "ona_events", ["kind", "subject", "model", "at"])
