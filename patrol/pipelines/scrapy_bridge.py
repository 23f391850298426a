"""Lets Scrapy's items walk the steps: Scrapy hands in an Item, the steps keep it, and its request is done.

Reads the stores from the spider's attributes; pictures go through the crawl's own downloader, so manners, budget and
capture hold for them too. A step that fails ends the request as `failed` with the fault in the ledger: never silently.
"""

from __future__ import annotations

import asyncio
from typing import Any

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from sqlalchemy import Connection

from patrol.errors import PatrolError, ReachError, StoreError
from patrol.pipelines import STEPS, FetchedPicture, Tools
from patrol.records import Fault, Item, Outcome


class ScrapyPipeline:
    """Scrapy's item pipeline over STEPS."""

    def __init__(self, crawler: Crawler) -> None:
        spider: Any = crawler.spider
        self.crawler = crawler
        self.tools = Tools(
            ledger=spider.ledger,
            archive=spider.archive,
            rulebook=spider.rulebook,
            limits=spider.limits,
            base=spider.base_context,
            fetch_picture=self.fetch_picture,
        )

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ScrapyPipeline:
        return cls(crawler)

    async def fetch_picture(self, url: str, item: Item) -> FetchedPicture:
        """One picture through the downloader; ReachError for anything but a 2xx answer."""
        engine = self.crawler.engine
        if engine is None:
            raise ReachError("the crawl has ended", where=url)
        request = Request(url, priority=50, dont_filter=True, meta={"patrol": {"kind": "picture", "page": item.listing.url}})
        response = await engine.download_async(request)
        if not 200 <= response.status < 300:
            raise ReachError(f"the picture's server answered {response.status}", where=url)
        media_type = (response.headers.get("Content-Type") or b"").decode("latin-1") or None
        return FetchedPicture(body=response.body, media_type=media_type, capture=response.meta.get("patrol_capture"))

    async def process_item(self, item: Item) -> Item:
        for step in STEPS:
            try:
                item = await step(item, self.tools)
            except StoreError:
                raise  # the store's fault, not the listing's: the spider ends the crawl, and the request stays for the next one
            except PatrolError as error:
                await self._failed(item, step.__name__, str(error))
                raise DropItem(str(error)) from error
            except Exception as error:
                await self._failed(item, step.__name__, f"{type(error).__name__}: {error}")
                raise
        return item

    async def _failed(self, item: Item, step: str, message: str) -> None:
        ledger = self.tools.ledger
        fault = Fault(step=step, message=message, url=item.listing.url)

        def work(conn: Connection) -> None:
            ledger.runs.fault(conn, item.run_id, fault, request=item.request_id)
            if item.request_id is None or ledger.queue.done(conn, item.request_id, Outcome.FAILED):
                ledger.runs.count(conn, item.run_id, Outcome.FAILED)

        await asyncio.wrap_future(ledger.writer.submit(work))
