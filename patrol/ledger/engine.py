"""The way to the database: one engine for SQLite or PostgreSQL, snapshots to read from, and faults told in plain words.

`Ledger` opens it once a process; sub-stores read through `reading` and write only through the Writer. What SQLite needs
said (WAL, foreign keys, who may write) is said here and nowhere else.

Durability on SQLite: WAL with synchronous=FULL. NORMAL would survive a killed process as well, but a power cut could take
back the last commits, and with them an officer's decision that the desk had already shown as taken. A FULL commit costs
about a third of a millisecond on a solid-state disk, and the Writer commits in batches.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import wraps
from itertools import chain, repeat
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, Table, create_engine, event, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry

from patrol.errors import StoreError
from patrol.ledger.bulk import BESIDE, put_in_before
from patrol.ledger.faults import address_shown, lost, store_fault
from patrol.ledger.schema import Moment

Insert = sqlite.Insert | postgresql.Insert
Asked = ParamSpec("Asked")
T = TypeVar("T")

BUSY_SECONDS = 30
WRITES = "patrol_writes"  # the execution option that makes a transaction on SQLite begin as a writer
PATIENCE = "patrol_patience"  # the engine's: seconds for which a server that went away is waited for
PAUSES = (0.05, 0.1, 0.2, 0.5, 1.0)  # seconds between two attempts to reach it, the last again and again

_PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}",  # first: another process may be switching the file to WAL
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -32000",
)
_SERVER_TIME = select(func.clock_timestamp(type_=Moment)).execution_options(**BESIDE)


def open_engine(url: str, *, create: bool = True, patience: float = 0.0) -> Engine:
    """An engine for `sqlite:///path` or `postgresql+psycopg://…`; StoreError where the address leads nowhere.

    A server that goes away later is waited for, up to `patience` seconds.
    """
    try:
        address = make_url(url)
        _require_file(address, create)
        engine = create_engine(address, **_server_options(address), execution_options={PATIENCE: patience})
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise StoreError(
            f"no database at {_tail(url)}", remedy="Write sqlite:///path or postgresql+psycopg://host/name"
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    event.listen(engine, "before_execute", put_in_before)
    return engine


def _tail(url: str) -> str:
    return url.rpartition("@")[2].partition("?")[0]  # no password, in front of the host or among the options


def _server_options(address: URL) -> dict[str, Any]:
    if address.get_backend_name() == "sqlite":
        return {}
    if any("password" in name for name in address.query):
        raise StoreError(
            "a password among the address's options could show in a message",
            where=address_shown(address),
            remedy="Leave it out, and set PATROL_LEDGER_PASSWORD or write it into ~/.pgpass",
        )
    asked = {"connect_timeout": 10, "application_name": "patrol", "keepalives_idle": 30}
    return {
        "connect_args": {name: value for name, value in asked.items() if name not in address.query},
        "pool_pre_ping": True,  # a connection from before a restart of the server is noticed before it is used
        "max_overflow": 15,
    }


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
    with telling(engine), connected(engine) as fresh:
        snapshot = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with fresh.execution_options(**(snapshot if engine.dialect.name == "postgresql" else {})).begin():
            yield fresh


def connected(engine: Engine) -> Connection:
    """A connection; a server that went away is waited for as long as the engine has patience."""
    ends = time.monotonic() + engine.get_execution_options()[PATIENCE]
    for pause in chain(PAUSES, repeat(PAUSES[-1])):
        try:
            return engine.connect()
        except DBAPIError as error:
            if not lost(error) or time.monotonic() + pause > ends:
                raise
        time.sleep(pause)
    raise AssertionError("the pauses never end")


def patient(question: Callable[Asked, T]) -> Callable[Asked, T]:
    """A method that only reads: asked again where the server went away in the middle of its answer."""

    @wraps(question)
    def asked(*words: Asked.args, **options: Asked.kwargs) -> T:
        ends = -1.0
        while True:
            try:
                return question(*words, **options)
            except StoreError as fault:
                engine: Engine = words[0]._engine  # type: ignore[attr-defined]
                now = time.monotonic()
                ends = now + engine.get_execution_options()[PATIENCE] if ends < 0 else ends
                if fault.__cause__ is None or not lost(fault.__cause__) or now + PAUSES[-1] > ends:
                    raise
            time.sleep(PAUSES[0])

    return asked


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


def clock(conn: Connection) -> datetime:
    """What the time is for everybody who shares this ledger: the server's, for hosts disagree; SQLite's host has its own."""
    if conn.dialect.name == "sqlite":
        return datetime.now(UTC)
    told: datetime = conn.execute(_SERVER_TIME).scalar_one()
    return told
