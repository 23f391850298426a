"""The cards of a results page and the way to the next one: by the adapter, by structured data, or by repeated links.

`read` asks for them where a page is no listing; how many there are is also evidence of what the page is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from lxml.etree import XPath, _Element

from patrol.config.reading import Next, Results, Skip
from patrol.extract import markers
from patrol.extract.adapter import Adapter
from patrol.extract.finds import many, text_of
from patrol.extract.jsonld import JsonLd
from patrol.extract.microdata import Microdata
from patrol.extract.money import currency_of
from patrol.extract.offers import is_aggregate, offers_of
from patrol.extract.page import Page
from patrol.extract.schema import own_product
from patrol.extract.select import css, shown
from patrol.extract.state import search
from patrol.extract.texts import title_of
from patrol.extract.urls import absolute, canonical_url, id_from, likely_id
from patrol.extract.visible import one_line, visible_text
from patrol.records import Result

_Group = dict[str, list[_Element]]
_AMOUNT = re.compile(r"\d")
_NEXT = XPath("//link[@rel='next']/@href | //a[@rel='next']/@href")
_LINKS = XPath("//a[@href]")
_MD_LINK = XPath(".//*[@itemprop='url']/@href | .//*[@itemprop='url']/@content | .//a/@href | ancestor::a/@href")
_MD_NAME = XPath(".//*[@itemprop='name']")


def adapter_results(adapter: Adapter) -> tuple[Result, ...] | None:
    """Cards by the layout; None where the layout knows no results."""
    layout = adapter.layout
    if layout is None or layout.results is None:
        return None
    plan = layout.results
    cards = many(search(plan.rows, adapter.view)) if plan.rows else _cards(adapter, plan)
    found = [one for card in cards if (one := _card(adapter, plan, card)) is not None]
    return _distinct(found)


def announced(adapter: Adapter) -> int | None:
    """The number of results that the page itself names."""
    plan = adapter.layout.results if adapter.layout else None
    text = adapter.text(plan.total) if plan and plan.total else None
    digits = re.sub(r"\D", "", text or "")
    return int(digits) if digits else None


def _cards(adapter: Adapter, plan: Results) -> list[_Element]:
    found = shown(adapter.page, plan.cards or "")
    ends = css(plan.stop_after)(adapter.page.root) if plan.stop_after else []
    if not ends:
        return found
    order = {tag: place for place, tag in enumerate(adapter.page.root.iter())}
    return [card for card in found if order[card] < order[ends[0]]]


def _card(adapter: Adapter, plan: Results, card: Any) -> Result | None:
    link = absolute(adapter.page.url, adapter.text(plan.link, card))
    if link is None:
        return None
    title = adapter.text(plan.title, card) if plan.title else None
    title = title_of(title, adapter.reading.hidden_prefixes) if title else None
    if any(_skipped(skip, title, card) for skip in plan.skip):
        return None
    ident = adapter.text(plan.id, card) if plan.id else None
    return Result(url=link, title=title, listing_id=ident or id_from(link, adapter.reading.listing_url))


def _skipped(skip: Skip, title: str | None, card: Any) -> bool:
    if skip.title and re.search(skip.title, title or ""):
        return True
    return bool(skip.css and isinstance(card, _Element) and css(skip.css)(card))


def _distinct(results: Iterable[Result]) -> tuple[Result, ...]:
    """Each listing once, under its address; a card with a title wins over one without."""
    found: dict[str, Result] = {}
    for one in results:
        key = one.listing_id or canonical_url(one.url)
        if key not in found or (one.title and not found[key].title):
            found[key] = one
    return tuple(found.values())


# -- structured data


def listed(jsonld: JsonLd, microdata: Microdata, page: Page) -> tuple[Result, ...]:
    """Entries of ItemLists, of a category marked up as Product, and of repeated Product scopes; the longest wins."""
    lists = [_entries(node, page) for node in jsonld.lists]
    lists += [_offered(node, page) for node in jsonld.products]
    if len(jsonld.products) > 2 and jsonld.product is None:
        lists.append(_distinct(one for node in jsonld.products if (one := _result(page, node)) is not None))
    if len(microdata.scopes) > 2:
        lists.append(_distinct(one for scope in microdata.scopes if (one := _scope(page, scope)) is not None))
    return max(lists, key=len, default=())


def _entries(node: Mapping[str, Any], page: Page) -> tuple[Result, ...]:
    rows = [*many(node.get("itemListElement")), *many(node.get("hasPart"))]
    holder = node.get("mainEntity")
    if isinstance(holder, Mapping):
        rows += many(holder.get("itemListElement"))
    return _distinct(one for row in rows if (one := _result(page, row)) is not None)


def _offered(product: Mapping[str, Any], page: Page) -> tuple[Result, ...]:
    """Offers of an aggregate that lie on pages of their own: a category dressed as a product."""
    inner = [entry for offer in offers_of(product) if is_aggregate(offer) for entry in offers_of(offer)]
    found = _distinct(one for row in inner if (one := _result(page, row)) is not None)
    here = canonical_url(page.url)
    return tuple(one for one in found if canonical_url(one.url) != here)


def _result(page: Page, row: Any) -> Result | None:
    if isinstance(row, str):
        link = absolute(page.url, row) if row.startswith(("http", "/")) else None
        return Result(url=link, listing_id=_id(page, link)) if link else None
    if not isinstance(row, Mapping):
        return None
    inner = row.get("item") or row.get("itemOffered") or {}
    inner = {"url": inner} if isinstance(inner, str) else inner if isinstance(inner, Mapping) else {}
    link = absolute(
        page.url, text_of(row.get("url")) or text_of(inner.get("url")) or text_of(inner.get("@id")) or text_of(row.get("@id"))
    )
    if link is None:
        return None
    name = text_of(row.get("name")) or text_of(inner.get("name"))
    return Result(url=link, title=title_of(name) if name else None, listing_id=_id(page, link))


def _scope(page: Page, scope: _Element) -> Result | None:
    link = next((full for part in _MD_LINK(scope) if (full := absolute(page.url, str(part)))), None)
    if link is None:
        return None
    names = (one_line(tag.get("content") or visible_text(tag)) for tag in _MD_NAME(scope)[:1])
    return Result(url=link, title=next((title_of(name) for name in names if name), None), listing_id=_id(page, link))


def _id(page: Page, link: str) -> str | None:
    patterns = page.setting.reading.listing_url if page.setting.reading else ()
    return id_from(link, patterns) or likely_id(link)


def own_or_single(jsonld: JsonLd, page: Page) -> bool:
    """Whether the JSON-LD names one product as the page's own and that is no category in disguise."""
    product = own_product(jsonld.products, page, jsonld.own_id)
    return product is not None and len(_offered(product, page)) < 3


