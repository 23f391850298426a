"""Pictures in the ledger: one row for each content hash, a link to each listing that showed it, and likeness by index.

A 64-bit perceptual hash is split into four bands of 16 bits. Two hashes that differ in at most 7 bits have a band that
differs in at most one, so probing each band with its 16 neighbours finds every hash that near, through the index alone:
68 probes into buckets that hold one or two rows each at 100,000 pictures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, or_, select

from patrol.ledger import bulk
from patrol.ledger.content import url_path
from patrol.ledger.engine import Insert, insert_for
from patrol.ledger.tables import listing_pictures, pictures
from patrol.records import Item, Picture

NEAREST_BITS = 7  # what the bands and their neighbours can promise
EXACT_BITS = 3  # what the four bands promise without neighbours: with three bits off, one band is untouched
_FLAT = 8  # a hash with so few bits set (or unset) is that of an empty or single-coloured picture: it is like any other


class Alike(NamedTuple):
    """A stored picture that looks like the one asked for; `distance` in bits, 0 for identical bytes."""

    sha256: str
    distance: int


def url_digest(url: str) -> str:
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()


def bands(phash: str | None) -> tuple[int, int, int, int] | None:
    """The four bands of a 64-bit hash in hex; None where there is none, or it tells nothing."""
    if phash is None or len(phash) != 16:
        return None
    value = int(phash, 16)
    if not _FLAT <= value.bit_count() <= 64 - _FLAT:
        return None
    return (value >> 48, value >> 32 & 0xFFFF, value >> 16 & 0xFFFF, value & 0xFFFF)


def keep_pictures(conn: Connection, item: Item, key: str, at: datetime) -> None:
    """Enters the item's pictures and links them to the listing; what is there already stays."""
    if not item.pictures:
        return
    places = {image.sha256: place for place, image in reversed(list(enumerate(item.listing.images)))}
    unique = {picture.sha256: picture for picture in item.pictures}
    dialect = conn.dialect.name
    for picture in unique.values():
        bulk.add(conn, pictures, _keep(dialect), _picture_row(picture, at))
        position = places.get(picture.sha256, len(places))
        bulk.add(conn, listing_pictures, _link(dialect), _link_row(picture, key, position, at))


@cache
def _keep(dialect: str) -> Insert:
    return insert_for(dialect, pictures).on_conflict_do_nothing(index_elements=["sha256"])


@cache
def _link(dialect: str) -> Insert:
    return insert_for(dialect, listing_pictures).on_conflict_do_nothing(index_elements=["listing_key", "sha256", "path"])


def _picture_row(picture: Picture, at: datetime) -> dict[str, Any]:
    found = bands(picture.phash) or (None, None, None, None)
    return {
        "sha256": picture.sha256,
        "media_type": picture.media_type,
        "width": picture.width,
        "height": picture.height,
        "size": picture.size,
        "phash": picture.phash,
        "capture_id": picture.capture,
        "first_seen": at,
    } | {f"band{place}": band for place, band in enumerate(found)}


def _link_row(picture: Picture, key: str, position: int, at: datetime) -> dict[str, Any]:
    return {
        "listing_key": key,
        "sha256": picture.sha256,
        "path": url_path(picture.url),
        "url": picture.url,
        "url_digest": url_digest(picture.url) if picture.url else None,
        "position": position,
        "first_seen": at,
    }


_PATHS = select(listing_pictures.c.path, listing_pictures.c.sha256).where(listing_pictures.c.listing_key == bindparam("key"))


def paths_known(conn: Connection, key: str) -> dict[str, set[str]]:
    """For each address path of this listing the bytes that it once gave."""
    known: dict[str, set[str]] = {}
    for path, sha256 in conn.execute(_PATHS, {"key": key}):
        known.setdefault(path, set()).add(sha256)
    return known


def picture_at(conn: Connection, url: str) -> Picture | None:
    """The picture that this address gave last, whatever listing it was on."""
    wanted = (
        select(pictures)
        .join(listing_pictures, listing_pictures.c.sha256 == pictures.c.sha256)
        .where(listing_pictures.c.url_digest == url_digest(url))
        .order_by(listing_pictures.c.first_seen.desc())
        .limit(1)
    )
    row = conn.execute(wanted).first()
    return _picture(row, url) if row else None


_SHOWN = (
    select(listing_pictures.c.listing_key, listing_pictures.c.url, pictures)
    .join(pictures, pictures.c.sha256 == listing_pictures.c.sha256)
    .where(listing_pictures.c.listing_key.in_(bindparam("keys", expanding=True)))
    .order_by(listing_pictures.c.position, listing_pictures.c.first_seen)
)


def pictures_of(conn: Connection, keys: Collection[str]) -> dict[str, list[Picture]]:
    """Each listing's pictures in the order of the page, each once, however many addresses it had."""
    found: dict[str, dict[str, Picture]] = {}
    for row in conn.execute(_SHOWN, {"keys": list(keys)}):
        found.setdefault(row.listing_key, {}).setdefault(row.sha256, _picture(row, row.url))
    return {key: list(shown.values()) for key, shown in found.items()}


_BANDS = (pictures.c.band0, pictures.c.band1, pictures.c.band2, pictures.c.band3)
_NEAR = select(pictures.c.sha256, pictures.c.phash).where(
    or_(*(band.in_(bindparam(f"band{place}", expanding=True)) for place, band in enumerate(_BANDS)))
)


def alike(conn: Connection, phashes: Collection[str], most: int = NEAREST_BITS) -> list[Alike]:
    """Stored pictures whose hash differs from one of these in at most `most` (up to 7) bits, nearest first."""
    probes = [found for phash in phashes if (found := bands(phash)) is not None]
    if not probes:
        return []
    values = [int(phash, 16) for phash in phashes if bands(phash) is not None]
    near = conn.execute(
        _NEAR, {f"band{place}": list(_probe(column, most)) for place, column in enumerate(zip(*probes, strict=True))}
    )
    hits = (Alike(sha256, min((int(other, 16) ^ value).bit_count() for value in values)) for sha256, other in near)
    return sorted((hit for hit in hits if hit.distance <= most), key=lambda hit: (hit.distance, hit.sha256))


def _probe(found: Collection[int], most: int) -> set[int]:
    """The values that one band of a hash within `most` bits may have, for at least one of the four bands."""
    wanted = set(found)
    if most > EXACT_BITS:
        wanted |= {band ^ (1 << bit) for band in found for bit in range(16)}
    return wanted


def _picture(row: Any, url: str | None) -> Picture:
    return Picture(
        sha256=row.sha256,
        url=url,
        media_type=row.media_type,
        width=row.width,
        height=row.height,
        size=row.size,
        phash=row.phash,
        capture=row.capture_id,
    )
