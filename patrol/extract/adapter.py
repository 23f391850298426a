"""A marketplace's adapter at work: which of its known layouts a page has, and what each field's ways find there.

`read` builds one for a page of a marketplace and asks it for Finds; results pages and outcomes ask it for cards and
markers. Where no known layout fits, it says so, and structured data speaks alone.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from lxml.etree import _Element

from patrol.config.reading import Layout, Marker, Reading, Way
from patrol.extract.dates import moment
from patrol.extract.finds import Finds, first, many, text_of, texts_of
from patrol.extract.images import from_srcset, pictures
from patrol.extract.javascript import unescape
from patrol.extract.money import estimate, money
from patrol.extract.page import Page
from patrol.extract.schema import is_home
from patrol.extract.select import first_shown, is_there, link_of, shown
from patrol.extract.state import as_text, filled, gathered, search, states
from patrol.extract.texts import plain, title_of
from patrol.extract.urls import absolute
from patrol.extract.visible import one_line, visible_text
from patrol.records import Money, Origin, PriceKind, Seller, Status

_PICTURE = (
    "data-zoom-src",
    "data-zoom",
    "data-large",
    "data-full",
    "data-old-hires",
    "data-src",
    "data-original",
    "srcset",
    "src",
    "href",
)
_TICKING = (PriceKind.STARTING, PriceKind.CURRENT, PriceKind.HAMMER)


@lru_cache(maxsize=2048)
def _regex(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


class Adapter:
    """One adapter over one page."""

    def __init__(self, page: Page, reading: Reading, own_id: str | None, product: Callable[[], Mapping[str, Any] | None]) -> None:
        self.page = page
        self.reading = reading
        self.own_id = own_id
        self._product = product

    # -- layouts and markers

    @cached_property
    def layout(self) -> Layout | None:
        return next((layout for layout in self.reading.layouts if self._holds(layout.when, layout)), None)

    @property
    def knows(self) -> str:
        return ", ".join(layout.name for layout in self.reading.layouts)

    def marked(self, markers: Sequence[Marker]) -> Marker | None:
        """The first marker that holds on this page."""
        return next((marker for marker in markers if self._holds(marker, None)), None)

    def _holds(self, marker: Marker, layout: Layout | None) -> bool:
        page = self.page
        if marker.contains is not None and marker.contains not in page.text:
            return False
        if marker.url is not None and not _regex(marker.url).search(page.url):
            return False
        if page.is_json and (marker.css or marker.title or marker.heading):
            return False
        if marker.title is not None and not _regex(marker.title).search(page.title):
            return False
        if marker.heading is not None and not _regex(marker.heading).search(page.heading):
            return False
        if marker.css is not None and not is_there(page, marker.css):
            return False
        return marker.state is None or search(marker.state, self._view(layout or self.layout)) not in (None, "", [], {}, False)

    # -- state

    @cached_property
    def view(self) -> Mapping[str, Any]:
        """The state of the page's own layout: its picks, and `state` for the whole."""
        return self._view(self.layout)

    def _view(self, layout: Layout | None) -> Mapping[str, Any]:
        if layout is None:
            return {}
        holding = self.own_id if layout.gather else None
        trees = [
            part
            for state in layout.states
            for tree in states(self.page, state.name, state.kind, holding=holding)
            if (part := search(state.at, tree)) is not None
        ]
        view: dict[str, Any] = {"state": trees[0] if trees else None, "states": trees, "id": self.own_id}
        if layout.gather and self.own_id:
            view["item"] = gathered(trees, layout.gather, self.own_id)
        for name, path in layout.picks.items():
            full = filled(path, self.own_id, view)
            view[name] = None if full is None else search(full, view)
        return view

    # -- values

    def value(self, way: Way, inside: Any = None, *, single: bool = False) -> tuple[Any, Origin]:
        """What a way finds (text, number, object or list) and where; `inside` is a card's element or row."""
        page = self.page
        if way.state is not None:
            tree = inside if inside is not None and not isinstance(inside, _Element) else self.view
            return search(way.state, tree), Origin.API if page.is_json else Origin.STATE
        if way.jsonld is not None:
            return search(way.jsonld, self._product() or {}), Origin.JSONLD
        if way.css is not None:
            if page.is_json or (inside is not None and not isinstance(inside, _Element)):
                return None, Origin.CSS
            return (first_shown if single and not way.match else shown)(page, way.css, inside), Origin.CSS
        if way.url is not None:
            found = _regex(way.url).search(page.url)
            return (None if found is None else found.group(1 if found.re.groups else 0)), Origin.DERIVED
        return self._written(way.pattern or ""), Origin.STATE

    def _written(self, pattern: str) -> list[str]:
        """Distinct texts that a pattern finds in the raw body, JavaScript's escapes undone."""
        if "{id}" in pattern:
            pattern = pattern.replace("{id}", re.escape(self.own_id or "\x00"))
        texts = (found.group(1 if found.re.groups else 0) for found in _regex(pattern).finditer(self.page.text))
        return list(dict.fromkeys(unescape(f'"{text}"') if "\\" in text else html.unescape(text) for text in texts))

    def text(self, way: Way, inside: Any = None) -> str | None:
        """The first text of a way, matched, mapped and put into its template."""
        value, _ = self.value(way, inside, single=True)
        return next((text for part in many(value) if (text := shaped(_said(part), way))), None)

    # -- fields

    def finds(self) -> Finds:
        """Every field of the layout, by the first of its ways that gives something."""
        finds = Finds(Origin.STATE)
        if self.layout is None:
            return finds
        prices: list[tuple[Money, str, Origin]] = []
        for name, ways in self.layout.fields.items():
            for way in ways:
                value, origin = self.value(way, single=name not in _LISTS)
                if value in (None, "", [], {}):
                    continue
                if name == "price":
                    prices += [(one, one.raw, origin) for one in self._prices(value, way)]
                    continue
                self._put(finds, name, value, way, origin)
        self._put_prices(finds, prices)
        _join_seller(finds)
        return finds

    def _put(self, finds: Finds, name: str, value: Any, way: Way, origin: Origin) -> None:
        made = self._made(finds, name, value, way)
        finds.put(name, made, _shown(value), origin=origin)

    def _made(self, finds: Finds, name: str, value: Any, way: Way) -> Any:
        if name in _LISTS:
            return _LISTS[name](self, value, way)
        if name == "estimate":
            return estimate(
                value if isinstance(value, Mapping) else shaped(_said(first(value)), way), self.page.money, divide=way.divide
            )
        text = next((text for part in many(value) if (text := shaped(_said(part), way))), None)
        if text is None:
            return None
        if name in ("listed_at", "starts_at", "ends_at"):
            zone = ZoneInfo(way.zone) if way.zone else self.page.setting.zone
            languages = tuple(code for code in (self.page.setting.language,) if code)
            found, warning = moment(text, zone, languages=languages, now=self.page.captured_at)
            finds.warnings += [f"{name}: {warning}"] if warning else []
            return found
        return _ONE.get(name, one_line)(text) if name != "seller.url" else absolute(self.page.url, text)

    def _prices(self, value: Any, way: Way) -> list[Money]:
        kind = way.kind or self.reading.price_kind or PriceKind.ASKING
        parts = (part if isinstance(part, Mapping | int | float) else shaped(_said(part), way) for part in many(value)[:1])
        found = [money(part, self.page.money, kind=kind, divide=way.divide) for part in parts]
        return [one for one in found if one is not None and not (one.amount == 0 and kind in _TICKING)]

    def _put_prices(self, finds: Finds, prices: list[tuple[Money, str, Origin]]) -> None:
        if not prices:
            return
        own, raw, origin = prices[0]
        finds.put("price", own, raw, origin=origin)
        others = {one.kind: one for one, _, _ in reversed(prices[1:]) if one.kind != own.kind}
        finds.put(
            "prices",
            tuple(others[kind] for kind in dict.fromkeys(one.kind for one, _, _ in prices) if kind in others),
            origin=origin,
        )

    def _pictures(self, value: Any, way: Way) -> Any:
        parts = [_picture_of(part) if isinstance(part, _Element) else part for part in many(value)]
        if way.match:
            parts = [shaped(_said(part), way.model_copy(update={"template": None})) for part in parts]
        return pictures(parts, self.page.url, template=way.template)

    def _path(self, value: Any, way: Way) -> tuple[str, ...]:
        said = [(one_line(plain(text)), part) for part in many(value) if (text := shaped(_said(part), way))]
        if way.split:
            steps = [step.strip() for text, _ in said for step in text.split(way.split)]
            return texts_of(step for step in steps if not is_home(step, None))
        return texts_of(text for text, part in said if not is_home(text, link_of(part)))

    def _attributes(self, value: Any, way: Way) -> dict[str, str]:
        found: dict[str, str] = {}
        for part in many(value):
            for name, content in self._pairs(part, way):
                name, content = one_line(plain(name)).rstrip(" :"), one_line(plain(content))
                fits = not way.match or _regex(way.match).search(name)
                if name and content and fits and len(content) <= 500:
                    found.setdefault(name, content)
        return found

    def _pairs(self, part: Any, way: Way) -> list[tuple[str, str]]:
        if isinstance(part, _Element):
            names, contents = (shown(self.page, selector, part) if selector else [] for selector in (way.name, way.value))
            return [(_said(name) or "", _said(content) or "") for name, content in zip(names, contents, strict=False)]
        if isinstance(part, Mapping) and "name" in part and ("value" in part or "values" in part):
            words = texts_of(many(part.get("value", part.get("values"))))
            return [(text_of(part["name"]) or "", ", ".join(words))]
        if isinstance(part, Mapping):
            return [(str(name), ", ".join(texts_of(many(content)))) for name, content in part.items()]
        return []


