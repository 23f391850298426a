"""Alembic's folder: the environment and the frozen revisions that `ledger.migrate` runs."""
