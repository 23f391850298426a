"""What a page turned out to be, decided on its body: blocked, behind a login, gone, without results.

`read` asks here before it believes a page's data, and again when there is none. The status code is only a hint: block
pages and removed items answer 200 on many sites.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from lxml.etree import XPath

from patrol.extract import markers
from patrol.extract.adapter import Adapter
from patrol.extract.finds import many, text_of
from patrol.extract.page import Page
from patrol.extract.visible import is_hidden, one_line, visible_text
from patrol.records import Outcome

_LONG_BODY = 150_000  # characters; gatekeepers' pages are far below
_SHORT_TEXT = 1_500  # characters that are shown
_BARE_TEXT = 200  # characters; an application's shell shows its name, a spinner, a line on cookies
_HEADINGS = XPath("//h1 | //h2 | //h3")
_MESSAGES = XPath(
    "//*[@role='alert' or contains(@id,'error') or contains(@id,'message')"
    + "".join(
        f" or contains(@class,'{word}')" for word in ("error", "alert", "message", "notice", "empty", "not-found", "expired")
    )
    + " or contains(@class,'removed') or contains(@class,'status')]"
)
_PASSWORD = XPath("//input[@type='password']")
_ERROR_PARTS = ("code", "type", "name", "status", "statusCode", "errorCode", "message", "title", "detail", "reason")
_ERROR_KEYS = 6  # an error's object is small
_NOT_THERE = re.compile(
    r"not[_\s-]?found|no[_\s-]?such[_\s-]?(?:item|record|listing|ad|lot)|does[_\s-]?not[_\s-]?exist|^(?:404|410|gone)$|"
    r"(?:item|listing|ad|lot|record|product)[\w\s-]{0,20}(?:deleted|removed|expired|gone)|" + markers.GONE.pattern,
    re.IGNORECASE,
)
_LOGIN_PATH = re.compile(
    r"/(?:log-?in|sign-?in|signin|auth|checkpoint|anmelden|einloggen|connexion|account/login|m-einloggen)\b", re.IGNORECASE
)
_LOGIN_BODY = re.compile(r"id=[\"']login_form[\"']|You must log in to continue|name=[\"']login_source[\"']", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Verdict:
    outcome: Outcome
    reason: str


class Signs:
    """The page's words where its state is announced; each is looked up once."""

    def __init__(self, page: Page, adapter: Adapter | None) -> None:
        self.page = page
        self.adapter = adapter

    @cached_property
    def _shown(self) -> str:
        body = next(self.page.root.iter("body"), None)
        return visible_text(self.page.root if body is None else body, limit=2 * _SHORT_TEXT)

    @property
    def is_short(self) -> bool:
        """Whether the page shows so little that it can hardly be what was asked for."""
        return len(self._shown) <= _SHORT_TEXT

    @property
    def is_shell(self) -> bool:
        """Whether the page shows next to nothing and leaves all of it to its scripts."""
        scripted = next(self.page.root.iter("script"), None) is not None
        return scripted and len(self._shown) <= _BARE_TEXT and not self.page.heading

    @property
    def short_text(self) -> str:
        """What a short page shows; empty for a page with much to show."""
        return self._shown if self.is_short else ""

    @cached_property
    def announcements(self) -> str:
        """Title, shown headings and shown messages: where a page says what it is. Links are others' words."""
        tags = [*_HEADINGS(self.page.root)[:12], *_MESSAGES(self.page.root)[:20]]
        shown = (one_line(visible_text(tag, limit=400))[:400] for tag in tags if tag.find(".//a") is None and not is_hidden(tag))
        return "\n".join([self.page.title, *shown])

    # -- the single verdicts

    def blocked(self) -> Verdict | None:
        """A gatekeeper's page instead of the site's. Only asked of pages without an offer."""
        page = self.page
        if self.adapter and (marker := self.adapter.marked(self.adapter.reading.blocked)):
            return Verdict(Outcome.BLOCKED, f"the adapter's marker {_name(marker)}")
        if page.is_json or len(page.text) > _LONG_BODY:
            return None
        if found := self._gate() or markers.GATE_TITLE.search(page.title) or markers.GATE_TITLE.search(page.heading):
            return Verdict(Outcome.BLOCKED, f"block page: {found.group()[:60]!r}")
        if self.is_short:
            found = markers.GATE_WORDS.search(self.short_text) or markers.GATE_IF_SHORT.search(page.text)
            if found:
                return Verdict(Outcome.BLOCKED, f"block page: {found.group()[:60]!r}")
            if page.status in (401, 403, 405, 429, 503):
                return Verdict(Outcome.BLOCKED, f"status {page.status} and nothing to read")
        return None

    def _gate(self) -> re.Match[str] | None:
        """A gatekeeper's mark in the raw body; the pattern is tried only where one of its words is there at all."""
        lowered = self.page.text.lower()
        return markers.GATE.search(self.page.text) if any(sign in lowered for sign in markers.GATE_SIGNS) else None

    def login(self) -> Verdict | None:
        page = self.page
        if self.adapter and (marker := self.adapter.marked(self.adapter.reading.login)):
            return Verdict(Outcome.LOGIN, f"the adapter's marker {_name(marker)}")
        if page.is_json:
            return None
        asks = any(not is_hidden(field) for field in _PASSWORD(page.root))
        titled = markers.LOGIN_TITLE.search(page.title) or markers.LOGIN_TITLE.search(page.heading)
        if titled and (asks or self.is_short):
            return Verdict(Outcome.LOGIN, f"login page: {titled.group()[:60]!r}")
        told = markers.LOGIN_WORDS.search(self.short_text or self.announcements)
        if told:
            return Verdict(Outcome.LOGIN, f"login wall: {told.group()[:60]!r}")
        if asks and (_LOGIN_PATH.search(urlsplit(page.url).path) or self.is_short):
            return Verdict(Outcome.LOGIN, "a password is asked for and nothing else is shown")
        found = _LOGIN_BODY.search(page.text) if len(page.text) < _LONG_BODY else None
        return Verdict(Outcome.LOGIN, f"login wall: {found.group()[:60]!r}") if found else None

    def removed_by_adapter(self) -> Verdict | None:
        if self.adapter and (marker := self.adapter.marked(self.adapter.reading.removed)):
            return Verdict(Outcome.REMOVED, f"the adapter's marker {_name(marker)}")
        return None

    def gone(self) -> Verdict | None:
        """Title or heading say that what was asked for is gone; whatever else is shown are neighbours."""
        page = self.page
        found = None if page.is_json else markers.GONE.search(page.title) or markers.GONE.search(page.heading)
        return Verdict(Outcome.REMOVED, f"the heading says {one_line(found.group())[:80]!r}") if found else None

    def gone_by_json(self) -> Verdict | None:
        """An answer in JSON that is an error and says that nothing is there."""
        tree = self.page.json
        if not isinstance(tree, Mapping):
            return None
        errors = [one for key in ("errors", "error") for one in many(tree.get(key))]
        if not errors and any(key in tree for key in ("code", "statusCode", "status", "message")) and len(tree) <= _ERROR_KEYS:
            errors = [tree]
        for one in errors:
            parts = [one.get(key) for key in _ERROR_PARTS] if isinstance(one, Mapping) else [one]
            told = next((text for part in parts if (text := text_of(part)) and _NOT_THERE.search(text)), None)
            if told:
                return Verdict(Outcome.REMOVED, f"the answer's error says {one_line(told)[:80]!r}")
        return None

    def removed(self) -> Verdict | None:
        """A listing that is gone, said in a message or by the status. Only asked of pages without an offer."""
        page = self.page
        if page.is_json:
            return None
        found = markers.GONE.search(self.announcements) or (markers.GONE.search(self.short_text) if self.short_text else None)
        if found:
            return Verdict(Outcome.REMOVED, f"the page says {one_line(found.group())[:80]!r}")
        if page.status in (404, 410):
            return Verdict(Outcome.REMOVED, f"status {page.status}")
        return None

    def empty(self) -> Verdict | None:
        """Results asked for, none found."""
        if self.adapter and (marker := self.adapter.marked(self.adapter.reading.empty)):
            return Verdict(Outcome.EMPTY, f"the adapter's marker {_name(marker)}")
        if self.page.is_json:
            return None
        found = markers.NOTHING.search(self.announcements) or markers.NOTHING.search(self._main_text)
        return Verdict(Outcome.EMPTY, f"the page says {one_line(found.group())[:80]!r}") if found else None

    @cached_property
    def _main_text(self) -> str:
        main = next(self.page.root.iter("main"), None)
        body = next(self.page.root.iter("body"), None) if main is None else main
        return "" if body is None else visible_text(body, limit=6_000)

    @cached_property
    def counts_results(self) -> bool:
        """Whether title or heading count or announce results ("1,204 results", "Suchergebnisse")."""
        return bool(markers.COUNTED.search(f"{self.page.title}\n{self.page.heading}"))


def _name(marker: object) -> str:
    return ", ".join(f"{key} {value!r}" for key, value in marker.__dict__.items() if value is not None)
