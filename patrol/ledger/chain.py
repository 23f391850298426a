"""The ledger's own chain: each run's closing head of evidence becomes a link that holds all links before it.

`runs` appends a link when a run ends; whoever keeps one late link elsewhere can show that no earlier run was altered.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import Connection, insert, select

from patrol.ledger.engine import lock
from patrol.ledger.tables import ledger_chain
from patrol.records import utc

START = "sha256:" + "0" * 64


def link_digest(number: int, at: datetime, kind: str, subject: str, head: str, previous: str) -> str:
    """The chain value of one link: SHA-256 over its fields, a line each."""
    text = "\n".join((str(number), utc(at), kind, subject, head, previous))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def append(conn: Connection, *, kind: str, subject: str, head: str, at: datetime) -> str:
    """Adds a link and gives its chain value; a subject that is linked already keeps its first link."""
    lock(conn, "ledger_chain")
    known = select(ledger_chain.c.chain).where(ledger_chain.c.kind == kind, ledger_chain.c.subject == subject)
    if (chain := conn.execute(known).scalar()) is not None:
        return str(chain)
    last = conn.execute(
        select(ledger_chain.c.number, ledger_chain.c.chain).order_by(ledger_chain.c.number.desc()).limit(1)
    ).first()
    number, previous = (last.number + 1, last.chain) if last else (1, START)
    chain = link_digest(number, at, kind, subject, head, previous)
    conn.execute(
        insert(ledger_chain).values(number=number, at=at, kind=kind, subject=subject, head=head, previous=previous, chain=chain)
    )
    return chain


def broken_links(conn: Connection) -> list[int]:
    """The numbers of links that do not follow from the one before; empty where the chain holds."""
    broken, previous, expected = [], START, 1
    for row in conn.execute(select(ledger_chain).order_by(ledger_chain.c.number)):
        sound = row.chain == link_digest(row.number, row.at, row.kind, row.subject, row.head, row.previous)
        if not sound or row.previous != previous or row.number != expected:
            broken.append(row.number)
        previous, expected = row.chain, row.number + 1
    return broken
