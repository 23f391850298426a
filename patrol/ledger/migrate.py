"""Brings a ledger's schema up to what this code knows, and refuses a ledger that knows more.

`Ledger` calls it when it opens a database. The revisions travel in the package (`migrations/versions`), each frozen: it
says what the tables were then, whatever `tables` says now.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from patrol.errors import StoreError
from patrol.ledger.engine import WRITES, lock, telling
from patrol.ledger.faults import shown

SCRIPTS = Path(__file__).parent / "migrations"
_REVISION = re.compile(r'^(revision|down_revision)(?:: [^=]+)? = (?:"([^"]+)"|None)', re.MULTILINE)


@cache
def known_revisions() -> dict[str, str | None]:
    """Each revision of this code with the one before it, read from the files without running them."""
    known: dict[str, str | None] = {}
    for file in sorted((SCRIPTS / "versions").glob("*.py")):
        names = {name: value or None for name, value in _REVISION.findall(file.read_text(encoding="utf-8"))}
        if (revision := names.get("revision")) is not None:
            known[revision] = names.get("down_revision")
    return known


def head() -> str:
    """The one revision that no other follows."""
    known = known_revisions()
    [last] = set(known) - set(known.values())
    return last


def upgrade(engine: Engine, *, create: bool = True) -> None:
    """Runs what is missing in one transaction; StoreError for a newer ledger, or an empty database that may not be filled."""
    with telling(engine), engine.connect() as conn:
        with conn.begin():
            found = _revision(conn)
        if found == head():
            return
        if found is None and not create:
            raise StoreError("there is no ledger yet", where=shown(engine), remedy="A crawl or `patrol add` makes it")
        if found is not None and found not in known_revisions():
            raise StoreError(
                f"the ledger was written by a newer Patrol (its schema is {found}, this one knows {head()})",
                where=shown(engine),
                remedy="Update Patrol on this machine; nothing was changed",
            )
    with telling(engine), engine.connect() as fresh, fresh.execution_options(**{WRITES: True}).begin():
        lock(fresh, "migration")
        _run(fresh)


def _revision(conn: Connection) -> str | None:
    if not inspect(conn).has_table("alembic_version"):
        return None
    return conn.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _run(conn: Connection) -> None:
    # alembic takes a quarter of a second to load, and almost every process opens a ledger that is up to date
    from alembic import command, config

    settings = config.Config()
    settings.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    settings.attributes["connection"] = conn
    command.upgrade(settings, "head")
