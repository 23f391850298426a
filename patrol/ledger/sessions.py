"""Who is signed in: sessions by the SHA-256 of their secret, ended by time, by sign-out or by a new password.

The desk makes the secret, keeps it in a cookie and asks here at every request; the ledger never holds the secret itself.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine, delete, select, update

from patrol.errors import RefusedError
from patrol.ledger.desk_tables import sessions
from patrol.ledger.engine import reading
from patrol.ledger.people import Person, person_of
from patrol.ledger.writer import Writer

RENEW_AFTER = timedelta(minutes=5)  # not every request needs a write


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    person: Person
    created_at: datetime
    expires_at: datetime


class Sessions:
    """`hours` is the life of a session without activity; each use within it renews it."""

    def __init__(self, engine: Engine, writer: Writer) -> None:
        self._engine = engine
        self._writer = writer

    def open(self, secret: str, person_id: str, *, hours: float, now: datetime | None = None) -> Session:
        """Signs a person in; RefusedError where the account is closed. Expired sessions of anyone are swept out."""
        at = now or datetime.now(UTC)
        until = at + timedelta(hours=hours)

        def work(conn: Connection) -> Session:
            person = person_of(conn, person_id)
            if not person.active:
                raise RefusedError("this account is closed", remedy="Ask the desk's supervisor")
            conn.execute(delete(sessions).where(sessions.c.expires_at <= at))
            row = {"token_hash": _hash(secret), "person_id": person_id, "created_at": at, "seen_at": at, "expires_at": until}
            conn.execute(sessions.insert().values(row))
            return Session(person=person, created_at=at, expires_at=until)

        return self._writer.run(work)

    def find(self, secret: str, *, hours: float, now: datetime | None = None) -> Session | None:
        """The session behind a secret, renewed by being used; None where there is none, or it has expired."""
        at = now or datetime.now(UTC)
        with reading(self._engine) as conn:
            row = conn.execute(select(sessions).where(sessions.c.token_hash == _hash(secret))).one_or_none()
            if row is None or row.expires_at <= at:
                return None
            person = person_of(conn, row.person_id)
        if not person.active:
            return None
        until = row.expires_at
        if at - row.seen_at >= RENEW_AFTER:
            until = at + timedelta(hours=hours)
            renewal = update(sessions).where(sessions.c.token_hash == row.token_hash).values(seen_at=at, expires_at=until)
            self._writer.submit(lambda conn: conn.execute(renewal).rowcount)
        return Session(person=person, created_at=row.created_at, expires_at=until)

    def close(self, secret: str) -> None:
        """Signs out; a secret that is not known is no fault."""
        self._writer.run(lambda conn: conn.execute(delete(sessions).where(sessions.c.token_hash == _hash(secret))).rowcount)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
