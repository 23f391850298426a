"""How fast one site is asked just now: its delay, what robots.txt adds, and a back-off that settles again.

`manners` keeps one Pace per site and asks it before each request; `retries` tells it how each answer was.
"""

from __future__ import annotations

from dataclasses import dataclass, field

LONGEST = 300.0  # seconds that the back-off adds at most
FIRST = 1.0
SMALLEST = 0.05  # below this the back-off is over


@dataclass(slots=True)
class Pace:
    """Seconds between two requests: `base` from card and robots.txt, `extra` doubling on trouble, halving on success."""

    base: float
    extra: float = 0.0
    troubles: int = field(default=0)  # in a row

    @property
    def delay(self) -> float:
        return self.base + self.extra

    def slow(self, asked: float | None = None) -> float:
        """After trouble: doubles the back-off; gives the seconds for which the site is left alone now."""
        self.troubles += 1
        self.extra = min(LONGEST, max(FIRST, self.base, self.extra * 2))
        return max(self.extra, asked or 0.0)

    def settle(self) -> None:
        """After a good answer: halves the back-off until nothing of it is left."""
        self.troubles = 0
        self.extra = self.extra / 2 if self.extra / 2 > SMALLEST else 0.0
