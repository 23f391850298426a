"""Results pages without an adapter, and addresses: what a shop's cards lead to, and which address is the same page."""

from __future__ import annotations

import json

import pytest

from patrol.extract import canonical_url, page_url, read
from patrol.extract.urls import absolute, likely_id
from patrol.records import Outcome

URL = "https://shop.example.org/category/heads?page=1"
CARDS = "".join(
    f'<li class="product-card"><a href="/p/stone-head-number-{n}-{n}000001"><img alt="x">'
    f'<h3>Stone head, number {n}, grey schist</h3></a><span class="price">€ {n}50</span></li>'
    for n in range(1, 9)
)
MENU = "".join(
    f'<li><a href="/c/{word}">{word}</a></li>' for word in ("coins", "lamps", "seals", "vases", "beads", "rings", "books")
)


def test_repeated_cards_of_a_page_that_marks_up_nothing() -> None:
    body = (
        f"<html><head><title>Heads</title></head><body><nav><ul>{MENU}</ul></nav><h1>Heads</h1>"
        f"<ul>{CARDS}</ul><a href='?page=2' aria-label='Next page'>›</a></body></html>"
    )
    found = read(body, URL)
    assert found.outcome is Outcome.RESULTS
    assert len(found.results) == 8
    assert found.results[0].url == "https://shop.example.org/p/stone-head-number-1-1000001"
    assert found.results[0].title == "Stone head, number 1, grey schist"
    assert found.results[0].listing_id == "1000001"
    assert found.next_pages == ("https://shop.example.org/category/heads?page=2",)


@pytest.mark.parametrize("entry", ["url", "item", "text"])
def test_an_item_list(entry: str) -> None:
    def row(n: int) -> object:
        link = f"/p/head-{n}000001"
        return {
            "url": {"@type": "ListItem", "url": link, "name": f"Head {n}"},
            "text": link,
            "item": {"@type": "ListItem", "position": n, "item": {"@type": "Product", "url": link, "name": f"Head {n}"}},
        }[entry]

    node = {"@type": "ItemList", "itemListElement": [row(n) for n in range(1, 5)]}
    found = read(f'<html><script type="application/ld+json">{json.dumps(node)}</script><h1>Heads</h1></html>', URL)
    assert found.outcome is Outcome.RESULTS
    assert [one.url for one in found.results] == [f"https://shop.example.org/p/head-{n}000001" for n in range(1, 5)]


def test_repeated_scopes_of_microdata_are_a_list() -> None:
    rows = "".join(
        f'<div itemscope itemtype="http://schema.org/Offer"><a itemprop="url" href="/p/{n}00001">'
        f'<h2 itemprop="name">Head {n}</h2></a><b itemprop="price">{n}0</b></div>'
        for n in range(1, 6)
    )
    found = read(f"<html><body><h1>Heads</h1>{rows}</body></html>", URL)
    assert found.outcome is Outcome.RESULTS
    assert [one.title for one in found.results] == [f"Head {n}" for n in range(1, 6)]


def test_neighbours_below_a_listing_do_not_make_it_a_list() -> None:
    node = {
        "@type": "Product",
        "name": "Stone head",
        "description": "x",
        "offers": {"@type": "Offer", "price": 5, "priceCurrency": "EUR"},
    }
    body = (
        f'<html><head><script type="application/ld+json">{json.dumps(node)}</script></head><body>'
        f"<h1>Stone head</h1><ul>{CARDS}</ul></body></html>"
    )
    assert read(body, "https://shop.example.org/p/stone-head-9000001").outcome is Outcome.LISTING


def test_lists_in_json() -> None:
    rows = [{"id": n, "title": f"Head {n}", "url": f"/p/{n}"} for n in range(3)]
    assert len(read(json.dumps({"data": {"items": rows}}), URL).results) == 3
    assert read(json.dumps({"items": []}), URL).outcome is Outcome.EMPTY
    assert read(json.dumps({"error": "Bad Request"}), URL).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("http://WWW.Example.org/a?utm_source=x&b=2&a=1#top", "https://www.example.org/a?a=1&b=2"),
        ("https://www.example.org:443/a/", "https://www.example.org/a"),
        ("https://www.example.org/t%C3%AAte", "https://www.example.org/tête"),
        ("http://127.0.0.1:8401/item/1?fbclid=2", "http://127.0.0.1:8401/item/1"),
    ],
)
def test_the_same_page_has_one_address(url: str, same: str) -> None:
    assert canonical_url(url) == canonical_url(same)


def test_different_items_keep_different_addresses() -> None:
    assert canonical_url("https://e.org/i?id=1") != canonical_url("https://e.org/i?id=2")
    assert canonical_url("http://e.org:8080/i") != canonical_url("http://e.org/i")
    assert canonical_url("https://e.org/#!/item/1") != canonical_url("https://e.org/#!/item/2")


def test_a_saved_pages_own_address() -> None:
    assert page_url(b'<link rel="canonical" href="https://e.org/a?x=1&amp;y=2">') == "https://e.org/a?x=1&y=2"
    assert page_url('<meta content="https://e.org/b" property="og:url">') == "https://e.org/b"
    assert (
        page_url('<link href="https://e.org/a" rel=canonical><meta property="og:url" content="https://e.org/b">')
        == "https://e.org/a"
    )
    assert page_url("<link rel=stylesheet href='https://e.org/x.css'>") is None


def test_links() -> None:
    assert absolute("https://e.org/a/b", "../c?d#e") == "https://e.org/c?d"
    assert absolute("https://e.org/", "//img.e.org/1.jpg") == "https://img.e.org/1.jpg"
    for link in (None, "", "javascript:void(0)", "mailto:a@e.org", "data:image/png;base64,x", "tel:+1", "http://["):
        assert absolute("https://e.org/", link) is None
    assert likely_id("https://e.org/item/name-123456.html") == "123456"
    assert likely_id("https://e.org/item/name") is None
