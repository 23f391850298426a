"""Search over all listings held: our query grammar, facets to tick, several orders, and pages that skip nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from patrol.errors import UsageError
from patrol.reports import words
from patrol.search import index
from patrol.search.fields import FIELDS
from patrol.search.index import Order, Page
from patrol.web.auth import Worker
from patrol.web.desk import DeskOf
from patrol.web.finding import FACETS, Asked, asked, find
from patrol.web.hits import hit_views
from patrol.web.render import asked_by_htmx, page
from patrol.web.saved import saved_views

router = APIRouter()
MOST_CHOICES = 10
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
        saved=saved_views(desk, signed, wanted),
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
