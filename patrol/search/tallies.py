"""What can be counted, for every engine: a query's facets as tallies, and whether a tally can be carried out at all.

`facets.py` (embedded) and `elastic_facets.py` count what comes from here; the units of edges and the words of a bucket are
decided here once, so that both engines say the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise

from patrol.errors import UsageError
from patrol.search.fields import DATES, FIELDS, NUMBERS, Kind
from patrol.search.index import PRICE_EDGES, Tally
from patrol.search.rows import Layout

INTERVALS = ("day", "week", "month")
_MOST_EDGES = 100


class Sort(StrEnum):
    """How a tally is carried out."""

    TOTAL = "total"
    WORDS = "words"
    DATES = "dates"
    NUMBERS = "numbers"


def of_facets(names: Sequence[str], interval: str) -> list[Tally]:
    """The facets of a query; prices by PRICE_EDGES. UsageError for an interval that is none."""
    if interval not in INTERVALS:
        raise UsageError(f"there is no interval {interval!r}", remedy="It is one of " + ", ".join(INTERVALS))
    return [Tally(by=name, interval=interval, edges=PRICE_EDGES if name == "price_eur" else ()) for name in names]


def sort_of(tally: Tally, layout: Layout) -> Sort:
    """UsageError where the field or interval is not known on this shelf, or the edges are none."""
    name = tally.by
    if name is None:
        return Sort.TOTAL
    if name in layout.sets or (name in layout.words and name != "seller"):
        return Sort.WORDS
    if name in DATES and name in layout.numbers:
        if tally.interval not in INTERVALS:
            raise UsageError(f"there is no interval {tally.interval!r}", remedy="It is one of " + ", ".join(INTERVALS))
        return Sort.DATES
    if name in NUMBERS and name in layout.numbers:
        if not 1 <= len(tally.edges) <= _MOST_EDGES or any(low >= high for low, high in pairwise(tally.edges)):
            raise UsageError(f"{name!r} needs 1 to {_MOST_EDGES} ascending edges to be counted by")
        return Sort.NUMBERS
    raise UsageError(f"{name!r} cannot be counted here")


def inner_edges(tally: Tally) -> list[int]:
    """The edges in the index's own unit."""
    cents = 100 if tally.by is not None and FIELDS[tally.by].kind is Kind.EURO else 1
    return [edge * cents for edge in tally.edges]
