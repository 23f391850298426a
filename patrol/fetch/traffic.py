"""Whose turn it is: slots, pauses and back-off of every site that one crawl asks.

`manners` waits here before each request and `retries` reports here after each answer. Delay, budget, pauses and the number
of requests under way stand in the ledger, so they hold for a site across all processes, whichever crawl they work on.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from patrol.config.marketplace import registrable_domain
from patrol.fetch.limits import Limits
from patrol.fetch.pace import Pace
from patrol.fetch.refusals import NotAskedError, PutBackError
from patrol.fetch.shares import Shares
from patrol.ledger.queue import RequestQueue
from patrol.records import Outcome

PATIENCE = 600.0  # seconds for which a request waits for its turn; a site that asks for more is left for another day
AT_ONCE = 25  # slots reserved in one go where no delay lies between them
LATE = 0.05  # seconds after which a slot has passed, or a quarter of the delay
LOOK = 0.25  # seconds for which we believe that no other process was asked for a pause
SLICE = 0.5  # seconds between two looks at whether the crawl is to stop


def site_of(url: str) -> str:
    """The site whose pace a request counts for: registrable domain, with the port where it is not a usual one."""
    parts = urlsplit(url)
    host = registrable_domain(parts.hostname or "")
    return f"{host}:{parts.port}" if parts.port and parts.port not in (80, 443) else host


class Traffic:
    """One crawl's view of the sites it asks."""

    def __init__(self, queue: RequestQueue, limits: Limits, owner: str) -> None:
        self._queue = queue
        self._owner = owner
        self._shares = Shares(queue, owner, limits.concurrency)
        self._told: dict[str, float] = {}  # when we looked last what other processes were told
        self._limits = limits
        self.stopping: Callable[[], bool] = lambda: False  # set by `manners` once there is a spider to ask
        self._paces: dict[str, Pace] = {}
        self._slots: dict[str, deque[datetime]] = {}
        self._reserving: dict[str, asyncio.Future[int]] = {}
        self._pauses: dict[str, datetime] = {}
        self._answered: set[str] = set()
        self._unreachable: dict[str, str] = {}

    def pace(self, site: str) -> Pace:
        return self._paces.setdefault(site, Pace(self._limits.delay))

    def stricter(self, site: str, delay: float) -> None:
        """robots.txt asks for a longer delay than the card."""
        pace = self.pace(site)
        pace.base = max(pace.base, delay)

    async def turn(self, site: str) -> datetime:
        """Returns (with the moment) when the site may be asked.

        NotAskedError where that is not today, PutBackError where the crawl stops first.
        """
        pace = self.pace(site)
        at = await self._slot(site)
        while True:
            if site in self._unreachable:
                raise NotAskedError(Outcome.FAILED, self._unreachable[site])
            await self._hear(site)
            due = pace.next_start(max(at, self._pauses.get(site, at)))
            now = datetime.now(UTC)
            left = (due - now).total_seconds()
            if left > max(PATIENCE, 20 * pace.base):
                raise NotAskedError(Outcome.REFUSED, f"{site} asks to be left alone until {due:%Y-%m-%d %H:%M} UTC")
            if left <= 0 and pace.base and now - at > timedelta(seconds=max(LATE, pace.base / 4)):
                at = await self._another_slot(site)
                continue
            if left <= 0:
                pace.started = now
                return now
            if self.stopping():
                raise PutBackError("the crawl stops")
            await asyncio.sleep(min(left, SLICE))

    async def enter(self, site: str) -> None:
        """Returns when one more request to the site may be under way, of all that all processes have; `leave` must follow."""
        await self._shares.enter(site)

    async def leave(self, site: str) -> None:
        """A request came to its end."""
        await self._shares.leave(site)

    async def beat(self) -> None:
        """Renews this process' shares; called every `shares.BEAT` seconds."""
        await self._shares.beat()

    async def close(self) -> None:
        """Gives shares and unused slots back to those who go on."""
        for site, slots in self._slots.items():
            if slots and self._limits.per_day is not None:
                await asyncio.to_thread(self._queue.give_back_slots, site, len(slots))
        self._slots.clear()
        await asyncio.to_thread(self._queue.drop_shares, self._owner)

    async def _hear(self, site: str) -> None:
        """Learns whether the site asked another process for a pause."""
        now = time.monotonic()
        if now - self._told.get(site, -LOOK) < min(LOOK, self.pace(site).base / 2 or LOOK):
            return
        self._told[site] = now
        until = await asyncio.to_thread(self._queue.paused, site)
        if until is not None and until > self._pauses.get(site, datetime.min.replace(tzinfo=UTC)):
            self._pauses[site] = until

    async def _slot(self, site: str) -> datetime:
        """A moment reserved in the ledger; the back-off is no part of it, for it may be over when the moment comes."""
        delay, per_day = self.pace(site).base, self._limits.per_day
        if delay == 0 and per_day is None:
            return datetime.now(UTC)
        slots = self._slots.setdefault(site, deque())
        while not slots:
            if site not in self._reserving:  # one reservation for all who wait, or each would take a batch of the day's budget
                self._reserving[site] = asyncio.ensure_future(self._reserve(site, delay, per_day))
            if not await asyncio.shield(self._reserving[site]):
                raise NotAskedError(Outcome.REFUSED, f"the day's budget of {per_day} requests to {site} is used up")
        return slots.popleft()

    async def _another_slot(self, site: str) -> datetime:
        """A slot for one that passed (in a pause, or on a busy machine): used late, it might fall on another process' slot."""
        if self._limits.per_day is not None:
            await asyncio.to_thread(self._queue.give_back_slots, site, 1)
        return await self._slot(site)

    async def _reserve(self, site: str, delay: float, per_day: int | None) -> int:
        try:
            wanted = 1 if delay else AT_ONCE
            found = await asyncio.to_thread(self._queue.reserve_many, site, wanted, delay=delay, per_day=per_day)
        finally:
            del self._reserving[site]
        self._slots[site].extend(found)
        return len(found)

    async def trouble(self, site: str, sent: datetime | None, asked: float | None = None) -> datetime:
        """A request sent then met trouble (the site asks for a pause of `asked` seconds): until when it is left alone."""
        now, pace = datetime.now(UTC), self.pace(site)
        pace.slow(sent, now)
        until = now + timedelta(seconds=max(pace.extra, asked or 0.0))
        if until > self._pauses.get(site, now):
            self._pauses[site] = until
            await asyncio.to_thread(self._queue.note_backoff, site, until)
        return until

    def good(self, site: str) -> None:
        """The site answered as it should."""
        self._answered.add(site)
        self.pace(site).settle()

    def lost(self, site: str, reason: str, most: int) -> bool:
        """A connection failed: whether the site is given up for this run (`most` times in a row, twice that once it answered)."""
        if self.pace(site).troubles > (2 * most if site in self._answered else most):
            self._unreachable[site] = f"the site cannot be reached: {reason}"
        return site in self._unreachable
