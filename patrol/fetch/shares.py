"""How many requests this process may have under way at each site, where others ask the same site.

`traffic` takes a place here before a request goes out and gives it back after the answer. The ledger keeps the shares; they
are renewed every second while they are held, and asked for again when another process waits.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from patrol.ledger.queue import RequestQueue

SECONDS = 20.0  # a share's lease
BEAT = 1.0  # between two renewals
PATIENCE = 0.1  # between two attempts to get a place
YIELD = 0.12  # for which a place that was given away is not asked for again: all others ask for it meanwhile


@dataclass(slots=True)
class _Site:
    held: int = 0
    used: int = 0
    waiting: int = 0
    contested: bool = False
    settling: bool = False
    settled: float = 0.0
    yielded: float = float("-inf")


class Shares:
    """One process' places at all sites; `most` is what a site's card allows to all processes together."""

    def __init__(self, queue: RequestQueue, owner: str, most: int) -> None:
        self._queue = queue
        self._owner = owner
        self._most = most
        self._sites: dict[str, _Site] = {}
        self._lock = asyncio.Lock()

    async def enter(self, site: str) -> None:
        """Returns when one more request may be under way; `leave` must follow."""
        own = self._sites.setdefault(site, _Site())
        own.waiting += 1
        try:
            while True:
                # never while the ledger is being told how many are used: it may hand the rest to another process
                if not own.settling and own.used < own.held and time.monotonic() - own.settled < BEAT:
                    own.used += 1
                    return
                turned = own.yielded + YIELD - time.monotonic()
                if own.used >= own.held and turned > 0:
                    await asyncio.sleep(turned)
                    continue
                await self._settle(site, own)
                if own.used >= own.held:
                    await asyncio.sleep(PATIENCE)
        finally:
            own.waiting -= 1

    async def leave(self, site: str) -> None:
        """A request came to its end; where others wait for this place, they get it now."""
        own = self._sites[site]
        own.used -= 1
        if own.contested and own.used < own.held:
            await self._settle(site, own, leaving=True)
            if own.contested and own.used >= own.held:
                own.yielded = time.monotonic()

    async def beat(self) -> None:
        """Renews what is held, and gives up what others wait for; called every BEAT seconds."""
        for site, own in list(self._sites.items()):
            if own.used or own.held:
                await self._settle(site, own)

    async def _settle(self, site: str, own: _Site, *, leaving: bool = False) -> None:
        asked = time.monotonic()
        async with self._lock:
            if own.settled >= asked:
                return  # whoever was before us at the lock has just done it
            own.settling = True
            try:
                share = await asyncio.to_thread(
                    self._queue.share,
                    site,
                    self._owner,
                    used=own.used,
                    wanted=self._most if own.used + own.waiting else 0,
                    most=self._most,
                    seconds=SECONDS,
                    leaving=leaving,
                )
            finally:
                own.settling = False
            own.held, own.contested, own.settled = max(share.held, own.used), share.contested, time.monotonic()
