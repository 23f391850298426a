"""Scrapy's scheduler over the ledger's request queue: leases rows in batches and hands them out as requests.

A row is done only in the transaction that commits its listing or its outcome, so a crawl that is killed goes on where
it was. Requests that Scrapy itself sends back (redirects) go on under the row that they began with.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Coroutine
from typing import Any

from scrapy import Request, Spider
from scrapy.core.scheduler import BaseScheduler
from scrapy.crawler import Crawler
from twisted.internet.defer import Deferred

from patrol.errors import StoreError
from patrol.fetch.crew import crew
from patrol.fetch.shares import BEAT
from patrol.ledger.queue import QueuedRequest
from patrol.tether import lives

LEAST, MOST = 8, 64  # rows a lease: as many as are worked off in some seconds, so that others who help find some too
SOON, LATE = 1.0, 4.0  # seconds from one lease to the next that ask for larger ones, or for smaller ones
LEASE = 120.0  # seconds; renewed long before
RENEWAL = 30.0
DEAD = 2.0  # seconds between two looks for processes of this machine that died, while others hold what is left
IDLE = 0.25  # seconds between two looks at a queue that has nothing due
AHEAD = 0.02  # between two looks at whether more are needed


class LedgerScheduler(BaseScheduler):
    """Feeds the engine from a task of its own, so that the reactor never waits for the database."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._spider = crew(crawler)
        self._queue = self._spider.ledger.queue
        self._ready: deque[Request] = deque()
        self._waiting: deque[QueuedRequest] = deque()  # leased, but the crawl has no room for them now
        self._finished = False
        self._tasks: list[asyncio.Task[None]] = []
        self._closing: asyncio.Future[None] | None = None
        self._looked = 0.0
        self._batch, self._leased = LEAST, -LATE

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> LedgerScheduler:
        return cls(crawler)

    def open(self, spider: Spider) -> None:  # noqa: ARG002 - Scrapy's signature
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._guard(work)) for work in (self._feed(), self._renew(), self._beat())]

    def close(self, reason: str) -> Deferred[None]:  # noqa: ARG002 - Scrapy's signature
        return Deferred.fromFuture(asyncio.ensure_future(self._close()))

    def has_pending_requests(self) -> bool:
        return not self._finished

    def enqueue_request(self, request: Request) -> bool:
        self._ready.append(request)
        return True

    def next_request(self) -> Request | None:
        return self._ready.popleft() if self._ready else None

    async def _close(self) -> None:
        """Gives back what was leased and not ended; a killed crawl leaves that to the lease's end."""
        self._finished = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            await self._spider.traffic.close()
            await asyncio.to_thread(self._queue.release, self._spider.run.queue, self._spider.owner)
        except StoreError as error:
            self._spider.halt(error)  # whoever goes on with this run gives them back

    async def _guard(self, work: Coroutine[Any, Any, None]) -> None:
        """A fault of the queue ends the crawl; without this it would wait for ever."""
        try:
            await work
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - the task's boundary: the fault is recorded and ends the crawl
            self._spider.halt(error)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEWAL)
            await asyncio.to_thread(self._queue.renew, self._spider.run, self._spider.owner, LEASE)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT)
            await self._spider.traffic.beat()

    async def _feed(self) -> None:
        """Keeps some requests ready until the queue is empty and nothing that could fill it is on its way."""
        while not self._spider.stopping():
            self._admit()
            if len(self._ready) >= self._batch // 2 or self._waiting:
                await asyncio.sleep(AHEAD)
                continue
            rows = await self._lease()
            self._waiting.extend(rows)
            if not rows and await self._nothing_left():
                break
            if not rows:
                self._batch = LEAST
                await self._release_dead()
                await asyncio.sleep(IDLE)
        self._end()

    async def _lease(self) -> list[QueuedRequest]:
        now = time.monotonic()
        if now - self._leased < SOON:
            self._batch = min(MOST, self._batch * 2)
        elif now - self._leased > LATE:
            self._batch = max(LEAST, self._batch // 2)
        self._leased = now
        return await asyncio.to_thread(self._queue.lease, self._spider.run.queue, self._spider.owner, self._batch, LEASE)

    def _admit(self) -> None:
        """Hands waiting rows to the engine as far as the crawl has room for them."""
        kept: deque[QueuedRequest] = deque()
        while self._waiting:
            row = self._waiting.popleft()
            if self._spider.room(row.kind):
                self._hand(self._spider.request_for(row))
            else:
                kept.append(row)
        self._waiting = kept

    def _hand(self, request: Request) -> None:
        if self._crawler.engine is not None:
            self._crawler.engine.crawl(request)

    async def _nothing_left(self) -> bool:
        return not await asyncio.to_thread(self._queue.unfinished, self._spider.run.queue)

    async def _release_dead(self) -> None:
        """Takes what a killed process of this machine held; what one of another held is free when its lease ends."""
        if time.monotonic() - self._looked < DEAD:
            return
        self._looked = time.monotonic()
        await asyncio.to_thread(self._queue.release_dead, self._spider.run.queue, self._spider.run.host, lives)

    def _end(self) -> None:
        """Closes the spider from a task of its own: closing it ends this one."""
        self._finished = True
        engine = self._crawler.engine
        if engine is not None and engine.spider is not None:
            self._closing = asyncio.ensure_future(engine.close_spider_async(reason="finished"))
