"""Which earlier listing offers the same object? And what is known around a listing when it is scored?

`dedupe` asks before the second scoring, with the item's pictures at hand. The same picture is the strongest sign, then the
same seller's same or nearly same title. A picture that dozens of listings share (a shop's logo, a stock photograph) and a
hash of an empty picture say nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz, process
from sqlalchemy import ColumnElement, Connection, and_, func, select

from patrol.ledger.content import price_fell
from patrol.ledger.pictures import alike
from patrol.ledger.sellers import SellerKeys
from patrol.ledger.tables import listing_pictures, listings, sightings
from patrol.records import Context, Item, PictureMatch, Status
from patrol.text import near_key

NEAR_TITLE = 90  # rapidfuzz token_sort_ratio
TWIN_BITS = 4  # of 64; re-encoded copies stay below, different objects shot alike rarely do
MOST_SHARED = 20  # a picture on more listings than this identifies none of them
MOST_OF_SELLER = 500  # a seller's latest listings that are compared by title
MOST_COUNTED = 1000

Twin = tuple[str, int, str]  # listing key, score 0-100, method

_SHOWN = (
    listings.c.key,
    listings.c.id_space,
    listings.c.title,
    listings.c.title_key,
    listings.c.seller_key,
    listings.c.status,
    listings.c.first_seen,
)


@dataclass(slots=True)
class _Candidate:
    row: Any  # a row of _SHOWN
    distance: int | None = None  # of the nearest shared picture, in bits
    title: int = 0  # token-sort ratio; 100 for the same words


def near_twins(conn: Connection, keys: SellerKeys, item: Item) -> list[Twin]:
    """Listings that offer the same object under another id or on another site, best first."""
    seller_key = keys.key(item.id_space, item.listing.seller)
    title_key = near_key(item.listing.title) if item.listing.title else ""
    found = _by_picture(conn, item)
    if seller_key and title_key:
        _by_title(conn, item, seller_key, title_key, found)
    pictured = _with_pictures(conn, found) if item.pictures else frozenset()
    twins = [_judged(candidate, item, seller_key, pictured) for candidate in found.values()]
    return sorted((twin for twin in twins if twin is not None), key=lambda twin: (-twin[1], twin[0]))


def _by_picture(conn: Connection, item: Item) -> dict[str, _Candidate]:
    found: dict[str, _Candidate] = {}
    for sha256, distance in _like_pictures(conn, item).items():
        rows = conn.execute(
            select(*_SHOWN)
            .join(listing_pictures, listing_pictures.c.listing_key == listings.c.key)
            .where(listing_pictures.c.sha256 == sha256, _other(item))
            .limit(MOST_SHARED + 1)
        ).all()
        for row in rows if len(rows) <= MOST_SHARED else ():
            candidate = found.setdefault(row.key, _Candidate(row))
            candidate.distance = distance if candidate.distance is None else min(candidate.distance, distance)
            candidate.title = max(candidate.title, int(fuzz.token_sort_ratio(item.listing.title or "", row.title or "")))
    return found


def _like_pictures(conn: Connection, item: Item) -> dict[str, int]:
    near: dict[str, int] = {}
    for picture in item.pictures:
        near[picture.sha256] = 0
        for hit in alike(conn, picture.phash, TWIN_BITS) if picture.phash else ():
            near[hit.sha256] = min(near.get(hit.sha256, hit.distance), hit.distance)
    return near


def _other(item: Item) -> ColumnElement[bool]:
    living = listings.c.erased_at.is_(None)
    return living if item.listing_key is None else and_(living, listings.c.key != item.listing_key)


def _by_title(conn: Connection, item: Item, seller_key: str, title_key: str, found: dict[str, _Candidate]) -> None:
    offers = (
        select(*_SHOWN)
        .where(listings.c.seller_key == seller_key, _other(item))
        .order_by(listings.c.last_seen.desc())
        .limit(MOST_OF_SELLER)
    )
    rows = [row for row in conn.execute(offers) if row.title_key]
    # the keys are sorted words already, so their plain ratio is the token-sort ratio of the titles
    hits = process.extract(title_key, [row.title_key for row in rows], scorer=fuzz.ratio, score_cutoff=NEAR_TITLE, limit=None)
    for _, score, place in hits:
        found.setdefault(rows[place].key, _Candidate(rows[place])).title = int(score)


def _with_pictures(conn: Connection, found: Collection[str]) -> frozenset[str]:
    wanted = select(listing_pictures.c.listing_key).where(listing_pictures.c.listing_key.in_(found)).distinct()
    return frozenset(conn.execute(wanted).scalars())


def _judged(candidate: _Candidate, item: Item, seller_key: str | None, pictured: frozenset[str]) -> Twin | None:
    row = candidate.row
    same_seller = seller_key is not None and row.seller_key == seller_key
    if candidate.distance is not None:
        method = "cross_site" if row.id_space != item.id_space else "relisting" if same_seller else "picture"
        score = 90 - 3 * candidate.distance + (10 if candidate.title >= NEAR_TITLE else 0)
        return row.key, score, method
    if not same_seller:
        return None
    other_pictures = row.key in pictured  # both have pictures, and they share none: alike, but another object
    gone = row.status != Status.LIVE.value
    if candidate.title == 100 and gone and not other_pictures:
        return row.key, 92, "relisting"
    return row.key, min(candidate.title, 90) - (10 if other_pictures else 0), "near_twin"


# ---------------------------------------------------------------------------------------------------------------------
# The context


def context_for(conn: Connection, keys: SellerKeys, item: Item) -> Context:
    """What the ledger knows around the item; register matches, rates and themes are the caller's to add."""
    twins = near_twins(conn, keys, item)
    offered = {key for key, _, method in twins if method != "near_twin"}
    seller_key = keys.key(item.id_space, item.listing.seller)
    return Context(
        relistings=len(offered),
        price_drops=_price_drops(conn, item),
        picture_matches=_picture_matches(conn, item),
        seller_listings=_count(conn, item, listings.c.seller_key == seller_key) if seller_key else 0,
        seller_flagged=_count(conn, item, listings.c.seller_key == seller_key, listings.c.flagged.is_(True)) if seller_key else 0,
        as_of=item.listing.captured_at,
    )


def _picture_matches(conn: Connection, item: Item) -> tuple[PictureMatch, ...]:
    found = _by_picture(conn, item)
    matches = [PictureMatch(target=key, kind="listing", distance=candidate.distance or 0) for key, candidate in found.items()]
    return tuple(sorted(matches, key=lambda match: (match.distance, match.target))[:MOST_SHARED])


def _price_drops(conn: Connection, item: Item) -> int:
    if item.listing_key is None:
        return 0
    drops = conn.execute(select(listings.c.price_drops).where(listings.c.key == item.listing_key)).scalar() or 0
    last = (
        select(sightings)
        .where(sightings.c.listing_key == item.listing_key, sightings.c.marked.is_(False))
        .order_by(sightings.c.at.desc(), sightings.c.id.desc())
        .limit(1)
    )
    before = conn.execute(last).first()
    return drops + (before is not None and price_fell(before, item.listing.price))


def _count(conn: Connection, item: Item, *conditions: ColumnElement[bool]) -> int:
    some = select(listings.c.key).where(*conditions, _other(item)).limit(MOST_COUNTED).subquery()
    return conn.execute(select(func.count()).select_from(some)).scalar_one()
