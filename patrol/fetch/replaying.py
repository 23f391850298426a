"""The middleware that hands saved answers to the crawl, in the place where the network would be.

Records with our own seal are linked to the Capture that the ledger holds; everything else is sealed as imported, with
the time at which it was taken.
"""

from __future__ import annotations

import asyncio

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Headers, Response
from scrapy.responsetypes import responsetypes

from patrol.errors import ReadError
from patrol.fetch.crew import crew
from patrol.fetch.refusals import NotAskedError
from patrol.fetch.replay import ReplayIndex, Saved
from patrol.records import Capture, Outcome


class ReplayMiddleware:
    """Reads `replay` and `ledger` of the spider; nothing passes it towards the downloader."""

    def __init__(self, crawler: Crawler) -> None:
        self._spider = crew(crawler)
        if self._spider.replay is None:
            raise RuntimeError("a replay without an index")
        self._index: ReplayIndex = self._spider.replay

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ReplayMiddleware:
        return cls(crawler)

    async def process_request(self, request: Request) -> Response:
        saved = self._index.find(request.url, request.meta["patrol"].get("saved"))
        if saved is None:
            raise NotAskedError(Outcome.FAILED, "not among what was saved")
        known, response = await asyncio.to_thread(self._answer, saved, request)
        if known is not None:
            request.meta["patrol_linked"] = known
        return response

    def _answer(self, saved: Saved, request: Request) -> tuple[Capture | None, Response]:
        try:
            answer = self._index.load(saved)
        except (ReadError, OSError) as error:
            raise NotAskedError(Outcome.FAILED, str(error)) from error
        known = self._spider.ledger.runs.capture(saved.record) if saved.record is not None else None
        request.meta["patrol_imported"] = {"kind": answer.kind, "time": saved.time, "from": saved.key}
        headers = Headers()
        for name, value in answer.headers:
            headers.appendlist(name, value)
        kind = responsetypes.from_args(headers=headers, url=request.url, body=answer.body)
        return known, kind(url=request.url, status=answer.status, headers=headers, body=answer.body, request=request)
