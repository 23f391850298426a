"""Manners: what may be asked, and when. The outermost of our downloader middlewares.

Every request passes here, also each hop of a redirect, pictures and robots.txt itself: is the host named on the card,
is its address a public one, does robots.txt allow it, is there budget left, is it our turn. What may not be asked
reaches the spider as NotAskedError and is counted as such.
"""

from __future__ import annotations

import asyncio
import re
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from patrol.config.marketplace import Marketplace, registrable_domain
from patrol.errors import ReachError
from patrol.fetch import addresses
from patrol.fetch.crew import crew
from patrol.fetch.refusals import NotAskedError
from patrol.fetch.robots import RobotsBook
from patrol.fetch.traffic import site_of
from patrol.records import Outcome

PLACE = "patrol_place"  # the site at which a request takes a place among those under way
LOGIN = re.compile(r"(^|[/.?&_-])(sign[-_]?in|log[-_]?in|auth|sso|anmelden|connexion)([/.?&=_-]|$)", re.IGNORECASE)


def names(hosts: tuple[str, ...], host: str) -> bool:
    """Whether one of the hosts (each with its subdomains, with or without port) is this one."""
    bare = host.partition(":")[0].lower()
    return any(entry.lower() in (host.lower(), bare) or bare.endswith("." + entry.lower()) for entry in hosts)


def in_scope(marketplace: Marketplace, url: str, kind: str) -> bool:
    """Whether the card lets this address be asked: pages from its hosts, pictures from its image hosts too."""
    host = urlsplit(url).netloc.rpartition("@")[2]
    if marketplace.serves(host):
        return True
    if kind in ("picture", "robots") and names(marketplace.image_hosts, host):
        return True
    bare = host.partition(":")[0]
    return kind == "robots" and registrable_domain(bare) == marketplace.registrable


class MannersMiddleware:
    """Reads `marketplace`, `limits` and `traffic` of the spider."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._spider = crew(crawler)
        self._traffic = self._spider.traffic
        self._traffic.stopping = self._spider.stopping
        self._robots = RobotsBook(self._fetch_robots)
        self._addresses: dict[str, asyncio.Future[None]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> MannersMiddleware:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Returns when the request may go out; raises NotAskedError or PutBackError where it may not."""
        kind = request.meta["patrol"]["kind"]
        parts = urlsplit(request.url)
        self._check_scope(request, kind)
        if not self._spider.limits.loopback:
            await self._check_address(parts.hostname or "")
        site = site_of(request.url)
        if kind != "robots":
            rules = await self._robots.rules(f"{parts.scheme}://{parts.netloc}")
            rules.check(request.url)
            self._traffic.stricter(site, rules.crawl_delay)
        if kind == "picture":
            request.meta["download_maxsize"] = self._spider.limits.picture_bytes
            request.headers.setdefault("Accept", "image/*,*/*;q=0.5")
        request.meta["download_slot"] = site
        await self._traffic.enter(site)
        request.meta[PLACE] = site
        request.meta["patrol_sent"] = await self._traffic.turn(site)

    def _check_scope(self, request: Request, kind: str) -> None:
        marketplace = self._spider.marketplace
        if marketplace is not None and in_scope(marketplace, request.url, kind):
            return
        host = urlsplit(request.url).netloc
        if request.meta.get("redirect_times"):
            outcome = Outcome.LOGIN if LOGIN.search(request.url) else Outcome.REFUSED
            raise NotAskedError(outcome, f"the site sends us on to {host}, which the source card does not name")
        raise NotAskedError(Outcome.REFUSED, f"the source card does not name {host}")

    async def _check_address(self, host: str) -> None:
        """Once per host and crawl; the resolver looks again at every connection."""
        known = self._addresses.get(host)
        if known is None:
            known = self._addresses[host] = asyncio.ensure_future(_public(host))
        await asyncio.shield(known)

    async def _fetch_robots(self, url: str) -> Response:
        engine = self._crawler.engine
        if engine is None:
            raise ReachError("the crawl is not running", where=url)
        return await engine.download_async(Request(url, meta={"patrol": {"kind": "robots"}}, dont_filter=True))


class LeaveMiddleware:
    """The innermost of all: gives a request's place back, however it ended, before anything looks at its answer."""

    def __init__(self, crawler: Crawler) -> None:
        self._traffic = crew(crawler).traffic

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> LeaveMiddleware:
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Response:
        await self._leave(request)
        return response

    async def process_exception(self, request: Request, exception: Exception) -> None:  # noqa: ARG002 - Scrapy's signature
        await self._leave(request)

    async def _leave(self, request: Request) -> None:
        site = request.meta.pop(PLACE, None)
        if site is not None:
            await self._traffic.leave(site)


async def _public(host: str) -> None:
    try:
        await addresses.checked(host)
    except ReachError as error:
        private = "private" in error.what
        raise NotAskedError(Outcome.REFUSED if private else Outcome.FAILED, error.what) from error
