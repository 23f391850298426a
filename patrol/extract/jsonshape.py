"""JSON answers of interfaces that no adapter describes, read by their shape: one titled object, or a list of them.

`read` comes here for bodies that are JSON. The shapes are those that marketplaces' interfaces share: a title under one of
few names, an id or address, a price as number or `{value, currency}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from patrol.extract.finds import Finds, many, text_of
from patrol.extract.images import pictures
from patrol.extract.money import money
from patrol.extract.page import Page
from patrol.extract.texts import plain, title_of
from patrol.extract.urls import absolute
from patrol.records import Origin, PriceKind, Result, Seller

_TITLES = ("title", "name", "subject", "heading", "longTitle", "lotTitle")
IDS = ("itemId", "legacyItemId", "listing_id", "listingId", "list_id", "lotId", "lot_id", "id", "auctionId")
_LINKS = ("itemWebUrl", "url", "webUrl", "vipUrl", "link", "href", "permalink", "canonicalUrl")
_ROWS = (
    "itemSummaries",
    "listings",
    "items",
    "results",
    "ads",
    "lots",
    "searchLots",
    "offers",
    "data",
    "products",
    "hits",
    "documents",
)
_HOLDERS = ("data", "item", "listing", "lot", "ad", "result", "product")


def _any_of(row: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    return next((text for name in names if (text := text_of(row.get(name), "text", "value", "name"))), None)


def json_listing(page: Page) -> Finds:
    """Finds of a body that is one titled object with a price, or of the object that it wraps."""
    row = page.json
    for name in _HOLDERS:
        if isinstance(row, Mapping) and not is_listing(row) and isinstance(row.get(name), Mapping):
            row = row[name]
    return row_finds(row, page, Origin.API) if isinstance(row, Mapping) and is_listing(row) else Finds(Origin.API)


def row_finds(row: Mapping[str, Any], page: Page, origin: Origin) -> Finds:
    """Finds of one object by the names that its keys share with most interfaces."""
    finds = Finds(origin)
    _words(finds, row)
    _offer(finds, row, page)
    finds.put(
        "images",
        pictures(
            [row.get("image"), *many(row.get("images")), *many(row.get("additionalImages")), *many(row.get("photos"))], page.url
        ),
    )
    finds.put("attributes", _aspects(row))
    return finds


def is_listing(row: Mapping[str, Any]) -> bool:
    return bool(_any_of(row, _TITLES)) and any(key in row for key in ("price", "currentBidPrice", "priceInfo", "price_cents"))


def _words(finds: Finds, row: Mapping[str, Any]) -> None:
    title = _any_of(row, _TITLES)
    finds.put("title", title_of(title) if title else None, title)
    told = _any_of(row, ("description", "body", "shortDescription"))
    finds.put("description", plain(told) if told else None, told)
    finds.put("listing_id", _any_of(row, IDS))
    finds.put("condition", _any_of(row, ("condition",)))
    path = text_of(row.get("categoryPath"))
    finds.put("category", tuple(path.split("|")) if path else (), path)


def _offer(finds: Finds, row: Mapping[str, Any], page: Page) -> None:
    bid = money(row.get("currentBidPrice"), page.money, kind=PriceKind.CURRENT)
    asked = money(row.get("price"), page.money)
    price = bid or asked
    finds.put("price", price, price.raw if price else None)
    finds.put("prices", (asked,) if bid and asked and asked.amount != bid.amount else ())
    seller = row.get("seller")
    if isinstance(seller, Mapping):
        name = _any_of(seller, ("username", "name", "sellerName", "login_name"))
        finds.put("seller", Seller(name=name, id=_any_of(seller, ("userId", "id", "sellerId"))) if name else None, name)
    place = row.get("itemLocation") or row.get("location")
    if isinstance(place, Mapping):
        parts = (text_of(place.get(key)) for key in ("city", "stateOrProvince", "region", "country"))
        finds.put("location", ", ".join(part for part in parts if part))
    count = row.get("bidCount")
    finds.put("bid_count", count if isinstance(count, int) and not isinstance(count, bool) else None)


def _aspects(row: Mapping[str, Any]) -> dict[str, str]:
    rows = [one for one in many(row.get("localizedAspects") or row.get("attributes")) if isinstance(one, Mapping)]
    pairs = ((text_of(one.get("name") or one.get("key")), text_of(one.get("value"))) for one in rows)
    return {name: content for name, content in pairs if name and content}


def json_results(page: Page) -> tuple[Result, ...] | None:
    """Rows with titles and addresses; None where the body has no list of a known name."""
    tree = page.json
    rows = tree if isinstance(tree, list) else _rows(tree) if isinstance(tree, Mapping) else None
    if rows is None:
        return None
    found = [one for row in rows if isinstance(row, Mapping) and (one := row_result(page, row)) is not None]
    return tuple(found) if found or not rows else None


def _rows(tree: Mapping[str, Any]) -> list[Any] | None:
    for name in _ROWS:
        inner = tree.get(name)
        if isinstance(inner, list):
            return inner
        if isinstance(inner, Mapping) and (rows := _rows(inner)) is not None:
            return rows
    return None


def row_result(page: Page, row: Mapping[str, Any]) -> Result | None:
    """One row of a list with title and address."""
    title, link = _any_of(row, _TITLES), absolute(page.url, _any_of(row, _LINKS))
    if not title or link is None:
        return None
    return Result(url=link, title=title_of(title), listing_id=_any_of(row, IDS))
