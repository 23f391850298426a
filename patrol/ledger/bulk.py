"""Rows that can wait for the end of the writer's batch, and then go in many at a time.

`keeping` adds a dozen rows for every listing; one statement for a hundred of them costs a fraction of a hundred statements.
Rows wait on the writer's connection. Nothing can miss them: every statement on that connection puts them in first, unless
it is marked `BESIDE` by someone who knows that it does not look at waiting rows; the Writer puts them in before it commits.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import Connection, Executable, Table
from sqlalchemy.sql.elements import RollbackToSavepointClause

from patrol.ledger.schema import metadata

BESIDE = {"patrol_beside": True}  # execution options of a statement that needs none of the waiting rows
_PLACE = "patrol_waiting"


@dataclass(slots=True)
class _Waiting:
    rows: dict[tuple[int, Executable], list[dict[str, Any]]] = field(default_factory=dict)
    subjects: set[Hashable] = field(default_factory=set)


@contextmanager
def gathering(conn: Connection) -> Iterator[None]:
    """Inside the block rows may wait on this connection; whoever opens it puts them in before the commit."""
    held = conn.info  # asking for it again would need a connection, which may be gone by then
    held[_PLACE] = _Waiting()
    try:
        yield
    finally:
        held.pop(_PLACE, None)


@contextmanager
def together(conn: Connection) -> Iterator[None]:
    """Rows added inside the block go in at its end at the latest, in an order that parents and children allow."""
    if _PLACE in conn.info:
        yield
        return
    with gathering(conn):
        yield
        put_in(conn)


def add(conn: Connection, table: Table, statement: Executable, row: dict[str, Any]) -> None:
    """Runs `statement` for `row` at the end of the batch; at once where nothing may wait."""
    waiting = conn.info.get(_PLACE)
    if waiting is None:
        conn.execute(statement, row)
    else:
        waiting.rows.setdefault((_order()[table], statement), []).append(row)


def touch(conn: Connection, subject: Hashable) -> None:
    """Says that rows about `subject` follow; puts in what waits where it was touched before, so that it can be read."""
    waiting = conn.info.get(_PLACE)
    if waiting is None:
        return
    if subject in waiting.subjects:
        put_in(conn)
        waiting = conn.info[_PLACE]
    waiting.subjects.add(subject)


def put_in(conn: Connection) -> None:
    """Puts all waiting rows in, parents before children."""
    waiting = conn.info.get(_PLACE)
    if waiting is None or not waiting.rows:
        return
    conn.info[_PLACE] = _Waiting()
    for (_, statement), rows in sorted(waiting.rows.items(), key=lambda entry: entry[0][0]):
        conn.execute(statement, rows)


def put_in_before(conn: Connection, statement: Any, _many: Any, _one: Any, options: dict[str, Any]) -> None:
    """The engine's `before_execute`: a statement that may look at waiting rows finds them there.

    A savepoint finds them there too, so what waits when one is rolled back was added after it and goes with it.
    """
    if isinstance(statement, RollbackToSavepointClause):
        if _PLACE in conn.info:
            conn.info[_PLACE] = _Waiting()
    elif not options.get("patrol_beside"):
        put_in(conn)


@cache
def _order() -> dict[Table, int]:
    return {table: place for place, table in enumerate(metadata.sorted_tables)}
