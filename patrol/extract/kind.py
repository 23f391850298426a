"""Listing or results page: evidence for each is added up, for no single sign can be believed.

A category may be marked up as a Product, a listing may carry an ItemList of its neighbours, an address may lie. `read`
hands in what the readers saw; back come two sums and the words for the greater one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from patrol.extract import markers
from patrol.extract.adapter import Adapter
from patrol.extract.finds import Finds, text_of
from patrol.extract.heuristics import offers_to_buy
from patrol.extract.jsonld import JsonLd
from patrol.extract.microdata import Microdata
from patrol.extract.offers import offers_of
from patrol.extract.outcome import Signs
from patrol.extract.page import Page
from patrol.extract.results import Repeated, own_or_single
from patrol.extract.schema import types_of
from patrol.extract.urls import id_from, likely_id
from patrol.records import Result

ENOUGH = 3.0
_OBJECT_BODY = re.compile(
    r"single-product|product-(?:page|detail|view|product)|(?:page|template|catalog)-product|item-(?:page|detail|view)|\bpdp\b|lot-(?:page|detail)",
    re.IGNORECASE,
)
_RESULTS_BODY = re.compile(
    r"search-?results|page-search|product-category|category-page|catalog-category|(?:page|template)-(?:category|collection|search)|\bplp\b|archive|listing-page",
    re.IGNORECASE,
)
_OBJECT_TITLE = re.compile(
    r"(?:product|item|listing|lot|ad|artikel|goods|offer|detail)s?[-_]*(?:title|name|heading|header)|^name$", re.IGNORECASE
)


@dataclass(slots=True)
class Evidence:
    listing: float = 0.0
    results: float = 0.0
    why_listing: list[str] = field(default_factory=list)
    why_results: list[str] = field(default_factory=list)

    def for_listing(self, weight: float, why: str, holds: object = True) -> None:
        if holds:
            self.listing += weight
            self.why_listing.append(why)

    def for_results(self, weight: float, why: str, holds: object = True) -> None:
        if holds:
            self.results += weight
            self.why_results.append(why)

    @property
    def is_listing(self) -> bool:
        return self.listing >= ENOUGH and self.listing >= self.results

    @property
    def is_results(self) -> bool:
        return self.results >= ENOUGH and self.results > self.listing

    @property
    def clear(self) -> bool:
        """Whether one side is so far ahead that costlier signs need not be looked up."""
        return self.listing >= ENOUGH and self.results == 0


def from_address(evidence: Evidence, page: Page) -> None:
    reading = page.setting.reading
    if reading is not None:
        listing = id_from(page.url, reading.listing_url) is not None
        evidence.for_listing(4, "the address is a listing's", listing)
        evidence.for_results(4, "the address is a results page's", not listing and _fits(page.url, reading.results_url))
    if reading is None or not reading.listing_url:
        evidence.for_listing(1.5, "the address looks like a listing's", markers.LISTING_URL.search(page.url))
        evidence.for_listing(0.5, "the address holds a long number", likely_id(page.url))
        evidence.for_results(2, "the address looks like a search", markers.RESULTS_URL.search(page.url))


def _fits(url: str, patterns: tuple[str, ...]) -> bool:
    return any(re.search(pattern, url) for pattern in patterns)


def from_adapter(evidence: Evidence, adapter: Adapter, found: Finds, cards: tuple[Result, ...] | None) -> None:
    whole = bool(found.get("title")) and any(found.get(name) for name in ("price", "description", "images", "seller"))
    evidence.for_listing(3, f"layout {adapter.layout.name if adapter.layout else ''} gives a listing's fields", whole)
    evidence.for_results(3, "the layout's cards are there", cards)


def from_markup(evidence: Evidence, page: Page, jsonld: JsonLd, microdata: Microdata, rows: tuple[Result, ...]) -> None:
    product = jsonld.product
    if product is not None:
        sold = bool(offers_of(product)) or bool(text_of(product.get("description")))
        evidence.for_listing(3 if sold else 1.5, "JSON-LD describes one product", own_or_single(jsonld, page))
    elif len(jsonld.products) > 2:
        evidence.for_results(3, "JSON-LD describes several products")
    if microdata.scope is not None and not rows:
        evidence.for_listing(3, "microdata describes one product")
    elif microdata.scope is not None:
        evidence.for_listing(2, "microdata describes one product among others")
    evidence.for_results(3, "microdata describes several products", microdata.scope is None and len(microdata.scopes) > 2)
    evidence.for_results(3, "JSON-LD lists entries", len(rows) >= 3 and product is None)
    evidence.for_results(
        3, "a category is marked up as product", len(rows) >= 3 and product is not None and not own_or_single(jsonld, page)
    )
    kinds = {kind for node in jsonld.lists for kind in types_of(node)}
    evidence.for_results(2, "JSON-LD says results page", kinds & {"searchresultspage", "collectionpage"} and product is None)


def from_meta(evidence: Evidence, page: Page) -> None:
    kind = (page.meta("og:type") or "").lower()
    evidence.for_listing(
        2, "og:type says product", kind.endswith(("product", "product.item", ":item")) or kind.startswith("product")
    )
    evidence.for_listing(1, "meta tags name a price", page.meta("product:price:amount", "og:price:amount"))
    evidence.for_results(
        1, "links to a next page", 'rel="next"' in page.text or "rel=next" in page.text or "rel='next'" in page.text
    )


def _titles_object(page: Page) -> bool:
    """Whether the heading, or what it holds, is named `productTitle`, `lot-title` or alike."""
    tags = [] if page.h1 is None else [page.h1, *page.h1.iter("span", "a")]
    return any(
        _OBJECT_TITLE.search(f"{tag.get('id') or ''} {tag.get('class') or ''} {tag.get('itemprop') or ''}") for tag in tags
    )


def from_words(evidence: Evidence, page: Page, signs: Signs, priced: bool, cards: Repeated) -> None:
    """The costlier signs, looked up only where the others leave a doubt."""
    evidence.for_results(2, "title or heading count results", signs.counts_results)
    number = len(cards.results)
    evidence.for_results(2, f"{number} alike cards", number >= 6)
    evidence.for_results(1.5, "prices stand in the cards", number >= 6 and cards.priced)
    body = next(page.root.iter("body"), None)
    words = "" if body is None else f"{body.get('id') or ''} {body.get('class') or ''}"
    evidence.for_listing(1.5, "the body calls itself an object's page", _OBJECT_BODY.search(words))
    evidence.for_results(1.5, "the body calls itself a results page", _RESULTS_BODY.search(words))
    buy = offers_to_buy(page)
    evidence.for_listing(1.5, "the heading calls itself an object's title", _titles_object(page))
    evidence.for_listing(1.5, "a price stands beside the heading", priced)
    evidence.for_listing(1, "it can be bought or bid on", buy and priced)
    same = page.heading and page.meta("og:title") and page.heading.casefold() in (page.meta("og:title") or "").casefold()
    evidence.for_listing(1, "heading and shared title are one object's", same and page.meta("og:type") != "article")
