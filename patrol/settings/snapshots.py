"""After a crawl: a screenshot and a PDF of every listing in band high whose page is new, sealed in the same run.

`settings.run` calls it while the run's chain is still open. A browser that is missing, or a page that cannot be shown,
is a fault of the run and never of the listing.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from patrol.config.marketplace import Marketplace
from patrol.errors import PatrolError
from patrol.evidence import Archive, RunSeal
from patrol.fetch.browser import REMEDY, find_chromium, pins
from patrol.fetch.limits import Limits
from patrol.fetch.snapshot import Photographer, View
from patrol.fetch.traffic import Traffic, site_of
from patrol.ledger import Ledger, Run, StoredListing
from patrol.records import Band, Fault, How

AT_ONCE = 3  # pages of the browser
BATCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Studio:
    """What the snapshots of one run need."""

    ledger: Ledger
    archive: Archive
    seal: RunSeal
    run: Run
    marketplace: Marketplace | None
    limits: Limits
    traffic: Traffic

    @property
    def live(self) -> bool:
        """Whether the site may be asked once more for its pictures."""
        return self.run.how is How.CRAWL and self.marketplace is not None

    def wanted(self, keys: Sequence[str]) -> list[StoredListing]:
        """Listings in band high whose current version was sealed in this run, from these keys."""
        found: list[StoredListing] = []
        for start in range(0, len(keys), BATCH):
            found += self.ledger.listings.current_many(keys[start : start + BATCH]).values()
        return [stored for stored in found if stored.run_id == self.run.id and _high(stored) and stored.capture_id]

    def known(self) -> set[str]:
        """Addresses that have their snapshot already, from before a crash."""
        return {capture.url for capture in self.ledger.runs.captures_of(self.run.id) if capture.content_type == "application/pdf"}


def _high(stored: StoredListing) -> bool:
    return stored.assessed is not None and stored.assessed.assessment.band is Band.HIGH


def take_snapshots(studio: Studio, keys: Sequence[str], *, resumed: bool) -> list[Fault]:
    """Photographs and records them; gives what went wrong. After a crash, all of the run's listings are looked at."""
    all_keys = list(studio.ledger.listings.current_keys(since=studio.run.started_at)) if resumed else list(dict.fromkeys(keys))
    done = studio.known() if resumed else set()
    wanted = [stored for stored in studio.wanted(all_keys) if stored.listing.url not in done]
    if not wanted:
        return []
    chromium = find_chromium()
    if chromium is None:
        return [Fault(step="snapshot", message=f"no Chromium or Chrome, so {len(wanted)} listings have no screenshot. {REMEDY}")]
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(_take(studio, wanted, chromium))
    finally:
        loop.close()


async def _take(studio: Studio, wanted: Sequence[StoredListing], chromium: Path) -> list[Fault]:
    marketplace, limits = studio.marketplace, studio.limits
    rules: list[str] = []
    if studio.live and marketplace is not None:
        rules = await pins((*marketplace.hosts, *marketplace.image_hosts), loopback=limits.loopback)
    room = asyncio.Semaphore(AT_ONCE)
    root = os.geteuid() == 0
    async with Photographer(
        chromium, rules=rules, user_agent=limits.user_agent, seconds=limits.timeout, root=root
    ) as photographer:

        async def one(stored: StoredListing) -> Fault | None:
            async with room:
                return await _one(studio, photographer, stored)

        found = await asyncio.gather(*map(one, wanted))
    return [fault for fault in found if fault is not None]


async def _one(studio: Studio, photographer: Photographer, stored: StoredListing) -> Fault | None:
    try:
        view = await asyncio.to_thread(_view, studio, stored)
        if view is None:
            return None
        if studio.live:
            await studio.traffic.turn(site_of(view.capture.url))
        snapshot = await photographer.take(view, studio.seal, live=studio.live)
    except PatrolError as error:
        return Fault(step="snapshot", message=str(error), url=stored.listing.url)
    runs = studio.ledger.runs

    def record(conn: Connection) -> None:
        runs.record(conn, snapshot.screenshot)
        runs.record(conn, snapshot.pdf)

    await asyncio.wrap_future(studio.ledger.writer.submit(record))
    return None


def _view(studio: Studio, stored: StoredListing) -> View | None:
    capture = studio.ledger.runs.capture(stored.capture_id or "")
    if capture is None or not (capture.content_type or "text/html").startswith(("text/html", "application/xhtml")):
        return None
    folder = capture.file.removeprefix(f"runs/{capture.run_id}/").removesuffix(".warc.gz")
    return View(
        capture=capture,
        page=studio.archive.page(capture),
        pictures=dict(_pictures(studio.archive, stored)),
        folder=folder if capture.run_id == studio.run.id else None,
    )


def _pictures(archive: Archive, stored: StoredListing) -> Iterator[tuple[str, bytes]]:
    for picture in stored.pictures:
        body = archive.picture(picture.sha256) if picture.url else None
        if picture.url and body is not None:
            yield picture.url, body
