"""Whether a transaction was committed, also where the answer to its COMMIT was lost with the connection.

On a server, every batch of the Writer leaves its number in the Writer's own row of `writer_marks`, in the same transaction.
When the connection breaks during the commit, that row says whether the batch is to be written again. SQLite commits in
this very process and needs none of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import Connection, Engine, delete, func, select, update
from sqlalchemy.exc import DBAPIError

from patrol.ledger.engine import clock, connected, insert
from patrol.ledger.faults import lost
from patrol.ledger.ids import uuid7
from patrol.ledger.sharing_tables import writer_marks

KEPT = timedelta(days=7)  # marks of writers that died


class Commits:
    """One Writer's transactions."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer: str | None = None  # set where commits can be in doubt
        self._number = 0

    def prepare(self, conn: Connection) -> None:
        """Makes the Writer's row, once; called on each new connection before it is used."""
        if self._writer is not None or conn.dialect.name == "sqlite":
            return
        writer = uuid7()
        with conn.begin():
            now = clock(conn)
            conn.execute(delete(writer_marks).where(writer_marks.c.at < now - KEPT))
            conn.execute(insert(conn, writer_marks).values(writer=writer, number=0, at=now))
        self._writer = writer

    @contextmanager
    def transaction(self, conn: Connection) -> Iterator[None]:
        """Like `conn.begin()`, but a commit that took place does not fail for want of its answer."""
        transaction = conn.begin()
        try:
            yield
            self._mark(conn)
        except BaseException:
            transaction.close()
            raise
        try:
            transaction.commit()
        except DBAPIError as error:
            transaction.close()
            if self._writer is None or not lost(error) or not self._took_place():
                raise

    def _mark(self, conn: Connection) -> None:
        if self._writer is None:
            return
        self._number += 1
        mine = update(writer_marks).where(writer_marks.c.writer == self._writer)
        conn.execute(mine.values(number=self._number, at=func.now()))

    def _took_place(self) -> bool:
        # the lock waits for a server that is still about to commit, or to notice that we are gone
        wanted = select(writer_marks.c.number).where(writer_marks.c.writer == self._writer).with_for_update()
        with connected(self._engine) as fresh, fresh.begin():
            return fresh.execute(wanted).scalar() == self._number

    def close(self) -> None:
        """Takes the Writer's row away; one that cannot be taken away now goes after a week."""
        if self._writer is None:
            return
        try:
            with self._engine.connect() as conn, conn.begin():
                conn.execute(delete(writer_marks).where(writer_marks.c.writer == self._writer))
        except DBAPIError as error:
            if not lost(error):
                raise
