"""What the indexer needs to build documents: listings, their clusters and the desk's side of both, from one snapshot.

The outbox names listings; a change of one also changes its cluster's document, and that of each cluster it once belonged
to. Persons, words and sellers' names are not read here, so they cannot reach the index.

A cluster's revision is the sum of the revisions of every listing that ever joined it: both the set and each number only
grow, and every join and leave raises the listing's, so no counter of its own is needed to know the newer of two documents.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from patrol.ledger.desk_tables import lead_listings, leads
from patrol.ledger.status import Standing, standings
from patrol.ledger.stored import StoredListing, read_listings
from patrol.ledger.tables import cluster_events, listings, rulebooks
from patrol.ledger.visibility import Audience, lead_audiences


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadRef:
    """A lead that a listing is part of, and the agencies whose officers may find its number there."""

    lead_id: str
    number: str
    audience: Audience


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRow:
    """One listing; `stored` is None once it is erased, and its document a tombstone. `rulebook` as shown: r41."""

    key: str
    revision: int
    cluster_id: str
    stored: StoredListing | None
    standing: Standing | None
    leads: tuple[LeadRef, ...]
    rulebook: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterRow:
    """One cluster; without `members` it was merged away or emptied, and its document is a tombstone.

    `reason` is how its latest member joined (relisting, near_twin, picture, cross_site, person); None for a single one.
    """

    id: str
    revision: int
    members: tuple[str, ...]
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """`wanted` are the listings asked for; `listings` holds these and all members of `clusters`, by key."""

    wanted: tuple[str, ...]
    listings: Mapping[str, DocumentRow]
    clusters: Mapping[str, ClusterRow]


def read_documents(conn: Connection, keys: Collection[str]) -> Snapshot:
    """Everything that the documents of these listings and of their clusters, past and present, are made of."""
    touched = _clusters_touched(conn, keys)
    members = _members(conn, touched)
    everyone = {key for inside in members.values() for key in inside} | set(keys)
    return Snapshot(
        wanted=tuple(keys),
        listings=_rows(conn, everyone),
        clusters={row.id: row for row in _cluster_rows(conn, touched, members)},
    )


def _clusters_touched(conn: Connection, keys: Collection[str]) -> set[str]:
    joined = select(cluster_events.c.cluster_id).where(cluster_events.c.listing_key.in_(keys)).distinct()
    return set(conn.execute(joined).scalars())


def _members(conn: Connection, cluster_ids: Collection[str]) -> dict[str, list[str]]:
    wanted = select(listings.c.cluster_id, listings.c.key).where(
        listings.c.cluster_id.in_(cluster_ids), listings.c.erased_at.is_(None)
    )
    found: dict[str, list[str]] = defaultdict(list)
    for cluster_id, key in conn.execute(wanted.order_by(listings.c.key)):
        found[cluster_id].append(key)
    return found


def _cluster_rows(conn: Connection, cluster_ids: Collection[str], members: Mapping[str, list[str]]) -> list[ClusterRow]:
    ever = (
        select(cluster_events.c.cluster_id, cluster_events.c.listing_key)
        .where(cluster_events.c.cluster_id.in_(cluster_ids))
        .distinct()
        .subquery()
    )
    raised = (
        select(ever.c.cluster_id, func.sum(listings.c.revision))
        .join(listings, listings.c.key == ever.c.listing_key)
        .group_by(ever.c.cluster_id)
    )
    reasons = _reasons(conn, [cluster_id for cluster_id, inside in members.items() if len(inside) > 1])
    return [
        ClusterRow(
            id=cluster_id, revision=int(revision), members=tuple(members.get(cluster_id, ())), reason=reasons.get(cluster_id)
        )
        for cluster_id, revision in conn.execute(raised)
    ]


def _reasons(conn: Connection, cluster_ids: Collection[str]) -> dict[str, str]:
    joins = (
        select(cluster_events.c.cluster_id, cluster_events.c.method)
        .where(cluster_events.c.cluster_id.in_(cluster_ids), cluster_events.c.kind == "join", cluster_events.c.method != "first")
        .order_by(cluster_events.c.id)
    )
    return {row.cluster_id: row.method for row in conn.execute(joins)}  # the latest wins


def _rows(conn: Connection, keys: Collection[str]) -> dict[str, DocumentRow]:
    heads = conn.execute(select(listings.c.key, listings.c.revision, listings.c.cluster_id).where(listings.c.key.in_(keys)))
    stored = read_listings(conn, keys)
    decided = standings(conn, keys)
    led = _leads(conn, keys)
    numbers = {row.hash: f"r{row.number}" for row in conn.execute(select(rulebooks.c.hash, rulebooks.c.number))}
    return {
        row.key: DocumentRow(
            key=row.key,
            revision=row.revision,
            cluster_id=row.cluster_id,
            stored=(one := stored.get(row.key)),
            standing=decided.get(row.key),
            leads=tuple(led.get(row.key, ())),
            rulebook=numbers.get(one.assessed.assessment.rulebook) if one and one.assessed else None,
        )
        for row in heads
    }


def _leads(conn: Connection, keys: Collection[str]) -> dict[str, list[LeadRef]]:
    rows = conn.execute(
        select(lead_listings.c.listing_key, leads.c.id, leads.c.number)
        .join(leads, leads.c.id == lead_listings.c.lead_id)
        .where(lead_listings.c.listing_key.in_(keys))
        .order_by(leads.c.number)
    ).all()
    audiences = lead_audiences(conn, {row.id for row in rows})
    found: dict[str, list[LeadRef]] = defaultdict(list)
    for row in rows:
        found[row.listing_key].append(LeadRef(lead_id=row.id, number=row.number, audience=audiences[row.id]))
    return found
