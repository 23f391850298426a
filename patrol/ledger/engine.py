"""The way to the database: one engine for SQLite or PostgreSQL, snapshots to read from, and faults told in plain words.

`Ledger` opens it once a process; sub-stores read through `reading` and write only through the Writer. What SQLite needs
said (WAL, foreign keys, who may write) is said here and nowhere else.

Durability on SQLite: WAL with synchronous=FULL. NORMAL would survive a killed process as well, but a power cut could take
back the last commits, and with them an officer's decision that the desk had already shown as taken. A FULL commit costs
about a third of a millisecond on a solid-state disk, and the Writer commits in batches.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, Table, create_engine, event, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from patrol.errors import StoreError
from patrol.ledger.bulk import put_in_before

Insert = sqlite.Insert | postgresql.Insert

BUSY_SECONDS = 30
ROOM = 256 * 1024  # bytes without which SQLite cannot make its files beside the ledger
WRITES = "patrol_writes"  # the execution option that makes a transaction on SQLite begin as a writer

_PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}",  # first: another process may be switching the file to WAL
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -32000",
)

_SQLITE_FAULTS = {
    sqlite3.SQLITE_FULL: ("the disk is full", "Nothing of this step was written; free some space and start it again"),
    sqlite3.SQLITE_BUSY: ("the ledger is locked by another process", "Wait until it has finished, or stop it"),
    sqlite3.SQLITE_LOCKED: ("the ledger is locked by another process", "Wait until it has finished, or stop it"),
    sqlite3.SQLITE_READONLY: ("the ledger may not be written", "Give this account write access to the file and its folder"),
    sqlite3.SQLITE_IOERR: ("the disk answered with an error", "Nothing of this step was written; check disk and free space"),
    sqlite3.SQLITE_CORRUPT: ("the ledger's file is damaged", "Restore the last backup"),
    sqlite3.SQLITE_CANTOPEN: ("the ledger cannot be opened", "Check that the folder exists and is writable"),
    sqlite3.SQLITE_NOTADB: ("this file is not a ledger", "Check the database's address in patrol.yml"),
}

_POSTGRES_FAULTS = {
    "53100": ("the database's disk is full", "Nothing of this step was written; free some space and start it again"),
    "40001": ("two writers met on the same rows", "Start the step again"),
    "40P01": ("two writers met on the same rows", "Start the step again"),
    "25006": ("the ledger may not be written", "Give this account write access to the database"),
}


def open_engine(url: str, *, create: bool = True) -> Engine:
    """An engine for `sqlite:///path` or `postgresql+psycopg://…`; StoreError where the address leads nowhere."""
    try:
        address = make_url(url)
        _require_file(address, create)
        engine = create_engine(address)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise StoreError(
            f"no database at {_shown(url)}", remedy="Write sqlite:///path or postgresql+psycopg://host/name"
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    event.listen(engine, "before_execute", put_in_before)
    return engine


def _shown(url: str) -> str:
    return url.rpartition("@")[2]  # without a password


def _require_file(address: URL, create: bool) -> None:
    if address.get_backend_name() != "sqlite":
        return
    if not address.database or address.database == ":memory:":
        raise StoreError("a ledger in memory would be lost", remedy="Give the path of a file: sqlite:///data/ledger.db")
    file = Path(address.database)
    if create:
        file.parent.mkdir(parents=True, exist_ok=True)
    elif not file.exists():
        raise StoreError("there is no ledger yet", where=str(file), remedy="A crawl or `patrol add` makes it")


def _prepare(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # pysqlite shall not guess where transactions begin; `_begin` says it
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _begin(conn: Connection) -> None:
    # A deferred transaction that reads and then writes fails at once when another wrote in between, busy timeout or not
    conn.exec_driver_sql("BEGIN IMMEDIATE" if conn.get_execution_options().get(WRITES) else "BEGIN")


@contextmanager
def reading(engine: Engine, conn: Connection | None = None) -> Iterator[Connection]:
    """One snapshot of the ledger for the length of the block; a `conn` that is given is used as it is."""
    if conn is not None:
        yield conn
        return
    with telling(engine), engine.connect() as fresh:
        snapshot = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with fresh.execution_options(**(snapshot if engine.dialect.name == "postgresql" else {})).begin():
            yield fresh


@contextmanager
def telling(engine: Engine) -> Iterator[None]:
    """Turns what the database refuses for outer reasons (disk, lock, connection) into a StoreError with its remedy."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        fault = store_fault(error, engine)
        if fault is None:
            raise
        raise fault from error


def store_fault(error: BaseException, engine: Engine) -> StoreError | None:
    """The StoreError that `error` amounts to, or None where the statement itself is at fault."""
    if isinstance(error, StoreError):
        return error
    origin = error.orig if isinstance(error, DBAPIError) else error  # a fault while connecting comes as the driver raised it
    if isinstance(origin, sqlite3.Error):
        code = getattr(origin, "sqlite_errorcode", 0) & 0xFF
        # SQLite tells a disk that is full while it makes a file of its own as any other error of the disk
        found = _SQLITE_FAULTS.get(sqlite3.SQLITE_FULL if code == sqlite3.SQLITE_IOERR and _no_room(engine) else code)
    else:
        found = _POSTGRES_FAULTS.get(getattr(origin, "sqlstate", None) or "")
    if found is None and isinstance(error, DBAPIError) and (error.connection_invalidated or _unreached(error)):
        found = ("the database does not answer", "Check that the server runs, then start the step again")
    return StoreError(found[0], where=shown(engine), remedy=found[1]) if found else None


def _no_room(engine: Engine) -> bool:
    folder = Path(engine.url.database or ".").parent
    return folder.is_dir() and shutil.disk_usage(folder).free < ROOM


def _unreached(error: DBAPIError) -> bool:
    # a PostgreSQL that is not there gives no SQLSTATE; a statement at fault always does
    return (
        isinstance(error, OperationalError)
        and not isinstance(error.orig, sqlite3.Error)
        and not getattr(error.orig, "sqlstate", None)
    )


def shown(engine: Engine) -> str:
    """The database's address for a person, without a password."""
    return engine.url.database or "" if engine.dialect.name == "sqlite" else engine.url.render_as_string(hide_password=True)


def insert(conn: Connection, table: Table) -> Insert:
    """An INSERT that knows ON CONFLICT, for the database that `conn` speaks to."""
    return insert_for(conn.dialect.name, table)


def insert_for(dialect: str, table: Table) -> Insert:
    """The same by the dialect's name, for statements that are built once and used often."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def lock(conn: Connection, name: str) -> None:
    """Holds others out of what `name` stands for until the transaction ends; on SQLite every writer is alone anyway."""
    if conn.dialect.name == "postgresql":
        conn.execute(select(func.pg_advisory_xact_lock(func.hashtext(name))))
