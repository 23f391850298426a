"""Clusters: listings that offer the same object, or that belong together on the desk.

Membership is a series of events; `listings.cluster_id` is what follows from them. `keeping` lets a listing join, people
may join and part them. A merge goes on under the older id and keeps the other as an alias, so that no reference breaks.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from patrol.ledger import bulk
from patrol.ledger.ids import uuid7
from patrol.ledger.outbox import changed
from patrol.ledger.tables import cluster_aliases, cluster_events, listings

_EVENT = insert(cluster_events)


def resolve(conn: Connection, cluster_id: str) -> str:
    """The id under which a cluster goes on, however often it was merged."""
    while True:
        onward = conn.execute(select(cluster_aliases.c.cluster_id).where(cluster_aliases.c.alias == cluster_id)).scalar()
        if onward is None:
            return cluster_id
        cluster_id = onward


def members(conn: Connection, cluster_id: str) -> list[str]:
    """The keys of its listings, oldest first."""
    wanted = select(listings.c.key).where(listings.c.cluster_id == resolve(conn, cluster_id)).order_by(listings.c.key)
    return list(conn.execute(wanted).scalars())


def size(conn: Connection, cluster_id: str) -> int:
    return conn.execute(select(func.count()).where(listings.c.cluster_id == cluster_id)).scalar_one()


def cluster_of(conn: Connection, listing_key: str) -> str | None:
    return conn.execute(select(listings.c.cluster_id).where(listings.c.key == listing_key)).scalar()


def record(
    conn: Connection,
    kind: str,
    cluster_id: str,
    listing_key: str,
    at: datetime,
    *,
    method: str,
    reason: str,
    score: int | None = None,
    person_id: str | None = None,
) -> None:
    """Appends one event, without touching the projection."""
    row = {
        "cluster_id": cluster_id,
        "listing_key": listing_key,
        "kind": kind,
        "reason": reason,
        "method": method,
        "score": score,
        "person_id": person_id,
        "at": at,
    }
    bulk.add(conn, cluster_events, _EVENT, row)


def merge(
    conn: Connection, one: str, other: str, at: datetime, *, method: str, score: int | None = None, person_id: str | None = None
) -> str:
    """Makes two clusters one and gives the id that goes on, the older; the same cluster twice changes nothing."""
    older, younger = sorted((resolve(conn, one), resolve(conn, other)))
    if older == younger:
        return older
    moved = members(conn, younger)
    for key in moved:
        record(conn, "leave", younger, key, at, method="merge", reason="merged", person_id=person_id)
        record(conn, "join", older, key, at, method=method, reason="merged", score=score, person_id=person_id)
    conn.execute(update(listings).where(listings.c.cluster_id == younger).values(cluster_id=older))
    conn.execute(insert(cluster_aliases).values(alias=younger, cluster_id=older, at=at))
    changed(conn, moved, at)
    return older


def part(conn: Connection, listing_key: str, at: datetime, *, reason: str, person_id: str) -> str:
    """A person takes a listing out of its cluster: it gets one of its own and is not joined again by the machine."""
    old, fresh = cluster_of(conn, listing_key), uuid7()
    if old is None:
        return fresh
    record(conn, "leave", old, listing_key, at, method="person", reason=reason, person_id=person_id)
    record(conn, "join", fresh, listing_key, at, method="person", reason=reason, person_id=person_id)
    conn.execute(update(listings).where(listings.c.key == listing_key).values(cluster_id=fresh))
    changed(conn, [listing_key, *members(conn, old)], at)
    return fresh


def parted_by_hand(conn: Connection, listing_key: str) -> bool:
    """True where a person once took this listing out of a cluster."""
    wanted = select(cluster_events.c.id).where(
        cluster_events.c.listing_key == listing_key, cluster_events.c.kind == "leave", cluster_events.c.method == "person"
    )
    return conn.execute(wanted.limit(1)).scalar() is not None
