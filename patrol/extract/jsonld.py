"""JSON-LD: every node of the page's `application/ld+json` scripts, however they are wrapped or broken.

`read` asks for the page's own Product as Finds, for the category path, and for lists that speak of a results page.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from lxml.etree import XPath

from patrol.extract.finds import Finds, many, text_of
from patrol.extract.javascript import value
from patrol.extract.page import Page
from patrol.extract.schema import breadcrumbs, is_product, own_product, product_finds, trimmed_path, types_of
from patrol.records import Origin, PriceKind

Node = Mapping[str, Any]
_SCRIPTS = XPath("//script[contains(@type,'ld+json')]")
_WRAPPED = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/)|(?:-->|//\s*\]\]>|\]\]>|/\*\s*\]\]>\s*\*/)\s*;?\s*$"
)
_LISTS = frozenset(("itemlist", "searchresultspage", "collectionpage", "offercatalog"))
_HOLDERS = ("@graph", "mainEntity", "mainEntityOfPage", "itemOffered", "hasVariant", "about", "breadcrumb")


class JsonLd:
    """The page's JSON-LD, parsed on first use."""

    def __init__(self, page: Page, own_id: str | None) -> None:
        self.page = page
        self.own_id = own_id
        self.broken = 0

    @cached_property
    def nodes(self) -> list[Node]:
        if "ld+json" not in self.page.text:
            return []
        nodes = [node for script in _SCRIPTS(self.page.root) for node in self._read(script.text or "")]
        by_id = {str(node["@id"]): node for node in nodes if "@id" in node and len(node) > 1}
        return [_resolved(node, by_id) for node in nodes]

    def _read(self, text: str) -> Iterator[Node]:
        data = value(_WRAPPED.sub("", text).strip(), exact=True)
        if data is None and "&quot;" in text:
            data = value(html.unescape(text), exact=True)
        if data is None:
            self.broken += bool(text.strip())
            return
        yield from _flat(data)

    @cached_property
    def products(self) -> list[Node]:
        return [node for node in self.nodes if is_product(node)]

    @cached_property
    def product(self) -> Node | None:
        return own_product(self.products, self.page, self.own_id)

    @cached_property
    def lists(self) -> list[Node]:
        return [node for node in self.nodes if types_of(node) & _LISTS]

    def category(self, title: str | None) -> tuple[str, ...]:
        """The longest breadcrumb path of the page."""
        paths = [trimmed_path(breadcrumbs(node), title, linked=True) for node in self.nodes if "breadcrumblist" in types_of(node)]
        return max(paths, key=len, default=())

    def finds(self, kind: PriceKind) -> Finds:
        finds = Finds(Origin.JSONLD) if self.product is None else product_finds(self.product, self.page, Origin.JSONLD, kind)
        if self.broken:
            finds.warnings.append(f"{self.broken} JSON-LD script(s) could not be read")
        category = self.category(finds.get("title"))
        if category:
            finds.fields.pop("category", None)
            finds.put("category", category, " > ".join(category))
        return finds


def _flat(data: Any) -> Iterator[Node]:
    for entry in many(data):
        if isinstance(entry, list):
            yield from _flat(entry)
        elif isinstance(entry, Mapping):
            node = _offered(entry)
            if "@type" in node or "@graph" not in node:
                yield node
            for key in _HOLDERS:
                inner = entry.get(key)
                if isinstance(inner, Mapping | list) and not (isinstance(inner, Mapping) and set(inner) <= {"@id", "@type"}):
                    yield from (_inherited(part, entry) if key == "hasVariant" else part for part in _flat(inner))


def _offered(node: Node) -> Node:
    """An Offer that names what it offers, turned around: the thing with the offer inside."""
    thing = node.get("itemOffered")
    if isinstance(thing, Mapping) and types_of(node) & {"offer", "aggregateoffer"}:
        return {
            **thing,
            "offers": {key: part for key, part in node.items() if key != "itemOffered"},
            "@type": thing.get("@type") or "Product",
        }
    return node


def _inherited(variant: Node, group: Node) -> Node:
    """A variant with what only its group says."""
    return {**{key: part for key, part in group.items() if key not in ("hasVariant", "@type", "@id", "offers")}, **variant}


def _resolved(node: Node, by_id: Mapping[str, Node]) -> Node:
    """References of one level (`"offers": {"@id": "#offer"}`) filled in from the page's other nodes."""
    if not any(
        isinstance(part, Mapping) and set(part) == {"@id"}
        for key in ("offers", "brand", "seller", "image")
        for part in many(node.get(key))
    ):
        return node
    filled = dict(node)
    for key in ("offers", "brand", "seller", "image"):
        if key in node:
            filled[key] = [
                by_id.get(text_of(part, "@id") or "", part) if isinstance(part, Mapping) else part for part in many(node[key])
            ]
    return filled
