"""Playwright's pages for marketplaces that exist only after JavaScript ran: scrapy-playwright's handler with a pool.

A page answers one request at a time, is cleared by about:blank and used again; after 200 requests it is renewed
together with its context, so that memory stays flat. Nothing is intercepted: Chromium's own rules keep it to the
card's hosts and leave pictures out.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page
from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler
from scrapy_playwright.page import PageMethod

from patrol.config.marketplace import Browser
from patrol.fetch.crew import crew
from patrol.fetch.pages import Recorder, scroll, settle

USES = 200  # requests after which a page and its context are renewed
SCROLLED = ("search", "results")  # kinds of request whose pages load more on scrolling


@dataclass(slots=True)
class Tab:
    """One page of the pool with its context's name, its recorder and the number of requests it has answered."""

    page: Page
    context: str
    recorder: Recorder
    uses: int = 0


class PooledHandler(ScrapyPlaywrightDownloadHandler):  # type: ignore[misc]  # the library is untyped
    """Requests with `meta["playwright"]` go through a pooled page, all others over plain HTTP."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._spider = crew(crawler)
        self._free: list[Tab] = []
        self._made = 0

    async def download_request(self, request: Request) -> Response:
        if not request.meta.get("playwright"):
            plain: Response = await super().download_request(request)
            return plain
        async with self._tab(request) as tab:
            tab.recorder.begin()
            request.meta["playwright_page"] = tab.page
            request.meta["playwright_page_methods"] = [PageMethod(_arrive, self._browser(), request, self._spider.limits.timeout)]
            try:
                response: Response = await super().download_request(request)
            finally:
                answers = await tab.recorder.end()
                for name in ("playwright_page", "playwright_page_methods", "playwright_security_details"):
                    request.meta.pop(name, None)
            request.meta["patrol_answers"] = answers
            return response

    def _browser(self) -> Browser:
        marketplace = self._spider.marketplace
        return marketplace.browser if marketplace is not None else Browser.model_validate({})

    @asynccontextmanager
    async def _tab(self, request: Request) -> AsyncIterator[Tab]:
        """A page that is this request's alone, given back cleared; one that failed is closed."""
        self._free = [tab for tab in self._free if not tab.page.is_closed()]  # a browser that died took its pages along
        tab = self._free.pop() if self._free else await self._new_tab(request)
        sound = False
        try:
            yield tab
            sound = True
        finally:
            tab.uses += 1
            if not sound or tab.uses >= USES or tab.page.is_closed():
                await self._retire(tab)
            else:
                await self._clear(tab)

    async def _new_tab(self, request: Request) -> Tab:
        self._made += 1
        context = f"patrol-{self._made}"
        request.meta["playwright_context"] = context
        request.meta["playwright_context_kwargs"] = {
            "user_agent": self._spider.limits.user_agent,
            "java_script_enabled": True,
            "accept_downloads": False,
            "service_workers": "block",
            "viewport": {"width": 1280, "height": 1600},
        }
        page = await self._create_page(request=request, spider=self._crawler.spider)
        page.set_default_navigation_timeout(self._spider.limits.timeout * 1000)
        return Tab(page=page, context=context, recorder=Recorder(page))

    async def _clear(self, tab: Tab) -> None:
        try:
            await tab.page.goto("about:blank")
        except PlaywrightError:
            await self._retire(tab)
        else:
            self._free.append(tab)

    async def _retire(self, tab: Tab) -> None:
        wrapper = self.context_wrappers.get(tab.context)
        if wrapper is not None:
            try:
                await wrapper.context.close()
            except PlaywrightError as error:
                self._crawler.stats.inc_value(f"patrol/context_close/{type(error).__name__}")

    async def _download_request_with_retry(self, request: Request, spider: Spider) -> Response:
        """The base's step without its interception of every request, which costs more than it gives us."""
        page = request.meta["playwright_page"]
        request.meta["playwright_include_page"] = True
        return await asyncio.wait_for(self._download_request_with_page(request, page, spider), self._longest(request))

    def _longest(self, request: Request) -> float:
        """Seconds after which a page is given up: arriving, waiting and scrolling each have the card's timeout."""
        steps = 3 if request.meta["patrol"]["kind"] in SCROLLED else 2
        return self._spider.limits.timeout * steps + 5


async def _arrive(page: Page, browser: Browser, request: Request, seconds: float) -> None:
    await settle(page, browser.wait_for, seconds)
    if request.meta["patrol"]["kind"] in SCROLLED:
        await scroll(page, browser.scroll_until, browser.max_scrolls, seconds)
