"""A page that its scripts have yet to fill is no listing, whatever its address; the home page is no shelf, but Home may be."""

from __future__ import annotations

import json
from typing import Any

import pytest

from patrol.extract import read
from patrol.records import Outcome

ITEM = "https://shop.example.com/item/123456789"
SHELL = (
    "<html><head><title>Shop</title>{head}</head><body><div id='app'></div>{body}<noscript>Please turn JavaScript on to use this "
    "shop. All of its pages are drawn by it,</noscript><script src='/a.js'></script>"
)


def page(head: str = "", body: str = "") -> str:
    return SHELL.format(head=head, body=body)


@pytest.mark.parametrize(
    "head", ["", "<meta property='og:site_name' content='Shop'><meta property='og:title' content='Shop'>"], ids=["bare", "named"]
)
@pytest.mark.parametrize("url", [ITEM, "https://shop.example.com/search?q=head"])
def test_an_empty_shell_is_neither_listing_nor_results(url: str, head: str) -> None:
    found = read(page(head, "<p>Loading…</p>"), url)
    assert found.outcome is Outcome.UNKNOWN
    assert "neither" in (found.reason or "") or "needs a browser" in (found.reason or "")


PRODUCT = {
    "@context": "https://schema.org",
    "@type": "Product",
    "name": "Schist head",
    "description": "30 cm",
    "sku": "123456789",
}


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (f"<script type='application/ld+json'>{json.dumps(PRODUCT)}</script>", ""),
        ("<meta property='og:type' content='product'><meta property='og:title' content='Schist head'>", ""),
        ("", "<h1 class='product-title'>Schist head</h1><p class='price'>€ 120.00</p><button>Buy now</button>"),
    ],
    ids=["linked data", "shared title", "few words"],
)
def test_a_page_of_few_words_that_tells_of_an_object_is_a_listing(head: str, body: str) -> None:
    found = read(page(head, body), ITEM)
    assert found.outcome is Outcome.LISTING
    assert found.listing is not None
    assert found.listing.title == "Schist head"


def crumbs(*steps: tuple[str, str | None]) -> str:
    entries: list[dict[str, Any]] = [
        {"@type": "ListItem", "position": place, "name": name} | ({"item": link} if link else {})
        for place, (name, link) in enumerate(steps, 1)
    ]
    path = {"@context": "https://schema.org", "@type": "BreadcrumbList", "itemListElement": entries}
    scripts = (f"<script type='application/ld+json'>{json.dumps(node)}</script>" for node in (PRODUCT, path))
    return "".join(scripts)


HOST = "https://shop.example.com"


@pytest.mark.parametrize(
    ("first", "kept"),
    [
        (("Home", HOST + "/"), False),
        (("Home", HOST), False),
        (("Home", "/en-gb/"), False),
        (("Home", HOST + "/ie/index.html"), False),
        (("Home", None), False),
        (("Startseite", HOST + "/c/start"), False),
        (("Home", HOST + "/c/home"), True),
        (("HOME", HOST + "/categories/home-and-living-12"), True),
    ],
)
def test_home_is_a_shelf_where_it_leads_to_one(first: tuple[str, str | None], kept: bool) -> None:
    found = read(page(crumbs(first, ("Ornaments", HOST + "/c/ornaments"))), ITEM)
    assert found.listing is not None
    assert found.listing.category == ((first[0], "Ornaments") if kept else ("Ornaments",))
