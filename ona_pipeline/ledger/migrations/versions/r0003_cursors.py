"""How far what copies from the ledger has come."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """From the tables of revision 0002; no event is touched."""
    op.create_table(
        "ona_cursors",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
