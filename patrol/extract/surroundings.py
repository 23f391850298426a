"""Pictures and words of pages that mark up nothing: what stands in a gallery or under a name that says description.

The last of the readers, for shops without structured data; whatever lies in a neighbour's, a menu's or a footer's box is
passed over, and what it finds is marked as derived.
"""

from __future__ import annotations

import re

from lxml.etree import XPath, _Element

from patrol.extract.finds import Finds
from patrol.extract.heuristics import is_beside
from patrol.extract.images import pictures
from patrol.extract.page import Page
from patrol.extract.texts import mend
from patrol.extract.visible import is_hidden, one_line, visible_text
from patrol.records import Origin

_NAMED_PICTURE = XPath("//link[@rel='image_src']/@href | //img[@itemprop='image']/@src | //a[@itemprop='image']/@href")
_OWN = ("landing", "main", "zoom", "gallery", "product", "Product")
_AROUND = ("gallery", "product-image", "productImage", "product-photo", "imageBlock", "swipe")
_GALLERY = XPath(
    "//img["
    + " or ".join(f"contains(@{name},'{word}')" for name in ("id", "class") for word in _OWN)
    + " or ancestor::*[position() < 5]["
    + " or ".join(f"contains(@{name},'{word}')" for name in ("id", "class") for word in _AROUND)
    + "]]"
)
_PICTURE = ("data-old-hires", "data-zoom-image", "data-zoom", "data-large", "data-full", "data-src", "data-original", "src")
_TOLD = XPath("//*[@itemprop='description' or contains(@id,'escription') or contains(@class,'escription')]")
_NOT_TOLD = re.compile(r"meta|short|seo|cookie|categor|shipping|delivery|review|tab-?(?:nav|link|title)", re.IGNORECASE)
_LABEL = re.compile(
    r"^(?:(?:product |item |produkt)?(?:description|beschreibung)(?:en|s)?|descri[pçz][a-zãó]+(?: du produit)?|"
    r"omschrijving|opis)\s*:?\s*\n+",
    re.IGNORECASE,
)
_POINTS = XPath(
    "//*["
    + " or ".join(
        f"contains(@{name},'{word}')"
        for name in ("id", "class")
        for word in (
            "ellingPoint",
            "elling-point",
            "ellingpoint",
            "ullet",
            "ighlights",
            "key-feature",
            "keyFeature",
            "product-feature",
        )
    )
    + "][.//li[2]]"
)
_LINE = re.compile(r"[^:]{2,40}:\s")
_LONGEST_POINT, _MOST_POINTS = 300, 20
_SHORTEST, _LONGEST = 40, 20_000
_MOST_LINKS = 8
_MOST_PICTURES = 12


def surroundings(page: Page) -> Finds:
    """Pictures and description of a page without markup."""
    finds = Finds(Origin.DERIVED)
    links = [str(link) for link in _NAMED_PICTURE(page.root)[:3]] or _gallery(page)
    finds.put("images", pictures(links[:_MOST_PICTURES], page.url))
    finds.put("description", _description(page))
    return finds


def _gallery(page: Page) -> list[str]:
    found = []
    for tag in _GALLERY(page.root):
        link = next((link for name in _PICTURE if (link := tag.get(name)) and not link.startswith("data:")), None)
        if link and is_beside(tag, page) and not _small(tag):
            found.append(link)
    return found


def _small(tag: _Element) -> bool:
    """Icons and thumbnails of a few pixels, by what the page says of them."""
    sizes = [tag.get(name, "").removesuffix("px") for name in ("width", "height")]
    return any(size.isdigit() and int(size) < 80 for size in sizes)


def _description(page: Page) -> str | None:
    for tag in _TOLD(page.root):
        name = f"{tag.get('id') or ''} {tag.get('class') or ''}"
        if _NOT_TOLD.search(name) or is_hidden(tag) or not is_beside(tag, page):
            continue
        text = visible_text(tag, limit=_LONGEST)
        if _SHORTEST <= len(text) <= _LONGEST and len(tag.findall(".//a")) <= _MOST_LINKS:
            return mend(_LABEL.sub("", text)).strip()
    return _points(page)


def _points(page: Page) -> str | None:
    """The points that a page lists of its object in place of a description."""
    for tag in _POINTS(page.root):
        if is_hidden(tag) or not is_beside(tag, page) or len(tag.findall(".//a")) > 1:
            continue
        points = [text for entry in tag.iter("li") if (text := one_line(visible_text(entry, limit=_LONGEST_POINT)))]
        labels = sum(bool(_LINE.match(text)) for text in points)  # names and values are attributes, no description
        if len(points) > 1 and 2 * labels < len(points) and _told_by(points):
            return mend("\n".join(points[:_MOST_POINTS]))
    return None


def _told_by(points: list[str]) -> bool:
    return sum(map(len, points)) >= _SHORTEST and max(map(len, points)) < _LONGEST_POINT
