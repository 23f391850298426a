""" "Seen before?": every listing held that an address, an item id, a seller or a picture points to.

`patrol add` and the desk ask before a listing is brought in by hand; the answer says why each row matched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, or_, select

from patrol.ledger.pictures import NEAREST_BITS, alike, url_digest
from patrol.ledger.sellers import SellerKeys
from patrol.ledger.tables import listing_pictures, listing_urls, listings, sellers
from patrol.records import Status

MOST = 50  # rows for each way of matching


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One listing held; `by`: url, id, seller, picture; `distance` in bits where a picture only looks alike."""

    key: str
    by: str
    title: str | None
    url: str
    marketplace: str
    status: Status
    first_seen: datetime
    last_seen: datetime
    distance: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is known of the thing brought; whatever is None or empty isn't asked."""

    urls: Sequence[str] = ()
    id_space: str | None = None
    listing_id: str | None = None
    seller: str | None = None
    sha256: Sequence[str] = ()
    phash: Sequence[str] = ()


def seen_before(conn: Connection, keys: SellerKeys, asked: Question) -> list[Seen]:
    """Each listing once, under its strongest match: address, id, picture, likeness, seller."""
    found: dict[str, Seen] = {}
    for seen in _matches(conn, keys, asked):
        found.setdefault(seen.key, seen)
    return list(found.values())


def _matches(conn: Connection, keys: SellerKeys, asked: Question) -> Iterator[Seen]:
    if asked.urls:
        digests = [url_digest(url) for url in asked.urls]
        held = select(listing_urls.c.listing_key).where(listing_urls.c.url_digest.in_(digests))
        yield from _rows(conn, listings.c.key.in_(held), by="url")
    if asked.listing_id:
        yield from _by_id(conn, asked.listing_id, asked.id_space)
    if asked.sha256:
        yield from _rows(conn, _showing(asked.sha256), by="picture", distance=0)
    for hit in alike(conn, asked.phash, NEAREST_BITS):
        yield from _rows(conn, _showing([hit.sha256]), by="picture", distance=hit.distance)
    if asked.seller:
        known = or_(sellers.c.id_hash == keys.id_hash(asked.seller), sellers.c.name_hash == keys.name_hash(asked.seller))
        yield from _rows(conn, listings.c.seller_key.in_(select(sellers.c.key).where(known)), by="seller")


def _by_id(conn: Connection, listing_id: str, id_space: str | None) -> Iterator[Seen]:
    spaces = [id_space] if id_space else conn.execute(select(listings.c.id_space).distinct()).scalars().all()
    yield from _rows(conn, listings.c.id_space.in_(spaces), listings.c.listing_id == listing_id, by="id")


def _showing(hashes: Iterable[str]) -> ColumnElement[bool]:
    return listings.c.key.in_(select(listing_pictures.c.listing_key).where(listing_pictures.c.sha256.in_(list(hashes))))


def _rows(conn: Connection, *conditions: ColumnElement[bool], by: str, distance: int | None = None) -> Iterator[Seen]:
    wanted = select(listings).where(*conditions, listings.c.erased_at.is_(None)).order_by(listings.c.last_seen.desc()).limit(MOST)
    for row in conn.execute(wanted).all():
        yield Seen(
            key=row.key,
            by=by,
            title=row.title,
            url=row.url,
            marketplace=row.marketplace,
            status=Status(row.status),
            first_seen=row.first_seen,
            last_seen=row.last_seen,
            distance=distance,
        )
