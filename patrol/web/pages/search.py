"""Search over all listings held: our query grammar, facets to tick, several orders, and pages that skip nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from patrol.errors import UsageError
from patrol.reports import words
from patrol.search import index
from patrol.search.fields import FIELDS
from patrol.search.index import Order, Page
from patrol.web.auth import SignedIn, Worker
from patrol.web.board import behind
from patrol.web.desk import Desk, DeskOf
from patrol.web.hits import hit_views
from patrol.web.render import asked_by_htmx, page

router = APIRouter()
LIMIT = 25
MOST_CHOICES = 10
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
ORDERS = {
    Order.RELEVANCE: "best match",
    Order.VALUE: "score",
    Order.URGENCY: "urgency",
    Order.NEWEST: "newest",
    Order.ENDS: "ends soonest",
    Order.PRICE_DOWN: "price, high first",
    Order.PRICE_UP: "price, low first",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a facet: where ticking or unticking it leads."""

    label: str
    count: int
    href: str
    ticked: bool


@dataclass(frozen=True, slots=True)
class Facet:
    label: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as its address says it."""

    text: str
    where: Mapping[str, tuple[str, ...]]
    order: Order

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


@router.get("/search")
def search(
    request: Request,
    desk: DeskOf,
    signed: Worker,
    q: Annotated[str, Query()] = "",
    f: Annotated[list[str] | None, Query()] = None,
    order: Annotated[str, Query()] = Order.RELEVANCE.value,
    after: Annotated[str | None, Query()] = None,
) -> Response:
    now = datetime.now(UTC)
    fault = None
    wanted = asked(q, f or (), order)
    try:
        found = find(desk, signed, wanted, after=after, facets=after is None)
    except UsageError as error:
        found, fault = Page(hits=(), total=0), error
    shown: dict[str, Any] = {
        "hits": hit_views(desk, found.hits, now),
        "next": wanted.href(after=found.next) if found.next else None,
    }
    if after is not None and asked_by_htmx(request):
        return page(request, "_hits.html", signed, **shown)
    return page(
        request,
        "search.html",
        signed,
        http=400 if fault else 200,
        q=q,
        total=found.total,
        fault=fault,
        facets=_facets(found, wanted),
        wanted=wanted,
        ticked=[
            Choice(f"{words.plain(name)}: {words.value(name, value)}", 0, wanted.toggled(name, value), True)
            for name, values in wanted.where.items()
            for value in values
        ],
        orders=ORDERS,
        notice=behind(desk, now),
        fields=FIELDS.values(),
        **shown,
    )


def _facets(found: Page[index.Hit], wanted: Asked) -> list[Facet]:
    facets = [Facet(label, _choices(name, found.facets.get(name, ()), wanted)) for name, label in FACETS.items()]
    return [facet for facet in facets if facet.choices]


def _choices(name: str, counts: Sequence[index.Count], wanted: Asked) -> tuple[Choice, ...]:
    held = wanted.where.get(name, ())
    named = [count for count in counts if count.value][:MOST_CHOICES]
    return tuple(
        Choice(words.value(name, count.value), count.count, wanted.toggled(name, count.value), count.value in held)
        for count in named
    )
