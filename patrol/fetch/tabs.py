"""The pool of browser pages that a crawl uses again and again, and the gate at which they wait when a browser has died.

A page answers one request at a time and is cleared by about:blank; after 100 requests it is renewed together with its
context, so that memory stays flat. `handler` takes a page from here for each request and gives it back.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from playwright.async_api import Browser, BrowserContext, Page
from playwright.async_api import Error as PlaywrightError

from patrol.errors import ReachError
from patrol.fetch.chromium import ANSWERING, CLOSING, DEATHS, Chromium, close_context
from patrol.fetch.pages import Recorder

USES = 100  # requests after which a page and its context are renewed


class LostError(ReachError):
    """The page or its whole browser died under a request, which says nothing about the site."""


@dataclass(slots=True)
class Tab:
    """One page of the pool with its recorder and the number of requests it has answered."""

    browser: Browser
    context: BrowserContext
    page: Page
    recorder: Recorder
    uses: int = 0
    crashed: bool = False

    @property
    def gone(self) -> bool:
        return self.crashed or self.page.is_closed() or not self.browser.is_connected()


class Tabs:
    """Pages of one Chromium, in use `most` at once; `seconds` is the longest that one navigation may take."""

    def __init__(self, chromium: Chromium, *, most: int, user_agent: str, seconds: float) -> None:
        self.room = asyncio.Semaphore(most)  # Scrapy's own slots let more through where no delay lies between requests
        self._chromium = chromium
        self._user_agent = user_agent
        self._seconds = seconds
        self._free: list[Tab] = []

    async def take(self) -> Tab:
        """A page that is the caller's alone. ReachError where no browser stays alive."""
        while self._free:
            tab = self._free.pop()
            if not tab.gone:
                return tab
        return await self._open()

    async def give_back(self, tab: Tab, *, sound: bool) -> None:
        """Clears the page for the next request; one that failed or was used often is closed with its context."""
        tab.uses += 1
        if sound and tab.uses < USES and await self._cleared(tab):
            self._chromium.answered()
            self._free.append(tab)
        elif not await close_context(tab.context):
            await self._chromium.drop(tab.browser)

    async def lost(self, tab: Tab) -> bool:
        """Whether the page or its browser died; a browser that no longer answers is ended."""
        return tab.gone or not await self._chromium.lives(tab.browser)

    async def close(self) -> None:
        self._free.clear()
        await self._chromium.close()

    async def _open(self) -> Tab:
        for _ in range(DEATHS):
            browser = await self._chromium.browser()
            try:
                async with asyncio.timeout(ANSWERING):
                    context = await browser.new_context(
                        user_agent=self._user_agent,
                        java_script_enabled=True,
                        accept_downloads=False,
                        service_workers="block",
                        viewport={"width": 1280, "height": 1600},
                    )
                    page = await context.new_page()
            except (PlaywrightError, TimeoutError):
                await self._chromium.lives(browser)
            else:
                return self._tab(browser, context, page)
        raise LostError("the browser opens no page")

    def _tab(self, browser: Browser, context: BrowserContext, page: Page) -> Tab:
        page.set_default_navigation_timeout(self._seconds * 1000)
        tab = Tab(browser=browser, context=context, page=page, recorder=Recorder(page))
        # no method of the tab: Playwright marks its listeners' owners, which slots refuse
        page.on("crash", lambda _: setattr(tab, "crashed", True))
        return tab

    async def _cleared(self, tab: Tab) -> bool:
        try:
            async with asyncio.timeout(CLOSING):
                await tab.page.goto("about:blank")
        except (PlaywrightError, TimeoutError):
            return False
        return not tab.gone


class Gate:
    """Lets requests pass beside each other, or one alone: so that a page that kills browsers takes no other one along."""

    def __init__(self) -> None:
        self._changed = asyncio.Condition()
        self._inside = 0
        self._wanting = 0  # that wait to be alone; nobody else goes in before them
        self._alone = False

    @asynccontextmanager
    async def enter(self, *, alone: bool) -> AsyncIterator[None]:
        async with self._changed:
            self._wanting += alone
            try:
                await self._changed.wait_for(lambda: self._free(alone=alone))
            finally:
                self._wanting -= alone
            self._inside += 1
            self._alone = alone
        try:
            yield
        finally:
            async with self._changed:
                self._inside -= 1
                self._alone = False
                self._changed.notify_all()

    def _free(self, *, alone: bool) -> bool:
        return not self._inside if alone else not self._alone and not self._wanting
