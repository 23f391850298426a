"""One ledger, one key: every machine that writes to it must hash sellers and read sessions with the same secret.

The first to open a ledger leaves a digest of its key there; `Ledger` compares it whenever it is opened. With two keys the
same seller would be two, and nobody could tell.
"""

from __future__ import annotations

import hashlib
import hmac

from sqlalchemy import Connection, Engine, select

from patrol.errors import StoreError
from patrol.ledger.engine import WRITES, clock, insert, reading, telling
from patrol.ledger.faults import shown
from patrol.ledger.sharing_tables import facts

NAME = "key"
_WANTED = select(facts.c.value).where(facts.c.name == NAME)


def require_key(engine: Engine, secret: bytes) -> None:
    """StoreError where the ledger belongs to another key."""
    mine = hmac.new(secret, b"which key a ledger belongs to", hashlib.sha256).hexdigest()
    with reading(engine) as conn:
        known = conn.execute(_WANTED).scalar()
    if known is None:
        with telling(engine), engine.connect() as fresh, fresh.execution_options(**{WRITES: True}).begin():
            known = _enter(fresh, mine)
    if not hmac.compare_digest(str(known), mine):
        raise StoreError(
            "the ledger's sellers and sessions were hashed with another home's key",
            where=shown(engine),
            remedy="Copy data/secret.key from the first machine into this home's data folder",
        )


def _enter(conn: Connection, mine: str) -> str:
    row = insert(conn, facts).values(name=NAME, value=mine, at=clock(conn))
    conn.execute(row.on_conflict_do_nothing(index_elements=["name"]))
    return str(conn.execute(_WANTED).scalar_one())
