"""Seals what a listing's page looked like: a full-page screenshot and a PDF, with address and UTC time on both.

After a crawl `settings.run` lets a Photographer load the pages that score high once more, pictures and all, in a browser
context of its own. Where the site is not to be asked (a replay, a page brought by hand, a lead opened at the desk) the
sealed page is rendered instead, with the stored pictures and without any network.
"""

from __future__ import annotations

import asyncio
import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from PIL import Image, ImageDraw, ImageFont
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page, Route

from patrol.errors import ReachError
from patrol.evidence import RunSeal, SealedPage
from patrol.fetch.browser import flags
from patrol.fetch.chromium import Chromium, close_context
from patrol.records import Capture, utc

WIDTH, HEIGHT = 1280, 900
TALLEST = 12_000  # CSS pixels of a page that are kept
STEPS = 4  # of a photograph (opening, loading pictures, screenshot, PDF), each as long as a page may take
STRIP = 26  # pixels under the screenshot for its caption
MARGIN = {"top": "16mm", "bottom": "16mm", "left": "10mm", "right": "10mm"}
LINE = '<div style="font:10px sans-serif;width:100%;padding:0 10mm;color:#333;overflow-wrap:anywhere">{}</div>'

# Goes once through the page, so that lazy pictures begin to load, and waits until they are there (three seconds at most).
LOAD_PICTURES = """async (most) => {
  for (let y = 0; y < Math.min(document.documentElement.scrollHeight, most); y += innerHeight) {
    window.scrollTo(0, y);
    await new Promise(done => setTimeout(done, 30));
  }
  window.scrollTo(0, 0);
  const end = performance.now() + 3000;
  while ([...document.images].some(image => !image.complete) && performance.now() < end) {
    await new Promise(done => setTimeout(done, 40));
  }
}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One page to photograph: its sealed record, its body for rendering, and the stored pictures by address."""

    capture: Capture
    page: SealedPage
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    folder: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The two sealed records; `live` is False where the sealed page was rendered."""

    screenshot: Capture
    pdf: Capture
    live: bool


class Photographer:
    """A browser for snapshots; `rules` are the resolver rules that let it reach a marketplace (none: no network at all)."""

    def __init__(self, chromium: Path, *, rules: list[str], user_agent: str, seconds: float, root: bool) -> None:
        self._chromium = Chromium(
            {
                "executable_path": str(chromium),
                "headless": True,
                "chromium_sandbox": not root,
                "args": flags(rules, pictures=True, root=root),
            }
        )
        self._user_agent = user_agent
        self._seconds = seconds

    async def __aenter__(self) -> Self:
        await self._chromium.browser()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._chromium.close()

    async def take(self, view: View, seal: RunSeal, *, live: bool) -> Snapshot:
        """Photographs the page (`live`: as the site shows it now, else as it was sealed) and seals both pictures of it.

        A live page that cannot be had or is no longer a good answer is rendered from its seal. ReachError where the
        browser fails on that too.
        """
        try:
            shown = await self._shown(view, live=live)
        except (PlaywrightError, TimeoutError) as error:
            reason = error.message.splitlines()[0] if isinstance(error, PlaywrightError) else "it took too long"
            raise ReachError(
                f"the browser could not show the page: {reason}",
                where=view.capture.url,
                remedy="Its sealed bytes are kept all the same",
            ) from error
        return await asyncio.to_thread(_sealed, view, shown, seal)

    async def _shown(self, view: View, *, live: bool) -> _Shown:
        if live:
            try:
                found = await self._in_context(view, self._open_live, script=True)
            except (PlaywrightError, TimeoutError):
                found = None  # gone, blocked or too slow meanwhile, or the browser died of it: the seal is what there is
            if found is not None:
                return found
        try:
            rendered = await self._in_context(view, self._open_sealed, script=False)
        except PlaywrightError:  # another page may have taken the browser along
            rendered = await self._in_context(view, self._open_sealed, script=False)
        if rendered is None:
            raise ReachError("the sealed page cannot be rendered", where=view.capture.url)
        return rendered

    async def _in_context(self, view: View, opening: Callable[[Page, View], Any], *, script: bool) -> _Shown | None:
        browser = await self._chromium.browser()
        context = None
        try:
            async with asyncio.timeout(self._seconds * STEPS):
                context = await browser.new_context(
                    user_agent=self._user_agent,
                    viewport={"width": WIDTH, "height": HEIGHT},
                    java_script_enabled=script,
                    service_workers="block",
                    accept_downloads=False,
                )
                context.set_default_timeout(self._seconds * 1000)
                page = await context.new_page()
                shown = await _shoot(page, view, live=script) if await opening(page, view) else None
            self._chromium.answered()
            return shown
        finally:
            if context is None or not await close_context(context):
                await self._chromium.lives(browser)  # ends it where it hangs

    async def _open_live(self, page: Page, view: View) -> bool:
        answer = await page.goto(view.capture.url, wait_until="load")
        if answer is None or not answer.ok:
            return False
        await page.evaluate(LOAD_PICTURES, TALLEST)
        return True

    async def _open_sealed(self, page: Page, view: View) -> bool:
        await page.route("**/*", _from_seal(view))
        return await page.goto(view.page.url, wait_until="load") is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    screenshot: bytes
    pdf: bytes
    time: datetime
    live: bool


def _from_seal(view: View) -> Callable[[Route], Any]:
    """Answers the page's own requests from what is sealed and stored; everything else fails."""
    by_path = {url.partition("?")[0]: body for url, body in view.pictures.items()}
    first = [True]

    async def answer(route: Route) -> None:
        url = route.request.url
        picture = view.pictures.get(url) or by_path.get(url.partition("?")[0])
        if first[0] and route.request.is_navigation_request():
            first[0] = False
            await route.fulfill(status=200, content_type=view.page.content_type or "text/html", body=view.page.body)
        elif picture is not None:
            await route.fulfill(status=200, body=picture)
        else:
            await route.abort()

    return answer


