"""How one marketplace's pages are read: the `read:` part of its YAML file.

An adapter is data, never code: address patterns, the layouts that were seen with a marker for each, and for every field
one or more ways to find it (JMESPath in the page's own state, CSS, a pattern in the text). The loader hands a Reading
to `extract`, which compiles its expressions and joins what they find with the page's structured data.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import jmespath
from cssselect import SelectorError
from jmespath.exceptions import JMESPathError
from parsel.csstranslator import HTMLTranslator
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from patrol.config.model import Strict
from patrol.records import PriceKind

FIELDS = frozenset(
    re.findall(
        r"[\w.]+",
        "listing_id title description price estimate seller.name seller.id seller.url seller.location location images category "
        "condition lot_number provenance attributes listed_at starts_at ends_at bid_count status",
    )
)


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as fault:
        raise ValueError(f"not a regular expression: {fault}") from None
    return value


def _css(value: str) -> str:
    try:
        HTMLTranslator().css_to_xpath(value)
    except SelectorError as fault:
        raise ValueError(f"not a CSS selector: {fault}") from None
    return value


def _path(value: str) -> str:
    try:
        jmespath.compile(re.sub(r"\{[\w.]+\}", "0", value))  # a placeholder stands inside quotes, any text will do
    except JMESPathError as fault:
        raise ValueError(f"not a JMESPath expression: {fault}") from None
    return value


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


Pattern = Annotated[str, AfterValidator(_pattern)]
Css = Annotated[str, AfterValidator(_css)]
Path = Annotated[str, AfterValidator(_path)]


class Marker(Strict):
    """A sign on a page; every part that is given must hold. A plain string is `contains`."""

    contains: str | None = None  # in the raw body, exactly
    title: Pattern | None = None  # searched in <title>
    heading: Pattern | None = None  # searched in the visible h1
    css: Css | None = None  # at least one element that is not hidden
    url: Pattern | None = None
    state: Path | None = None  # a value in the layout's state that is neither null nor empty

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"contains": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _something(self) -> Marker:
        if not self.model_fields_set:
            raise ValueError("a marker without any sign fits every page")
        return self


class Way(Strict):
    """One way to find a field. Exactly one of state, css, jsonld, pattern, url; a plain string is `css`."""

    state: Path | None = None  # JMESPath over the layout's picks
    css: Css | None = None  # may end in ::text or ::attr(name); else the element's visible text
    jsonld: Path | None = None  # JMESPath over the page's own Product
    pattern: Pattern | None = None  # searched in the raw body; its first group is the value
    url: Pattern | None = None  # searched in the page's address; its first group is the value
    name: Css | None = None  # attributes only: `css` finds rows, `name` and `value` inside a row
    value: Css | None = None
    match: Pattern | None = None  # the first group (else the whole match) of the text found is kept; attributes: fits the name
    values: Mapping[str, str] = Field(default_factory=dict)  # text found → value, compared without case
    template: str | None = None  # "https://img.example.org/{}.jpg": {} is the value found
    split: str | None = None  # category: the text between steps
    divide: int = 1  # 100 where the page counts in cents
    kind: PriceKind | None = None  # price only
    zone: str | None = None  # times only, where it differs from the card's timezone

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"css": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_source(self) -> Way:
        given = [name for name in ("state", "css", "jsonld", "pattern", "url") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"exactly one of state, css, jsonld, pattern, url; found {', '.join(given) or 'none'}")
        return self


Ways = Annotated[tuple[Way, ...], BeforeValidator(_as_list)]
Markers = Annotated[tuple[Marker, ...], BeforeValidator(_as_list)]
Patterns = Annotated[tuple[Pattern, ...], BeforeValidator(_as_list)]


class State(Strict):
    """Where a site keeps its page state: a variable, a script's id, an attribute or a script's attribute, by name."""

    name: str
    at: Path = "@"
    kind: Literal["auto", "variable", "script", "attribute", "json"] = "auto"  # json: the body itself


class Skip(Strict):
    """Cards that are decoys or advertisements: a pattern on the title, or a selector inside the card."""

    title: Pattern | None = None
    css: Css | None = None


class Results(Strict):
    """The cards of a results page: by CSS (`cards`) or as a list in the state (`rows`); ways are read inside a card."""

    cards: Css | None = None
    rows: Path | None = None
    link: Way
    title: Way | None = None
    id: Way | None = None
    skip: tuple[Skip, ...] = ()
    stop_after: Css | None = None  # cards behind this element are other people's words for "nothing found"
    total: Way | None = None  # the number the page itself announces

    @model_validator(mode="after")
    def _one_source(self) -> Results:
        if (self.cards is None) == (self.rows is None):
            raise ValueError("either cards (CSS) or rows (JMESPath)")
        return self


class Next(Strict):
    """The way to the next page of results: a link, or a parameter that counts from `first` by `step`."""

    css: Css | None = None
    state: Path | None = None
    param: str | None = None
    first: int = 1
    step: int = 1


class Layout(Strict):
    """One layout of a site's pages, tried when its marker holds."""

    name: str
    when: Marker
    states: tuple[State, ...] = ()
    picks: Mapping[str, str] = Field(default_factory=dict)  # name → JMESPath; {id} and {pick.key} are filled in
    gather: str | None = None  # all objects of the state whose key of this name is the page's id, joined as pick `item`
    fields: Mapping[str, Ways] = Field(default_factory=dict)
    results: Results | None = None
    next: Next | None = None

    @model_validator(mode="after")
    def _known_fields(self) -> Layout:
        unknown = sorted(set(self.fields) - FIELDS)
        if unknown:
            raise ValueError(f"unknown fields {', '.join(unknown)}; known: {', '.join(sorted(FIELDS))}")
        return self


class Currencies(Strict):
    """What a bare number or an ambiguous sign means: by host, and by sign."""

    hosts: Mapping[str, str] = Field(default_factory=dict)
    signs: Mapping[str, str] = Field(default_factory=dict)


class Reading(Strict):
    """Everything that reading one site's pages needs beyond structured data."""

    listing_url: Patterns = ()  # searched in the address; a group (?P<id>…) is the listing's id
    results_url: Patterns = ()
    layouts: tuple[Layout, ...] = ()  # tried in order
    price_kind: PriceKind | None = None  # what a price in the structured data means here (auctions: starting)
    currency: Currencies = Currencies()
    hidden_prefixes: tuple[str, ...] = ()
    boilerplate: Patterns = ()  # descriptions that are the site's own words
    blocked: Markers = ()
    removed: Markers = ()
    login: Markers = ()
    empty: Markers = ()
    follow: Mapping[Literal["description"], Way] = Field(default_factory=dict)  # second requests

    @model_validator(mode="after")
    def _ids(self) -> Reading:
        for pattern in self.listing_url:
            if "id" not in re.compile(pattern).groupindex:
                raise ValueError(f"listing_url without (?P<id>…): {pattern}")
        return self
