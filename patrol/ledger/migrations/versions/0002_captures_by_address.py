"""Captures are found by their page's address; the index over title keys, which nothing asks, goes."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    # hashed on PostgreSQL: its trees refuse a row whose address or title is longer than 2,704 bytes
    op.create_index(op.f("ix_captures_url"), "captures", ["url"], unique=False, postgresql_using="hash")
    op.drop_index(op.f("ix_listings_title_key"), table_name="listings")
