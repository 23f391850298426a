"""The spider of single addresses and of saved pages: `--url` and `--replay`, with or without a marketplace's file.

A page that is a listing is kept; a shop or results page is followed within its own host. In a replay only what was
saved is followed, under the address that it was saved for.
"""

from __future__ import annotations

from dataclasses import replace

from scrapy.http import Response

from patrol.ledger import QueuedRequest
from patrol.records import Extraction
from patrol.spiders.frontier import fingerprint, same_host
from patrol.spiders.market import MarketSpider


class PageSpider(MarketSpider):
    """Like the marketplace's spider, but bound to the host of the page it came from."""

    name = "pages"

    def children(self, response: Response, extraction: Extraction) -> list[QueuedRequest]:
        rows = super().children(response, extraction)
        if self.replay is None:
            return [row for row in rows if same_host(row.url, response.url)]
        return [row for row in map(self._saved, rows) if row is not None]

    def wanted(self, url: str) -> bool:
        """Whatever was saved; over the network only what the card names."""
        return self.replay is not None or super().wanted(url)

    def _saved(self, row: QueuedRequest) -> QueuedRequest | None:
        """The row as a saved page; None where that page was not saved."""
        found = self.replay.find(row.url)
        if found is None:
            return None
        return replace(row, fingerprint=fingerprint(row.url, found.key), meta={**row.meta, "saved": found.key})
