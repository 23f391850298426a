"""The archive of rulebooks: each one that ever assessed a listing, whole, under a running number (r41).

A crawl or `rescore` archives its rulebook before it keeps anything; backtests read old ones back.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, select
from sqlalchemy import insert as plain_insert

from patrol.errors import StoreError
from patrol.ledger.desk_tables import decisions
from patrol.ledger.engine import lock, reading
from patrol.ledger.tables import rulebooks


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedRulebook:
    """One rulebook; `canonical` is the canonical JSON that its hash covers."""

    number: int
    hash: str
    canonical: bytes
    first_used: datetime

    @property
    def name(self) -> str:
        return f"r{self.number}"


class Rulebooks:
    """Statements over `rulebooks`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: set[str] = set()

    def archive(self, conn: Connection, rulebook_hash: str, canonical: bytes) -> int:
        """Keeps the rulebook unless it is there; gives its running number."""
        lock(conn, "rulebooks")
        known = conn.execute(select(rulebooks.c.number).where(rulebooks.c.hash == rulebook_hash)).scalar()
        if known is not None:
            return int(known)
        number = (conn.execute(select(func.max(rulebooks.c.number))).scalar() or 0) + 1
        row = {"number": number, "hash": rulebook_hash, "canonical": zlib.compress(canonical), "first_used": datetime.now(UTC)}
        conn.execute(plain_insert(rulebooks).values(row))
        return number

    def require(self, conn: Connection, rulebook_hash: str) -> None:
        """StoreError unless the rulebook is archived: an assessment without its rules cannot be explained later."""
        if rulebook_hash in self._known:
            return
        if conn.execute(select(rulebooks.c.number).where(rulebooks.c.hash == rulebook_hash)).scalar() is None:
            raise StoreError(
                "this rulebook is not archived", where=rulebook_hash, remedy="Archive it with listings.rulebook() before keeping"
            )
        self._known.add(rulebook_hash)

    def get(self, name: str) -> ArchivedRulebook:
        """By hash or by running number (r41, 41); StoreError where there is none."""
        number = name.removeprefix("r")
        wanted = rulebooks.c.number == int(number) if number.isdecimal() else rulebooks.c.hash == name
        with reading(self._engine) as conn:
            row = conn.execute(select(rulebooks).where(wanted)).first()
        if row is None:
            raise StoreError("no such rulebook", where=name, remedy="Use a running number like r1, or a whole hash")
        return _archived(row)

    def all(self) -> Iterator[ArchivedRulebook]:
        """Every one, oldest first."""
        with reading(self._engine) as conn:
            yield from map(_archived, conn.execute(select(rulebooks).order_by(rulebooks.c.number)))

    def decisions(self) -> dict[str, int]:
        """How many decisions were made on an assessment under each, by hash; undone ones too, skips not."""
        query = select(decisions.c.rulebook, func.count()).where(decisions.c.kind.notin_(("skip", "undo")))
        with reading(self._engine) as conn:
            return {name: n for name, n in conn.execute(query.group_by(decisions.c.rulebook)) if name}

    def numbers(self) -> dict[str, int]:
        """Running number by hash."""
        with reading(self._engine) as conn:
            return {row.hash: row.number for row in conn.execute(select(rulebooks.c.hash, rulebooks.c.number))}


def _archived(row: Row[Any]) -> ArchivedRulebook:
    return ArchivedRulebook(number=row.number, hash=row.hash, canonical=zlib.decompress(row.canonical), first_used=row.first_used)