_LISTS: dict[str, Callable[[Adapter, Any, Way], Any]] = {
    "images": Adapter._pictures,
    "category": Adapter._path,
    "attributes": Adapter._attributes,
}


def _count(text: str) -> int | None:
    digits = "".join(re.findall(r"\d+", text)[:1])
    return int(digits) if digits else None


def _status(text: str) -> Status | None:
    return Status(text) if text in tuple(Status) else None


_ONE: dict[str, Callable[[str], Any]] = {
    "title": title_of,
    "description": plain,
    "provenance": plain,
    "bid_count": _count,
    "status": _status,
    "condition": lambda text: one_line(plain(text)),
    "location": lambda text: one_line(plain(text)),
}


def shaped(text: str | None, way: Way) -> str | None:
    """A text as the way wants it: its match, its mapped value, its template."""
    if text is None:
        return None
    if way.match:
        found = _regex(way.match).search(text)
        if found is None:
            return None
        text = next((group for group in found.groups() if group is not None), found.group())
    if way.values:
        text = {name.casefold(): mapped for name, mapped in way.values.items()}.get(text.strip().casefold(), "")
    if way.template and text:
        text = way.template.replace("{}", text)
    return text.strip() or None


def _said(part: Any) -> str | None:
    if isinstance(part, _Element):
        return visible_text(part)
    if isinstance(part, bool):
        return str(part).lower()
    return text_of(part)


def _shown(value: Any) -> str:
    return "; ".join(_said(part) or "" for part in value[:5]) if isinstance(value, list) else as_text(value)


def _picture_of(tag: _Element) -> str | None:
    holder = tag if tag.tag in ("img", "a", "source") else next(tag.iter("img"), tag)
    for name in _PICTURE:
        link = holder.get(name)
        if link and not link.startswith("data:"):
            return from_srcset(link) if name == "srcset" else str(link)
    return None


def _join_seller(finds: Finds) -> None:
    """The dotted seller fields as one Seller, standing where its name was found."""
    parts = {name: found for name, found in finds.fields.items() if name.startswith("seller.")}
    for name in parts:
        del finds.fields[name]
    if parts:
        best = parts.get("seller.name") or next(iter(parts.values()))
        seller = Seller(**{name.removeprefix("seller."): found.value for name, found in parts.items()})
        finds.put("seller", seller, best.raw, origin=best.origin)
