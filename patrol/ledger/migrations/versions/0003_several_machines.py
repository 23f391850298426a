"""Several processes and machines on one ledger: who works on whose queue, shares of a site, pauses, the writers' marks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "writer_marks",
        sa.Column("writer", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("writer", name=op.f("pk_writer_marks")),
    )
    op.create_table(
        "site_shares",
        sa.Column("site", sa.String(length=255), nullable=False),
        sa.Column("owner", sa.String(length=300), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("wanting", sa.Boolean(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("site", "owner", name=op.f("pk_site_shares")),
    )
    op.create_table(
        "facts",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_facts")),
    )
    op.add_column("site_slots", sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("runs", sa.Column("place", sa.String(length=36), nullable=True))
    op.add_column("runs", sa.Column("joins", sa.String(length=36), nullable=True))
    op.add_column("runs", sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_runs_joins"), "runs", ["joins"], unique=False)
