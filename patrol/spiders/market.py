"""The spider of a marketplace with a file of its own: its searches, their results page by page, and every listing."""

from __future__ import annotations

from typing import Any

from scrapy.http import Response

from patrol.ledger import QueuedRequest
from patrol.records import Extraction
from patrol.spiders.base import Kit, PatrolSpider
from patrol.spiders.frontier import RESULTS, listing_rows, results_digest, row
from patrol.spiders.paging import Paging


class MarketSpider(PatrolSpider):
    """Follows results pages as far as the marketplace's file says; asks nothing outside its hosts."""

    name = "market"

    def __init__(self, kit: Kit, **kwargs: Any) -> None:
        super().__init__(kit, **kwargs)
        self._paging = Paging(kit.pages)

    def children(self, response: Response, extraction: Extraction) -> list[QueuedRequest]:
        """The listings of a results page, and its next page where the search goes on."""
        patrol = response.meta["patrol"]
        query, page, depth = patrol.get("query", ""), int(patrol.get("page", 1)), int(patrol["depth"])
        found = [child for child in listing_rows(extraction, depth + 1, query) if self.wanted(child.url)]
        chain = str(patrol.get("chain") or patrol["id"])
        cards = [child.fingerprint for child in found]
        if not self._paging.goes_on(chain, page, results_digest(extraction.results), cards):
            return found
        meta = {"query": query, "page": page + 1, "chain": chain}
        further = [url for url in extraction.next_pages if self.wanted(url)]
        return found + [row(url, RESULTS, depth=depth + 1, meta=meta) for url in further[:1]]

    def wanted(self, url: str) -> bool:
        """Only this marketplace's own hosts."""
        marketplace = self.marketplace_of(url)
        return marketplace is not None and marketplace.serves(url.split("/")[2])
