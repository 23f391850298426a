"""OpenGraph and product meta tags: the weakest words of a page about itself, taken where nothing better speaks.

`read` lays these Finds under all others. A description that is the site's own advertising is left out.
"""

from __future__ import annotations

import re
from decimal import Decimal

from patrol.extract.finds import Finds
from patrol.extract.images import pictures
from patrol.extract.money import currency_of, money
from patrol.extract.offers import availability
from patrol.extract.page import Page
from patrol.extract.texts import is_boilerplate, plain, title_of, without_site
from patrol.records import Origin, PriceKind

_AMOUNTS = (
    "product:sale_price:amount", "product:price:amount", "og:price:amount", "product:price", "og:price", "twitter:data1",
)  # fmt: skip
_CODES = ("product:sale_price:currency", "product:price:currency", "og:price:currency", "og:currency")
_TOLD = re.compile(
    r"(?:^|\W)(?:price|preis|prix|precio|prezzo|prijs|цена|ціна|直購價|価格|价格|가격)\s?[:：]\s?([^\s\d]{0,3}\s?\d[\d.,]*\s?[^\s\d.,]{0,3})",
    re.IGNORECASE,
)
_LARGEST = ("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src")


def opengraph(page: Page, kind: PriceKind) -> Finds:
    """Finds of a page's meta tags."""
    finds = Finds(Origin.OPENGRAPH)
    _title(finds, page)
    _price(finds, page, kind)
    told = page.meta("og:description")
    if told and not is_boilerplate(plain(told), finds.get("title"), page.site_names):
        finds.put("description", plain(told), told)
    finds.put("status", availability(page.meta("product:availability", "og:availability")), page.meta("product:availability"))
    finds.put("condition", page.meta("product:condition", "og:condition"))
    finds.put("listing_id", page.meta("product:retailer_item_id"))
    finds.put("images", pictures([link for name in _LARGEST for link in page.metas.get(name, ())][:20], page.url))
    if page.meta("og:locality"):
        place = [page.meta(f"og:{part}") for part in ("locality", "region", "country-name")]
        finds.put("location", ", ".join(part for part in place if part))
    return finds


def reduced_from(page: Page) -> Decimal | None:
    """The price before a reduction, where the meta tags mark it as such beside the price to pay."""
    raw = page.meta("product:original_price:amount", "og:price:standard_amount", "product:price:standard_amount")
    if raw is None and page.meta("product:sale_price:amount"):
        raw = page.meta("product:price:amount")
    found = money(raw, page.money)
    return None if found is None else found.amount


def _title(finds: Finds, page: Page) -> None:
    raw = page.meta("og:title", "twitter:title")
    if raw:
        prefixes = page.setting.reading.hidden_prefixes if page.setting.reading else ()
        finds.put("title", without_site(title_of(raw, prefixes), page.site_names), raw)


def _price(finds: Finds, page: Page, kind: PriceKind) -> None:
    if page.meta("og:type") == "article" and not page.meta("product:price:amount"):
        return
    label = (page.meta("twitter:label1") or "").casefold()
    for name in _AMOUNTS:
        raw = page.meta(name)
        if not raw or (name == "twitter:data1" and label not in ("price", "preis", "prix", "precio", "prezzo", "prijs")):
            continue
        code = page.meta(*_CODES)
        found = money({"amount": raw, "currency": currency_of(code.upper(), page.money) if code else None}, page.money, kind=kind)
        if found is not None and found.amount:
            finds.put("price", found, found.raw)
            return
    told = _TOLD.search(page.meta("og:description", "description") or "")
    found = money(told.group(1), page.money, kind=kind) if told else None
    if found is not None and found.amount and currency_of(found.raw, page.money):
        finds.put("price", found, found.raw)
