"""What is left to do, straight from the ledger: for the queue, which the index may tell a few seconds late.

`triage.queue` asks it about the handful of clusters that it is going to show, so that nothing decided, claimed or skipped a
moment ago comes up again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, distinct, func, select

from patrol.ledger.desk_tables import claims, decisions, listing_status
from patrol.ledger.engine import reading
from patrol.ledger.status import Standing, standings
from patrol.ledger.tables import assessments, listings
from patrol.ledger.viewer import Viewer


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One listing of a cluster that waits for a decision; `changed` where an earlier one is to be looked at again."""

    listing_key: str
    version_id: str
    assessment_id: str | None
    score: int
    sum: int
    place: int  # in the whole cluster, best first, from 1
    size: int  # of the whole cluster
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One officer's day: clusters decided by stream, listings skipped, and clusters that others hold now."""

    done: dict[str, int]
    skipped: frozenset[str]
    taken: frozenset[str]


class Workload:
    """Reads only; an officer's view of the work, the same for every agency."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def day(self, viewer: Viewer, *, since: datetime, now: datetime) -> Day:
        """What the viewer did since then, and what is in other hands."""
        unit = func.coalesce(decisions.c.cluster_id, decisions.c.listing_key)
        mine = (decisions.c.person_id == viewer.person_id, decisions.c.at >= since)
        by_stream = select(decisions.c.stream, func.count(distinct(unit))).where(*mine, decisions.c.kind != "undo")
        others = select(claims.c.cluster_id).where(claims.c.person_id != viewer.person_id, claims.c.expires_at > now)
        undo = decisions.alias("undo")
        undone = select(undo.c.id).where(undo.c.undoes == decisions.c.id).exists()
        with reading(self._engine) as conn:
            return Day(
                done={stream: int(count) for stream, count in conn.execute(by_stream.group_by(decisions.c.stream))},
                skipped=frozenset(
                    conn.scalars(select(decisions.c.listing_key).where(*mine, decisions.c.kind == "skip", ~undone))
                ),
                taken=frozenset(conn.scalars(others)),
            )

    def waiting(self, cluster_ids: Collection[str]) -> dict[str, tuple[Member, ...]]:
        """See `waiting` of this module."""
        with reading(self._engine) as conn:
            return waiting(conn, cluster_ids)

    def reopened(self, viewer: Viewer) -> tuple[str, ...]:
        """Clusters with a listing that the viewer's agency follows (lead, watch, unsure) and that changed since."""
        followed = select(listing_status.c.listing_key).where(
            listing_status.c.status.in_(("lead", "watch", "unsure")), listing_status.c.agency_id == viewer.agency_id
        )
        with reading(self._engine) as conn:
            changed = [key for key, standing in standings(conn, conn.scalars(followed).all()).items() if standing.reopens]
            found: set[str] = set()
            for start in range(0, len(changed), 500):
                keys = changed[start : start + 500]
                found.update(conn.scalars(select(listings.c.cluster_id).where(listings.c.key.in_(keys))))
        return tuple(sorted(found))


def waiting(conn: Connection, cluster_ids: Collection[str]) -> dict[str, tuple[Member, ...]]:
    """By cluster the members that are open or reopened, best first; clusters where nothing waits are left out."""
    total = func.coalesce(assessments.c.sum, 0)
    query = (
        select(listings.c.key, listings.c.cluster_id, listings.c.version_id, listings.c.assessment_id)
        .add_columns(func.coalesce(assessments.c.score, 0).label("score"), total.label("sum"))
        .outerjoin(assessments, assessments.c.id == listings.c.assessment_id)
        .where(listings.c.cluster_id.in_(cluster_ids), listings.c.erased_at.is_(None), listings.c.version_id.is_not(None))
        .order_by(listings.c.cluster_id, total.desc(), listings.c.key)
    )
    rows = conn.execute(query).all()
    held = standings(conn, [row.key for row in rows])
    clusters: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        clusters[row.cluster_id].append(row)
    left = {cluster_id: _left(members, held) for cluster_id, members in clusters.items()}
    return {cluster_id: members for cluster_id, members in left.items() if members}


def _left(members: Sequence[Row[Any]], held: Mapping[str, Standing]) -> tuple[Member, ...]:
    return tuple(
        Member(
            listing_key=row.key,
            version_id=row.version_id,
            assessment_id=row.assessment_id,
            score=row.score,
            sum=row.sum,
            place=place,
            size=len(members),
            changed=held[row.key].changed if row.key in held else (),
        )
        for place, row in enumerate(members, start=1)
        if row.key not in held or held[row.key].reopens
    )
