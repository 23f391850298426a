"""Attributes of pages that mark up none: name/value lists of the object are read, every other list is left alone."""

from __future__ import annotations

import json

import pytest

from patrol.extract import read
from patrol.records import Listing, Origin, Outcome

URL = "https://www.hollowbrook-antiques.example/item/schist-head"
OFFER = {"@type": "Offer", "price": "1250.00", "priceCurrency": "EUR"}
PRODUCT = {
    "@type": "Product",
    "name": "Schist head",
    "description": "A head.",
    "brand": "Hollowbrook",
    "offers": OFFER,
}


def listing(body: str, product: dict[str, object] | None = None, url: str = URL) -> Listing:
    script = f'<script type="application/ld+json">{json.dumps(product or PRODUCT)}</script>'
    found = read(f"<html lang='en'><head><title>Schist head</title>{script}</head><body>{body}</body></html>", url)
    assert found.outcome is Outcome.LISTING, found.reason
    assert found.listing is not None
    return found.listing


HEAD = "<main><div class='top'><h1>Schist head</h1></div>"
TOLD = {"Material": "Grey schist", "Height": "32 cm"}


@pytest.mark.parametrize(
    "shape",
    [
        "<dl><dt>Material:</dt><dd>Grey schist</dd><dt>Height</dt><dd>32 cm</dd></dl>",
        "<dl><div><dt>Material</dt><dd>Grey schist</dd></div><div><dt>Height</dt><dd>32 cm</dd></div></dl>",
        "<table><tr><th>Material</th><td>Grey schist</td></tr><tr><th>Height</th><td>32 cm</td></tr></table>",
        "<table><tbody><tr><td>Material</td><td>Grey schist</td></tr><tr><td>Height</td><td>32 cm</td></tr></tbody></table>",
        "<table><tr><th>Material</th><td>Grey schist</td></tr></table><table><tr><th>Height</th><td>32 cm</td></tr></table>",
        "<ul><li>Material: Grey schist</li><li>Height: 32 cm</li></ul>",
        "<ul><li><strong>Material:</strong> Grey schist</li><li><strong>Height:</strong> 32 cm</li></ul>",
        "<ul><li><i class='label'>Material</i><i>Grey schist</i></li><li><i class='label'>Height</i><i>32 cm</i></li></ul>",
        "<div><i class='prop-name'>Material</i> <i>Grey schist</i></div><div><i class='prop-name'>Height</i> <i>32 cm</i></div>",
        "<p><b>Material:</b> Grey schist<br><b>Height:</b> 32 cm</p>",
        "<div><i>Material<!-- -->:</i> <i>Grey schist</i></div><div><i>Height<!-- -->:</i> <i>32 cm</i></div>",
        "<div class='tab' style='display:none'><dl><dt>Material</dt><dd>Grey schist</dd><dt>Height</dt><dd>32 cm</dd></dl></div>",
    ],
)
def test_a_list_of_names_and_values_gives_attributes(shape: str) -> None:
    found = listing(f"{HEAD}<section class='details'><h2>Details</h2>{shape}</section></main>")
    assert dict(found.attributes) == {"Brand": "Hollowbrook", **TOLD}


DL = "<dl><dt>Material</dt><dd>Teak</dd><dt>Height</dt><dd>9 m</dd></dl>"


@pytest.mark.parametrize(
    "other",
    [
        f"<footer>{DL}</footer>",
        f"<nav>{DL}</nav>",
        f"<div class='related-items'>{DL}</div>",
        f"<section><h2>You may also like</h2>{DL}</section>",
        2 * f"<article class='c'><a href='/a'><img src='a.jpg'></a>{DL}</article>",
        f"<div style='display:none'>{DL}</div>",
        f"<div class='product-reviews'>{DL}</div>",
        "<section><h3>Shipping</h3><dl><dt>Germany</dt><dd>3 days</dd><dt>France</dt><dd>5 days</dd></dl></section>",
        "<table><tr><td>Germany</td><td>€ 4,90</td></tr><tr><td>France</td><td>€ 9,90</td></tr></table>",
        "<table><tr><th>Size</th><th>Chest</th></tr><tr><td>Small</td><td>90</td></tr><tr><td>Large</td><td>98</td></tr></table>",
        "<table><tr><td>S</td><td>90</td></tr><tr><td>M</td><td>94</td></tr><tr><td>L</td><td>98</td></tr></table>",
        "<table><tr><td>Monday</td><td>9-17</td></tr><tr><td>Tuesday</td><td>9-17</td></tr></table>",
        "<table><tr><td>Size</td><td>Chest</td><td>Waist</td></tr><tr><td>Small</td><td>90</td><td>70</td></tr></table>",
        "<dl><dt>Quantity</dt><dd><input name=q></dd><dt>Colour</dt><dd><select><option>red</select></dd></dl>",
        "<dl><dt>Price</dt><dd>900</dd><dt>Seller</dt><dd>hollow</dd><dt>Phone</dt><dd>0123</dd></dl>",
        "<p><b>Material:</b> Teak</p>",  # a single line is no list
        f"<ul><li>Read this: {'how it was seen ' * 8}</li><li>And that: {'what came of it ' * 8}</li></ul>",
    ],
)
def test_other_lists_are_left_alone(other: str) -> None:
    found = listing(f"{HEAD}<p>A head.</p></main>{other}")
    assert dict(found.attributes) == {"Brand": "Hollowbrook"}


def test_markup_that_tells_of_the_object_stands_alone() -> None:
    found = listing(f"{HEAD}{DL}</main>", {**PRODUCT, "material": "Grey schist"})
    assert dict(found.attributes) == {"Brand": "Hollowbrook", "Material": "Grey schist"}


def test_a_list_is_bounded_and_says_where_it_was_read() -> None:
    rows = "".join(f"<tr><th>Trait {number} of it</th><td>value {number}</td></tr>" for number in range(200))
    script = json.dumps({**PRODUCT, "brand": None})
    found = read(f"<script type='application/ld+json'>{script}</script>{HEAD}<table>{rows}</table></main>", URL)
    assert found.listing is not None
    assert len(found.listing.attributes) == 40
    assert found.fields["attributes"].origin is Origin.DERIVED


def test_condition_and_number_among_the_attributes() -> None:
    rows = "<dl><dt>Zustand</dt><dd>gut erhalten</dd><dt>Art.-Nr.</dt><dd>HB-0638</dd><dt>Farbe</dt><dd>grau</dd></dl>"
    found = listing(f"{HEAD}{rows}</main>")
    assert (found.condition, found.listing_id) == ("gut erhalten", "HB-0638")
    assert "Zustand" not in found.attributes
