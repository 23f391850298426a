"""Counts over everything a query found, for the embedded engine: values of a field, days, weeks or months, euro buckets.

`embedded.py` hands over the mask of found rows; the counts are of exactly those rows, so nothing that the viewer may not see
is in them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from patrol.errors import UsageError
from patrol.search.columns import Columns, Mask
from patrol.search.index import PRICE_EDGES, Count
from patrol.search.reader import Reader
from patrol.search.rows import NULL

_UNITS = {"day": "D", "week": "W", "month": "M"}
_DATES = ("first_seen", "last_seen", "ends_at")


def count(names: Sequence[str], interval: str, found: Mask, reader: Reader, columns: Columns) -> dict[str, tuple[Count, ...]]:
    """Each facet by name. UsageError for a name or interval that is not known on this shelf."""
    if interval not in _UNITS:
        raise UsageError(f"there is no interval {interval!r}", remedy="It is one of " + ", ".join(_UNITS))
    return {name: _one(name, interval, found, reader, columns) for name in names}


def _one(name: str, interval: str, found: Mask, reader: Reader, columns: Columns) -> tuple[Count, ...]:
    layout = columns.layout
    if name in layout.words and name != "seller":
        return _words(columns.value(name)[found], reader)
    if name in layout.sets:
        rows, words = columns.pairs(name)
        return _words(words[found[rows]], reader)
    if name == "price_eur":
        return _prices(columns.value(name)[found])
    if name in _DATES and name in layout.numbers:
        return _dates(columns.value(name)[found], interval)
    raise UsageError(f"{name!r} cannot be counted here")


def _words(codes: np.ndarray[tuple[int], np.dtype[np.int32]], reader: Reader) -> tuple[Count, ...]:
    """Most frequent first, then by the alphabet; rows without a value are not counted."""
    counts = np.bincount(codes)
    used = np.flatnonzero(counts)
    listed = [Count(value=reader.words[code], count=int(counts[code])) for code in used.tolist() if code]
    return tuple(sorted(listed, key=lambda one: (-one.count, one.value)))


def _prices(cents: np.ndarray[tuple[int], np.dtype[np.int64]]) -> tuple[Count, ...]:
    """By the edges of PRICE_EDGES, lowest first, empty ones too; then "" for those without a price."""
    known = cents[cents != NULL]
    edges = np.array(PRICE_EDGES, np.int64) * 100
    counts = np.bincount(np.maximum(np.searchsorted(edges, known, side="right") - 1, 0), minlength=len(edges))
    buckets = [Count(value=str(edge), count=int(n)) for edge, n in zip(PRICE_EDGES, counts, strict=True)]
    return (*buckets, Count(value="", count=len(cents) - len(known)))


def _dates(moments: np.ndarray[tuple[int], np.dtype[np.int64]], interval: str) -> tuple[Count, ...]:
    """By the first day of each unit in UTC, weeks from Monday; empty units are left out; "" for those without a date."""
    known = moments[moments != NULL]
    days = known // 86_400_000
    if interval == "week":
        days -= (days + 3) % 7  # 1970-01-01 was a Thursday
    starts = days.astype("datetime64[D]")
    if interval == "month":
        starts = starts.astype("datetime64[M]").astype("datetime64[D]")
    values, counts = np.unique(starts, return_counts=True)
    buckets = [Count(value=str(value), count=int(n)) for value, n in zip(values, counts, strict=True)]
    missing = len(moments) - len(known)
    return (*buckets, Count(value="", count=missing)) if missing else tuple(buckets)
