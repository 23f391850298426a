"""What a page tells its own trackers about the object it shows: `dataLayer` commerce events and pixel calls.

Shops without schema.org markup still name product, price and currency here. Only an entry that is the page's one product
is taken, and only where its name or id fits the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from patrol.extract.finds import Finds, many, text_of
from patrol.extract.javascript import value_at
from patrol.extract.money import currency_of, money
from patrol.extract.page import Page
from patrol.extract.state import objects
from patrol.extract.urls import likely_id
from patrol.extract.visible import one_line
from patrol.records import Origin, PriceKind

_PUSH = re.compile(r"dataLayer\s*(?:\.push\s*\(|=\s*\[)\s*(?=\{)|dataLayer\s*=\s*dataLayer\s*\|\|\s*\[\s*(?=\{)")
_PIXEL = re.compile(r"fbq\(\s*[\"']track(?:Single)?[\"']\s*,\s*[\"']ViewContent[\"']\s*,\s*(?=\{)")
_PRICES = ("price", "item_price", "unit_sale_price", "productPrice", "value", "ecomm_totalvalue", "product_price")
_NAMES = ("name", "item_name", "content_name", "productName", "product_name")
_IDS = ("id", "item_id", "sku", "content_ids", "productId", "product_id", "ecomm_prodid")


def tagmanager(page: Page, kind: PriceKind) -> Finds:
    """Finds of the page's one product in its tracking calls."""
    finds = Finds(Origin.STATE)
    for entry, code in _entries(page):
        if not _is_own(entry, page):
            continue
        raw = next((entry[key] for key in _PRICES if entry.get(key) not in (None, "", 0, "0")), None)
        word = text_of(entry.get("currency")) or code
        found = money({"amount": raw, "currency": currency_of(word.upper(), page.money) if word else None}, page.money, kind=kind)
        if found is not None and found.amount > 0:
            finds.put("price", found, found.raw)
            return finds
    return finds


def _entries(page: Page) -> Iterator[tuple[Mapping[str, Any], str | None]]:
    """Products of detail events with the event's currency."""
    if "dataLayer" in page.text:
        for tree in _values(page.text, _PUSH):
            yield from _commerce(tree)
    if "fbq(" in page.text:
        for tree in _values(page.text, _PIXEL):
            yield tree, text_of(tree.get("currency"))


def _values(text: str, call: re.Pattern[str]) -> Iterator[Mapping[str, Any]]:
    for place in call.finditer(text):
        end = text.find("</script", place.end())
        found = value_at(text, place.end(), end=end if end > 0 else None)
        if found is not None and isinstance(found[0], Mapping):
            yield found[0]


def _commerce(tree: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], str | None]]:
    event = str(tree.get("event") or "")
    for node in objects(tree):
        code = text_of(node.get("currencyCode")) or text_of(node.get("currency"))
        detail = node.get("detail")
        products = many(detail.get("products")) if isinstance(detail, Mapping) else []
        products += many(node.get("items")) if "view_item" in event and "list" not in event else []
        if len(products) == 1 and isinstance(products[0], Mapping):
            yield products[0], code
    if str(tree.get("ecomm_pagetype") or tree.get("pageType") or "").lower() in ("product", "offerdetail", "item"):
        yield tree, text_of(tree.get("currency"))


def _is_own(entry: Mapping[str, Any], page: Page) -> bool:
    names = [one_line(text).casefold() for key in _NAMES if (text := text_of(entry.get(key)))]
    heading = f"{page.heading} {page.title}".casefold()
    if any(len(name) > 3 and (name in heading or (page.heading and page.heading.casefold() in name)) for name in names):
        return True
    own = likely_id(page.url)
    ids = {text for key in _IDS if (text := text_of(entry.get(key)))}
    return bool(ids) and (own in ids or any(len(ident) > 3 and ident in page.url for ident in ids))
