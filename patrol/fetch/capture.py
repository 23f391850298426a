"""Capture: seals every answer before anything interprets it. The innermost downloader middleware.

Every attempt is sealed, blocked and removed pages, redirects and server errors too, with the payload as transferred.
A browser's page brings its main document and JSON answers as `response` records and the rendered page as a
`conversion` that refers to it. The Capture lies in `request.meta["patrol_capture"]` for the spider.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import Headers, Response

from patrol.fetch.crew import crew
from patrol.records import Capture

SYNC = 5.0  # seconds
SEALING = 1  # thread: compression and hashing leave the reactor free, and the chain is written in order anyway


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserAnswer:
    """One answer that a page's browser got: decoded payload, headers as the browser hands them over."""

    url: str
    status: int
    content_type: str | None
    request_headers: Sequence[tuple[str, str]]
    response_headers: Sequence[tuple[str, str]]
    body: bytes
    time: datetime
    main: bool


def pairs(headers: Headers) -> list[tuple[str, str]]:
    """Scrapy's headers as name and value, repeated ones one by one."""
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, values in headers.items() for value in values]


class CaptureMiddleware:
    """Reads `seal` of the spider and tells it each Capture by `record`."""

    def __init__(self, crawler: Crawler) -> None:
        self._spider = crew(crawler)
        self._threads = ThreadPoolExecutor(SEALING, thread_name_prefix="seal")
        self._syncing: asyncio.Task[None] | None = None
        crawler.signals.connect(self._open, signal=signals.spider_opened)
        crawler.signals.connect(self._close, signal=signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> CaptureMiddleware:
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Response:
        known = request.meta.pop("patrol_linked", None)
        if known is None:
            known = await asyncio.get_running_loop().run_in_executor(self._threads, self._seal, request, response)
        request.meta["patrol_capture"] = known
        return response

    def _seal(self, request: Request, response: Response) -> Capture:
        answers: Sequence[BrowserAnswer] = request.meta.pop("patrol_answers", ())
        captures = self._browser(request, response, answers) if answers else [self._plain(request, response)]
        for capture in captures:
            self._spider.record(capture)
        return captures[-1]

    def _plain(self, request: Request, response: Response) -> Capture:
        saved: dict[str, Any] = request.meta.pop("patrol_imported", {})
        return self._spider.seal.seal(
            url=response.url,
            kind=saved.get("kind", "response"),
            body=response.body,
            status=response.status,
            content_type=_text(response.headers.get("Content-Type")),
            request_headers=pairs(request.headers),
            response_headers=pairs(response.headers),
            time=saved.get("time") or datetime.now(UTC),
            method=request.method,
            folder=self._folder(request),
            imported=saved.get("from"),
            truncated="disconnect" if "dataloss" in response.flags else None,
        )

    def _browser(self, request: Request, response: Response, answers: Sequence[BrowserAnswer]) -> list[Capture]:
        """Main document first, then the JSON answers beside it, then the page as rendered."""
        ordered = sorted(answers, key=lambda answer: not answer.main)
        put = partial(self._spider.seal.seal, folder=self._folder(request))
        captures: list[Capture] = []
        for answer in ordered:
            captures.append(
                put(
                    url=answer.url,
                    kind="response",
                    body=answer.body,
                    status=answer.status,
                    content_type=answer.content_type,
                    request_headers=answer.request_headers,
                    response_headers=answer.response_headers,
                    time=answer.time,
                    refers_to=captures[0].id if captures else None,
                )
            )
        captures.append(
            put(
                url=response.url,
                kind="conversion",
                body=response.body,
                status=response.status,
                content_type=_text(response.headers.get("Content-Type")) or "text/html; charset=utf-8",
                time=datetime.now(UTC),
                refers_to=captures[0].id,
            )
        )
        return captures

    def _folder(self, request: Request) -> str | None:
        patrol = request.meta["patrol"]
        return patrol.get("folder") or self._spider.folder_for(patrol.get("page"))

    def _open(self) -> None:
        self._syncing = asyncio.ensure_future(self._sync())

    async def _sync(self) -> None:
        """Forces what was sealed to the disk from time to time: a power cut costs seconds, a killed process nothing."""
        while True:
            await asyncio.sleep(SYNC)
            await asyncio.to_thread(self._spider.seal.flush)

    def _close(self) -> None:
        if self._syncing is not None:
            self._syncing.cancel()
        self._threads.shutdown()


def _text(value: bytes | None) -> str | None:
    return value.decode("latin-1") if value else None
