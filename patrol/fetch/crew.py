"""What the downloader middlewares and the scheduler read from the spider that they serve.

Scrapy hands each component the crawler; `crew` gives its spider under this protocol, which the spiders of Patrol keep.
"""

from __future__ import annotations

from typing import Protocol, cast

from scrapy import Request
from scrapy.crawler import Crawler

from patrol.config.marketplace import Marketplace
from patrol.evidence import RunSeal
from patrol.fetch.limits import Limits
from patrol.fetch.replay import ReplayIndex
from patrol.fetch.traffic import Traffic
from patrol.ledger import Ledger
from patrol.ledger.queue import QueuedRequest
from patrol.ledger.runs import Run
from patrol.records import Capture


class Crew(Protocol):
    """The spider as the reaching components see it. `marketplace` is None only in a replay of pages without one."""

    ledger: Ledger
    seal: RunSeal
    run: Run
    owner: str
    marketplace: Marketplace | None
    limits: Limits
    traffic: Traffic
    replay: ReplayIndex | None

    def record(self, capture: Capture) -> None:
        """Hands a sealed record to the ledger's writer."""

    def request_for(self, row: QueuedRequest) -> Request:
        """The request that a row of the queue stands for."""

    def folder_for(self, page: str | None) -> str | None:
        """The evidence file of the listing on this page, so that its pictures lie beside it."""

    def room(self, kind: str) -> bool:
        """Whether the crawl still wants a request of this kind (it may look for so many listings only)."""

    def stopping(self) -> bool:
        """Whether the crawl is to end: nothing new is begun."""

    def halt(self, reason: Exception) -> None:
        """Ends the crawl because of a fault that makes going on senseless."""


def crew(crawler: Crawler) -> Crew:
    """The spider of this crawl; every component is made after it."""
    if crawler.spider is None:
        raise RuntimeError("a component of the crawl was made before its spider")
    return cast("Crew", crawler.spider)
