"""Which earlier listing offers the same object? And what is known around a listing when it is scored?

`dedupe` asks before the second scoring, with the item's pictures at hand. The same picture is the strongest sign, then the
same seller's same or nearly same title. A picture that dozens of listings share (a shop's logo, a stock photograph) and a
hash of an empty picture say nothing; one that two offers have beside others, or that a seller shows with two offers at one
time, does not make them one object.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from rapidfuzz import fuzz, process
from sqlalchemy import Connection, bindparam, case, column, func, select

from patrol.ledger.content import price_fell
from patrol.ledger.pictures import EXACT_BITS, alike
from patrol.ledger.sellers import SellerKeys
from patrol.ledger.tables import listing_pictures, listings, sightings
from patrol.records import Context, Item, PictureMatch, Status
from patrol.text import near_key

NEAR_TITLE = 90  # rapidfuzz token_sort_ratio
TWIN_BITS = EXACT_BITS  # of 64; copies saved anew stay below, different objects photographed alike rarely do
MOST_SHARED = 20  # a picture on more listings than this identifies none of them
MOST_OF_SELLER = 500  # a seller's latest listings that are compared by title
MOST_COUNTED = 1000
SAME = 75  # twins below this score are alike, but not held together
LATELY = timedelta(days=2)  # a listing not seen for longer may be gone without anybody having looked

Twin = tuple[str, int, str]  # listing key, score 0-100, method

_SHOWN = (
    listings.c.key,
    listings.c.id_space,
    listings.c.title_key,
    listings.c.seller_key,
    listings.c.status,
    listings.c.last_seen,
)
_OTHERS = (listings.c.key != bindparam("own"), listings.c.erased_at.is_(None))
_SHARED = (
    select(listing_pictures.c.sha256, func.count())
    .where(listing_pictures.c.sha256.in_(bindparam("hashes", expanding=True)))
    .group_by(listing_pictures.c.sha256)
)
_SHOWING = (
    select(*_SHOWN, listing_pictures.c.sha256)
    .join(listing_pictures, listing_pictures.c.listing_key == listings.c.key)
    .where(listing_pictures.c.sha256.in_(bindparam("hashes", expanding=True)), *_OTHERS)
)
_OF_SELLER = (
    select(*_SHOWN)
    .where(listings.c.seller_key == bindparam("seller"), listings.c.title_key.is_not(None), *_OTHERS)
    .order_by(listings.c.last_seen.desc())
    .limit(MOST_OF_SELLER)
)
_PICTURED = (
    select(listing_pictures.c.listing_key, func.count(listing_pictures.c.sha256.distinct()))
    .where(listing_pictures.c.listing_key.in_(bindparam("keys", expanding=True)))
    .group_by(listing_pictures.c.listing_key)
)
_SELLER_COUNTS = select(func.count(), func.coalesce(func.sum(case((column("flagged"), 1), else_=0)), 0)).select_from(
    select(listings.c.flagged).where(listings.c.seller_key == bindparam("seller"), *_OTHERS).limit(MOST_COUNTED).subquery()
)
_LAST_PRICE = (
    select(listings.c.price_drops, sightings.c.amount, sightings.c.currency, sightings.c.price_kind)
    .outerjoin(sightings, sightings.c.listing_key == listings.c.key)
    .where(listings.c.key == bindparam("key"), sightings.c.marked.is_(False))
    .order_by(sightings.c.at.desc(), sightings.c.id.desc())
    .limit(1)
)


@dataclass(slots=True)
class _Candidate:
    row: Any  # a row of _SHOWN
    distance: int | None = None  # of the nearest shared picture, in bits
    shared: set[str] = field(default_factory=set)  # its pictures that the item shows too
    title: int = 0  # token-sort ratio; 100 for the same words


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the ledger knows around an item: its own key (None where it is new), its twins, best first, and the context."""

    key: str | None
    twins: tuple[Twin, ...]
    context: Context


def surroundings(conn: Connection, keys: SellerKeys, item: Item, key: str | None) -> Surroundings:
    """Twins and context of an item that is held under `key`; registers, rates and themes are the caller's to add."""
    seller_key = keys.key(item.id_space, item.listing.seller)
    found = _by_picture(conn, item, key)
    pictured = tuple(sorted((candidate.distance or 0, other) for other, candidate in found.items()))
    title_key = near_key(item.listing.title) if item.listing.title else ""
    if seller_key and title_key:
        _by_title(conn, seller_key, title_key, key, found)
    pictures = _picture_counts(conn, found) if item.pictures else {}
    judged = (_judged(candidate, item, seller_key, pictures.get(key, 0)) for key, candidate in found.items())
    twins = tuple(sorted((twin for twin in judged if twin is not None), key=lambda twin: (-twin[1], twin[0])))
    held, flagged = _seller_counts(conn, seller_key, key)
    context = Context(
        relistings=sum(method != "near_twin" for _, _, method in twins),
        price_drops=_price_drops(conn, item, key),
        picture_matches=tuple(
            PictureMatch(target=other, kind="listing", distance=bits) for bits, other in pictured[:MOST_SHARED]
        ),
        seller_listings=held,
        seller_flagged=flagged,
        as_of=item.listing.captured_at,
    )
    return Surroundings(key=key, twins=twins, context=context)


