"""What a crawl asks: rows for the request queue, from search addresses, seeds, results cards and saved pages.

A row's fingerprint is its canonical address, so the same listing found by ten searches is asked once in a run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote_plus, urlsplit

from patrol.config.marketplace import Search
from patrol.extract.urls import canonical_url
from patrol.ledger import QueuedRequest
from patrol.records import Extraction, Result

LISTING, RESULTS, SEARCH, DESCRIPTION = "listing", "results", "search", "description"
PRIORITY = {LISTING: 20, DESCRIPTION: 20, RESULTS: 10, SEARCH: 0}  # listings first: what is found is read before more is sought


def fingerprint(url: str, saved: str | None = None) -> str:
    """One address (or one saved page), one row in a run."""
    text = canonical_url(url) if saved is None else f"saved:{saved}"
    return hashlib.sha256(text.encode()).hexdigest()


def folder_of(digest: str) -> str:
    """The file below the run in which everything about one listing is sealed."""
    return f"{digest[:2]}/{digest[:24]}"


def row(url: str, kind: str, *, depth: int = 0, meta: Mapping[str, Any] | None = None, saved: str | None = None) -> QueuedRequest:
    found = dict(meta or {}) | ({"saved": saved} if saved is not None else {})
    return QueuedRequest(
        url=url, fingerprint=fingerprint(url, saved), kind=kind, priority=PRIORITY[kind], depth=depth, meta=found
    )


def search_rows(search: Search, phrases: Iterable[str]) -> list[QueuedRequest]:
    """The first page of every query at every search address, then the seeds."""
    asked = list(dict.fromkeys(phrases))
    rows = [
        row(address.replace("{query}", quote_plus(phrase)), SEARCH, meta={"query": phrase})
        for phrase in asked
        for address in search.urls
    ]
    return rows + [row(seed, SEARCH, meta={"query": ""}) for seed in search.seeds]


def page_rows(urls: Sequence[str]) -> list[QueuedRequest]:
    """Addresses that somebody named: whatever they turn out to be."""
    return [row(url, LISTING) for url in dict.fromkeys(urls)]


def results_digest(results: Sequence[Result]) -> str:
    """What a results page shows, as one short hash: two pages with the same one are the same page."""
    text = "\n".join(sorted({canonical_url(result.url) for result in results}))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def listing_rows(extraction: Extraction, depth: int, query: str) -> list[QueuedRequest]:
    """The cards of a results page, in its order."""
    rows = (
        row(
            result.url,
            LISTING,
            depth=depth,
            meta={"query": query} | ({"listing_id": result.listing_id} if result.listing_id else {}),
        )
        for result in extraction.results
    )
    return list({found.fingerprint: found for found in rows}.values())


def same_host(url: str, other: str) -> bool:
    return urlsplit(url).netloc.lower() == urlsplit(other).netloc.lower()
