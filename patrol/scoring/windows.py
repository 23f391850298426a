"""Stretches of a text around numbers and telling words, where alone the dear patterns of dates need to look; and what of
them is read already. `dates` and `years` share both.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import product

from ahocorasick_rs import AhoCorasick, MatchKind


class Windows:
    """Finds the seeds (numbers of at least so many digits, words as plain strings) and what lies around them."""

    def __init__(self, words: Sequence[str], *, digits: int, before: int, after: int) -> None:
        numbers = map("".join, product("0123456789", repeat=digits))  # folded text has no other digits; longer ones hold these
        self._seeds = AhoCorasick([*words, *numbers], matchkind=MatchKind.Standard, store_patterns=False)
        self._before, self._after = before, after  # characters

    def __call__(self, text: str) -> list[tuple[int, int]]:
        """Start and end of each stretch in order; what touches is one."""
        found: list[tuple[int, int]] = []
        for start, end in sorted([seed[1:] for seed in self._seeds.find_matches_as_indexes(text, overlapping=True)]):
            low, high = max(0, start - self._before), min(len(text), end + self._after)
            if found and low <= found[-1][1]:
                found[-1] = (found[-1][0], max(high, found[-1][1]))
            else:
                found.append((low, high))
        return found


class Taken:
    """Stretches that do not overlap, kept in order, so that a long text takes time by its length alone."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def free(self, start: int, end: int) -> bool:
        """Whether nothing that is taken overlaps the stretch."""
        at = bisect_left(self._ends, start + 1)
        return at == len(self._starts) or self._starts[at] >= end

    def take(self, start: int, end: int) -> None:
        at = bisect_left(self._starts, start)
        self._starts.insert(at, start)
        self._ends.insert(at, end)
