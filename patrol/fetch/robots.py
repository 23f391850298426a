"""robots.txt of each host: read once per crawl through the same path as every page, kept, and asked before each request.

RFC 9309: 4xx means that all is allowed, 5xx or no answer that nothing is. The file is sealed like any other answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from protego import Protego
from scrapy.http import Response

from patrol.fetch.limits import ROBOT
from patrol.fetch.refusals import NotAskedError
from patrol.records import Outcome

LARGEST = 512_000  # bytes that are read of it, RFC 9309 asks for at least 500 KiB

Fetch = Callable[[str], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What one host allows us; `refusal` is set where nothing may be asked at all."""

    file: Protego | None = None
    refusal: NotAskedError | None = None

    @property
    def crawl_delay(self) -> float:
        delay = self.file.crawl_delay(ROBOT) if self.file is not None else None
        return float(delay or 0.0)

    def check(self, url: str) -> None:
        """Raises NotAskedError where this address may not be asked."""
        if self.refusal is not None:
            raise self.refusal
        if self.file is not None and not self.file.can_fetch(url, ROBOT):
            raise NotAskedError(Outcome.REFUSED, "robots.txt does not allow this address")


def rules_from(status: int, body: bytes) -> Rules:
    """What an answer to /robots.txt says."""
    if 200 <= status < 300:
        return Rules(file=Protego.parse(body[:LARGEST].decode("utf-8", "replace")))
    if 400 <= status < 500 and status != 429:
        return Rules()
    return Rules(refusal=NotAskedError(Outcome.REFUSED, f"robots.txt answers {status}, so nothing may be asked"))


class RobotsBook:
    """The rules of every host that this crawl met; concurrent requests for one host wait for one look."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._known: dict[str, asyncio.Future[Rules]] = {}

    async def rules(self, origin: str) -> Rules:
        """The rules of an origin (`https://host:port`)."""
        known = self._known.get(origin)
        if known is None:
            known = self._known[origin] = asyncio.ensure_future(self._read(origin))
        return await asyncio.shield(known)

    async def _read(self, origin: str) -> Rules:
        try:
            answer = await self._fetch(origin + "/robots.txt")
        except NotAskedError as refusal:
            unreached = refusal.outcome is Outcome.FAILED
            reason = f"the site cannot be reached: {refusal.what}" if unreached else refusal.what
            return Rules(refusal=NotAskedError(refusal.outcome, reason))
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever kept it from us: nothing is asked, and the reason goes to the run
            return Rules(refusal=NotAskedError(Outcome.FAILED, f"the site cannot be reached: {error}"))
        return rules_from(answer.status, answer.body)
