"""Deciding: the one call behind every key of the desk, and the one that takes it back.

The desk hands in what was decided and what was shown; the claim is checked, the events are written and the claim is given
back in one transaction. With a queue at hand the next listing comes back, claimed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection

from patrol.errors import RefusedError
from patrol.ledger import Ledger, Viewer
from patrol.ledger.claims import give_back, take
from patrol.ledger.clusters import cluster_of
from patrol.ledger.decisions import Shown, Verdict, record
from patrol.ledger.decisions import undo as undo_one
from patrol.ledger.ids import uuid7
from patrol.ledger.workload import waiting
from patrol.search.index import QueueQuery
from patrol.triage.queue import EVERYTHING, Offer, Queue, Turn

NOTHING_SHOWN = Shown()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A listing with what the officer saw of it."""

    listing_key: str
    shown: Shown = NOTHING_SHOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The events written; `next` is the listing that comes up now, None where nothing waits or no queue was given."""

    decision_ids: tuple[str, ...]
    next: Turn | None = None


def shown_in(turn: Turn, *, blind: bool = False, seconds: float | None = None, examined: bool = False) -> Shown:
    """What a turn of the queue showed, as decisions keep it."""
    return Shown(
        version_id=turn.member.version_id,
        assessment_id=turn.member.assessment_id,
        stream=turn.offer.stream,
        probability=turn.offer.probability,
        rank=turn.offer.rank or None,
        blind=blind,
        cluster_id=turn.offer.key,
        place=turn.member.place,
        size=turn.member.size,
        seconds=seconds,
        examined=examined,
    )


def decide(
    ledger: Ledger,
    viewer: Viewer,
    seen: Sequence[Seen],
    verdict: Verdict,
    *,
    queue: Queue | None = None,
    wanted: QueueQuery = EVERYTHING,
    inside: Offer | None = None,
    minutes: float = 10,
    now: datetime | None = None,
) -> Decided:
    """Records the verdict on one listing or on a selection, all or none; then the queue's next turn.

    RefusedError where someone else holds a cluster, or the verdict lacks what it needs. Leads: see triage/leads.py.
    """
    if verdict.kind == "lead":
        raise RefusedError("a lead is opened with a title", remedy="Use the lead form")
    at = now or datetime.now(UTC)

    def work(conn: Connection) -> tuple[str, ...]:
        clusters = hold(conn, viewer, seen, minutes, at)
        batch_id = uuid7() if len(seen) > 1 else None
        ids = tuple(record(conn, viewer, one.listing_key, verdict, one.shown, batch_id=batch_id, now=at) for one in seen)
        free(conn, viewer, clusters)
        return ids

    ids = ledger.writer.run(work)
    return Decided(decision_ids=ids, next=queue.next(viewer, wanted, inside=inside, now=now) if queue and viewer.works else None)


def undo(ledger: Ledger, viewer: Viewer, decision_id: str | None = None, *, now: datetime | None = None) -> tuple[str, ...]:
    """Takes back a decision, or the viewer's last; what was decided as one selection goes back as one. Gives listing keys."""
    if decision_id is None:
        last = ledger.decisions.last(viewer)
        if not last:
            raise RefusedError("there is nothing to undo", remedy="Only what isn't undone yet can be taken back")
        decision_id = last[0].id
    ids = ledger.decisions.together(viewer, decision_id)
    return ledger.writer.run(lambda conn: tuple(undo_one(conn, viewer, one, now=now) for one in ids))


def hold(conn: Connection, viewer: Viewer, seen: Sequence[Seen], minutes: float, at: datetime) -> tuple[str, ...]:
    """Takes or renews the claims on the clusters of these listings; RefusedError where someone else holds one."""
    if not seen:
        raise RefusedError("nothing is selected", remedy="Select a listing")
    clusters = dict.fromkeys(cluster_of(conn, one.listing_key) for one in seen)
    known = tuple(cluster_id for cluster_id in clusters if cluster_id is not None)
    for cluster_id in known:
        take(conn, viewer, cluster_id, minutes=minutes, now=at)
    return known


def free(conn: Connection, viewer: Viewer, cluster_ids: Sequence[str]) -> None:
    """Gives back the claims on clusters where nothing waits any more."""
    left = waiting(conn, cluster_ids)
    for cluster_id in cluster_ids:
        if cluster_id not in left:
            give_back(conn, viewer, cluster_id)
