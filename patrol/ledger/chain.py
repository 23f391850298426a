"""The ledger's own chain: each run's closing head of evidence becomes a link that holds all links before it.

`runs` appends a link when a run ends; whoever keeps one late link elsewhere can show that no earlier run was altered.
`patrol evidence verify` asks here how far each run's evidence must reach.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, inspect, select

from patrol.ledger.engine import lock, open_engine, reading
from patrol.ledger.tables import captures, ledger_chain, runs
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """What the ledger holds of each run's evidence, by the run's id."""

    heads: Mapping[str, str]  # runs that ended: where their chain ends
    reached: Mapping[str, str]  # runs that have not: the last record that is known to be in their chain
    places: Mapping[str, tuple[str, str]]  # the evidence store that keeps a run, where that is known, and its host
    broken: tuple[int, ...]  # links of the ledger's own chain that do not follow from the one before


def anchors(url: str) -> Anchors:
    """Those of the ledger at `url`, which is only read, whatever its revision; StoreError where it cannot be."""
    last = select(captures.c.run_id, func.max(captures.c.sequence).label("sequence")).group_by(captures.c.run_id).subquery()
    newest = select(captures.c.run_id, captures.c.chain).join(
        last, (last.c.run_id == captures.c.run_id) & (last.c.sequence == captures.c.sequence)
    )
    engine = open_engine(url, create=False)
    try:
        with reading(engine) as conn:
            ended = select(ledger_chain.c.subject, ledger_chain.c.head).where(ledger_chain.c.kind == "run")
            heads = {row.subject: row.head for row in conn.execute(ended)}
            reached = {run_id: chain for run_id, chain in conn.execute(newest) if run_id not in heads}
            return Anchors(heads=heads, reached=reached, places=_places(conn), broken=tuple(broken_links(conn)))
    finally:
        engine.dispose()


def _places(conn: Connection) -> dict[str, tuple[str, str]]:
    if "place" not in {column["name"] for column in inspect(conn).get_columns("runs")}:  # a ledger from before there were several
        return {}
    kept = select(runs.c.id, runs.c.place, runs.c.host).where(runs.c.place.is_not(None))
    return {row.id: (row.place, row.host) for row in conn.execute(kept)}
