"""One page in, one Extraction out: the outcome first, then every field that the page gives, each with its source.

Crawls, replays, the desk and the command line all come through `read`. The sources are laid over each other in a fixed
order (the adapter's ways, JSON-LD, microdata, OpenGraph, trackers, heuristics); where two of them name different prices, a
warning says so. A field that the page does not give stays None.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import cached_property
from types import MappingProxyType
from typing import Any

import parsel

from patrol.extract.adapter import Adapter
from patrol.extract.finds import Finds
from patrol.extract.heuristics import heuristic
from patrol.extract.jsonld import JsonLd
from patrol.extract.jsonshape import json_listing, json_results
from patrol.extract.kind import Evidence, from_adapter, from_address, from_markup, from_meta, from_words
from patrol.extract.labelled import labelled
from patrol.extract.merge import merged, tells_thing
from patrol.extract.microdata import Microdata
from patrol.extract.opengraph import opengraph
from patrol.extract.outcome import Signs, Verdict
from patrol.extract.ownstate import listed_objects, own_object
from patrol.extract.page import Page, Setting, Source, decode
from patrol.extract.results import Repeated, adapter_results, announced, listed, next_pages, repeated
from patrol.extract.stock import stock_number, stock_status
from patrol.extract.surroundings import surroundings
from patrol.extract.tagmanager import tagmanager
from patrol.extract.trail import trail
from patrol.extract.urls import id_from, likely_id, page_url
from patrol.records import Extraction, Origin, Outcome, PriceKind, Result


def read(
    body: bytes | str,
    url: str,
    *,
    content_type: str | None = None,
    marketplace: Source | None = None,
    captured_at: datetime | None = None,
    selector: parsel.Selector | None = None,
    status: int | None = None,
) -> Extraction:
    """What an answer is and says. `body` may be gzipped; `selector` spares a second parse; `status` is only a hint.

    Never raises for what a page contains: what cannot be read is outcome `unknown` or a warning.
    """
    text = decode(body, content_type)
    text = text.replace("\x00", "") if "\x00" in text else text
    page = Page(text, url, Setting.of(marketplace, url), selector=selector, captured_at=captured_at, status=status)
    return _Reading(page).extraction()


def classify(
    body: bytes | str,
    url: str,
    *,
    content_type: str | None = None,
    marketplace: Source | None = None,
    selector: parsel.Selector | None = None,
    status: int | None = None,
) -> Outcome:
    """Only what the answer is."""
    return read(body, url, content_type=content_type, marketplace=marketplace, selector=selector, status=status).outcome


def _given(sources: list[Finds], name: str) -> Any:
    return next((value for source in sources if (value := source.get(name)) is not None), None)


class _Reading:
    """The readers over one page, each asked at most once."""

    def __init__(self, page: Page) -> None:
        self.page = page
        setting = page.setting.reading
        self.own_id = self._own_id()
        self.jsonld = JsonLd(page, self.own_id)
        self.microdata = Microdata(page)
        self.adapter = Adapter(page, setting, self.own_id, lambda: self.jsonld.product) if setting else None
        self.signs = Signs(page, self.adapter)
        self.kind = (setting.price_kind if setting else None) or PriceKind.ASKING

    def _own_id(self) -> str | None:
        reading = self.page.setting.reading
        if reading is None:
            return None
        found = id_from(self.page.url, reading.listing_url)
        own = page_url(self.page.text) if found is None and not self.page.is_json else None
        return id_from(own, reading.listing_url) if own else found

    # -- sources

    @cached_property
    def told(self) -> Finds:
        """What the adapter's layout gives."""
        return self.adapter.finds() if self.adapter else Finds(Origin.STATE)

    @cached_property
    def cards(self) -> tuple[Result, ...] | None:
        return adapter_results(self.adapter) if self.adapter else None

    @cached_property
    def rows(self) -> tuple[Result, ...]:
        return listed(self.jsonld, self.microdata, self.page)

    @cached_property
    def meta(self) -> Finds:
        return opengraph(self.page, self.kind)

    @cached_property
    def spoken(self) -> Finds:
        return tagmanager(self.page, self.kind)

    @cached_property
    def stated(self) -> Finds:
        """The page's own object in a state that no adapter describes."""
        return own_object(self.page) if self.adapter is None or self.adapter.layout is None else Finds(Origin.STATE)

    @cached_property
    def guessed(self) -> Finds:
        return heuristic(self.page, self.kind)

    @cached_property
    def repeated(self) -> Repeated:
        return repeated(self.page)

    # -- the way to the outcome

    def extraction(self) -> Extraction:
        if not self.page.text.strip():
            return self._nothing(Outcome.UNKNOWN, "an empty body")
        if self.page.is_json:
            return self._json()
        verdict = self._turned_away()
        if verdict is None:
            evidence = self._evidence()
            verdict = None if self._offer else self._missing(evidence)
            if verdict is None:
                return self._by(evidence)
        return self._nothing(verdict.outcome, verdict.reason)

    def _by(self, evidence: Evidence) -> Extraction:
        if not self._told_of_object and self.signs.is_shell:
            return self._nothing(Outcome.UNKNOWN, "an empty shell that scripts fill: the page needs a browser (reach: browser)")
        if evidence.is_listing:
            return self._listing("; ".join(evidence.why_listing))
        if evidence.is_results or self.cards or (evidence.results > 0 and listed_objects(self.page)):
            return self._results("; ".join(evidence.why_results))
        return self._nothing(Outcome.UNKNOWN, "neither a listing nor results could be told")

    @cached_property
    def _offer(self) -> bool:
        """Whether the page holds data of an object on offer, which no block page or login wall does."""
        if self.told.get("title") and (self.told.get("price") or self.told.get("description")):
            return True
        if (self.cards or len(self.rows) >= 3) and self.own_id is None:
            return True  # on the page of a listing, cards are its neighbours
        product = self.jsonld.product
        if product is not None and (product.get("offers") or product.get("description")):
            return True
        return self.microdata.scope is not None or bool(self.meta.get("price"))

    @property
    def _told_of_object(self) -> bool:
        """Whether anything but the address speaks of an object or of a list of them."""
        title = self.meta.get("title")
        named = bool(title) and title.casefold() not in {name.casefold() for name in (*self.page.site_names, self.page.title)}
        listed = self.cards or self.rows or self.jsonld.products or listed_objects(self.page)
        return bool(named or listed or self._offer or self.told.get("title") or self.stated or self._priced)

    def _turned_away(self) -> Verdict | None:
        """Blocked, behind a login or gone: told before the page's kind is weighed."""
        if self._offer:
            return self.signs.removed_by_adapter()
        return self.signs.blocked() or self.signs.removed_by_adapter() or self.signs.login() or self.signs.gone()

    def _missing(self, evidence: Evidence) -> Verdict | None:
        if not evidence.is_results and not self._priced and (verdict := self.signs.removed()):
            return verdict
        asked = evidence.results > evidence.listing
        if (asked or not evidence.is_listing) and not self.cards and len(self.repeated.results) < 6:
            return self.signs.empty() if asked or not self._priced else None
        return None

    @cached_property
    def _priced(self) -> bool:
        return any(source.get("price") for source in (self.told, self.meta, self.stated, self.spoken, self.guessed))

    def _evidence(self) -> Evidence:
        evidence = Evidence()
        from_address(evidence, self.page)
        if self.adapter:
            from_adapter(evidence, self.adapter, self.told, self.cards)
        if not (self.adapter and evidence.clear and evidence.listing >= 7):
            from_markup(evidence, self.page, self.jsonld, self.microdata, self.rows)
            from_meta(evidence, self.page)
        if not evidence.clear and not (evidence.is_results and self.cards):
            from_words(evidence, self.page, self.signs, self._priced, self.repeated)
            evidence.for_listing(1.5, "the page tells its trackers of one product", self.spoken.get("price"))
            evidence.for_listing(3, "the page's state holds an object of its id", self.stated)
        return evidence

    # -- what is handed back

    def _nothing(self, outcome: Outcome, reason: str) -> Extraction:
        return Extraction(outcome=outcome, reason=reason, warnings=tuple(self._layout_warning()))

    def _layout_warning(self) -> list[str]:
        adapter = self.adapter
        if adapter is None or not adapter.reading.layouts or adapter.layout is not None:
            return []
        return [f"no layout that the adapter knows fits this page (it knows: {adapter.knows})"]

    def _listing(self, reason: str) -> Extraction:
        sources = [self.told, self.jsonld.finds(self.kind), self._scoped(), self.meta]
        if not all(any(source.get(name) for source in sources) for name in ("title", "price")):
            sources.append(self.stated)
        if not any(source.get("price") for source in sources):
            sources.append(self.spoken)
        if not all(any(source.get(name) for source in sources) for name in ("title", "price")):
            sources.append(self._derived())
        if not self._described and not all(any(source.get(name) for source in sources) for name in ("images", "description")):
            sources.append(surroundings(self.page))
        if not self._described:
            self._shown(sources)
        listing, fields, warnings = merged(self.page, sources, self.own_id)
        return Extraction(
            outcome=Outcome.LISTING,
            listing=listing,
            fields=MappingProxyType(fields),
            warnings=tuple(dict.fromkeys([*self._layout_warning(), *warnings])),
            reason=reason,
        )

    def _shown(self, sources: list[Finds]) -> None:
        """What the page only shows, for the fields that no source has given."""
        if not any(tells_thing(source.get("attributes")) for source in sources):
            sources.append(labelled(self.page))
        if not _given(sources, "category"):
            sources.append(trail(self.page, _given(sources, "title")))
        if not _given(sources, "status"):
            sources.append(stock_status(self.page))
        if not _given(sources, "listing_id") and likely_id(self.page.url) is None:
            sources.append(stock_number(self.page))

    @property
    def _described(self) -> bool:
        """Whether an adapter knows this page: what it does not find there is not there. An answer in JSON has no markup."""
        return self.page.is_json or (self.adapter is not None and self.adapter.layout is not None)

    def _derived(self) -> Finds:
        """Heuristics where nothing better speaks; with an adapter that knows the page, a missing price is no price."""
        guessed = self.guessed
        if self.adapter and self.adapter.layout and "price" in self.adapter.layout.fields and self.told.get("title"):
            return replace(guessed, fields={name: one for name, one in guessed.fields.items() if name != "price"})
        return guessed

    def _scoped(self) -> Finds:
        finds = self.microdata.finds(self.kind)
        category = self.microdata.category(finds.get("title") or self.page.heading)
        finds.put("category", category, " > ".join(category))
        return finds

    def _results(self, reason: str) -> Extraction:
        found = self.cards or self.rows or self.repeated.results or listed_objects(self.page)
        warnings = self._layout_warning()
        total = announced(self.adapter) if self.adapter and self.cards is not None else None
        if not found:
            empty = self.signs.empty()
            if empty or total == 0:
                return replace(self._nothing(Outcome.EMPTY, empty.reason if empty else "the page announces 0 results"))
            warnings.append(f"no cards found on a results page{f' that announces {total}' if total else ''}")
        return Extraction(
            outcome=Outcome.RESULTS,
            results=found,
            next_pages=next_pages(self.page, self.adapter, len(found)),
            warnings=tuple(warnings),
            reason=reason,
        )

    def _json(self) -> Extraction:
        """An answer that is JSON itself: by the adapter's layouts, else by its shape."""
        if self.page.json is None:
            return self._nothing(Outcome.UNKNOWN, "looks like JSON and cannot be read as such")
        if self.told.get("title"):
            return self._listing("the layout's fields are there")
        if self.cards is not None:
            if self.cards:
                return self._results("the layout's rows are there")
            return self._nothing(Outcome.EMPTY, "the layout's rows are there and empty")
        finds = json_listing(self.page)
        if finds:
            self.told = finds
            return self._listing("the JSON has the shape of one listing")
        rows = json_results(self.page)
        if rows is None:
            gone = self.signs.gone_by_json()
            return self._nothing(gone.outcome, gone.reason) if gone else self._nothing(Outcome.UNKNOWN, "JSON of no known shape")
        self.cards = rows
        return self._results("the JSON has the shape of a list") if rows else self._nothing(Outcome.EMPTY, "an empty list")
