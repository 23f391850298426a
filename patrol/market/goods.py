"""The goods of the practice marketplace, as their writers left them in `goods/*.jsonl`.

The server hands each site its goods; the pages show of them what a real site would show. A good's listing id on the page
is a number derived from the good's own id, so that nothing on a page betrays how the goods are filed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from pathlib import Path
from typing import Any

from patrol.errors import ReadError

SITES = ("bazaar", "hammer", "souk")
STATUSES = ("live", "ended", "sold", "removed")
FOLDER = Path(__file__).resolve().parent / "goods"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """Who offers a good: the handle, the name shown, and where."""

    id: str
    name: str
    location: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Good:
    """One listing of one site. `price` is the asking price, on hammer the starting price."""

    id: str
    number: str  # the listing id that the site shows
    site: str
    object: str
    relists: str | None
    title: str
    description: str
    language: str
    price: Decimal
    currency: str
    estimate: tuple[Decimal, Decimal] | None
    current: Decimal | None
    bids: int | None
    lot_number: str | None
    provenance: str | None
    condition: str | None
    category: tuple[str, ...]
    attributes: Mapping[str, str]
    seller: Shop
    location: str
    pictures: int
    status: str
    reduced_from: Decimal | None
    listed_days_ago: int
    ends_in_hours: int | None

    @property
    def open(self) -> bool:
        """Whether the site still shows the good at all."""
        return self.status != "removed"


def listing_number(good_id: str, copy: int = 0) -> str:
    """Nine digits that stay the same whatever else is on offer."""
    digest = blake2b(f"{good_id}#{copy}".encode(), digest_size=8).digest()
    return str(100_000_000 + int.from_bytes(digest) % 900_000_000)


def _money(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)


def _good(row: Mapping[str, Any]) -> Good:
    if row["site"] not in SITES or row["status"] not in STATUSES:
        raise ValueError(f"site {row['site']!r} or status {row['status']!r} is not one of the market's")
    estimate = row["estimate"]
    return Good(
        id=row["id"],
        number=listing_number(row["id"]),
        site=row["site"],
        object=row["object"],
        relists=row["relists"],
        title=row["title"],
        description=row["description"],
        language=row["language"],
        price=Decimal(row["price"]),
        currency=row["currency"],
        estimate=(Decimal(estimate[0]), Decimal(estimate[1])) if estimate else None,
        current=_money(row["current"]),
        bids=row["bids"],
        lot_number=row["lot_number"],
        provenance=row["provenance"],
        condition=row["condition"],
        category=tuple(row["category"]),
        attributes=dict(row["attributes"]),
        seller=Shop(id=row["seller"]["id"], name=row["seller"]["name"], location=row["seller"]["location"]),
        location=row["location"],
        pictures=row["pictures"],
        status=row["status"],
        reduced_from=_money(row["reduced_from"]),
        listed_days_ago=row["listed_days_ago"],
        ends_in_hours=row["ends_in_hours"],
    )


def _rows(folder: Path) -> Iterator[Good]:
    for path in sorted(folder.glob("*.jsonl")):
        for line, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            try:
                yield _good(json.loads(text))
            except (ValueError, KeyError, TypeError, IndexError, InvalidOperation) as fault:
                raise ReadError(
                    f"not a good of the practice marketplace: {type(fault).__name__} {fault}",
                    where=f"{path.name}:{line}",
                    remedy="Correct the line; every key of the other lines must stand in it",
                ) from fault


def _copied(goods: Iterable[Good], copies: int) -> Iterator[Good]:
    for good in goods:
        yield good
        for copy in range(1, copies):
            yield replace(
                good,
                number=listing_number(good.id, copy),
                object=f"{good.object}#{copy}",
                relists=None,
                title=f"{good.title} ({copy + 1})",
            )


def load(folder: Path = FOLDER, *, copies: int = 1) -> tuple[Good, ...]:
    """All goods, newest listing first; `copies` > 1 multiplies them under other ids for a bench.

    Raises ReadError with file and line for a broken row, and where two goods would share an id.
    """
    goods = sorted(_copied(_rows(folder), copies), key=lambda good: (good.listed_days_ago, good.number))
    if len({good.number for good in goods}) != len(goods) or len({good.id for good in goods}) * copies != len(goods):
        raise ReadError("two goods share an id", where=str(folder), remedy="Give one of them another id")
    return tuple(goods)
