"""Scrapy's download handler for marketplaces that exist only after JavaScript ran: scrapy-playwright's, with our pool.

Nothing is intercepted: Chromium's own rules keep it to the card's hosts and leave pictures out. A request whose browser
dies is asked again in a new one, then alone; what the recorder noted goes to `capture` in `meta["patrol_answers"]`.
"""

from __future__ import annotations

import asyncio
from weakref import WeakKeyDictionary

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page
from playwright.async_api import Response as Answer
from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadTimeoutError
from scrapy.http import Response
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler
from scrapy_playwright.page import PageMethod

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
OWN = ("playwright_page", "playwright_page_methods", "playwright_include_page", "playwright_security_details")
_pools: WeakKeyDictionary[Crawler, tuple[Tabs, Gate]] = WeakKeyDictionary()  # http and https share one browser


class PooledHandler(ScrapyPlaywrightDownloadHandler):  # type: ignore[misc]  # the library is untyped
    """Requests with `meta["playwright"]` go through a pooled page, all others over plain HTTP."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._spider = crew(crawler)
        if crawler not in _pools:
            chromium = Chromium(crawler.settings.getdict("PLAYWRIGHT_LAUNCH_OPTIONS"))
            limits = self._spider.limits
            _pools[crawler] = Tabs(chromium, user_agent=limits.user_agent, seconds=limits.timeout), Gate()
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
            async with self._gate.enter(alone=attempt > 0):
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
        except (PlaywrightError, TimeoutError) as error:
            if await self._tabs.lost(tab):
                raise LostError("the browser died under a page") from error
            if isinstance(error, TimeoutError):
                raise DownloadTimeoutError(f"the page was not there after {self._longest(request):.0f} s") from error
            raise
        finally:
            tab.recorder.stop()
            for name in OWN:
                request.meta.pop(name, None)
            await self._tabs.give_back(tab, sound=sound)

    async def _read(self, request: Request, page: Page) -> Response:
        """The base's step without its interception of every request, which costs more than it gives us."""
        methods = [PageMethod(_arrive, self._browser(), request, self._spider.limits.timeout)]
        request.meta.update(playwright_include_page=True, playwright_page_methods=methods)
        response: Response = await self._download_request_with_page(request, page, self._crawler.spider)
        return response

    async def _get_response_and_download(
        self,
        request: Request,
        page: Page,
        spider: Spider,  # noqa: ARG002 - the base's signature
    ) -> tuple[Answer | None, None]:
        """The base's step without its watch for downloads, which asks for the headers of every answer of the page."""
        try:
            return await page.goto(request.url), None
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