def _by_picture(conn: Connection, item: Item, key: str | None) -> dict[str, _Candidate]:
    near = _like_pictures(conn, item)
    if not near:
        return {}
    counts = conn.execute(_SHARED, {"hashes": list(near)}).all()
    telling = [sha256 for sha256, shared in counts if shared <= MOST_SHARED]
    title_key = near_key(item.listing.title or "")
    found: dict[str, _Candidate] = {}
    for row in conn.execute(_SHOWING, {"hashes": telling, "own": key or ""}).all() if telling else ():
        candidate = found.setdefault(row.key, _Candidate(row, title=int(fuzz.ratio(title_key, row.title_key or ""))))
        candidate.shared.add(row.sha256)
        candidate.distance = min(near[row.sha256], near[row.sha256] if candidate.distance is None else candidate.distance)
    return found


def _like_pictures(conn: Connection, item: Item) -> dict[str, int]:
    near = {hit.sha256: hit.distance for hit in alike(conn, [p.phash for p in item.pictures if p.phash], TWIN_BITS)}
    return near | {picture.sha256: 0 for picture in item.pictures}


def _by_title(conn: Connection, seller_key: str, title_key: str, key: str | None, found: dict[str, _Candidate]) -> None:
    rows = conn.execute(_OF_SELLER, {"seller": seller_key, "own": key or ""}).all()
    # the keys are sorted words already, so their plain ratio is the token-sort ratio of the titles
    hits = process.extract(title_key, [row.title_key for row in rows], scorer=fuzz.ratio, score_cutoff=NEAR_TITLE, limit=None)
    for _, score, place in hits:
        found.setdefault(rows[place].key, _Candidate(rows[place])).title = int(score)


def _picture_counts(conn: Connection, found: Collection[str]) -> dict[str, int]:
    rows = conn.execute(_PICTURED, {"keys": list(found)}).all() if found else ()
    return {row[0]: row[1] for row in rows}


def _judged(candidate: _Candidate, item: Item, seller_key: str | None, pictures: int) -> Twin | None:
    """What the candidate, which shows so many pictures, is to the item."""
    row = candidate.row
    same_seller = seller_key is not None and row.seller_key == seller_key
    if candidate.distance is not None:
        return row.key, *_by_likeness(candidate, item, same_seller, pictures)
    if not same_seller:
        return None
    gone = row.status != Status.LIVE.value
    if candidate.title == 100 and gone and not pictures:
        return row.key, 92, "relisting"
    # where both have pictures and share none they are alike, but two objects
    return row.key, min(candidate.title, 90) - (10 if pictures else 0), "near_twin"


def _by_likeness(candidate: _Candidate, item: Item, same_seller: bool, pictures: int) -> tuple[int, str]:
    shared, bits, titled = len(candidate.shared), candidate.distance or 0, candidate.title >= NEAR_TITLE
    mostly = 2 * shared > min(len(item.pictures), pictures)
    if not mostly and not titled:
        return 60 - bits, "near_twin"  # a banner, a certificate, a price list between pictures of their own
    if same_seller and _side_by_side(candidate, item) and not (shared > 1 and mostly):
        return (90 if titled else 60) - 3 * bits, "near_twin"
    method = "cross_site" if candidate.row.id_space != item.id_space else "relisting" if same_seller else "picture"
    return 90 - 3 * bits + (10 if titled else 0), method


def _side_by_side(candidate: _Candidate, item: Item) -> bool:
    """True where both offers stand at the same time: pieces of one kind under one photograph, not one piece offered again."""
    row, at = candidate.row, item.listing.captured_at
    both_live = row.status == Status.LIVE.value and item.listing.status in (None, Status.LIVE)
    return both_live and row.id_space == item.id_space and (at is None or abs(at - row.last_seen) <= LATELY)


def _price_drops(conn: Connection, item: Item, key: str | None) -> int:
    row = conn.execute(_LAST_PRICE, {"key": key}).first() if key else None
    return 0 if row is None else row.price_drops + price_fell(row, item.listing.price)


def _seller_counts(conn: Connection, seller_key: str | None, key: str | None) -> tuple[int, int]:
    if seller_key is None:
        return 0, 0
    held, flagged = conn.execute(_SELLER_COUNTS, {"seller": seller_key, "own": key or ""}).one()
    return held, int(flagged)