# -- repeated links


@dataclass(frozen=True, slots=True)
class Repeated:
    """Alike links, and whether prices stand in their cards."""

    results: tuple[Result, ...] = ()
    priced: bool = False


def repeated(page: Page) -> Repeated:
    """Cards of a page that marks up nothing: the largest group of alike links whose addresses or words look like listings."""
    groups: dict[tuple[Any, ...], dict[str, list[_Element]]] = {}
    for tag in _LINKS(page.root):
        full = absolute(page.url, tag.get("href"))
        if full and full != page.url:
            groups.setdefault(_alike(tag, full), {}).setdefault(full, []).append(tag)
    best, group = _most((found, group) for group in groups.values() if len(group) >= 4 and (found := _titled(page, group)))
    return Repeated(best, _priced(page, group))


def _most(pairs: Iterable[tuple[tuple[Result, ...], _Group]]) -> tuple[tuple[Result, ...], _Group]:
    scored = [(worth, found, group) for found, group in pairs if (worth := _worth(found))]
    return max(scored, key=lambda one: one[0])[1:] if scored else ((), {})


def _priced(page: Page, group: _Group) -> bool:
    """Whether most of the first cards hold an amount with its currency."""
    cards = [_card_text(tags[-1]) for tags in list(group.values())[:8]]
    return sum(bool(_AMOUNT.search(text)) and currency_of(text, page.money) is not None for text in cards) * 2 > max(
        len(cards), 1
    )


def _card_text(tag: _Element) -> str:
    """The words around a link, as far up as the surroundings stay short."""
    text = ""
    for above in (tag, *tag.iterancestors()):
        wider = visible_text(above, limit=700)
        if len(wider) > 600:
            break
        text = wider
    return text


