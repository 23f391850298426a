"""One Chromium with Playwright's driver, started when it is asked for and started anew after either of them died or hangs.

`tabs` opens the crawl's pages in it and `snapshot` those that it photographs. Nothing waits for a browser without a
bound: what does not answer in time is killed, and a browser that does not stay alive ends in one clear ReachError.
"""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Browser, BrowserContext, async_playwright
from playwright.async_api import Error as PlaywrightError
from playwright.async_api._context_manager import PlaywrightContextManager as Manager  # it is not exported

from patrol.errors import ReachError

STARTING = 60.0  # seconds for driver and browser together
CLOSING = 5.0  # seconds after which something that is to close is ended
ANSWERING = 10.0  # seconds in which a browser that lives opens a context
TRIES = 3  # starts in a row
DEATHS = 10  # in a row, with no page between them that was answered
REMEDY = "See `patrol doctor`; another Chromium can be named with PATROL_CHROMIUM"


@dataclass(slots=True)
class _Running:
    manager: Manager
    browser: Browser
    pid: int | None  # the browser's own process


class Chromium:
    """`options` are those of Playwright's `chromium.launch`."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options
        self._lock = asyncio.Lock()
        self._running: _Running | None = None
        self._deaths = 0
        self._broken: ReachError | None = None

    async def browser(self) -> Browser:
        """The browser, started where it does not run. ReachError where it does not start or dies again and again."""
        async with self._lock:
            if self._broken is not None:
                raise self._broken
            if self._running is not None and not self._running.browser.is_connected():
                await self._end()
                self._deaths += 1
            if self._deaths >= DEATHS:
                raise self._give_up(f"the browser died {self._deaths} times in a row")
            if self._running is None:
                self._running = await self._begin()
            return self._running.browser

    def answered(self) -> None:
        """A page was read: whatever died before did not die of the machine."""
        self._deaths = 0

    async def lives(self, browser: Browser) -> bool:
        """Whether this browser still answers; one that does not is ended, so that the next request gets a new one."""
        if self._running is None or self._running.browser is not browser:
            return False
        if browser.is_connected():
            try:
                async with asyncio.timeout(ANSWERING):
                    await (await browser.new_context()).close()
            except (PlaywrightError, TimeoutError):
                await self.drop(browser)
                return False
        return browser.is_connected()

    async def drop(self, browser: Browser) -> None:
        """Ends a browser that hangs, once, whoever else may notice it too."""
        async with self._lock:
            if self._running is not None and self._running.browser is browser:
                await self._end()
                self._deaths += 1

    async def close(self) -> None:
        async with self._lock:
            await self._end()

    def _give_up(self, reason: str) -> ReachError:
        self._broken = ReachError(reason, where=str(self._options.get("executable_path", "chromium")), remedy=REMEDY)
        return self._broken

    async def _begin(self) -> _Running:
        reason = ""
        for _ in range(TRIES):
            manager = async_playwright()
            try:
                async with asyncio.timeout(STARTING):
                    playwright = await manager.start()
                    browser = await playwright.chromium.launch(**self._options)
                    return _Running(manager, browser, await _pid(browser))
            except TimeoutError:
                reason = f"it did not answer within {STARTING:.0f} s"
            except Exception as error:  # noqa: BLE001 - a driver that dies raises Exception itself; every reason is told below
                reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            await _stop(manager)
        raise self._give_up(f"the browser does not start ({TRIES} attempts): {reason}")

    async def _end(self) -> None:
        running, self._running = self._running, None
        if running is None:
            return
        try:
            async with asyncio.timeout(CLOSING):
                await running.browser.close()
        except TimeoutError:
            if running.pid is not None:  # it has not gone, or closing would have ended: the number is still its own
                with suppress(ProcessLookupError):
                    os.kill(running.pid, signal.SIGKILL)
        except PlaywrightError:
            pass  # it is gone already, which is what was wanted
        await _stop(running.manager)


async def _pid(browser: Browser) -> int | None:
    """The browser's process as it names it itself."""
    session = await browser.new_browser_cdp_session()
    found = await session.send("SystemInfo.getProcessInfo")
    await session.detach()
    return next((int(process["id"]) for process in found["processInfo"] if process["type"] == "browser"), None)


async def _stop(manager: Manager) -> None:
    """Ends the driver; its browsers go with it."""
    # Playwright has no public way to its process, and one that hangs would keep its browser for ever
    transport = getattr(getattr(manager, "_client", None), "_transport", None)
    try:
        async with asyncio.timeout(CLOSING):
            await manager.__aexit__()
    except TimeoutError:
        with suppress(ProcessLookupError, AttributeError):
            transport._proc.kill()  # type: ignore[union-attr]  # see above
    reading = getattr(transport, "on_error_future", None)
    if reading is not None and reading.done() and not reading.cancelled():
        reading.exception()  # or its loss would be told on the log, when all calls have been told of it already


async def close_context(context: BrowserContext) -> bool:
    """Whether the context could be closed in time; False means that its browser hangs."""
    try:
        async with asyncio.timeout(CLOSING):
            await context.close()
    except TimeoutError:
        return False
    except PlaywrightError:
        pass  # gone with its browser
    return True
