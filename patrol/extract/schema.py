"""A schema.org Product, from whichever markup, as Finds: the one mapping that JSON-LD and microdata share.

Both hand plain nodes (dicts with "@type") here. Also decided here: which of several products on a page is the page's own,
so that a neighbour is never taken for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from patrol.extract.finds import Finds, first, many, text_of, texts_of
from patrol.extract.images import schema_images
from patrol.extract.offers import availability, fill_offer, offers_of, place_of
from patrol.extract.page import Page
from patrol.extract.texts import plain, title_of
from patrol.extract.urls import absolute, canonical_url
from patrol.extract.visible import one_line
from patrol.records import Origin, PriceKind, Seller, Status

Node = Mapping[str, Any]
PRODUCTS = frozenset(
    re.findall(
        r"\S+",
        "product individualproduct productmodel productgroup somproducts car vehicle motorcycle book visualartwork painting "
        "sculpture artwork collectible",
    )
)
NEVER = frozenset(
    re.findall(
        r"\S+",
        "organization website webpage store localbusiness event saleevent service searchaction person breadcrumblist itemlist "
        "aggregateoffer offer collectionpage searchresultspage onlinestore corporation review mobileapplication",
    )
)
_HOME = re.compile(
    r"^(?:home ?page|home|start|startseite|accueil|inicio|página inicial|início|pagina iniziale|главная|головна|back|ホーム|"
    r"トップ|hem|forside|hjem|etusivu|úvod|domů|domov|strona główna|kezdőlap|anasayfa|ana sayfa|acasă|首頁|首页|all categories)$",
    re.IGNORECASE,
)
# the path of a site's first page: nothing, a language, or a file that is served for a folder
_ROOT = re.compile(
    r"(?:[a-z]{2}(?:[-_][a-z]{2,4})?/?)?(?:home|home-?page|start)?|(?:[\w-]{2,6}/){0,2}(?:index|default|main|home-?page|home)\.\w+",
    re.IGNORECASE,
)
_DETAILS = {
    "material": "Material", "color": "Color", "size": "Size", "width": "Width", "height": "Height", "depth": "Depth",
    "weight": "Weight", "artMedium": "Medium", "artform": "Art form", "countryOfOrigin": "Country of origin", "brand": "Brand",
    "manufacturer": "Manufacturer", "creator": "Creator", "author": "Author", "model": "Model", "sku": "SKU", "mpn": "MPN",
    "gtin13": "GTIN", "isbn": "ISBN", "dateCreated": "Date created", "pattern": "Pattern",
}  # fmt: skip


def types_of(node: Node) -> set[str]:
    """Lower-case type names without the vocabulary's address."""
    return {str(kind).rstrip("/").rpartition("/")[2].rpartition(":")[2].lower() for kind in many(node.get("@type")) if kind}


def is_product(node: Node) -> bool:
    kinds = types_of(node)
    return bool(kinds & PRODUCTS) or ("offers" in node and not kinds & NEVER)


def own_product(products: Sequence[Node], page: Page, own_id: str | None) -> Node | None:
    """The product that the page is about; None where several differ and none of them can be told to be it."""
    if len(products) <= 1:
        return products[0] if products else None
    signs: tuple[Callable[[Node], bool], ...] = (
        lambda node: _same_address(node, page),
        lambda node: _same_id(node, own_id),
        lambda node: _same_name(node, page),
    )
    for fits in signs:
        chosen = [node for node in products if fits(node)]
        if chosen and len({_name(node) for node in chosen}) == 1:
            return _best_variant(chosen)
    names = {_name(node) for node in products}
    return _best_variant(products) if len(names) == 1 else None


def _best_variant(variants: Sequence[Node]) -> Node:
    """Of one thing's variants the first that is to be had, else the first that is offered, else the first."""

    def rank(node: Node) -> int:
        offers = offers_of(node)
        return 0 if any(availability(offer.get("availability")) is Status.LIVE for offer in offers) else 1 if offers else 2

    return min(variants, key=rank)


def _name(node: Node) -> str:
    return one_line(text_of(node.get("name")) or "").casefold()


def _same_address(node: Node, page: Page) -> bool:
    here = canonical_url(page.url)
    links = [node.get("url"), node.get("@id"), *(offer.get("url") for offer in offers_of(node)), node.get("mainEntityOfPage")]
    return any(canonical_url(full) == here for link in links if (full := absolute(page.url, text_of(link, "@id", "url"))))


def _same_id(node: Node, own_id: str | None) -> bool:
    return own_id is not None and own_id in {text_of(node.get(key)) for key in ("sku", "productID", "productId", "identifier")}


def _same_name(node: Node, page: Page) -> bool:
    name = _name(node)
    return bool(name) and (name == page.heading.casefold() or page.title.casefold().startswith(name))


