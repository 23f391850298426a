"""Scrapy's download handler for marketplaces that exist only after JavaScript ran: scrapy-playwright's, with our pool.

Nothing is intercepted: Chromium's own rules keep it to the card's hosts and leave pictures out. A request whose browser
dies is asked again in a new one, then alone; what the recorder noted goes to `capture` in `meta["patrol_answers"]`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from weakref import WeakKeyDictionary

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page
from playwright.async_api import Response as Answer
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadTimeoutError
from scrapy.http import Headers, HtmlResponse, Response
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler

from patrol.config.marketplace import Browser
from patrol.errors import ReachError
from patrol.fetch.chromium import Chromium
from patrol.fetch.crew import crew
from patrol.fetch.pages import scroll, settle
from patrol.fetch.refusals import NotAskedError, PutBackError
from patrol.fetch.tabs import Gate, LostError, Tabs
from patrol.records import Outcome

SCROLLED = ("search", "results")  # kinds of request whose pages load more on scrolling
TRIES = 3  # browsers that one page may cost; from the second on it is asked alone
_pools: WeakKeyDictionary[Crawler, tuple[Tabs, Gate]] = WeakKeyDictionary()  # http and https share one browser


class PooledHandler(ScrapyPlaywrightDownloadHandler):  # type: ignore[misc]  # the library is untyped
    """Requests with `meta["playwright"]` go through a pooled page, all others over plain HTTP."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._spider = crew(crawler)
        if crawler not in _pools:
            chromium = Chromium(crawler.settings.getdict("PLAYWRIGHT_LAUNCH_OPTIONS"))
            limits = self._spider.limits
            most = crawler.settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN")
            _pools[crawler] = Tabs(chromium, most=most, user_agent=limits.user_agent, seconds=limits.timeout), Gate()
        self._tabs, self._gate = _pools[crawler]

    async def _launch(self) -> None:
        """Nothing: the pool starts its browser when the first page is asked for."""

    async def _close(self) -> None:
        await self._tabs.close()

    async def download_request(self, request: Request) -> Response:
        """The page as rendered. NotAskedError where it costs one browser after another, PutBackError without a browser."""
        if not request.meta.get("playwright"):
            plain: Response = await super().download_request(request)
            return plain
        for attempt in range(TRIES):
            async with self._gate.enter(alone=attempt > 0), self._tabs.room:
                try:
                    return await self._visit(request)
                except LostError:
                    continue
                except ReachError as error:
                    self._spider.halt(error)
                    raise PutBackError("there is no browser") from error
        raise NotAskedError(Outcome.FAILED, f"the browser died on this page {TRIES} times")

    async def _visit(self, request: Request) -> Response:
        tab = await self._tabs.take()
        sound = False
        tab.recorder.begin()
        try:
            response: Response = await asyncio.wait_for(self._read(request, tab.page), self._longest(request))
            request.meta["patrol_answers"] = await tab.recorder.end()
            sound = True
            return response
        except NotAskedError:
            raise
        except Exception as error:  # a driver that dies under a call raises Exception itself
            if await self._tabs.lost(tab):
                raise LostError("the browser died under a page") from error
            if isinstance(error, TimeoutError):
                raise DownloadTimeoutError(f"the page was not there after {self._longest(request):.0f} s") from error
            raise
        finally:
            tab.recorder.stop()
            await self._tabs.give_back(tab, sound=sound)

    async def _read(self, request: Request, page: Page) -> Response:
        """The page once it is there. The base would also intercept every request and ask for what nobody reads here."""
        answer = await self._go(request, page)
        await _arrive(page, self._browser(), request, self._spider.limits.timeout)
        headers = Headers(await answer.all_headers() if answer is not None else {})
        headers.pop("Content-Encoding", None)  # the browser hands over what it has decoded
        headers["Content-Type"] = "text/html; charset=utf-8"
        before = list(_redirects(answer))
        if before:
            request.meta.update(redirect_times=len(before), redirect_urls=before)
        return HtmlResponse(
            url=page.url,
            status=answer.status if answer is not None else 200,
            headers=headers,
            body=(await _content(page)).encode("utf-8", "replace"),
            encoding="utf-8",
            request=request,
            flags=["playwright"],
        )

    async def _go(self, request: Request, page: Page) -> Answer | None:
        try:
            return await page.goto(request.url)
        except PlaywrightError as error:
            if "Download is starting" in error.message:
                raise NotAskedError(Outcome.FAILED, "the address is a file to save and no page") from error
            raise

    def _browser(self) -> Browser:
        marketplace = self._spider.marketplace
        return marketplace.browser if marketplace is not None else Browser.model_validate({})

    def _longest(self, request: Request) -> float:
        """Seconds after which a page is given up: arriving, waiting and scrolling each have the card's timeout."""
        steps = 3 if request.meta["patrol"]["kind"] in SCROLLED else 2
        return self._spider.limits.timeout * steps + 5


async def _arrive(page: Page, browser: Browser, request: Request, seconds: float) -> None:
    await settle(page, browser.wait_for, seconds)
    if request.meta["patrol"]["kind"] in SCROLLED:
        await scroll(page, browser.scroll_until, browser.max_scrolls, seconds)


def _redirects(answer: Answer | None) -> Iterator[str]:
    """The addresses that led to this answer, the first one first."""
    found = []
    asked = answer.request.redirected_from if answer is not None else None
    while asked is not None:
        found.append(asked.url)
        asked = asked.redirected_from
    return reversed(found)


async def _content(page: Page) -> str:
    """The rendered document; a page that is just going somewhere else is asked once more."""
    try:
        return await page.content()
    except PlaywrightError as error:
        if "navigating" not in error.message:
            raise
    await page.wait_for_load_state()
    return await page.content()
