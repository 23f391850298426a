"""One answer as the readers see it: its text, its parsed tree (once), its own words, and what is known around it.

`read` builds a Page from the body; every reader of a single source takes what it needs from here, so that nothing is
parsed twice. Settings of the marketplace (zone, currency, language, adapter) come along as a Setting.
"""

from __future__ import annotations

import gzip
import re
import zlib
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, Protocol
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import orjson
import parsel
import tldextract
from bs4 import UnicodeDammit
from lxml.etree import XPath, _Element
from w3lib.encoding import html_to_unicode

from patrol.config.reading import Reading
from patrol.extract.money import MoneyContext, currency_of
from patrol.extract.visible import is_hidden, one_line, visible_text

# The public suffix list that the package ships: nothing is fetched.
_suffixes = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
GUESSED = 20_000  # bytes of a page whose charset is guessed from their look
OTHER_SCRIPTS = (
    "windows-1251",
    "windows-1253",
    "windows-1255",
    "windows-1256",
    "cp125",
    "koi8",
    "cp932",
    "shift",
    "euc",
    "gb",
    "big5",
)
_CURRENCY = re.compile(r"itemprop=[\"']priceCurrency[\"'][^>]*?content=[\"']([A-Za-z]{3})[\"']")
_META = XPath("//meta[@content][@property or @name or @itemprop]")


class Source(Protocol):
    """What reading needs of a marketplace; patrol.config's Marketplace is one."""

    @property
    def name(self) -> str: ...
    @property
    def timezone(self) -> str | None: ...
    @property
    def currency(self) -> str | None: ...
    @property
    def language(self) -> str | None: ...
    @property
    def read(self) -> Reading: ...


@dataclass(frozen=True, slots=True)
class Setting:
    """What is known of a site before its page is opened."""

    marketplace: str
    reading: Reading | None = None
    zone: ZoneInfo | None = None
    currency: str | None = None
    language: str | None = None

    @classmethod
    def of(cls, marketplace: Source | None, url: str) -> Setting:
        if marketplace is None:
            return cls(marketplace=registrable(urlsplit(url).hostname or ""))
        zone = ZoneInfo(marketplace.timezone) if marketplace.timezone else None
        return cls(marketplace.name, marketplace.read, zone, marketplace.currency, marketplace.language)


@lru_cache(maxsize=1024)
def registrable(host: str) -> str:
    return _suffixes(host).top_domain_under_public_suffix or host


@lru_cache(maxsize=1024)
def _suffix(host: str) -> str:
    return _suffixes(host).suffix.rpartition(".")[2]


def decode(body: bytes | str, content_type: str | None) -> str:
    """The body's text; gzip is opened, the charset taken from the header, the marks or the page's own words."""
    if isinstance(body, str):
        return body
    if body[:2] == b"\x1f\x8b":
        try:
            body = gzip.decompress(body)
        except (OSError, EOFError, zlib.error):  # cut short: what came through is still worth reading
            body = zlib.decompressobj(31).decompress(body)
    if body[:1] in b"{[" or "json" in (content_type or ""):
        return body.decode("utf-8-sig", "replace")
    return html_to_unicode(content_type, body, default_encoding="utf-8", auto_detect_fun=_undeclared)[1]


def _undeclared(body: bytes) -> str:
    """The charset of a page that names none: UTF-8 where it reads as that (a cut last character apart), else by its look."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as fault:
        if fault.start <= len(body) - 4:
            guess = (UnicodeDammit(body[:GUESSED]).original_encoding or "").lower()
            return guess if guess.startswith(OTHER_SCRIPTS) else "cp1252"  # between Latin charsets the guess is a toss
    return "utf-8"


class Page:
    """The parsed answer; every property is worked out at most once."""

    def __init__(
        self,
        text: str,
        url: str,
        setting: Setting,
        *,
        selector: parsel.Selector | None = None,
        captured_at: datetime | None = None,
        status: int | None = None,
    ) -> None:
        self.text = text
        self.url = url
        self.setting = setting
        self.captured_at = captured_at
        self.status = status
        self.parsed: dict[tuple[str, str, str | None], list[Any]] = {}  # page states by name, see state.states
        self.selectors: dict[str, str | None] = {}  # CSS as it is run on this page, see select
        self._selector = selector

    @property
    def host(self) -> str:
        return (urlsplit(self.url).hostname or "").lower()

    @cached_property
    def is_json(self) -> bool:
        return self.text.lstrip("\ufeff \t\r\n")[:1] in ("{", "[")

    @cached_property
    def json(self) -> Any:
        """The whole body as JSON, or None."""
        try:
            return orjson.loads(self.text) if self.is_json else None
        except orjson.JSONDecodeError:  # looks like JSON and is none: treated as a page without data
            return None

    @cached_property
    def root(self) -> _Element:
        selector = self._selector
        if selector is None or selector.type != "html":
            selector = parsel.Selector(text=self.text or "<html></html>", type="html")
        root: _Element = selector.root
        return root

    @cached_property
    def metas(self) -> dict[str, list[str]]:
        """Contents of <meta> by lower-case property or name, in document order."""
        found: dict[str, list[str]] = {}
        for tag in _META(self.root):
            key = (tag.get("property") or tag.get("name") or tag.get("itemprop") or "").strip().lower()
            content = (tag.get("content") or "").strip()
            if content:
                found.setdefault(key, []).append(content)
        return found

    def meta(self, *names: str) -> str | None:
        return next((self.metas[name][0] for name in names if name in self.metas), None)

    @cached_property
    def title(self) -> str:
        tag = next(self.root.iter("title"), None)
        return one_line("".join(tag.itertext())) if tag is not None else ""

    @cached_property
    def h1(self) -> _Element | None:
        """The first-level heading that is shown; of several, the one that the page's title repeats, else the first."""
        shown = [tag for tag in self.root.iter("h1") if not is_hidden(tag) and visible_text(tag)]
        if len(shown) < 2:
            return shown[0] if shown else None
        title = self.title.casefold()
        return next((tag for tag in shown if one_line(visible_text(tag)).casefold()[:40] in title), shown[0])

    @cached_property
    def heading(self) -> str:
        return one_line(visible_text(self.h1)) if self.h1 is not None else ""

    @cached_property
    def lang(self) -> str | None:
        html = self.root if self.root.tag == "html" else next(self.root.iter("html"), None)
        tag = html.get("lang") or html.get("{http://www.w3.org/XML/1998/namespace}lang") if html is not None else None
        return str(tag) if tag else self.meta("og:locale", "content-language", "language")

    @cached_property
    def site_names(self) -> tuple[str, ...]:
        """What the site calls itself: og:site_name and the word before the public suffix."""
        own = registrable(self.host).partition(".")[0]
        return tuple(dict.fromkeys(name for name in (self.meta("og:site_name"), own if len(own) > 2 else None) if name))

    @cached_property
    def money(self) -> MoneyContext:
        reading = self.setting.reading
        hosts = reading.currency.hosts if reading else {}
        currency = next((code for host, code in hosts.items() if self.host == host or self.host.endswith("." + host)), None)
        currency = currency or self.setting.currency or self._declared_currency
        return MoneyContext(
            currency, {k.lower(): v for k, v in reading.currency.signs.items()} if reading else {}, _suffix(self.host)
        )

    @cached_property
    def _declared_currency(self) -> str | None:
        said = self.meta("product:price:currency", "og:price:currency", "og:currency", "currency", "pricecurrency")
        found = None if said else _CURRENCY.search(self.text)
        said = found.group(1) if found else said
        return currency_of(said.upper(), MoneyContext()) if said else None
