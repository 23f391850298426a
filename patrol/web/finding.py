"""A search as an address of the desk says it, and how it is put to the index.

The search page and the API read addresses with `asked` and get a page of hits from `find`; saved searches are made of the
same parts, so that opening one is following its address.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from patrol.errors import UsageError
from patrol.search import index
from patrol.search.fields import FIELDS
from patrol.search.index import Order, Page
from patrol.search.query import filtered, parse
from patrol.web.auth import SignedIn
from patrol.web.desk import Desk

LIMIT = 25
FACETS = {
    "band": "Band",
    "desk": "Desk",
    "culture": "Culture",
    "type": "Type of object",
    "marketplace": "Marketplace",
    "status": "Listing",
    "grade": "Provenance claimed",
    "lang": "Language",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as its address says it."""

    text: str
    where: Mapping[str, tuple[str, ...]]
    order: Order

    @property
    def anything(self) -> bool:
        return bool(self.text.strip() or any(self.where.values()))

    def href(self, *, where: Mapping[str, Sequence[str]] | None = None, after: str | None = None) -> str:
        pairs = [("q", self.text)] if self.text else []
        pairs += [
            ("f", f"{name}:{value}") for name, values in (self.where if where is None else where).items() for value in values
        ]
        pairs += [("order", self.order.value)] if self.order is not Order.RELEVANCE else []
        pairs += [("after", after)] if after else []
        return "/search" + (f"?{urlencode(pairs)}" if pairs else "")

    def toggled(self, name: str, value: str) -> str:
        held = self.where.get(name, ())
        values = tuple(one for one in held if one != value) if value in held else (*held, value)
        return self.href(where={**self.where, name: values})

    def check(self) -> None:
        """QueryError (a UsageError) where its text or a filter cannot be understood."""
        filtered(parse(self.text), self.where)


def asked(text: str, ticked: Iterable[str], order: str) -> Asked:
    """Reads a search's address; UsageError where it names what does not exist."""
    where: dict[str, tuple[str, ...]] = {}
    for entry in ticked:
        name, _, value = entry.partition(":")
        if name not in FIELDS or not value:
            raise UsageError(f"no filter is called {entry!r}", remedy=f"Filters are {', '.join(FIELDS)}")
        where[name] = (*where.get(name, ()), value)
    if order not in list(Order):
        raise UsageError(f"no order is called {order!r}", remedy=f"Orders are {', '.join(Order)}")
    return Asked(text, where, Order(order))


def find(
    desk: Desk, signed: SignedIn, wanted: Asked, *, after: str | None, facets: bool = True, limit: int = LIMIT
) -> Page[index.Hit]:
    query = index.Query(
        text=wanted.text,
        where=wanted.where,
        order=wanted.order,
        limit=limit,
        after=after,
        facets=tuple(FACETS) if facets else (),
        urgent_hours=desk.config.settings.queue.urgent_hours,
    )
    return desk.index.search(query, signed.viewer)