async def _shoot(page: Page, view: View, *, live: bool) -> _Shown:
    time = datetime.now(UTC)
    manner = "as the site showed it" if live else f"rendered from the sealed page of {utc(view.capture.time)}"
    await page.emulate_media(media="screen")
    height = await _height(page)
    screenshot = await _screenshot(page, height)
    pdf = await page.pdf(
        format="A4",
        print_background=True,
        display_header_footer=True,
        header_template=LINE.format(html.escape(view.capture.url)),
        footer_template=LINE.format(
            f"{utc(time)} (UTC), {html.escape(manner)} · {view.capture.digest} · "
            '<span class="pageNumber"></span>/<span class="totalPages"></span>'
        ),
        margin=MARGIN,  # type: ignore[arg-type]  # Playwright's typed dict
    )
    caption = f"{utc(time)}  {view.capture.url}  ({manner})"
    return _Shown(screenshot=await asyncio.to_thread(captioned, screenshot, caption), pdf=pdf, time=time, live=live)


async def _height(page: Page) -> int:
    return int(await page.evaluate("Math.ceil(document.documentElement.scrollHeight)"))


async def _screenshot(page: Page, height: int) -> bytes:
    if height <= TALLEST:
        return await page.screenshot(full_page=True, type="png", animations="disabled")
    clip: Any = {"x": 0, "y": 0, "width": WIDTH, "height": TALLEST}
    return await page.screenshot(full_page=True, type="png", animations="disabled", clip=clip)


def captioned(screenshot: bytes, caption: str) -> bytes:
    """The screenshot (PNG) with a line below it; the page itself is not touched."""
    with Image.open(BytesIO(screenshot)) as picture:
        whole = Image.new("RGB", (picture.width, min(picture.height, TALLEST) + STRIP), "white")
        whole.paste(picture.convert("RGB"), (0, 0))
    draw = ImageDraw.Draw(whole)
    top = whole.height - STRIP
    draw.rectangle((0, top, whole.width, whole.height), fill="white", outline="black")
    draw.text((6, top + 5), caption.encode("ascii", "replace").decode(), fill="black", font=ImageFont.load_default(size=14))
    out = BytesIO()
    whole.save(out, "PNG", compress_level=1)
    return out.getvalue()


def _sealed(view: View, shown: _Shown, seal: RunSeal) -> Snapshot:
    def put(body: bytes, media_type: str) -> Capture:
        return seal.seal(
            url=view.capture.url,
            kind="resource",
            body=body,
            status=None,
            content_type=media_type,
            time=shown.time,
            refers_to=view.capture.id,
            folder=view.folder,
        )

    return Snapshot(screenshot=put(shown.screenshot, "image/png"), pdf=put(shown.pdf, "application/pdf"), live=shown.live)


def seal_snapshot(view: View, *, seal: RunSeal, chromium: Path, root: bool, seconds: float = 30.0) -> Snapshot:
    """The sealed page of one listing photographed without any network, for the desk; blocks for about a second."""

    async def work() -> Snapshot:
        async with Photographer(chromium, rules=[], user_agent="Patrol", seconds=seconds, root=root) as photographer:
            return await photographer.take(view, seal, live=False)

    return asyncio.run(work())
