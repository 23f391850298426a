"""Microdata: the page's own Product scope, read by extruct and handed on in the shape of JSON-LD.

Only the scope that the page is about is extracted, for pages mark up every neighbour as well; how many there are beside
it tells a results page from a listing.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from lxml.etree import XPath, _Element

from patrol.extract.finds import Finds, many
from patrol.extract.page import Page
from patrol.extract.schema import breadcrumbs, is_product, product_finds, trimmed_path
from patrol.extract.urls import absolute, canonical_url
from patrol.extract.visible import one_line, visible_text
from patrol.records import Origin, PriceKind

Node = dict[str, Any]
_UPPER, _LOWER = "PRODUCTFE", "productfe"
_SCOPES = XPath(
    f"//*[@itemscope][contains(translate(@itemtype,'{_UPPER}','{_LOWER}'),'/product')"
    f" or (contains(translate(@itemtype,'{_UPPER}','{_LOWER}'),'/offer') and not(@itemprop))]"
)
_INNER = XPath("ancestor::*[@itemscope][contains(@itemtype,'roduct') or contains(@itemtype,'/Offer')]")
_PATHS = XPath("//*[@itemscope][contains(@itemtype,'BreadcrumbList')]")
_NAME = XPath(".//*[@itemprop='name']")
_LINK = XPath(".//*[@itemprop='url']/@href | .//a/@href")


class Microdata:
    """The page's microdata, read on first use."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @cached_property
    def scopes(self) -> list[_Element]:
        """Product (or bare Offer) scopes that stand inside no other."""
        if "itemscope" not in self.page.text or "itemtype" not in self.page.text:
            return []
        return [scope for scope in _SCOPES(self.page.root) if not _INNER(scope)]

    @cached_property
    def scope(self) -> _Element | None:
        """The scope of the page's own product: around the h1, of the page's address or name, or the only one."""
        around = [scope for scope in self.scopes if self._is_own(scope)]
        if around:
            return max(around, key=_has_price)
        return self.scopes[0] if len(self.scopes) == 1 else None

    def _is_own(self, scope: _Element) -> bool:
        h1 = self.page.h1
        if h1 is not None and (scope is h1 or any(scope is above for above in h1.iterancestors())):
            return True
        heading = self.page.heading.casefold()
        names = (one_line(tag.get("content") or visible_text(tag)).casefold() for tag in _NAME(scope)[:3])
        if heading and any(name == heading for name in names if name):
            return True
        here = canonical_url(self.page.url)
        links = [full for link in _LINK(scope)[:1] if (full := absolute(self.page.url, link))]
        return len(self.scopes) > 1 and any(canonical_url(link) == here for link in links)

    @cached_property
    def product(self) -> Node | None:
        return None if self.scope is None else self._extract(self.scope)

    def _extract(self, scope: _Element) -> Node | None:
        # extruct pulls in an RDF library (0.3 s) that pages without microdata should not pay for
        from extruct.w3cmicrodata import MicrodataExtractor

        items = MicrodataExtractor().extract_items(scope, self.page.url)
        node = as_node(items[0]) if items else None
        return node if isinstance(node, dict) else None  # a scope without properties is mere text

    def category(self, title: str | None) -> tuple[str, ...]:
        if "BreadcrumbList" not in self.page.text:
            return ()
        nodes = [node for scope in _PATHS(self.page.root)[:1] if (node := self._extract(scope))]
        return trimmed_path(breadcrumbs(nodes[0]), title, linked=True) if nodes else ()

    def finds(self, kind: PriceKind) -> Finds:
        node = self.product
        if node is None:
            return Finds(Origin.MICRODATA)
        if not is_product(node):
            node = {"name": node.get("name"), "@type": "Product", "offers": node}
        return product_finds(node, self.page, Origin.MICRODATA, kind)


def _has_price(scope: _Element) -> bool:
    return next((True for tag in scope.iter() if tag.get("itemprop") in ("price", "lowPrice")), False)


def as_node(item: Any) -> Any:
    """An item as extruct gives it, in the shape of JSON-LD."""
    if isinstance(item, list):
        return [as_node(part) for part in item]
    if not isinstance(item, Mapping):
        return item
    properties = item.get("properties")
    if properties is None:
        return item.get("value")
    node = {name: as_node(part) for name, part in properties.items()}
    return {**node, "@type": [str(kind) for kind in many(item.get("type"))], **({"@id": item["id"]} if "id" in item else {})}
