"""One reading of one shelf, as every engine is asked it, and the cursor that says where its last page ended.

`embedded.py` and `elastic.py` make a Question of a Query or QueueQuery and a viewer; a cursor belongs to its question alone.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from patrol.errors import UsageError
from patrol.search.documents import LONGEST_KEY, Shelf
from patrol.search.index import LARGEST_PAGE, Order, Query, QueueOrder, QueueQuery, Viewer
from patrol.search.query import filtered, parse
from patrol.search.queue import queue_tree
from patrol.search.rows import milliseconds
from patrol.search.syntax import Node


@dataclass(frozen=True, slots=True)
class Question:
    """The same for listings and clusters. UsageError where the page is too long, QueryError for a fault in the text."""

    shelf: Shelf
    tree: Node
    agency: str | None
    order: Order | QueueOrder
    limit: int
    after: str | None
    now: datetime | None
    hours: float
    facets: Sequence[str]
    interval: str = "day"
    without: Sequence[str] = ()
    within: Sequence[str] | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= LARGEST_PAGE:
            raise UsageError(f"a page holds 1 to {LARGEST_PAGE} rows, not {self.limit}")

    @classmethod
    def of_listings(cls, query: Query, viewer: Viewer) -> Question:
        return cls(
            Shelf.LISTINGS,
            filtered(parse(query.text), query.where),
            viewer.agency_id,
            query.order,
            query.limit,
            query.after,
            query.now,
            query.urgent_hours,
            query.facets,
            query.interval,
            within=query.within,
        )

    @classmethod
    def of_tally(cls, where: Mapping[str, Sequence[str]], viewer: Viewer) -> Question:
        """Which listings a tally is over; it has no page."""
        return cls.of_listings(Query(where=where, order=Order.VALUE, limit=1), viewer)

    @classmethod
    def of_clusters(cls, query: QueueQuery, viewer: Viewer) -> Question:
        return cls(
            Shelf.CLUSTERS,
            queue_tree(query),
            viewer.agency_id,
            query.order,
            query.limit,
            query.after,
            query.now,
            query.urgent_hours,
            query.facets,
            without=query.without,
        )

    @property
    def mark(self) -> str:
        """What a cursor knows the question by."""
        among = () if self.within is None else (tuple(self.within),)
        return digest(self.shelf.value, self.tree, self.order.value, self.hours, *among)

    def moment(self) -> int:
        """The time it is asked for, where no cursor says it; milliseconds."""
        return milliseconds(self.now or datetime.now(UTC))


# ---------------------------------------------------------------------------------------------------------------------
# cursors


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ended: the question's digest, its time, the last row's sort numbers and key."""

    question: str
    now: int
    values: tuple[int, ...]
    key: str

    def text(self) -> str:
        return base64.urlsafe_b64encode(orjson.dumps([self.question, self.now, self.values, self.key])).decode().rstrip("=")

    @classmethod
    def read(cls, text: str, question: str, length: int | None = None) -> Cursor:
        """The inverse of `text`. UsageError for one that is damaged or belongs to another question."""
        try:
            parts = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            found, now, values, key = parts
            cursor = cls(str(found), int(now), tuple(map(int, values)), str(key))
        except (ValueError, TypeError, binascii.Error) as error:
            raise UsageError("this page mark is damaged", remedy="Start again from the first page") from error
        if cursor.question != question or (length is not None and len(cursor.values) != length) or len(cursor.key) > LONGEST_KEY:
            raise UsageError("this page mark belongs to another question", remedy="Start again from the first page")
        return cursor


def digest(*parts: object) -> str:
    """What a cursor knows its question by."""
    return hashlib.blake2b(repr(parts).encode(errors="surrogatepass"), digest_size=6).hexdigest()
