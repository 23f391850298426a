"""How the embedded engine sorts rows and cuts pages: by whole numbers, then by key, from where the last page ended.

`embedded.py` hands over the rows that were found; each order is a list of number columns, smallest first. A cursor
(question.py) holds the last row's numbers and key and the time that urgency was worked out against, so a page goes on where
the last one ended whatever was written in between.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patrol.search.columns import Columns
from patrol.search.documents import LONGEST_KEY
from patrol.search.index import Order, QueueOrder
from patrol.search.question import Cursor
from patrol.search.rows import NULL

Numbers = NDArray[np.int64]
_LAST = np.int64(2**62)  # where a missing value is sorted
_HOUR = 3_600_000


@dataclass(frozen=True, slots=True)
class Moment:
    """The time a question is asked for, and how soon an end is urgent; milliseconds."""

    now: int
    hours: float

    def urgent(self, columns: Columns, rows: Numbers) -> NDArray[np.bool_]:
        """Ends within the hours (and is not over), picture known from elsewhere, or changed since decided."""
        ends = columns.value("ends_at")[rows]
        soon = (ends >= self.now) & (ends <= self.now + round(self.hours * _HOUR))
        if "over" in columns.layout.numbers:
            soon &= columns.value("over")[rows] == 0
        return np.asarray(soon | (columns.value("picture_match")[rows] == 1) | (columns.value("changed")[rows] == 1))


def sort_columns(
    order: Order | QueueOrder, columns: Columns, rows: Numbers, moment: Moment, rank: Numbers | None = None
) -> list[Numbers]:
    """The numbers to sort these rows by, most significant first, smallest first. `rank` is that of relevance."""

    def falling(name: str) -> Numbers:
        values = columns.value(name)[rows]
        return np.where(values == NULL, _LAST, -values)

    if order in (Order.URGENCY, QueueOrder.UNCERTAIN) or order is QueueOrder.VALUE:
        second = "uncertainty" if order is QueueOrder.UNCERTAIN else "sum"
        return [np.where(moment.urgent(columns, rows), 0, 1).astype(np.int64), falling(second)]
    if order is Order.RELEVANCE and rank is not None:
        return [-rank[rows], falling("sum")]
    if order in (Order.NEWEST, QueueOrder.NEWEST):
        return [falling("first_seen")]
    if order in (Order.ENDS, QueueOrder.ENDS):
        return _ends(columns.value("ends_at")[rows], moment.now)
    if order is Order.PRICE_UP:
        values = columns.value("price_eur")[rows]
        return [np.where(values == NULL, _LAST, values)]
    return [falling({Order.PRICE_DOWN: "price_eur", QueueOrder.DRAW: "draw"}.get(order, "sum"))]


def _ends(ends: Numbers, now: int) -> list[Numbers]:
    """Those to come, soonest first; those without an end; those past, latest first."""
    null, past = ends == NULL, (ends != NULL) & (ends < now)
    return [np.where(null, 1, np.where(past, 2, 0)).astype(np.int64), np.where(null, 0, np.where(past, -ends, ends))]


# ---------------------------------------------------------------------------------------------------------------------
# cutting the page


def page(columns: Columns, rows: Numbers, by: list[Numbers], after: Cursor | None, limit: int) -> NDArray[np.intp]:
    """The places (within `rows`) of the next `limit` rows in order, found without sorting the rest."""
    left = np.arange(len(rows))
    if after is not None:
        left = left[_behind(columns, rows, by, after)]
    chosen = _smallest(columns, rows, by, left, limit)
    keys = [column.view[rows[chosen]] for column in columns.keys]
    return chosen[np.lexsort([*reversed(keys), *(column[chosen] for column in reversed(by))])]


def _behind(columns: Columns, rows: Numbers, by: list[Numbers], after: Cursor) -> NDArray[np.bool_]:
    words = np.frombuffer(after.key.encode().ljust(LONGEST_KEY, b"\0"), ">u8").astype(np.uint64)
    behind = np.zeros(len(rows), np.bool_)
    level = np.ones(len(rows), np.bool_)
    for values, last in zip(by, after.values, strict=True):
        behind |= level & (values > last)
        level &= values == last
    tied = np.flatnonzero(level)
    for column, word in zip(columns.keys, words, strict=True):
        values = column.view[rows[tied]]
        behind[tied[values > word]] = True
        tied = tied[values == word]
    return behind


def _smallest(columns: Columns, rows: Numbers, by: list[Numbers], left: NDArray[np.intp], limit: int) -> NDArray[np.intp]:
    """Narrows down column by column: what is surely in, and what is tied at the edge and goes to the next column."""
    sure: list[NDArray[np.intp]] = []
    wanted = limit
    for depth in range(len(by) + len(columns.keys)):
        if len(left) <= wanted:
            break
        values = by[depth][left] if depth < len(by) else columns.keys[depth - len(by)].view[rows[left]]
        edge = np.partition(values, wanted - 1)[wanted - 1]
        below = left[values < edge]
        sure.append(below)
        wanted -= len(below)
        left = left[values == edge]
    return np.concatenate([*sure, left[:wanted]])
