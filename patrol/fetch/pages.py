"""What is done inside a browser's page: waiting until it is there, scrolling until nothing more loads, and noting its answers.

`browser` opens the page and calls these; what the recorder noted goes to `capture` as BrowserAnswers.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page, Response
from playwright.async_api import TimeoutError as PlaywrightTimeout

from patrol.fetch.capture import BrowserAnswer

MOST_JSON = 200  # answers kept of one page
LARGEST_JSON = 5_000_000
BODIES = 5.0  # seconds for the bodies of answers that are still on their way when the page is there
QUIET = 0.8  # seconds without a change after scrolling that mean: nothing more loads

# One step of scrolling: to the end, then until links or height change, or `quiet` milliseconds have gone by.
SCROLL = """async ({until, quiet}) => {
  const size = () => document.querySelectorAll('a[href]').length + ':' + document.documentElement.scrollHeight;
  if (until && document.querySelector(until)) return false;
  const before = size();
  window.scrollTo(0, document.documentElement.scrollHeight);
  window.dispatchEvent(new Event('scroll'));
  const end = performance.now() + quiet;
  while (size() === before && performance.now() < end) await new Promise(done => setTimeout(done, 40));
  return size() !== before;
}"""


class Recorder:
    """Notes the main document and the JSON answers of one page, request by request; attached once to a page."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._reading: list[asyncio.Task[BrowserAnswer | None]] = []
        self._left: set[asyncio.Task[BrowserAnswer | None]] = set()  # that nobody waits for any more
        self._wanted = False
        page.on("response", self._seen)

    def begin(self) -> None:
        self._reading = []
        self._wanted = True

    def _seen(self, response: Response) -> None:
        if not self._wanted or len(self._reading) >= MOST_JSON:
            return
        main = response.request.is_navigation_request() and response.frame == self._page.main_frame
        kind = response.headers.get("content-type", "")
        if main or (response.request.resource_type in ("xhr", "fetch") and "json" in kind):
            self._reading.append(asyncio.ensure_future(_answer(response, main=main)))

    async def end(self) -> list[BrowserAnswer]:
        """All that was noted since `begin`; an answer that never ends, or whose body the browser no longer has, is left out."""
        self._wanted = False
        if self._reading:
            await asyncio.wait(self._reading, timeout=BODIES)
        found = [task.result() for task in self._reading if task.done() and not task.cancelled()]
        self.stop()
        return [answer for answer in found if answer is not None]

    def stop(self) -> None:
        """Waits for nothing further. What is still on its way ends with the page; cancelled, it would be heard of on the log,
        for Playwright reads headers in a task of its own."""
        self._wanted = False
        for task in self._reading:
            self._left.add(task)
            task.add_done_callback(self._left.discard)
        self._reading = []


async def _answer(response: Response, *, main: bool) -> BrowserAnswer | None:
    """Headers under their own names, except those that speak of the transfer: the browser hands over decoded bodies."""
    try:
        body = b"" if 300 <= response.status < 400 else await response.body()
        asked = await response.request.all_headers()
        given = await response.headers_array()
    except PlaywrightError:
        return None  # the page went on before the body was read; the rendered page is still sealed
    if not main and len(body) > LARGEST_JSON:
        return None
    headers = [(_as_decoded(row["name"]), row["value"]) for row in given]
    return BrowserAnswer(
        url=response.url,
        status=response.status,
        content_type=response.headers.get("content-type"),
        request_headers=[(name, value) for name, value in asked.items() if not name.startswith(":")],
        response_headers=headers,
        body=body,
        time=datetime.now(UTC),
        main=main,
    )


def _as_decoded(name: str) -> str:
    """`Content-Encoding` would be untrue of a decoded body: kept under the name that web archives use for it."""
    return f"X-Archive-Orig-{name}" if name.lower() in ("content-encoding", "content-length", "transfer-encoding") else name


async def settle(page: Page, wait_for: str | None, seconds: float) -> None:
    """Returns when the page is there: its selector has appeared, or nothing has been loading for half a second.

    A page on which the selector never appears (a block page, a login wall) is taken as it is after `seconds`.
    """
    try:
        if wait_for is not None:
            await page.wait_for_selector(wait_for, state="attached", timeout=seconds * 1000)
        else:
            await page.wait_for_load_state("networkidle", timeout=seconds * 1000)
    except PlaywrightTimeout:
        return


async def scroll(page: Page, until: str | None, most: int, seconds: float) -> int:
    """Scrolls until `until` appears, nothing more loads, or `most` times; gives the number of times something came."""
    end = time.monotonic() + seconds
    rounds = 0
    while rounds < most and time.monotonic() < end:
        if not await page.evaluate(SCROLL, {"until": until, "quiet": QUIET * 1000}):
            break
        rounds += 1
    return rounds
