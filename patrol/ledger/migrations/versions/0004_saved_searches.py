"""Saved searches, what the alerting ones found, and the listings that they have yet to be asked about."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "saved_searches",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("filters", sa.Text(), nullable=False),
        sa.Column("order", sa.String(length=20), nullable=False),
        sa.Column("alerts", sa.Boolean(), nullable=False),
        sa.Column("swept", sa.Boolean(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_saved_searches_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_searches")),
        sa.UniqueConstraint("person_id", "name", name=op.f("uq_saved_searches_person_id_name")),
    )
    op.create_index(op.f("ix_saved_searches_alerts"), "saved_searches", ["alerts"], unique=False)
    op.create_table(
        "search_matches",
        sa.Column("search_id", sa.String(length=36), nullable=False),
        sa.Column("listing_key", sa.String(length=36), nullable=False),
        sa.Column("matches", sa.Boolean(), nullable=False),
        sa.Column("version_id", sa.String(length=36), nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("alert_id", sa.String(length=36), nullable=True),
        sa.Column("alerted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["listing_key"], ["listings.key"], name=op.f("fk_search_matches_listing_key")),
        sa.ForeignKeyConstraint(["search_id"], ["saved_searches.id"], name=op.f("fk_search_matches_search_id")),
        sa.PrimaryKeyConstraint("search_id", "listing_key", name=op.f("pk_search_matches")),
        sa.UniqueConstraint("alert_id", name=op.f("uq_search_matches_alert_id")),
    )
    op.create_index(op.f("ix_search_matches_search_id_alert_id"), "search_matches", ["search_id", "alert_id"], unique=False)
    op.create_index(op.f("ix_search_matches_listing_key"), "search_matches", ["listing_key"], unique=False)
    op.create_table(
        "alert_backlog",
        sa.Column("listing_key", sa.String(length=36), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["listing_key"], ["listings.key"], name=op.f("fk_alert_backlog_listing_key")),
        sa.PrimaryKeyConstraint("listing_key", name=op.f("pk_alert_backlog")),
    )
    op.create_index(op.f("ix_alert_backlog_since"), "alert_backlog", ["since"], unique=False)
