"""Alembic's environment: runs revisions on the connection, and inside the transaction, that `ledger.migrate` hands over."""

from __future__ import annotations

from alembic import context

from patrol.ledger.desk_tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata)
context.run_migrations()
