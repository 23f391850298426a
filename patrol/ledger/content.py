"""What makes a version: the canonical content of a listing, and what merely ticks.

`keeping` asks here whether a page says something new. Two digests answer it: `text_digest` covers every word and price
that the offer stands on; pictures are compared by `same_pictures`, because one reading knows a picture by its bytes and
the next only by its address (a listing that scores nothing gets only its first picture fetched). A digest over both would
flip between the two states of knowledge, though the page stayed the same; so a picture is the same when the bytes agree
where both sides know them, or bytes that are known for an address agree, or else the addresses' paths agree. Query strings
never count: addresses that expire carry their signature there. The order of pictures does not count either.

A version's own `digest` (text and pictures as known when it was made) is stored for reference and never recomputed.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import orjson

from patrol.records import Listing, Money, PriceKind, utc
from patrol.wire import listing_to_json

TICKING = frozenset({PriceKind.CURRENT, PriceKind.HAMMER})
PictureMark = tuple[str, str | None]  # path of the address without query, SHA-256 where the bytes are known

_FIRM = ("title", "description", "location", "condition", "lot_number", "provenance")


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The firm part of one listing as one page gives it."""

    text_digest: str
    pictures: tuple[PictureMark, ...]
    digest: str


def _text(value: str | None) -> str | None:
    return (" ".join(unicodedata.normalize("NFC", value).split()) or None) if value else None


def _amount(value: Decimal | None) -> str | None:
    return None if value is None else format(value.normalize(), "f")


def _firm_prices(listing: Listing) -> list[tuple[str | None, ...]]:
    # the characters on the page ("£115" or "GBP 115.00") may change with the layout; the amount is what is asked
    firm = [money for money in (listing.price, *listing.prices) if money is not None and money.kind not in TICKING]
    return sorted({(_amount(money.amount), money.currency, money.kind.value) for money in firm}, key=repr)


def _firm_estimate(listing: Listing) -> list[str | None] | None:
    estimate = listing.estimate
    return None if estimate is None else [_amount(estimate.low), _amount(estimate.high), estimate.currency]


def url_path(url: str | None) -> str:
    """The path of an address, without host, query and fragment; "" where there is none."""
    if not url:
        return ""
    try:
        return urlsplit(url).path
    except ValueError:  # an address that no parser takes is still the same address next time
        return url.partition("?")[0]


def picture_marks(listing: Listing) -> tuple[PictureMark, ...]:
    return tuple((url_path(image.url), image.sha256) for image in listing.images)


def content_of(listing: Listing, seller_key: str | None) -> Content:
    """The canonical content of decision 2, digested; `seller_key` stands for the seller."""
    body: dict[str, Any] = {name: _text(getattr(listing, name)) for name in _FIRM}
    body |= {
        "prices": _firm_prices(listing),
        "estimate": _firm_estimate(listing),
        "seller": seller_key,
        "category": [_text(part) for part in listing.category],
        "attributes": {str(_text(name)): _text(value) for name, value in listing.attributes.items()},
    }
    text_digest = hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()
    pictures = picture_marks(listing)
    known = sorted(sha256 or path for path, sha256 in pictures)
    digest = hashlib.sha256(orjson.dumps([text_digest, known])).hexdigest()
    return Content(text_digest=text_digest, pictures=pictures, digest=digest)


def same_pictures(old: Sequence[PictureMark], new: Sequence[PictureMark], known: Mapping[str, set[str]]) -> bool:
    """True where both show the same pictures; `known` maps an address's path to the bytes it once gave on this listing."""
    if len(old) != len(new):
        return False
    shared = Counter(sha for _, sha in old if sha) & Counter(sha for _, sha in new if sha)
    rest = _without(old, shared)
    for mark in _without(new, shared):
        partner = next((other for other in rest if _alike(mark, other, known)), None)
        if partner is None:
            return False
        rest.remove(partner)
    return True


def _without(marks: Sequence[PictureMark], shared: Counter[str]) -> list[PictureMark]:
    left = shared.copy()
    rest = []
    for path, sha in marks:
        if sha and left[sha] > 0:
            left[sha] -= 1
        else:
            rest.append((path, sha))
    return rest


def _alike(one: PictureMark, other: PictureMark, known: Mapping[str, set[str]]) -> bool:
    if one[1] and other[1]:
        return False  # both known, and equal ones are already paired
    if one[0] == other[0]:
        return True
    ones, others = ({sha} if sha else known.get(path, set()) for path, sha in (one, other))
    return not ones.isdisjoint(others)


# ---------------------------------------------------------------------------------------------------------------------
# Storing: the version's payload, what ticks beside it, and both together again


def version_body(listing: Listing, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The payload of a version: the whole listing without its seller, and where each field was read."""
    return {
        "listing": listing_to_json(listing) | {"seller": None},
        "fields": {name: row for name, row in fields.items() if name.partition(".")[0] != "seller"},
    }


def ticks_of(listing: Listing, body: Mapping[str, Any]) -> dict[str, Any] | None:
    """What this sighting shows otherwise than `body`, its version's payload, without being another offer."""
    row = listing_to_json(listing)
    names = ("url", "price", "prices", "bid_count", "ends_at", "status", "images", "marketplace")
    return {name: row[name] for name in names if row[name] != body["listing"].get(name)} or None


def overlay(body: Mapping[str, Any], ticks: Mapping[str, Any] | None, seen_at: datetime) -> dict[str, Any]:
    """The listing's JSON as one sighting showed it: the version's content with that sighting's ticking fields."""
    return {**body["listing"], **(ticks or {}), "captured_at": utc(seen_at)}


def price_fell(before: Any, now: Money | None) -> bool:
    """True where a price of the same kind and currency is lower than in `before`, a row with amount, currency, price_kind."""
    if before.amount is None or now is None or before.currency != now.currency or before.price_kind != now.kind.value:
        return False
    return now.amount < Decimal(before.amount)
