"""Documents of the index, made from one snapshot of the ledger: pure functions, one listing or one cluster at a time.

`indexing` hands in the Snapshot and writes what comes back. Only what the index may hold is taken over: no seller's name,
no person, no words of the desk; lead numbers go to the agencies that may find them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TypeVar

from patrol.ledger.documents import ClusterRow, DocumentRow, Snapshot
from patrol.ledger.stored import StoredListing
from patrol.records import Assessment, Band, Context, Money, Status
from patrol.search.documents import (
    Amount,
    ClusterDocument,
    ClusterView,
    Desk,
    DeskStatus,
    Document,
    ListingDocument,
    Shelf,
    Tombstone,
    minor_units,
)
from patrol.triage.mixing import draw_of, uncertainty

T = TypeVar("T")
BY_WEIGHT = (DeskStatus.OPEN, DeskStatus.LEAD, DeskStatus.UNSURE, DeskStatus.WATCH, DeskStatus.CLEARED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """What the documents depend on besides the ledger: the key of the audit draws, and the score from which one is flagged."""

    draw_key: bytes
    edge: int


def documents_of(snapshot: Snapshot, making: Making) -> list[Document]:
    """The documents of the listings that were asked for, and of every cluster that they touch; tombstones for what is gone."""
    listings = [listing_document(snapshot.listings[key], snapshot) for key in snapshot.wanted if key in snapshot.listings]
    return [*listings, *(cluster_document(row, snapshot, making) for row in snapshot.clusters.values())]


# ---------------------------------------------------------------------------------------------------------------------
# One listing


def listing_document(row: DocumentRow, snapshot: Snapshot) -> ListingDocument | Tombstone:
    stored = row.stored
    if stored is None:
        return Tombstone(shelf=Shelf.LISTINGS, key=row.key, revision=row.revision)
    listing = stored.listing
    document = ListingDocument(
        key=row.key,
        revision=row.revision,
        marketplace=listing.marketplace,
        url=listing.url,
        listing_id=listing.listing_id,
        lot_number=listing.lot_number,
        title=listing.title,
        description=listing.description,
        provenance=listing.provenance,
        attributes=listing.attributes,
        category=listing.category,
        location=listing.location,
        language=listing.language,
        seller_key=stored.seller_key,
        status=stored.status,
        price=_amount(listing.price),
        estimate_low=_estimate(listing.estimate.low, listing.estimate.currency) if listing.estimate else None,
        estimate_high=_estimate(listing.estimate.high, listing.estimate.currency) if listing.estimate else None,
        first_seen=stored.first_seen,
        last_seen=stored.last_seen,
        ends_at=listing.ends_at,
        cluster=row.cluster_id,
        rulebook=row.rulebook,
        pictures=len(stored.pictures),
        picture=stored.pictures[0].sha256 if stored.pictures else None,
        desk=_desk(row, None),
        desk_for={agency: _desk(row, agency) for agency in _audience([row])},
    )
    if stored.assessed is None:
        return document
    return _assessed(document, row, stored.assessed.assessment, stored.assessed.context, snapshot)


def _assessed(
    document: ListingDocument, row: DocumentRow, assessment: Assessment, context: Context, snapshot: Snapshot
) -> ListingDocument:
    return replace(
        document,
        price_eur=_cents(row.stored.listing.price if row.stored else None, context),
        score=assessment.score,
        sum=assessment.sum,
        band=assessment.band,
        rules=_distinct(signal.rule for signal in assessment.signals),
        cultures=assessment.cultures,
        object_types=assessment.object_types,
        materials=assessment.materials,
        authenticity=assessment.authenticity,
        provenance_grade=assessment.provenance_grade,
        provenance_support=assessment.provenance_support,
        picture_match=_picture_matched(row, context, snapshot),
    )


def _desk(row: DocumentRow, agency_id: str | None) -> Desk:
    """The desk's side for the officers of one agency; for None what everyone may know."""
    numbers = tuple(
        lead.number
        for lead in row.leads
        if lead.audience.everyone or (agency_id is not None and agency_id in lead.audience.agencies)
    )
    standing = row.standing
    if standing is None:
        return Desk(leads=numbers)
    return Desk(status=DeskStatus(standing.status), leads=numbers, changed=standing.reopens)


def _audience(rows: Iterable[DocumentRow]) -> list[str]:
    """The agencies that may find more than everyone."""
    return sorted(
        {agency for row in rows for lead in row.leads if not lead.audience.everyone for agency in lead.audience.agencies}
    )


def _picture_matched(row: DocumentRow, context: Context, snapshot: Snapshot) -> bool:
    """The same picture in a register, or with someone who isn't known to be the same seller's own earlier offer."""
    own = row.stored.seller_key if row.stored else None
    for match in context.picture_matches:
        other = snapshot.listings.get(match.target)
        theirs = other.stored.seller_key if other and other.stored else None
        if match.kind == "register" or other is None or (own and theirs and own != theirs):
            return True
    return False