def _alike(tag: _Element, full: str) -> tuple[Any, ...]:
    """Links count as alike by the shape of their address and by what stands around them."""
    parts = urlsplit(full)
    steps = [step for step in parts.path.split("/") if step]
    last = steps[-1] if steps else ""
    around = [
        (above.tag, (above.get("class") or "").split(" ")[0]) for above, _ in zip(tag.iterancestors(), range(2), strict=False)
    ]
    shape = (
        "id"
        if re.search(r"\d{4,}", last)
        else "id-query"
        if re.search(r"=\d{4,}", parts.query)
        else "id-path"
        if re.search(r"\d{5,}", parts.path)
        else "word"
    )
    return (parts.netloc, len(steps), shape, *around)


def _titled(page: Page, group: Mapping[str, list[_Element]]) -> tuple[Result, ...]:
    found = []
    for link, tags in group.items():
        texts = [text for tag in tags for text in _titles(tag)]
        title = max(texts, key=len, default="")
        found.append(Result(url=link, title=title_of(title[:300]) or None, listing_id=_id(page, link)))
    return _distinct(found)


def _titles(tag: _Element) -> list[str]:
    heading = next((head for head in tag.iter("h2", "h3", "h4", "h5")), None)
    if heading is not None:
        return [one_line(visible_text(heading))]
    own = tag.get("title") or one_line(visible_text(tag, limit=500))
    image = next(tag.iter("img"), None)
    return [own] if own else [one_line(image.get("alt") or "")] if image is not None else []


def _worth(found: tuple[Result, ...]) -> float:
    """Cards have words, and addresses with numbers or long slugs; menus have neither."""
    titles = [one.title for one in found if one.title]
    if len(found) < 4 or len(titles) < len(found) / 2:
        return 0
    words = sum(len(title) for title in titles) / len(titles)
    numbered = sum(one.listing_id is not None for one in found) / len(found)
    slugs = sum(urlsplit(one.url).path.count("-") >= 3 for one in found) / len(found)
    if words < 12 or (numbered < 0.6 and slugs < 0.6):
        return 0
    return len(found) * (0.5 + numbered) * min(words, 60)


# -- paging


def next_pages(page: Page, adapter: Adapter | None, found: int) -> tuple[str, ...]:
    """Absolute addresses of the next results page; none where this one has no cards."""
    plan = adapter.layout.next if adapter and adapter.layout else None
    if found == 0:
        return ()
    links: list[str | None]
    if adapter is not None and plan is not None:
        links = _planned(page, adapter, plan, found)
    elif page.is_json:
        links = [text_of(page.json.get("next"))] if isinstance(page.json, Mapping) else []
    else:
        links = [*map(str, _NEXT(page.root))] or [*_worded(page)]
    full = dict.fromkeys(link for part in links if (link := absolute(page.url, part)))
    return tuple(link for link in full if canonical_url(link) != canonical_url(page.url))[:1]


def _planned(page: Page, adapter: Adapter, plan: Next, found: int) -> list[str | None]:
    links: list[str | None] = []
    if plan.css and not page.is_json:
        links += [str(link) if not isinstance(link, _Element) else link.get("href") for link in css(plan.css)(page.root)]
    if plan.state:
        links += [text_of(search(plan.state, adapter.view))]
    if not any(links) and plan.param:
        links += [_counted(page.url, plan, announced(adapter), found)]
    return links


def _counted(url: str, plan: Next, total: int | None, found: int) -> str | None:
    """The address with the counting parameter raised; None where the announced total is reached."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    current = int(query[plan.param or ""]) if query.get(plan.param or "", "").isdigit() else plan.first
    pages = (current - plan.first) // plan.step + 1
    if total is not None and pages * found >= total:
        return None
    query[plan.param or ""] = str(current + plan.step)
    return urlunsplit(parts._replace(query=urlencode(query)))


def _worded(page: Page) -> list[str]:
    """Links that say "next" in words or arrows, in one of the languages."""
    found = []
    for tag in _LINKS(page.root):
        said = tag.get("aria-label") or tag.get("title") or one_line("".join(tag.itertext()))
        marked = re.search(r"(?:^|[\s_-])next(?:$|[\s_-])", tag.get("class") or "")
        if (len(said) < 30 and markers.NEXT_WORDS.match(said.strip())) or (marked and "disabled" not in (tag.get("class") or "")):
            found.append(tag.get("href") or "")
    return [link for link in found if link and not link.startswith("#")][:1]
