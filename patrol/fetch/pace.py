"""How fast one site is asked just now: its delay, what robots.txt adds, and a back-off that settles again.

`traffic` keeps one Pace per site and asks it before each request; `retries` reports there how each answer was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

LONGEST = 300.0  # seconds that the back-off adds at most
FIRST = 1.0
SMALLEST = 0.05  # below this the back-off is over


@dataclass(slots=True)
class Pace:
    """Seconds between two requests: `base` from card and robots.txt, `extra` doubling on trouble, halving on success."""

    base: float
    extra: float = 0.0
    troubles: int = 0  # in a row
    troubled: datetime | None = None  # when the last one was noted
    started: datetime | None = None  # when the last request was let go

    @property
    def delay(self) -> float:
        return self.base + self.extra

    def slow(self, sent: datetime | None, now: datetime) -> None:
        """After trouble: doubles the back-off. Requests that were under way when it was doubled last do not double it again."""
        if sent is not None and self.troubled is not None and sent <= self.troubled:
            return
        self.troubles += 1
        self.troubled = now
        self.extra = min(LONGEST, max(FIRST, self.base, self.extra * 2))

    def settle(self) -> None:
        """After a good answer: halves the back-off until nothing of it is left."""
        self.troubles = 0
        self.extra = self.extra / 2 if self.extra / 2 > SMALLEST else 0.0

    def next_start(self, at: datetime) -> datetime:
        """The moment `at`, or later: two requests keep their distance however late the one before was let go."""
        return at if self.started is None else max(at, self.started + timedelta(seconds=self.delay))
