"""Check: is this a listing at all, and are its values ones that can be kept? First step; hands a sound Item to `score`.

Pages hold what no store, spreadsheet or terminal takes: control characters, halves of characters, amounts without end, ids
and addresses of any length. Each is mended or left out, and said as a fault on the item.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from patrol.errors import ReadError
from patrol.extract import canonical_url
from patrol.pipelines.tools import Tools
from patrol.records import Estimate, Fault, FieldSource, How, Image, Item, Listing, Money, Seller

LONGEST = {
    "title": 1_000,
    "description": 100_000,
    "provenance": 50_000,
    "condition": 2_000,
    "location": 500,
    "lot_number": 100,
    "language": 35,
}
LONGEST_PART = 5_000  # of a category step, an attribute, a seller's name
LONGEST_NAME = 255  # of an id within its site
LONGEST_ADDRESS = 4_000  # of a picture or a seller; what is longer carries its content in itself
MOST_PARTS = 300  # attributes and steps of one page
DEAREST = Decimal(10) ** 13
MOST_BIDS = 1_000_000

_BREAKS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_UNKEPT = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")
_HALVES = re.compile(r"[\ud800-\udfff]")


def clean(text: str) -> str:
    """The text without control characters and halves of characters; every sort of line break is a newline."""
    if text.isascii() and text.isprintable():
        return text.strip()
    text = _BREAKS.sub("\n", text)
    return _HALVES.sub("\ufffd", _UNKEPT.sub("", text)).strip()


def _whole(text: str | None, limit: int = LONGEST_PART) -> str | None:
    return None if text is None else clean(text)[:limit].rstrip() or None


class _Check:
    """One listing, part by part; what was mended or left out is in `complaints`."""

    def __init__(self, listing: Listing) -> None:
        self.listing = listing
        self.complaints: list[str] = []

    def checked(self) -> Listing:
        told = self.listing
        return replace(
            told,
            **self._texts(),
            url=clean(told.url),
            listing_id=self._id(),
            price=self._money(told.price) if told.price else None,
            prices=tuple(money for each in told.prices if (money := self._money(each))),
            estimate=self._estimate(),
            seller=self._seller(),
            images=tuple(self._images()),
            category=tuple(step for each in told.category[:MOST_PARTS] if (step := _whole(each))),
            attributes=self._attributes(),
            bid_count=self._bids(),
            starts_at=self._starts(),
            captured_at=told.captured_at or datetime.now(UTC),
        )

    def _texts(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, limit in LONGEST.items():
            text = getattr(self.listing, name)
            found[name] = _whole(text, limit)
            if text is not None and len(clean(text)) > limit:
                self.complaints.append(f"{name} was cut at {limit} characters")
        return found

    def _id(self) -> str | None:
        found = _whole(self.listing.listing_id, LONGEST_NAME + 1)
        if found is not None and len(found) > LONGEST_NAME:
            self.complaints.append(f"the page's id is longer than {LONGEST_NAME} characters, so the address stands for it")
            return None
        return found

    def _amount(self, amount: Decimal | None) -> bool:
        return amount is None or (amount.is_finite() and 0 <= amount < DEAREST)

    def _money(self, money: Money) -> Money | None:
        raw = _whole(money.raw, 200) or ""
        if not self._amount(money.amount):
            self.complaints.append(f"price {raw!r} cannot be one and was left out")
            return None
        return replace(money, raw=raw, currency=self._currency(money.currency))

    def _currency(self, currency: str | None) -> str | None:
        if currency is None or re.fullmatch("[A-Z]{3}", currency):
            return currency
        self.complaints.append(f"{clean(currency)[:20]!r} is no currency and was left out")
        return None

    def _estimate(self) -> Estimate | None:
        told = self.listing.estimate
        if told is None:
            return None
        sound = self._amount(told.low) and self._amount(told.high)
        if not sound or (told.low is not None and told.high is not None and told.low > told.high):
            self.complaints.append(f"estimate {told.low} to {told.high} cannot be one and was left out")
            return None
        return replace(told, currency=self._currency(told.currency))

    def _seller(self) -> Seller | None:
        told = self.listing.seller
        if told is None:
            return None
        parts = {part.name: _whole(getattr(told, part.name)) for part in fields(Seller)}
        return Seller(**parts) if any(parts.values()) else None

    def _images(self) -> Iterable[Image]:
        for image in self.listing.images:
            url = clean(image.url) if image.url else None
            if url and len(url) > LONGEST_ADDRESS:
                self.complaints.append(f"a picture's address of {len(url)} characters was left out")
            elif url or image.sha256:
                yield replace(image, url=url)

    def _attributes(self) -> Mapping[str, str]:
        told = list(self.listing.attributes.items())
        if len(told) > MOST_PARTS:
            self.complaints.append(f"{len(told) - MOST_PARTS} of {len(told)} attributes were left out")
        clean_ones = ((_whole(name, LONGEST_NAME), _whole(value)) for name, value in told[:MOST_PARTS])
        return {name: value for name, value in clean_ones if name and value}

    def _bids(self) -> int | None:
        told = self.listing.bid_count
        if told is None or 0 <= told <= MOST_BIDS:
            return told
        self.complaints.append(f"{told} bids cannot be and were left out")
        return None

    def _starts(self) -> datetime | None:
        starts, ends = self.listing.starts_at, self.listing.ends_at
        if starts and ends and ends < starts:
            self.complaints.append("ends before it starts, so the start was left out")
            return None
        return starts


def _sources(found: Mapping[str, FieldSource]) -> Mapping[str, FieldSource]:
    return {clean(name): replace(source, raw=clean(source.raw)) for name, source in found.items()}


async def check(item: Item, _: Tools) -> Item:
    """The item with sound values, each complaint a fault on it; ReadError where nothing could be scored."""
    checking = _Check(item.listing)
    listing = checking.checked()
    if item.how is not How.HAND and not (listing.title or listing.description or listing.images):
        raise ReadError(
            "the page names no title, no description and no picture",
            where=listing.url,
            remedy="Look at its sealed copy; the layout may have changed",
        )
    faults = tuple(Fault(step="check", message=text, url=listing.url) for text in checking.complaints)
    return replace(
        item,
        listing=listing,
        fields=_sources(item.fields),
        address=canonical_url(listing.url),
        note=_whole(item.note),
        faults=item.faults + faults,
    )
