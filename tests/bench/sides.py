"""One side of the crawl bench in a process of its own: Patrol's whole pipeline, or a bare Scrapy spider over the same pages.

`python -m tests.bench.sides patrol SITE HOME` or `… bare SITE ORIGIN`. The clock runs from the first request that leaves to
the close of the crawl (the last commit included), so neither imports nor compiling a rulebook count. One JSON line:
listing pages, wall seconds, CPU seconds of the process.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydispatch import dispatcher
from scrapy import Spider, signals
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response

CONCURRENCY = 8
SEEDS = {"bazaar": ["/c/all"], "hammer": [f"/sale/{number}" for number in range(301, 307)]}


class _Clock:
    """Starts at the first request that reaches the downloader, of whichever crawl this process runs."""

    def __init__(self) -> None:
        self.wall = self.cpu = 0.0
        dispatcher.connect(self._first, signal=signals.request_reached_downloader)

    def _first(self) -> None:
        if not self.wall:
            self.wall, self.cpu = time.perf_counter(), time.process_time()

    def line(self, pages: int) -> str:
        wall, cpu = time.perf_counter() - self.wall, time.process_time() - self.cpu
        return json.dumps({"pages": pages, "wall": round(wall, 3), "cpu": round(cpu, 3)})


class Bazaar(Spider):
    """Reads six fields of each ad with parsel and follows results pages, as a bare spider would."""

    name = "bazaar"

    def parse(self, response: Response, **_: Any) -> Iterator[Any]:
        for href in response.css("ul.bz-list > li.bz-card a.bz-card-link::attr(href)").getall():
            if not href.startswith("/promo/"):
                yield response.follow(href, self.listing)
        if following := response.css("a.bz-next::attr(href)").get():
            yield response.follow(following)

    def listing(self, response: Response) -> Iterator[dict[str, Any]]:
        title = response.css("h1.bz-ad-title::text").get()
        if title:
            yield {
                "title": title,
                "price": response.css("strong.bz-ad-now::text").get(),
                "currency": response.css('script[type="application/ld+json"]::text').re_first(r'"priceCurrency": ?"(\w+)"'),
                "description": "\n".join(response.css(".bz-text-body ::text").getall()),
                "seller": response.css("a.bz-seller-name::text").get(),
                "images": response.css("img.bz-photo::attr(src)").getall(),
            }


class Hammer(Spider):
    """The same for the lots of the auction house."""

    name = "hammer"

    def parse(self, response: Response, **_: Any) -> Iterator[Any]:
        for href in response.css("ul.hm-lots > li.hm-card a.hm-card-link::attr(href)").getall():
            if not href.startswith("/promo/"):
                yield response.follow(href, self.listing)
        if following := response.css("a.hm-next::attr(href)").get():
            yield response.follow(following)

    def listing(self, response: Response) -> Iterator[dict[str, Any]]:
        title = response.css("h1.hm-lot-title::text").get()
        if title:
            yield {
                "title": title,
                "price": response.css('meta[property="product:price:amount"]::attr(content)').get(),
                "currency": response.css('meta[property="product:price:currency"]::attr(content)').get(),
                "description": "\n".join(response.css("section.hm-section")[0].css("p ::text").getall()),
                "seller": response.css("section.hm-house a::text").get(),
                "images": response.css("img.hm-photo::attr(src)").getall(),
            }


SPIDERS: dict[str, type[Spider]] = {"bazaar": Bazaar, "hammer": Hammer}


def bare(site: str, origin: str) -> str:
    kept: list[Any] = []
    dispatcher.connect(lambda item: kept.append(item), signal=signals.item_scraped, weak=False)
    process = AsyncCrawlerProcess(
        {
            "LOG_LEVEL": "ERROR",
            "TELNETCONSOLE_ENABLED": False,
            "CONCURRENT_REQUESTS": 2 * CONCURRENCY,
            "CONCURRENT_REQUESTS_PER_DOMAIN": CONCURRENCY,
            "DOWNLOAD_DELAY": 0,
        }
    )
    clock = _Clock()
    process.crawl(SPIDERS[site], start_urls=[origin + path for path in SEEDS[site]])
    process.start()
    assert all(item["title"] and item["price"] and item["currency"] and item["seller"] for item in kept)
    return clock.line(len(kept))


def patrol(site: str, home: str) -> str:
    from patrol.cli.stores import open_stores
    from patrol.market.addresses import marketplace
    from patrol.records import Outcome
    from patrol.settings.run import Order, crawl

    with open_stores(Path(home)) as stores:
        order = Order(marketplace=stores.config.marketplaces[marketplace(site)], queries=(), snapshots=False)
        clock = _Clock()
        summary = crawl(order, config=stores.config, ledger=stores.ledger, archive=stores.archive, rulebook=stores.rulebook)
        line = clock.line(summary.outcomes[Outcome.LISTING])
        assert summary.outcomes[Outcome.LISTING] <= stores.ledger.listings.count(), "each listing page is committed"
    return line


SIDES: dict[str, Callable[[str, str], str]] = {"bare": bare, "patrol": patrol}

if __name__ == "__main__":
    print(SIDES[sys.argv[1]](*sys.argv[2:]), flush=True)
