"""Intervals for small counts: Wilson's for a share, the exact one for how many are hidden behind a random sample.

The lab and the evaluation hand in whole numbers and get bounds back; nothing is approximated by a normal curve where a
handful of finds decides. All intervals are two-sided.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

CONFIDENCE = 0.95
_Z = 1.959963984540054  # the normal quantile that leaves 2.5 % on either side
_MOST = 1 << 40  # a population larger than this is not told apart from any other


class Interval(NamedTuple):
    low: float
    high: float


def wilson(hits: int, trials: int) -> Interval:
    """Wilson's score interval of a share at 95 %; the whole range 0-1 without trials."""
    if trials == 0:
        return Interval(0.0, 1.0)
    share, spread = hits / trials, _Z * _Z / trials
    middle = (share + spread / 2) / (1 + spread)
    half = _Z * math.sqrt(share * (1 - share) / trials + spread / (4 * trials)) / (1 + spread)
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def hidden(found: int, probability: float, confidence: float = CONFIDENCE) -> Interval:
    """How many there are in all, when each was drawn with `probability` and `found` of them were: the exact interval.

    Those populations are inside for which finding so few, and finding so many, is not rarer than half of the rest
    (Clopper and Pearson's argument for the number of trials). At probability 1 both ends are `found`.
    """
    if probability >= 1:
        return Interval(found, found)
    tail = (1 - confidence) / 2
    low = _first(found, lambda size: 1 - _at_most(found - 1, size, probability) > tail) if found else 0
    high = _first(found, lambda size: _at_most(found, size, probability) <= tail) - 1
    return Interval(low, max(found, high))


def _first(start: int, holds: Callable[[int], bool]) -> int:
    """The smallest number from `start` on where a condition begins to hold for good."""
    step = 1
    while not holds(start + step) and step < _MOST:
        step *= 2
    low, high = start, start + step
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def _at_most(count: int, trials: int, probability: float) -> float:
    """P(X <= count) of a binomial."""
    if count < 0:
        return 0.0
    if count >= trials:
        return 1.0
    yes, no = math.log(probability), math.log1p(-probability)
    return min(
        1.0,
        math.fsum(
            math.exp(
                math.lgamma(trials + 1)
                - math.lgamma(hits + 1)
                - math.lgamma(trials - hits + 1)
                + hits * yes
                + (trials - hits) * no
            )
            for hits in range(count + 1)
        ),
    )
