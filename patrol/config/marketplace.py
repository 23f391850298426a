"""One marketplace as its YAML file describes it: the source card, where to search, how to reach and read its pages.

A marketplace file without a valid card can be read (saved pages, evidence of one's own) and never crawled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

import tldextract
from pydantic import AfterValidator, Field, PrivateAttr, field_validator

from patrol.config.model import Strict
from patrol.config.reading import Reading
from patrol.config.yamlfile import Place
from patrol.errors import CardError

REQUIRED = ("legal_basis", "approved_by", "approved_on", "expires", "contact_label", "retention_days")

# The public suffix list that the package ships: nothing is fetched.
_suffixes = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


def registrable_domain(host: str) -> str:
    """`www.ebay.co.uk` -> `ebay.co.uk`; an address or a bare name stays as it is."""
    return _suffixes(host).top_domain_under_public_suffix or host


@cache
def _zones() -> frozenset[str]:
    """The names of all time zones; they are read from hundreds of files."""
    return frozenset(available_timezones())


def _known_zone(name: str | None) -> str | None:
    if name is not None and name not in _zones():
        raise ValueError(f"{name!r} is no time zone; write one such as Europe/London")
    return name


Zone = Annotated[str | None, AfterValidator(_known_zone)]
Currency = Annotated[str | None, Field(pattern=r"^[A-Z]{3}$")]


class Manners(Strict):
    """How gently this site is asked; only stricter than the defaults of the settings, except on loopback."""

    delay: float | None = Field(None, ge=0)  # seconds between two requests to the site
    concurrency: int | None = Field(None, ge=1, le=16)
    requests_per_day: int | None = Field(None, ge=1)
    timeout: float | None = Field(None, gt=0)  # seconds for one answer


class Card(Strict):
    """The source card: by which right, with whose approval and until when this site is read."""

    legal_basis: str | None = None
    approved_by: str | None = None
    approved_on: date | None = None
    expires: date | None = None
    contact_label: str | None = None  # what the user agent names; chosen by the unit's lawyers
    agreement_ref: str | None = None
    retention_days: int | None = Field(None, ge=1)
    training_allowed: bool = False
    loopback: bool = False  # the practice marketplace: private addresses allowed, no delay needed
    manners: Manners = Manners()


class Queries(Strict):
    """What is asked of a search page: the terms of these lexicons in these languages, and free ones."""

    lexicons: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    most: int = Field(50, ge=1)


class Search(Strict):
    urls: tuple[str, ...] = ()  # with {query}, percent-encoded when filled in
    seeds: tuple[str, ...] = ()  # results pages opened without a query
    queries: Queries = Queries()
    pages: int = Field(5, ge=1)  # results pages per query or seed

    @field_validator("urls")
    @classmethod
    def _holds_query(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        for url in urls:
            if "{query}" not in url:
                raise ValueError(f"{url!r} has no {{query}}; an address without one belongs under seeds")
        return urls


class Browser(Strict):
    """Only for `reach: browser`."""

    wait_for: str | None = None  # CSS that says: the page is there
    scroll_until: str | None = None  # CSS that says: nothing more loads
    max_scrolls: int = Field(20, ge=0)


class Marketplace(Strict):
    """One `config/marketplaces/<name>.yml`."""

    name: str = ""  # the file's stem, set by the loader
    title: str
    card: Card | None = None
    hosts: tuple[str, ...] = Field(min_length=1)
    image_hosts: tuple[str, ...] = ()
    id_space: str | None = None
    timezone: Zone = None
    currency: Currency = None
    language: str | None = None
    reach: Literal["plain", "browser"] = "plain"
    browser: Browser = Browser()
    search: Search = Search()
    schedule: str | None = None  # cron, five fields, in the settings' time zone
    read: Reading = Reading()
    _file: str = PrivateAttr("")
    _lines: Mapping[str, int] = PrivateAttr(default_factory=dict)

    def references(self) -> Iterator[tuple[Place, str, str]]:
        """(place, `lexicon`, name) of the lexicons that queries are drawn from."""
        for index, name in enumerate(self.search.queries.lexicons):
            yield ("search", "queries", "lexicons", index), "lexicon", name

    def placed(self, file: str, lines: Mapping[str, int]) -> Self:
        """Itself, knowing where it was read: the file as shown to a person, the line of each key of the card ("" the card)."""
        self._file, self._lines = file, lines
        return self

    def _place(self, part: str) -> str:
        line = self._lines.get(part) or self._lines.get("") or 1
        return f"{self._file or f'config/marketplaces/{self.name}.yml'}:{line}"

    @property
    def registrable(self) -> str:
        return registrable_domain(self.hosts[0].partition(":")[0])

    @property
    def space(self) -> str:
        """The id space in which this site's listing ids are unique."""
        return self.id_space or self.registrable

    @property
    def zone(self) -> ZoneInfo | None:
        return ZoneInfo(self.timezone) if self.timezone else None

    def serves(self, host: str) -> bool:
        """Whether pages of this host (with or without port) are this marketplace's."""
        bare = host.partition(":")[0].lower()
        return any(entry.lower() in (host.lower(), bare) or bare.endswith("." + entry.lower()) for entry in self.hosts)

    def require_valid_card(self, today: date) -> Card:
        """The card, or CardError naming the part that is missing or expired."""
        if self.card is None:
            raise CardError(
                f"{self.title} has no source card, so it is not crawled",
                where=self._place(""),
                remedy=f"Have the unit's legal adviser clear the site, then fill in `card:` ({', '.join(REQUIRED)})",
            )
        missing = [part for part in REQUIRED if not getattr(self.card, part)]
        if missing:
            raise CardError(
                f"the source card lacks {', '.join(missing)}",
                where=self._place(missing[0]),
                remedy="Fill in every part before a crawl",
            )
        if self.card.expires is not None and self.card.expires < today:
            raise CardError(
                f"the source card expired on {self.card.expires}",
                where=self._place("expires"),
                remedy="Renew the approval and its date",
            )
        if self.card.approved_on is not None and self.card.approved_on > today:
            raise CardError(
                f"the source card is approved only from {self.card.approved_on}",
                where=self._place("approved_on"),
                remedy="Wait, or correct the date",
            )
        return self.card


def marketplace_for(url: str, marketplaces: Mapping[str, Marketplace]) -> Marketplace | None:
    """The configured marketplace that serves this address, if one does."""
    host = url.partition("://")[2].partition("/")[0]
    return next((entry for entry in marketplaces.values() if entry.serves(host)), None)
