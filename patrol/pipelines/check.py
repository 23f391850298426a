"""Check: is this a listing at all, and are its values ones that can be kept? First step; hands a sound Item to `score`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from patrol.errors import ReadError
from patrol.pipelines.tools import Tools
from patrol.records import Fault, How, Item, Listing, Money

LONGEST = {"title": 1_000, "description": 100_000, "provenance": 50_000, "condition": 2_000, "location": 500}


def _whole(text: str | None, limit: int) -> str | None:
    """Without NUL and lone surrogates, which no store takes, and not longer than the limit."""
    if text is None:
        return None
    clean = text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8").strip()
    return clean[:limit] or None


def _sound(money: Money | None) -> bool:
    return money is None or money.amount >= 0


def _checked(listing: Listing) -> tuple[Listing, list[str]]:
    complaints = [
        f"{name} was cut at {limit} characters" for name, limit in LONGEST.items() if len(getattr(listing, name) or "") > limit
    ]
    texts: dict[str, Any] = {name: _whole(getattr(listing, name), limit) for name, limit in LONGEST.items()}
    price = listing.price
    if not _sound(price):
        complaints.append(f"price {price.raw!r} is negative and was left out" if price else "")
        price = None
    if listing.ends_at and listing.starts_at and listing.ends_at < listing.starts_at:
        complaints.append("ends before it starts")
    return (
        replace(
            listing,
            **texts,
            price=price,
            prices=tuple(money for money in listing.prices if _sound(money)),
            captured_at=listing.captured_at or datetime.now(UTC),
        ),
        complaints,
    )


async def check(item: Item, _: Tools) -> Item:
    """The item with sound values, each complaint a fault on it; ReadError where nothing could be scored."""
    listing, complaints = _checked(item.listing)
    if item.how is not How.HAND and not (listing.title or listing.description or listing.images):
        raise ReadError(
            "the page names no title, no description and no picture",
            where=listing.url,
            remedy="Look at its sealed copy; the layout may have changed",
        )
    faults = tuple(Fault(step="check", message=text, url=listing.url) for text in complaints)
    return replace(item, listing=listing, faults=item.faults + faults)