def product_finds(node: Node, page: Page, origin: Origin, kind: PriceKind) -> Finds:
    """Everything that one Product node says of the listing."""
    finds = Finds(origin)
    name = text_of(node.get("name")) or text_of(node.get("title"))
    prefixes = page.setting.reading.hidden_prefixes if page.setting.reading else ()
    finds.put("title", title_of(name, prefixes) if name else None, name)
    told = text_of(node.get("description"))
    finds.put("description", plain(told) if told else None, told)
    fill_offer(finds, node, page, kind)
    finds.put("listing_id", text_of(node.get("productID")) or text_of(node.get("sku")))
    finds.put("images", schema_images(node, page.url))
    finds.put("category", _category(node))
    finds.put("condition", _condition(node))
    finds.put("location", place_of(node.get("availableAtOrFrom") or node.get("contentLocation")))
    finds.put("attributes", _attributes(node))
    finds.put("lot_number", text_of(node.get("lotNumber")))
    return finds


def brand_as_seller(node: Node) -> Seller | None:
    name = text_of(node.get("brand"))
    return Seller(name=name) if name else None


def _category(node: Node) -> tuple[str, ...]:
    value = first(node.get("category")) or next((offer.get("category") for offer in offers_of(node)), None)
    text = text_of(value)
    if not text or text.startswith("http"):
        return ()
    mark = next((mark for mark in (" > ", ">", " › ", " / ", "/", "|") if mark in text), None)
    steps = texts_of(plain(part) for part in (text.split(mark) if mark else [text]))
    return tuple(step for step in steps if not is_home(step, None))


def _condition(node: Node) -> str | None:
    values = [node.get("itemCondition"), *(offer.get("itemCondition") for offer in offers_of(node))]
    inner = {text_of(one.get("itemCondition")) for offer in offers_of(node) for one in offers_of(offer)}
    text = next((text for value in values if (text := text_of(value))), inner.pop() if len(inner) == 1 else None)
    if text is None:
        return None
    word = text.rstrip("/").rpartition("/")[2] if "schema.org" in text or text.endswith("Condition") else text
    return word.removesuffix("Condition") or None


def _attributes(node: Node) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in many(node.get("additionalProperty")):
        if isinstance(entry, Mapping):
            _set(found, text_of(entry.get("name")), _measure(entry))
    for key, label in _DETAILS.items():
        if key in node:
            _set(found, label, _measure(first(node[key])))
    return found


def _measure(value: Any) -> str | None:
    """`{value: 12, unitText: cm}` as `12 cm`; names of nested things as they are."""
    if not isinstance(value, Mapping):
        return text_of(value)
    text = text_of(value.get("value")) or text_of(value)
    unit = text_of(value.get("unitText")) or text_of(value.get("unitCode"))
    return f"{text} {unit}" if text and unit and text.replace(".", "").isdigit() else text


def _set(found: dict[str, str], name: str | None, value: str | None) -> None:
    if name and value and len(value) < 500 and not value.startswith(("http", "$", "{{")):
        found.setdefault(one_line(plain(name)), one_line(plain(value)))


def breadcrumbs(node: Node) -> tuple[str, ...]:
    """Names of a BreadcrumbList's steps in order, without the site's home page."""
    steps = [step for step in many(node.get("itemListElement")) if isinstance(step, Mapping)]
    steps.sort(key=_position)
    named = ((step, text_of(step.get("name")) or text_of(step.get("item"))) for step in steps)
    return texts_of(plain(name) for step, name in named if name and not is_home(plain(name), _target(step)))


def _target(step: Node) -> str | None:
    item = step.get("item")
    link = item.get("@id") or item.get("url") if isinstance(item, Mapping) else item
    return link if isinstance(link, str) and link.startswith(("http", "/")) else None


def is_home(step: str, link: str | None) -> bool:
    """Whether a step of a category path is the site's home page; where it links elsewhere, "Home" is a shelf of goods."""
    if not _HOME.match(step.strip()):
        return False
    return link is None or step.strip().casefold() != "home" or bool(_ROOT.fullmatch(urlsplit(link).path.strip("/")))


def _position(step: Node) -> int:
    text = text_of(step.get("position")) or ""
    return int(text) if text.isdigit() else 0


def _is_title(step: str, title: str) -> bool:
    return title in step or (step in title and len(step) > 0.6 * len(title))


def trimmed_path(steps: Iterable[str], title: str | None, *, linked: bool = False) -> tuple[str, ...]:
    """A category path without the home page (gone already where the steps were `linked`) and the listing itself at its end."""
    path = [step for step in steps if linked or not is_home(step, None)]
    while len(path) > 1 and title and _is_title(path[-1].rstrip(".… ").casefold(), title.casefold()):
        path.pop()
    return tuple(path)
