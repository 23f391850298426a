"""The category path of pages: from markup wherever it is nested, else from the path that is shown above the object."""

from __future__ import annotations

import json

import pytest

from patrol.extract import read
from patrol.records import Listing

URL = "https://www.hollowbrook-antiques.example/item/schist-head"
PRODUCT = {"@type": "Product", "name": "Schist head", "description": "A head.", "offers": {"price": "12", "priceCurrency": "EUR"}}
SHOWN = "<a href='/a'>Asia</a> › <a href='/s'>Sculpture</a>"
STEPS = "<li><a href='/a'>Asia</a></li><li><a href='/s'>Sculpture</a></li>"
PATH = ("Asia", "Sculpture")


def listing(above: str, *nodes: object, below: str = "") -> Listing:
    scripts = "".join(f'<script type="application/ld+json">{json.dumps(node)}</script>' for node in (nodes or (PRODUCT,)))
    found = read(f"<html><head>{scripts}</head><body>{above}<h1>Schist head</h1><p>A head.</p>{below}</body></html>", URL)
    assert found.listing is not None, found.reason
    return found.listing


def test_a_path_that_a_web_page_holds() -> None:
    steps = [{"@type": "ListItem", "position": number, "name": name} for number, name in enumerate(("Home", *PATH), 1)]
    page = {"@type": "WebPage", "breadcrumb": {"@type": "BreadcrumbList", "itemListElement": steps}}
    assert listing("", PRODUCT, page).category == PATH


@pytest.mark.parametrize(
    "shown",
    [
        f"<ol class='breadcrumb'><li><a href='/'>Úvod</a></li>{STEPS}<li>Schist head</li></ol>",
        f"<nav aria-label='breadcrumb'><a href='/'>Home</a> › {SHOWN} › Schist head</nav>",
        f"<p id='Breadcrumbs'><a href='https://www.hollowbrook-antiques.example'>House</a> / {SHOWN} / <i>Schist head</i></p>",
        "<ul class='breadcrumb'><li><a href='/back'>Back to list</a></li><li><a href='/a'>Asia</a></li><li>Sculpture</li></ul>",
    ],
)
def test_a_path_that_is_shown(shown: str) -> None:
    assert listing(shown).category == PATH


MENU = "".join(f"<li><a href='/{number}'>Shelf {number}</a></li>" for number in range(20))


@pytest.mark.parametrize(
    "other",
    [
        f"<footer><div class='breadcrumb'>{SHOWN}</div></footer>",
        f"<div class='breadcrumb' style='display:none'>{SHOWN}</div>",
        f"<ul class='breadcrumb-menu'>{MENU}</ul>",
        f"<ul class='breadcrumb'><li>All<ul>{MENU}</ul></li></ul>",
        "<div class='breadcrumb'><a href='/'>Home</a> › <span>Schist head</span></div>",
        "<div class='breadcrumb'>Schist head</div>",
        "<div class='breadcrumb'><a href='/a'>Asia</a></div><div class='breadcrumb'><a href='/b'>Boats</a></div>",
    ],
)
def test_what_is_no_path_of_the_object(other: str) -> None:
    assert listing(other).category == ()


def test_markup_stands_before_what_is_shown() -> None:
    assert listing(f"<div class='breadcrumb'>{SHOWN}</div>", {**PRODUCT, "category": "Stone"}).category == ("Stone",)
