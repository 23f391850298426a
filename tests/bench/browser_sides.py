"""One side of the browser bench in a process of its own: Patrol's crawl through its pool of pages, or raw Playwright.

`python -m tests.bench.browser_sides patrol URLS HOME` or `… raw URLS HOME`; URLS is a file with an address a line. The
clock runs from the WARM-th page to the last, so starting the browser counts on neither side. One JSON line: pages, wall
seconds, and for Patrol the summed PSS of its process tree in MB after so many pages.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright
from pydispatch import dispatcher
from scrapy import signals
from scrapy.http import Response

from patrol.config import Home, load
from patrol.config.marketplace import Marketplace
from patrol.fetch.browser import flags, pins, require_chromium
from patrol.market.addresses import marketplace
from patrol.settings import TABS

WARM = 20
SAMPLES = (200, 1000)  # pages after which the memory is looked at, beside the last


class _Count:
    """Pages so far, the moments of the WARM-th and the last, and the memory at the samples."""

    def __init__(self, samples: Sequence[int]) -> None:
        self.pages = 0
        self.began = self.last = 0.0
        self.samples = samples
        self.memory: dict[str, float] = {}

    def page(self) -> None:
        self.pages += 1
        self.last = time.perf_counter()
        if self.pages == WARM:
            self.began = self.last
        if self.pages in self.samples:
            self.memory[str(self.pages)] = pss()

    def line(self) -> str:
        return json.dumps({"pages": self.pages - WARM, "wall": round(self.last - self.began, 3), "pss": self.memory})


def _parents() -> dict[int, int]:
    found = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            found[int(status.parent.name)] = int(status.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it ended meanwhile
    return found


def pss() -> float:
    """MB of this process and everything below it, shared memory counted by its share."""
    parents, mine = _parents(), {os.getpid()}
    while grown := {pid for pid, parent in parents.items() if parent in mine} - mine:
        mine |= grown
    total = 0
    for pid in mine:
        try:
            rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += next(int(row.split()[1]) for row in rows if row.startswith("Pss:"))
    return round(total / 1024, 1)


def patrol(urls: Sequence[str], home: Path) -> str:
    from patrol.cli.stores import open_stores
    from patrol.records import Outcome
    from patrol.settings.run import Order, crawl

    count = _Count((*(n for n in SAMPLES if n < len(urls)), len(urls)))

    def answered(response: Response) -> None:
        if "playwright" in response.flags:
            count.page()

    dispatcher.connect(answered, signal=signals.response_received, weak=False)
    with open_stores(home) as stores:
        order = Order(marketplace=stores.config.marketplaces[marketplace("souk")], urls=tuple(urls), snapshots=False)
        summary = crawl(order, config=stores.config, ledger=stores.ledger, archive=stores.archive, rulebook=stores.rulebook)
    assert set(summary.outcomes) <= {Outcome.LISTING, Outcome.REMOVED}, summary
    assert count.pages == len(urls), summary
    return count.line()


def raw(urls: Sequence[str], home: Path) -> str:
    count = _Count(())
    asyncio.run(_raw(list(urls), load(Home(home)).marketplaces[marketplace("souk")], count))
    return count.line()


async def _raw(urls: list[str], site: Marketplace, count: _Count) -> None:
    root = os.geteuid() == 0
    rules = await pins(site.hosts, loopback=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(require_chromium()),
            chromium_sandbox=not root,
            args=flags(rules, pictures=False, root=root),
        )
        pages = [await browser.new_page() for _ in range(TABS)]
        await asyncio.gather(*(_visit(page, urls, site.browser.wait_for or "body", count) for page in pages))
        await browser.close()


async def _visit(page: Page, urls: list[str], wait_for: str, count: _Count) -> None:
    while urls:
        await page.goto(urls.pop(0))
        await page.wait_for_selector(wait_for, state="attached")
        await page.content()
        count.page()


SIDES: dict[str, Callable[[Sequence[str], Path], str]] = {"patrol": patrol, "raw": raw}


def main(words: Sequence[str]) -> Any:
    print(SIDES[words[0]](Path(words[1]).read_text().split(), Path(words[2])), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
