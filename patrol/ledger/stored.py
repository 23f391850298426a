"""Listings read back whole: content, last sighting, assessment, pictures, and the seller only where it is asked for.

The desk reads one, `rescore` and the indexer read batches; a batch costs a handful of queries, however long it is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select

from patrol.ledger.assessing import StoredAssessment, read_assessments
from patrol.ledger.content import overlay, url_path
from patrol.ledger.pictures import pictures_of
from patrol.ledger.sellers import read_sellers
from patrol.ledger.tables import assessments, listings, payloads, sightings, versions
from patrol.records import FieldSource, How, Listing, Origin, Picture, Status
from patrol.wire import listing_from_json


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredListing:
    """One version of a listing with what is known of it; `listing.seller` is None unless it was asked for.

    `status` is the listing's, as last seen; `listing.status` what this version's last sighting said. `versions` counts
    them all, `number` says which this is (from 1). `note` tells how it was obtained where it came by hand.
    """

    key: str
    id_space: str
    page_id: str
    revision: int
    version_id: str
    number: int
    versions: int
    listing: Listing
    fields: dict[str, FieldSource]
    how: How
    run_id: str
    capture_id: str | None
    sighting_id: int | None
    note: str | None
    status: Status
    seller_key: str | None
    cluster_id: str
    price_drops: int
    pictures: tuple[Picture, ...]
    assessed: StoredAssessment | None
    first_seen: datetime
    last_seen: datetime
    current: bool  # False for a version that the page does not show any more


_LIVING = select(listings).where(listings.c.key.in_(bindparam("keys", expanding=True)), listings.c.erased_at.is_(None))
_OF_VERSION = (
    select(listings).join(versions, versions.c.listing_key == listings.c.key).where(versions.c.id == bindparam("version_id"))
)
_OF_VERSIONS = (
    select(listings, versions.c.id.label("wanted"))
    .join(versions, versions.c.listing_key == listings.c.key)
    .where(versions.c.id.in_(bindparam("versions", expanding=True)), listings.c.erased_at.is_(None))
)
_CONTENT = (
    select(versions, payloads.c.body)
    .join(payloads, payloads.c.id == versions.c.payload_id)
    .where(versions.c.id.in_(bindparam("versions", expanding=True)), payloads.c.body.is_not(None))
)
_RANKED = (
    select(
        sightings,
        payloads.c.body.label("note"),
        func.row_number()
        .over(partition_by=sightings.c.version_id, order_by=(sightings.c.at.desc(), sightings.c.id.desc()))
        .label("place"),
    )
    .outerjoin(payloads, payloads.c.id == sightings.c.note_id)
    .where(
        sightings.c.listing_key.in_(bindparam("keys", expanding=True)),
        sightings.c.version_id.in_(bindparam("versions", expanding=True)),
        sightings.c.marked.is_(False),
    )
    .subquery()
)
_LAST_SIGHTINGS = select(_RANKED).where(_RANKED.c.place == 1)
_ASSESSED = (
    select(assessments.c.id)
    .where(assessments.c.version_id.in_(bindparam("versions", expanding=True)))
    .order_by(assessments.c.at, assessments.c.id)
)
_COUNTED = (
    select(versions.c.listing_key, func.count().label("n"))
    .where(versions.c.listing_key.in_(bindparam("keys", expanding=True)))
    .group_by(versions.c.listing_key)
)


def read_listings(conn: Connection, keys: Collection[str], *, with_seller: bool = False) -> dict[str, StoredListing]:
    """The current version of each listing; erased and unknown ones are left out."""
    chosen = {row.version_id: row for row in conn.execute(_LIVING, {"keys": list(keys)})}
    return {stored.key: stored for stored in _read(conn, chosen, with_seller=with_seller)}


def read_version(conn: Connection, version_id: str, *, with_seller: bool = False) -> StoredListing | None:
    """One version, current or not; None where it is unknown or erased."""
    row = conn.execute(_OF_VERSION, {"version_id": version_id}).first()
    return next(iter(_read(conn, {version_id: row}, with_seller=with_seller)), None) if row else None


def read_versions(conn: Connection, version_ids: Collection[str]) -> dict[str, StoredListing]:
    """Many versions, current or not, by id; unknown and erased ones are left out."""
    chosen = {row.wanted: row for row in conn.execute(_OF_VERSIONS, {"versions": list(version_ids)})}
    return {stored.version_id: stored for stored in _read(conn, chosen, with_seller=False)}


def _read(conn: Connection, chosen: Mapping[str, Row[Any]], *, with_seller: bool) -> list[StoredListing]:
    if not chosen:
        return []
    keys, ids = [row.key for row in chosen.values()], list(chosen)
    found = conn.execute(_CONTENT, {"versions": ids}).all()
    seen = {row.version_id: row for row in conn.execute(_LAST_SIGHTINGS, {"keys": keys, "versions": ids})}
    assessed = _assessments(conn, chosen)
    shown = pictures_of(conn, keys)
    names = read_sellers(conn, {row.seller_key for row in found if row.seller_key}) if with_seller else {}
    counted = {row.listing_key: row.n for row in conn.execute(_COUNTED, {"keys": keys})}
    return [
        _stored(
            chosen[row.id],
            row,
            seen.get(row.id),
            assessed.get(row.id),
            pictures=shown.get(row.listing_key, []),
            versions=counted.get(row.listing_key, 1),
            seller=names.get(row.seller_key),
        )
        for row in found
    ]


def _assessments(conn: Connection, chosen: Mapping[str, Row[Any]]) -> dict[str, StoredAssessment]:
    """For each version its current assessment, else the last one it was given."""
    ids = {row.assessment_id for version_id, row in chosen.items() if row.version_id == version_id and row.assessment_id}
    past = [version_id for version_id, row in chosen.items() if row.version_id != version_id]
    if past:
        ids |= set(conn.execute(_ASSESSED, {"versions": past}).scalars())
    found = read_assessments(conn, ids)
    return {one.version_id: one for one in sorted(found.values(), key=lambda one: (one.at, one.id))}


def _stored(
    row: Row[Any],
    version: Row[Any],
    seen: Row[Any] | None,
    assessed: StoredAssessment | None,
    *,
    pictures: list[Picture],
    **known: Any,
) -> StoredListing:
    listing = listing_from_json(overlay(version.body, seen.ticks if seen else None, seen.at if seen else version.at))
    if known["seller"] is not None:
        listing = replace(listing, seller=known["seller"])
    return StoredListing(
        key=row.key,
        id_space=row.id_space,
        page_id=row.listing_id,
        revision=row.revision,
        version_id=version.id,
        number=version.number,
        versions=known["versions"],
        listing=listing,
        fields={
            name: FieldSource(origin=Origin(source["from"]), raw=source["raw"]) for name, source in version.body["fields"].items()
        },
        how=How(version.how),
        run_id=version.run_id,
        capture_id=(seen.capture_id if seen else None) or version.capture_id,
        sighting_id=row.sighting_id,
        note=seen.note if seen else None,
        status=Status(row.status),
        seller_key=version.seller_key,
        cluster_id=row.cluster_id,
        price_drops=row.price_drops,
        pictures=_of_version(listing, pictures),
        assessed=assessed,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        current=row.version_id == version.id,
    )


def _of_version(listing: Listing, pictures: list[Picture]) -> tuple[Picture, ...]:
    """Those of the listing's pictures that this version shows, by bytes or by address."""
    hashes = {image.sha256 for image in listing.images if image.sha256}
    paths = {url_path(image.url) for image in listing.images if image.url and not image.sha256}
    return tuple(picture for picture in pictures if picture.sha256 in hashes or (picture.url and url_path(picture.url) in paths))
