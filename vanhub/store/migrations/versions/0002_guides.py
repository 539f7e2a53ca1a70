"""What guides found, and deliveries that are held for it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

MAY_EXPIRE = sa.text("state IN ('available', 'quarantined', 'held')")
NONE, EMPTY = sa.text("0"), sa.text("''")


def upgrade() -> None:
    for table, column in (
        ("interchange", sa.Column("guide_faults_total", sa.Integer(), nullable=False, server_default=NONE, comment="all faults found by guides, warnings included")),
        ("interchange", sa.Column("guide_faults", sa.Text(), nullable=False, server_default=sa.text("'[]'"), comment="the faults of guides listed, in order")),
        ("message", sa.Column("guide", sa.Text(), nullable=False, server_default=EMPTY, comment="the guide that it was held against, else empty")),
        ("message", sa.Column("guide_faults", sa.Integer(), nullable=False, server_default=NONE, comment="faults that this found, warnings left out")),
        ("message", sa.Column("disposition", sa.Text(), comment="what became of it for its guide: delivered, held or refused; null: it breaks none")),
        ("delivery", sa.Column("guide_faults", sa.Integer(), nullable=False, server_default=NONE, comment="faults of guides in its messages, warnings left out")),
        ("delivery", sa.Column("held_with", sa.Text(), nullable=False, server_default=EMPTY, comment="the held delivery whose messages it copies, else empty")),
    ):
        op.add_column(table, column)
    op.drop_index("ix_delivery_expiry", "delivery")
    op.create_index("ix_delivery_expiry", "delivery", ["expires_at"], unique=False, sqlite_where=MAY_EXPIRE, postgresql_where=MAY_EXPIRE)
