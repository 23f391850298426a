"""What a database refuses, in plain words with a remedy, and which of it passes by itself.

`engine` and the Writer ask here: a full disk or a lock is told, a lost connection or two writers that met is tried again
first. Nothing that is said carries a password.
"""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.util import immutabledict

from patrol.errors import StoreError

ROOM = 256 * 1024  # bytes without which SQLite cannot make its files beside the ledger
REACH = (
    "Check that the server runs and what `stores.ledger` in config/patrol.yml says; "
    "the password comes from PATROL_LEDGER_PASSWORD or ~/.pgpass"
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
    "53300": ("the database takes no more connections", "Stop what is not needed, or raise its max_connections"),
    "40001": ("two writers met on the same rows", "Start the step again"),
    "40P01": ("two writers met on the same rows", "Start the step again"),
    "25006": ("the ledger may not be written", "Give this account write access to the database"),
    "42501": ("this account may not do that in the database", "Make it the owner of the ledger's database"),
}
_MET = {"40001", "40P01"}  # writers that waited for each other: the one that was sent back finds the other's rows next time
_ENDED = {"57P01", "57P02", "57P03", "57P05"}  # the server went down, is about to, or just comes up


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
        found = _POSTGRES_FAULTS.get(_state(error))
    if found is None and lost(error):
        found = (f"the database does not answer: {_words(origin)}", REACH)
    return StoreError(found[0], where=shown(engine), remedy=found[1]) if found else None


def lost(error: BaseException) -> bool:
    """Whether the connection to the server could not be had, or broke: the same may succeed on another one."""
    if not isinstance(error, DBAPIError) or isinstance(error.orig, sqlite3.Error):
        return False
    # a server that is not there gives no SQLSTATE; a statement at fault always does
    state = _state(error)
    return error.connection_invalidated or state in _ENDED or (isinstance(error, OperationalError) and state in ("", "53300"))


def met(error: BaseException) -> bool:
    """Whether two writers waited for each other, and this one was sent back to begin anew."""
    return _state(error) in _MET


def overtaken(error: BaseException) -> bool:
    """Whether another process wrote the same row in the same moment: whoever looks again finds it."""
    return isinstance(error, IntegrityError) and _state(error) == "23505"


def _state(error: BaseException) -> str:
    origin = error.orig if isinstance(error, DBAPIError) else error
    return getattr(origin, "sqlstate", None) or ""


def _words(error: BaseException | None) -> str:
    """The driver's last word in one line: it names host, port, account and database, never a password."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0].removeprefix("connection failed: ") if lines else "no reason given"


def _no_room(engine: Engine) -> bool:
    folder = Path(engine.url.database or ".").parent
    return folder.is_dir() and shutil.disk_usage(folder).free < ROOM


def shown(engine: Engine) -> str:
    """The database's address for a person: file, or host and name; without password and options."""
    return address_shown(engine.url)


def address_shown(url: URL) -> str:
    """The same for an address that nothing was opened at yet."""
    if url.get_backend_name() == "sqlite":
        return url.database or ""
    return url._replace(password=None, query=immutabledict()).render_as_string()
