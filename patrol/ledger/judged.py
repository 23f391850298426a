"""What was decided, one row a cluster, for the rule lab: the latest decision with the version and assessment it was made on.

`triage.judging` reads this; no person, word or lead is in it, so it needs no viewer. A cluster that was ever looked at as
part of the audit keeps that draw's stream, probability and band: what was decided of it later doesn't undo the draw.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, Row, case, func, select

from patrol.ledger.assessing import StoredAssessment, read_assessments
from patrol.ledger.desk_tables import decisions, listing_status
from patrol.ledger.engine import reading
from patrol.ledger.status import stands
from patrol.ledger.stored import StoredListing, read_versions
from patrol.ledger.tables import assessments, listings

BATCH = 200  # clusters read at a time
AUDIT = "audit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One cluster. `stored` is None where the version was erased; `shown` the assessment that it was queued by."""

    cluster_id: str
    decision_id: str
    listing_key: str
    kind: str
    reason: int | None
    at: datetime
    seconds: float | None
    stream: str
    probability: float | None
    score: int | None  # of what was shown, kept even where the assessment was erased
    stored: StoredListing | None
    assessed: StoredAssessment | None  # the one decided on
    shown: StoredAssessment | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCluster:
    """A cluster that nobody has decided: the band of its best listing, None where it was never assessed."""

    cluster_id: str
    score: int | None


_STANDING = (
    select(decisions, listings.c.cluster_id.label("cluster"))
    .join(listings, listings.c.key == decisions.c.listing_key)
    .where(stands())
    .order_by(decisions.c.at, decisions.c.id)
)


def judged(engine: Engine, since: datetime | None = None) -> Iterator[Judged]:
    """Every decided cluster whose latest decision was made since then, oldest first."""
    with reading(engine) as conn:
        latest: dict[str, Row[Any]] = {}
        drawn: dict[str, Row[Any]] = {}
        for row in conn.execute(_STANDING):
            latest.pop(row.cluster, None)
            latest[row.cluster] = row
            if row.stream == AUDIT:
                drawn.setdefault(row.cluster, row)
        wanted = [row for row in latest.values() if since is None or row.at >= since]
        for rows in _batches(wanted):
            yield from _read(conn, rows, drawn)


def undecided(engine: Engine) -> list[OpenCluster]:
    """The clusters of which no listing was decided, with the best score among their listings."""
    score = func.max(assessments.c.score)
    open_ones = func.sum(case((listing_status.c.listing_key.is_(None), 0), else_=1))
    query = (
        select(listings.c.cluster_id, score)
        .outerjoin(assessments, assessments.c.id == listings.c.assessment_id)
        .outerjoin(listing_status, listing_status.c.listing_key == listings.c.key)
        .where(listings.c.erased_at.is_(None))
        .group_by(listings.c.cluster_id)
        .having(open_ones == 0)
    )
    with reading(engine) as conn:
        return [OpenCluster(cluster_id=cluster_id, score=best) for cluster_id, best in conn.execute(query)]


def _read(conn: Connection, rows: list[Row[Any]], drawn: dict[str, Row[Any]]) -> Iterator[Judged]:
    shown_by = {row.cluster: drawn.get(row.cluster, row) for row in rows}
    ids = {one.assessment_id for row in rows for one in (row, shown_by[row.cluster]) if one.assessment_id}
    stored = read_versions(conn, {row.version_id for row in rows})
    assessed = read_assessments(conn, ids)
    for row in rows:
        first = shown_by[row.cluster]
        yield Judged(
            cluster_id=row.cluster,
            decision_id=row.id,
            listing_key=row.listing_key,
            kind=row.kind,
            reason=row.reason,
            at=row.at,
            seconds=row.seconds,
            stream=first.stream,
            probability=first.probability,
            score=first.score,
            stored=stored.get(row.version_id),
            assessed=assessed.get(row.assessment_id or ""),
            shown=assessed.get(first.assessment_id or ""),
        )


def _batches(rows: Iterable[Row[Any]]) -> Iterator[list[Row[Any]]]:
    left = iter(rows)
    while batch := list(islice(left, BATCH)):
        yield batch
