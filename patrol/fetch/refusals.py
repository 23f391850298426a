"""What keeps a request from being answered, as exceptions that Scrapy hands to the spider's errback.

Each carries the `outcome` under which the request is counted; None where the request simply waits in the queue again.
"""

from __future__ import annotations

from scrapy.exceptions import IgnoreRequest

from patrol.errors import ReachError
from patrol.records import Outcome


class NotAskedError(ReachError, IgnoreRequest):
    """A request that is not asked, or not asked again; `what` says why, in words."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        self.outcome: Outcome = outcome
        super().__init__(reason)


class PutBackError(ReachError, IgnoreRequest):
    """A request that went back into the queue; nothing else is to be recorded for it."""

    outcome = None
