"""The offer part of a schema.org Product: price, other prices, availability, who sells, from where.

JSON-LD and microdata hand their offers here in the same shape; the chosen offer goes into the product's Finds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from patrol.extract.finds import Finds, first, many, text_of
from patrol.extract.money import MoneyContext, currency_of, money
from patrol.extract.page import Page
from patrol.extract.urls import absolute, canonical_url
from patrol.records import Money, PriceKind, Seller, Status

Node = Mapping[str, Any]
_T = TypeVar("_T")
STATUS = {
    "instock": Status.LIVE, "limitedavailability": Status.LIVE, "onlineonly": Status.LIVE, "instoreonly": Status.LIVE,
    "preorder": Status.LIVE, "presale": Status.LIVE, "backorder": Status.LIVE, "madetoorder": Status.LIVE,
    "available": Status.LIVE,
    "soldout": Status.SOLD, "sold": Status.SOLD, "outofstock": Status.ENDED, "oos": Status.ENDED, "discontinued": Status.ENDED,
    "unavailable": Status.ENDED, "reserved": Status.LIVE,
}  # fmt: skip
_STRUCK = ("listprice", "strikethroughprice", "srp", "msrp", "regularprice", "suggestedretailprice")


def availability(value: Any) -> Status | None:
    """`https://schema.org/InStock`, `in stock`, `oos` … as a status; None for anything else."""
    word = (text_of(value) or "").rstrip("/").rpartition("/")[2].rpartition("#")[2].lower()
    return STATUS.get("".join(letter for letter in word if letter.isalpha()))


def offers_of(product: Node) -> list[Node]:
    return [offer for offer in many(product.get("offers")) if isinstance(offer, Mapping)]


def is_aggregate(offer: Node) -> bool:
    return "aggregateoffer" in str(offer.get("@type", "")).lower() or "lowPrice" in offer


def fill_offer(finds: Finds, product: Node, page: Page, kind: PriceKind) -> None:
    """Price, prices, status, seller, condition, location and end of the offer that belongs to this page."""
    offers = offers_of(product)
    offer = _own(offers, page)
    if offer is None:
        finds.put("price", _money(product, page.money, kind), product.get("price"))
        return
    price = _price(offer, page, kind)
    if price is not None and price.amount == 0:
        finds.warnings.append(f"price 0 in {finds.origin.value} read as no price")
        price = None
    if price is not None:
        finds.put("price", price, price.raw)
        finds.put("prices", _highest(offer, price, page.money, kind))
    inner = offers_of(offer)
    status = _status(offers, offer) or _agreed([availability(one.get("availability")) for one in inner])
    finds.put("status", status, text_of(offer.get("availability")))
    seller = _seller(offer, product, page) or _agreed([_seller(one, {}, page) for one in inner])
    if seller is not None:
        finds.put("seller", seller, seller.name or seller.url)
    finds.put("location", place_of(offer.get("availableAtOrFrom") or offer.get("areaServed")))


def _own(offers: list[Node], page: Page) -> Node | None:
    """The offer of this page: by its address, else the first that is to be had and has a price, else the first."""
    if len(offers) < 2:
        return offers[0] if offers else None
    here = canonical_url(page.url)
    priced = [offer for offer in offers if _raw_price(offer) is not None] or offers
    local = [offer for offer in priced if page.money.currency and _currency(offer, page.money) == page.money.currency]
    pool = local or priced
    for offer in pool if _tells_apart(pool, "url") else ():
        link = absolute(page.url, text_of(offer.get("url")))
        if link and canonical_url(link) == here:
            return offer
    live = [offer for offer in pool if availability(offer.get("availability")) is Status.LIVE] or pool
    if any(_tells_apart(live, key) for key in ("url", "sku", "name", "itemOffered", "gtin13")):
        return live[0]
    # Nothing tells them apart: an old price beside the new one, which is the lower
    return min(live, key=lambda offer: _amount(offer, page.money))


def _agreed(said: Sequence[_T | None]) -> _T | None:
    """What the offers inside an aggregate all say; None where they differ or one of them is silent."""
    return said[0] if said and all(one == said[0] for one in said) else None


def _tells_apart(offers: list[Node], key: str) -> bool:
    return all(offer.get(key) for offer in offers) and len({str(offer[key]) for offer in offers}) > 1


def _amount(offer: Node, context: MoneyContext) -> Decimal:
    found = _money(offer, context, PriceKind.ASKING)
    return found.amount if found is not None and found.amount else Decimal("Infinity")


def _status(offers: list[Node], own: Node) -> Status | None:
    status = availability(own.get("availability"))
    if status in (None, Status.LIVE):
        return status
    return Status.LIVE if any(availability(offer.get("availability")) is Status.LIVE for offer in offers) else status


def _price(offer: Node, page: Page, kind: PriceKind) -> Money | None:
    own = _money(offer, page.money, kind)
    if own is not None:
        return own
    inner = _own(offers_of(offer), page)
    return None if inner is None else _money(inner, page.money, kind)


def _money(offer: Node, context: MoneyContext, kind: PriceKind) -> Money | None:
    raw = _raw_price(offer)
    if raw is None:
        return None
    code = _currency(offer, context)
    if isinstance(raw, list):
        found = [one for value in raw if (one := money(_with(value, code), context, kind=kind)) is not None]
        return min(found, key=lambda one: one.amount, default=None)  # old and new price side by side: the new one is lower
    return money(_with(raw, code), context, kind=kind)


def _with(raw: Any, code: str | None) -> Any:
    return {"amount": raw, "currency": code} if code else raw


def _currency(offer: Node, context: MoneyContext) -> str | None:
    word = text_of(offer.get("priceCurrency")) or text_of(offer.get("currency"))
    if word is None:
        word = next((text_of(spec.get("priceCurrency")) for spec in _specifications(offer) if spec.get("priceCurrency")), None)
    return currency_of(word.upper(), context) or currency_of(word, context) if word else None


def _raw_price(offer: Node) -> Any:
    for key in ("price", "lowPrice", "lowprice"):
        value = offer.get(key)
        if isinstance(value, list) and len(value) > 1:
            return [entry for entry in value if not isinstance(entry, Mapping)] or None
        value = first(value)
        if isinstance(value, Mapping):
            value = value.get("value") or value.get("@value") or value.get("price")
        if value not in (None, "") and any(letter.isdigit() for letter in str(value)):
            return value
    return next((price for spec in _specifications(offer) if (price := first(spec.get("price"))) not in (None, "")), None)


def _specifications(offer: Node) -> list[Node]:
    """Price specifications, the price to pay first: struck-out and per-unit prices behind."""
    specs = [spec for spec in many(offer.get("priceSpecification")) if isinstance(spec, Mapping)]

    def rank(spec: Node) -> int:
        word = str(spec.get("priceType") or spec.get("name") or "").rpartition("/")[2].lower()
        return 2 if word in _STRUCK else 1 if spec.get("referenceQuantity") else 0

    return sorted(specs, key=rank)


def _highest(offer: Node, price: Money, context: MoneyContext, kind: PriceKind) -> tuple[Money, ...]:
    """The upper end of an aggregate offer, where it is another amount."""
    high = first(offer.get("highPrice"))
    if high in (None, ""):
        return ()
    upper = money(_with(high, price.currency), context, kind=kind)
    return (upper,) if upper is not None and upper.amount > max(price.amount, Decimal(0)) else ()


def _seller(offer: Node, product: Node, page: Page) -> Seller | None:
    value = first(offer.get("seller") or offer.get("offeredBy") or product.get("seller") or product.get("offeredBy"))
    if isinstance(value, Mapping):
        name, link = text_of(value.get("name")), absolute(page.url, text_of(value.get("url")))
        ident = text_of(value.get("identifier"))
        where = place_of(value.get("address"))
        return Seller(name=name, id=ident, url=link, location=where) if name or link else None
    name = text_of(value)
    if name is None:
        return None
    return Seller(url=name) if name.startswith("http") else Seller(name=name)


def place_of(value: Any) -> str | None:
    """A schema.org place or address on one line: locality, region, country; streets are left out."""
    value = first(value)
    if not isinstance(value, Mapping):
        return text_of(value)
    address = value.get("address")
    if address is not None:
        return place_of(address) or text_of(value.get("name"))
    parts = (text_of(value.get(key)) for key in ("addressLocality", "addressRegion", "addressCountry"))
    return ", ".join(dict.fromkeys(part for part in parts if part)) or text_of(value.get("name"))
