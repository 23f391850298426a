"""CSS selectors over the parsed page, made quick: many selectors a page, most of which find nothing or need one element.

Adapters and results ask here. A selector whose classes and ids do not even stand in the page's text is never run, and where
the first element is enough the search stops at it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from lxml.etree import XPath, _Element
from parsel.csstranslator import HTMLTranslator

from patrol.extract.page import Page
from patrol.extract.visible import is_hidden

_NAMES = re.compile(r"[.#]([A-Za-z_][\w-]*)")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'|::[\w-]+(?:\([^)]*\))?|:(?:not|has|is)\([^)]*\)")
_BARE = re.compile(r"^\.([A-Za-z_][\w-]*)")
_TAG = re.compile(r"<([A-Za-z][\w-]*)")
_MOST_TAGS = 5
_PARTS = re.compile(r",(?![^\[(]*[\])])")
_SIMPLE = re.compile(r"([a-z][a-z0-9]*)\.([A-Za-z_][\w-]*)")


@lru_cache(maxsize=2048)
def css(selector: str) -> XPath:
    """A CSS selector (parsel's, with ::text and ::attr()) compiled once."""
    return XPath(HTMLTranslator().css_to_xpath(selector), regexp=False)


@lru_cache(maxsize=2048)
def _first(selector: str) -> XPath:
    return XPath(f"({HTMLTranslator().css_to_xpath(selector)})[1]", regexp=False)


@lru_cache(maxsize=2048)
def _alternatives(selector: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The selector's parts between commas, each with the names that the page must hold for it to find anything."""
    parts = [part.strip() for part in _PARTS.split(selector)]
    return tuple((part, tuple(_NAMES.findall(_QUOTED.sub("", part)))) for part in parts)


def _possible(page: Page, selector: str) -> str | None:
    """The selector without the parts that cannot find anything on this page; None where none is left."""
    if selector not in page.selectors:
        kept = [part for part, names in _alternatives(selector) if all(name in page.text for name in names)]
        page.selectors[selector] = ", ".join(_qualified(page, part) for part in kept) or None
    return page.selectors[selector]


def _qualified(page: Page, part: str) -> str:
    """`.x …` as `p.x …` for the tags whose class attributes hold x: a search for tags is many times quicker.

    The tags are read off the raw text; where that finds none, the selector stays as it is.
    """
    bare = _BARE.match(part)
    if bare is None:
        return part
    name = bare.group(1)
    tags: set[str] = set()
    at = page.text.find(name)
    while at >= 0 and len(tags) < _MOST_TAGS:
        opened = _TAG.match(page.text, page.text.rfind("<", 0, at))
        if opened:
            tags.add(opened.group(1).lower())
        at = page.text.find(name, at + len(name))
    return ", ".join(tag + part for tag in sorted(tags)) if 0 < len(tags) < _MOST_TAGS else part


def shown(page: Page, selector: str, inside: _Element | None = None) -> list[Any]:
    """Everything that a selector finds and that is shown: elements, or texts where it asks for texts or attributes."""
    possible = _possible(page, selector)
    if possible is None:
        return []
    found = css(possible)(page.root if inside is None else inside)
    return [
        tag if isinstance(tag, _Element) else str(tag) for tag in found if not isinstance(tag, _Element) or not is_hidden(tag)
    ]


def first_shown(page: Page, selector: str, inside: _Element | None = None) -> list[Any]:
    """Only the first of them, where that one says something; else all, for the caller to choose."""
    tag = _first_of(page, selector, page.root if inside is None else inside)
    if tag is None:
        return []
    if isinstance(tag, _Element):
        usable = not is_hidden(tag) and (tag.text or len(tag))
        return [tag] if usable else shown(page, selector, inside)
    return [str(tag)] if str(tag).strip() else shown(page, selector, inside)


def _first_of(page: Page, selector: str, inside: _Element) -> Any:
    """The first element or text that a selector finds, or None; for `tag.class` the search stops at it, whatever follows."""
    simple = _SIMPLE.fullmatch(selector)
    if simple is None:
        possible = _possible(page, selector)
        simple = _SIMPLE.fullmatch(possible) if possible else None
        if simple is None:
            return next(iter(_first(possible)(inside)), None) if possible else None
    tag, name = simple.groups()
    return next((one for one in inside.iter(tag) if name in (one.get("class") or "").split()), None)


def is_there(page: Page, selector: str) -> bool:
    """Whether at least one element is there and shown."""
    return bool(first_shown(page, selector))


def link_of(part: Any) -> str | None:
    """Where an element leads: its own link, the one inside it, or the one that it stands in; None where it leads nowhere."""
    if not isinstance(part, _Element):
        return None
    tag = next(part.iter("a"), None)
    tag = next(part.iterancestors("a"), None) if tag is None else tag
    return None if tag is None else tag.get("href")
