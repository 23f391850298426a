"""Databases for the tests: a file of SQLite, or a database of its own on the PostgreSQL that the environment names.

A PostgreSQL database is copied from a migrated template, which takes a fraction of what the migrations take.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from sqlalchemy import create_engine, make_url, text

from patrol.ledger.engine import open_engine
from patrol.ledger.migrate import upgrade


def server() -> str:
    """The address of the tests' PostgreSQL; psycopg 3 speaks to it however it is written."""
    address = make_url(os.environ["PATROL_TEST_POSTGRES"])
    return address.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def ask(statement: str) -> None:
    engine = create_engine(server(), isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        conn.execute(text(statement))
    engine.dispose()


def at(database: str) -> str:
    return make_url(server()).set(database=database).render_as_string(hide_password=False)


@cache
def _template() -> str:
    name = f"patrol_template_{uuid4().hex[:8]}"
    ask(f"CREATE DATABASE {name}")
    engine = open_engine(at(name))
    upgrade(engine)
    engine.dispose()
    return name


def drop_template() -> None:
    if _template.cache_info().currsize:
        ask(f"DROP DATABASE IF EXISTS {_template()} WITH (FORCE)")


@cache
def _migrated_file() -> bytes:
    with TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{folder}/ledger.db")
        upgrade(engine)
        with engine.connect() as conn:
            conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        engine.dispose()
        return Path(folder, "ledger.db").read_bytes()


@contextmanager
def postgres(*, empty: bool = False) -> Iterator[str]:
    """The address of a database that nobody else has, migrated or `empty`; dropped afterwards."""
    name = f"patrol_{uuid4().hex[:12]}"
    ask(f"CREATE DATABASE {name}" + ("" if empty else f" TEMPLATE {_template()}"))
    try:
        yield at(name)
    finally:
        ask(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@contextmanager
def database(kind: str, folder: Path, *, empty: bool = False) -> Iterator[str]:
    """An address of the kind `sqlite` or `postgres`; on SQLite the path of a file."""
    if kind == "sqlite":
        if not empty:
            (folder / "ledger.db").write_bytes(_migrated_file())
        yield f"sqlite:///{folder / 'ledger.db'}"
        return
    with postgres(empty=empty) as address:
        yield address
