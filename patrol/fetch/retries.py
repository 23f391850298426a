"""Trouble: answers and failures after which the site is left alone for a while and the request tried again later.

429 and 503 (with Retry-After), other server errors, cut bodies, timeouts and lost connections put the request back
into the ledger's queue with the moment before which it is not asked; after the last attempt the answer is handed on as
it is. robots.txt and pictures have no row in the queue: they wait here.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from playwright.async_api import Error as PlaywrightError
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)
from scrapy.http import Response

from patrol.fetch.crew import crew
from patrol.fetch.refusals import NotAskedError, PutBackError
from patrol.fetch.traffic import site_of
from patrol.records import Outcome

ASKS_FOR_PAUSE = {429, 503}
SERVER_TROUBLE = {408, 500, 502, 504, 520, 521, 522, 523, 524}
CONNECTION = (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
    PlaywrightError,
    OSError,
)
LONGEST_ASIDE = 60.0  # seconds that a picture or robots.txt waits for its next attempt


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for (a number, or an HTTP date); None where it says nothing readable."""
    text = (value or "").strip()
    if text.isdigit():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return max(0.0, (at.astimezone(UTC) - now).total_seconds())


def trouble_in(response: Response) -> str | None:
    """In words, why this answer is to be asked for again; None where it stands."""
    if "dataloss" in response.flags:
        return "the body was cut off"
    if response.headers.get("cf-mitigated"):
        return None  # a challenge that no repetition lifts: it is read as a block page
    if response.status in ASKS_FOR_PAUSE | SERVER_TROUBLE:
        return f"the site answered {response.status}"
    return None


class RetryMiddleware:
    """Reads `traffic`, `limits` and `ledger` of the spider."""

    def __init__(self, crawler: Crawler) -> None:
        self._spider = crew(crawler)
        self._traffic = self._spider.traffic

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RetryMiddleware:
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Response | Request:
        site = site_of(request.url)
        reason = trouble_in(response)
        if reason is None:
            self._traffic.good(site)
            return response
        header = response.headers.get("Retry-After")
        asked = retry_after(header.decode("latin-1") if header else None, datetime.now(UTC))
        until = await self._traffic.trouble(site, request.meta.get("patrol_sent"), asked)
        if self._may_try_again(request):
            return await self._again(request, until, reason)
        if "dataloss" in response.flags:
            raise NotAskedError(Outcome.FAILED, self._gave_up(request, reason))
        request.meta["patrol"]["gave_up"] = self._gave_up(request, reason)
        return response

    async def process_exception(self, request: Request, exception: Exception) -> Request | None:
        if isinstance(exception, DownloadCancelledError):
            raise NotAskedError(Outcome.FAILED, f"the answer is larger than allowed: {exception}")
        if not isinstance(exception, CONNECTION):
            return None
        site, reason = site_of(request.url), _words(exception)
        until = await self._traffic.trouble(site, request.meta.get("patrol_sent"))
        if self._traffic.lost(site, reason, self._spider.limits.retries) or not self._may_try_again(request):
            raise NotAskedError(Outcome.FAILED, self._gave_up(request, reason)) from exception
        return await self._again(request, until, reason)

    def _attempts(self, request: Request) -> int:
        return int(request.meta["patrol"].get("attempts", 0))

    def _may_try_again(self, request: Request) -> bool:
        return self._attempts(request) < self._spider.limits.retries

    def _gave_up(self, request: Request, reason: str) -> str:
        return f"{reason.rstrip('.')}, given up after {self._attempts(request) + 1} attempts"

    async def _again(self, request: Request, until: datetime, reason: str) -> Request:
        row = request.meta["patrol"].get("id")
        if row is not None:
            await asyncio.to_thread(self._spider.ledger.queue.retry, row, until, reason)
            raise PutBackError(reason)
        wait = (until - datetime.now(UTC)).total_seconds()
        if wait > LONGEST_ASIDE:
            raise NotAskedError(Outcome.FAILED, f"{reason}, and asks to wait {wait:.0f} s")
        await asyncio.sleep(max(0.0, wait))
        patrol = request.meta["patrol"] | {"attempts": self._attempts(request) + 1}
        return request.replace(meta=request.meta | {"patrol": patrol}, dont_filter=True)


def _words(exception: Exception) -> str:
    """One line for a person, without the traceback that some libraries put into their message."""
    text = str(exception).strip().splitlines()
    return text[0] if text else type(exception).__name__
