"""Status and number in the words beside the object, where no markup tells of them; a neighbour's or a branch's never."""

from __future__ import annotations

import json

import pytest

from patrol.extract import read
from patrol.records import Listing, Origin, Status

URL = "https://www.hollowbrook-antiques.example/heads/schist"
PRODUCT = {"@type": "Product", "name": "Schist head", "description": "A head.", "offers": {"price": "12", "priceCurrency": "EUR"}}


def listing(beside: str, after: str = "", product: dict[str, object] | None = None) -> Listing:
    script = f'<script type="application/ld+json">{json.dumps(product or PRODUCT)}</script>'
    found = read(f"<html><head>{script}</head><body><main><h1>Schist head</h1>{beside}</main>{after}</body></html>", URL)
    assert found.listing is not None, found.reason
    assert "status" not in found.fields or product or found.fields["status"].origin is Origin.DERIVED
    return found.listing


@pytest.mark.parametrize(
    ("shown", "status"),
    [
        ("<p>In stock</p>", Status.LIVE),
        ("<span>✓ Auf Lager</span>", Status.LIVE),
        ("<div class=a><b>Subito Disponibile</b></div>", Status.LIVE),
        ("<p>Razpoložljivost: Dobavljivo</p>", Status.LIVE),
        ("<p><b>Availability:</b> Only 3 left in stock.</p>", Status.LIVE),
        ("<p>Out of stock</p>", Status.ENDED),
        ("<p>Derzeit nicht lieferbar</p>", Status.ENDED),
        ("<p>Non disponibile</p>", Status.ENDED),
        ("<strong>Ausverkauft</strong>", Status.SOLD),
        ("<span>Sold</span>", Status.SOLD),
        ("<span>売り切れました</span>", Status.SOLD),
    ],
)
def test_short_words_beside_the_object_tell_its_status(shown: str, status: Status) -> None:
    assert listing(shown).status is status


CARD = "<article class='c'><a href='/x'><img src='x.jpg'></a><p>Sold out</p></article>"


@pytest.mark.parametrize(
    "shown",
    [
        "<p>We tell you when it is in stock again, or sold out for good</p>",
        "<p>In stock</p><p>Sold out</p>",  # they contradict each other
        "<button>Available</button><a href='/f'>In stock</a>",
        "<p style='display:none'>Out of stock</p>",
        "<ul class='size-options'><li>Sold out</li></ul>",
        "<label><input type=checkbox>In stock</label>",
        "<p>Available in our shop</p>",
    ],
)
def test_other_words_tell_nothing(shown: str) -> None:
    assert listing(shown).status is None


def test_a_neighbours_words_tell_nothing() -> None:
    assert (
        listing("<p>A head.</p>", 2 * CARD + "<footer><p>In stock</p></footer><div class='related'><p>Sold</p></div>").status
        is None
    )


def test_markup_speaks_before_words() -> None:
    offer = {"price": "12", "priceCurrency": "EUR", "availability": "InStock"}
    assert listing("<p>Sold out</p>", "", {**PRODUCT, "offers": offer}).status is Status.LIVE


@pytest.mark.parametrize(
    "shown", ["<p>SKU: HB-638</p>", "<p>Art.-Nr.: <b>HB-638</b></p>", "<p>Šifra: HB-638</p>", "<span class='sku'>HB-638</span>"]
)
def test_a_number_that_its_label_names(shown: str) -> None:
    assert listing(shown).listing_id == "HB-638"


@pytest.mark.parametrize(
    "shown",
    [
        "<p>Height: 638</p>",
        "<p>Tel: 0638123</p>",
        "<p>SKU: HB-1</p><p>SKU: HB-2</p>",
        "<div class='related'><p>SKU: HB-638</p></div>",
    ],
)
def test_a_number_of_something_else_is_none(shown: str) -> None:
    assert listing(shown).listing_id is None