def _amount(money: Money | None) -> Amount | None:
    if money is None:
        return None
    return Amount(minor=minor_units(money.amount, money.currency), currency=money.currency, kind=money.kind)


def _estimate(amount: Decimal | None, currency: str | None) -> Amount | None:
    return None if amount is None else Amount(minor=minor_units(amount, currency), currency=currency)


def _cents(price: Money | None, context: Context) -> int | None:
    """The price in euro cents by the rates that the assessment was made with; None where there is no rate."""
    if price is None or price.currency is None:
        return None
    rate = Decimal(1) if price.currency == "EUR" else context.rates.get(price.currency)
    return None if rate is None else int((price.amount * rate * 100).to_integral_value(ROUND_HALF_EVEN))


# ---------------------------------------------------------------------------------------------------------------------
# One cluster


def cluster_document(cluster: ClusterRow, snapshot: Snapshot, making: Making) -> ClusterDocument | Tombstone:
    rows = [snapshot.listings[key] for key in cluster.members]
    members = sorted(((row, row.stored) for row in rows if row.stored is not None), key=_best_first)
    if not members:
        return Tombstone(shelf=Shelf.CLUSTERS, key=cluster.id, revision=cluster.revision)
    everyone = _view(cluster, members, snapshot, making)
    agencies = {agency: replace(everyone, leads=_leads(rows, agency)) for agency in _audience(row for row, _ in members)}
    return ClusterDocument(key=cluster.id, revision=cluster.revision, everyone=everyone, agencies=agencies)


Member = tuple[DocumentRow, StoredListing]


def _view(cluster: ClusterRow, members: Sequence[Member], snapshot: Snapshot, making: Making) -> ClusterView:
    """The cluster as everyone may know it; `members` best first."""
    best_row, best = members[0]
    stored = [each for _, each in members]
    assessed = [(row, each.assessed) for row, each in members if each.assessed]
    verdicts = [held.assessment for _, held in assessed]
    top = best.assessed.assessment if best.assessed else None
    waits = [each for row, each in members if row.standing is None or row.standing.reopens]
    keys = {each.seller_key for each in stored}
    return ClusterView(
        title=best.listing.title,
        best=best_row.key,
        picture=next((each.pictures[0].sha256 for each in stored if each.pictures), None),
        score=top.score if top else 0,
        sum=top.sum if top else 0,
        band=top.band if top else Band.NONE,
        status=_status(row for row, _ in members),
        leads=_leads([row for row, _ in members], None),
        changed=any(row.standing is not None and row.standing.reopens for row, _ in members),
        picture_match=any(_picture_matched(row, held.context, snapshot) for row, held in assessed),
        next_end=_next_end(waits),
        first_seen=min(each.first_seen for each in stored),
        last_seen=max(each.last_seen for each in stored),
        uncertainty=uncertainty(top.score if top else 0, making.edge),
        draw=draw_of(making.draw_key, cluster.id),
        members=tuple(row.key for row, _ in members),
        open_members=sum(1 for row, _ in members if row.standing is None),
        flagged_members=sum(1 for verdict in verdicts if verdict.flagged),
        reason=cluster.reason,
        seller_key=next(iter(keys)) if len(keys) == 1 else None,
        price_eur=_highest(members),
        marketplaces=_distinct(each.listing.marketplace for each in stored),
        cultures=_distinct(value for verdict in verdicts for value in verdict.cultures),
        object_types=_distinct(value for verdict in verdicts for value in verdict.object_types),
        materials=_distinct(value for verdict in verdicts for value in verdict.materials),
        languages=_distinct(each.listing.language for each in stored if each.listing.language),
        rules=_distinct(signal.rule for verdict in verdicts for signal in verdict.signals),
    )


def _best_first(member: Member) -> tuple[int, str]:
    row, stored = member
    return (-stored.assessed.assessment.sum if stored.assessed else 0, row.key)


def _status(rows: Iterable[DocumentRow]) -> DeskStatus:
    held = {DeskStatus(row.standing.status) if row.standing else DeskStatus.OPEN for row in rows}
    return next(status for status in BY_WEIGHT if status in held)


def _leads(rows: Sequence[DocumentRow], agency_id: str | None) -> tuple[str, ...]:
    return tuple(sorted({number for row in rows for number in _desk(row, agency_id).leads}))


def _next_end(stored: Iterable[StoredListing]) -> datetime | None:
    ends = [each.listing.ends_at for each in stored if each.status is Status.LIVE and each.listing.ends_at]
    return min(ends, default=None)


def _highest(members: Sequence[Member]) -> int | None:
    prices = [
        _cents(each.listing.price, each.assessed.context) for _, each in members if each.assessed and each.status is Status.LIVE
    ]
    return max((price for price in prices if price is not None), default=None)


def _distinct(values: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(values))
