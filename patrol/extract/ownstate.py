"""The page's own object in a state that no adapter describes: found by the page's id, read by the shape of its keys.

Many sites draw their pages from JSON kept under one of a few names. Where nothing better names title or price, the one
object that carries the page's id, a title and a price speaks; where a page is a list, the largest list of titled rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lxml.etree import XPath

from patrol.extract.finds import Finds, text_of
from patrol.extract.javascript import value
from patrol.extract.jsonshape import IDS, is_listing, row_finds, row_result
from patrol.extract.page import Page
from patrol.extract.state import objects, states
from patrol.extract.urls import likely_id
from patrol.records import Origin, Result

_NAMES = re.findall(
    r"\S+",
    "__NEXT_DATA__ __NUXT__ __NUXT_DATA__ __INITIAL_STATE__ __PRELOADED_STATE__ __PRERENDERED_STATE__ __APOLLO_STATE__ "
    "__INITIAL_DATA__ __INITIAL_PROPS__ __STATE__ __DATA__ __data __CONFIG__ __APP_STATE__ FLUX_STATE",
)
_JSON = XPath("//script[@type='application/json']")
_LONGEST = 3_000_000  # characters of one script that are still worth parsing
_FEWEST = 4  # rows of a list


def own_object(page: Page) -> Finds:
    """Finds of the object that carries the page's id; empty where there is none or several that differ."""
    own = likely_id(page.url)
    if own is None or own not in page.text:
        return Finds(Origin.STATE)
    rows = [row for tree in _trees(page, own) for row in objects(tree) if _carries(row, own) and is_listing(row)]
    named = [row_finds(row, page, Origin.STATE) for row in rows]
    titles = {found.get("title") for found in named}
    return max(named, key=lambda found: len(found.fields)) if len(titles) == 1 else Finds(Origin.STATE)


def listed_objects(page: Page) -> tuple[Result, ...]:
    """The largest list of titled rows with addresses in the page's states."""
    best: tuple[Result, ...] = ()
    for tree in _trees(page, None):
        for rows in _lists(tree):
            found = tuple(one for row in rows if (one := row_result(page, row)) is not None)
            if len(found) >= _FEWEST and len(found) > len(best) and len({one.url for one in found}) == len(found):
                best = found
    return best


def _trees(page: Page, holding: str | None) -> Iterator[Any]:
    for name in _NAMES:
        if name in page.text:
            yield from states(page, name)
    for script in _JSON(page.root):
        text = script.text or ""
        if len(text) < _LONGEST and not script.get("id") and (holding is None or holding in text):
            tree = value(text)
            if tree is not None:
                yield tree


def _carries(row: Mapping[str, Any], own: str) -> bool:
    return any(text_of(row.get(name)) == own for name in IDS)


def _lists(tree: Any) -> Iterator[list[Mapping[str, Any]]]:
    for node in objects(tree):
        for inner in node.values():
            if isinstance(inner, list) and len(inner) >= _FEWEST:
                rows = [row for row in inner if isinstance(row, Mapping)]
                if len(rows) >= _FEWEST:
                    yield rows
