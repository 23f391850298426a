"""Counts over everything a query found, for the embedded engine: values of a field, days, weeks or months, steps of a number.

`embedded.py` hands over the mask of found rows; the counts are of exactly those rows, so nothing that the viewer may not see
is in them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from patrol.search.columns import Columns, Mask
from patrol.search.index import Count, Tally
from patrol.search.reader import Reader
from patrol.search.rows import NULL
from patrol.search.tallies import Sort, inner_edges, of_facets, sort_of


def count(names: Sequence[str], interval: str, found: Mask, reader: Reader, columns: Columns) -> dict[str, tuple[Count, ...]]:
    """Each facet by name. UsageError for a name or interval that is not known on this shelf."""
    return {name: counted(one, found, reader, columns) for name, one in zip(names, of_facets(names, interval), strict=True)}


def counted(tally: Tally, found: Mask, reader: Reader, columns: Columns) -> tuple[Count, ...]:
    """One tally over the rows of the mask."""
    sort, name = sort_of(tally, columns.layout), tally.by
    if name is None or sort is Sort.TOTAL:
        return (Count(value="", count=int(found.sum())),)
    if sort is Sort.DATES:
        return _dates(columns.value(name)[found], tally.interval)
    if sort is Sort.NUMBERS:
        return _numbers(columns.value(name)[found], tally)
    if name in columns.layout.words:
        return _words(columns.value(name)[found], reader)
    rows, words = columns.pairs(name)
    return _words(words[found[rows]], reader)


def _words(codes: np.ndarray[tuple[int], np.dtype[np.int32]], reader: Reader) -> tuple[Count, ...]:
    """Most frequent first, then by the alphabet; rows without a value are not counted."""
    counts = np.bincount(codes)
    used = np.flatnonzero(counts)
    listed = [Count(value=reader.words[code], count=int(counts[code])) for code in used.tolist() if code]
    return tuple(sorted(listed, key=lambda one: (-one.count, one.value)))


def _numbers(values: np.ndarray[tuple[int], np.dtype[np.int64]], tally: Tally) -> tuple[Count, ...]:
    """By the tally's edges, lowest first, empty ones too; then "" for those without a value."""
    known = values[values != NULL]
    edges = np.array(inner_edges(tally), np.int64)
    counts = np.bincount(np.maximum(np.searchsorted(edges, known, side="right") - 1, 0), minlength=len(edges))
    buckets = [Count(value=str(edge), count=int(n)) for edge, n in zip(tally.edges, counts, strict=True)]
    return (*buckets, Count(value="", count=len(values) - len(known)))


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
