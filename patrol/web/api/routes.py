"""The API's calls: queue, listing, decide, undo, leads, search, saved searches and what they newly found, seen before, runs,
health, and their OpenAPI description.

They are the pages' own doings as JSON: what is masked on a page is masked here, what a viewer may not see isn't here
either. Everything needs the session of a signed-in person.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from patrol.errors import StoreError
from patrol.ledger.viewer import Role
from patrol.reports import lead_json
from patrol.search.index import Order
from patrol.web.acting import ACTS, act, take_back
from patrol.web.api import shapes
from patrol.web.asking import Known, seen_before
from patrol.web.auth import Officer, Reader, Worker
from patrol.web.board import board
from patrol.web.desk import Desk, DeskOf
from patrol.web.finding import asked, find
from patrol.web.item import item_view
from patrol.web.saved import CHANGES, change, news_views, save
from patrol.web.showing import Place, unsealed
from patrol.web.stale import stale

router = APIRouter(tags=["desk"], responses={code: {"model": shapes.ErrorBody} for code in (400, 401, 403, 404, 409, 422)})
Json = dict[str, Any]


@router.get("/openapi.json", include_in_schema=False)
def openapi(request: Request, _signed: Officer) -> Json:
    description: Json = request.app.openapi()
    return description


@router.get("/health")
def health(desk: DeskOf, _signed: Officer) -> Json:
    """Whether ledger and index answer, and how far the index lags behind."""
    backlog, alerts = desk.ledger.outbox.backlog(), desk.ledger.alerts.lag()
    held, away = _index(desk)
    told = stale(desk, datetime.now(UTC))
    return {
        "ok": not backlog.dead and away is None,
        "listings": desk.ledger.listings.count(),
        "index": held,
        "backlog": {"count": backlog.count, "oldest": shapes.when(backlog.oldest), "dead": backlog.dead},
        "alerts": {"count": alerts.count, "oldest": shapes.when(alerts.oldest)},
        "says": told.says if told else None,
    }


def _index(desk: Desk) -> tuple[Json, str | None]:
    try:
        status = desk.index.status()
    except StoreError as error:
        return {"away": str(error)}, str(error)
    return {"engine": status.engine, "generation": status.generation, "listings": status.listings}, None


@router.get("/index/refused")
def refused(desk: DeskOf, signed: Worker) -> Json:  # noqa: ARG001 - the sign-in counts
    """Listings that the index refused, with its reason; `dead` ones are not tried again by themselves."""
    return {"refused": [shapes.letter_json(letter) for letter in desk.ledger.outbox.refused()]}


@router.post("/index/retry")
def retry(desk: DeskOf, signed: Worker, wanted: shapes.RetryBody) -> Json:  # noqa: ARG001 - the sign-in counts
    """Gives one listing that the index refused, or all, another chance at once."""
    return {"retried": desk.ledger.outbox.revive(wanted.key)}


@router.get("/queue")
def queue(desk: DeskOf, signed: Reader, skip: Annotated[int, Query(ge=0, le=2000)] = 0, blind: bool = False) -> Json:
    """The head of the queue by cluster; `shown` of a listing goes back with the decision."""
    return shapes.board_json(board(desk, signed, blind=blind, skip=skip), stale(desk, datetime.now(UTC)))


@router.get("/listings/{key}")
def listing(desk: DeskOf, signed: Reader, key: str, shown: str | None = None, blind: bool = False) -> Json:
    """One listing with its assessment; `shown`, where it is given, is the token of the queue's row."""
    place = unsealed(desk, shown) if shown else Place(key=key)
    return shapes.item_json(item_view(desk, signed, place, blind=blind))


@router.post("/decide", description=f"Acts on one listing or a selection, all or none. Acts: {ACTS}.")
def decide(desk: DeskOf, signed: Reader, asked_for: shapes.DecideBody) -> Json:
    places = [unsealed(desk, token) for token in asked_for.shown]
    seconds = "" if asked_for.seconds is None else str(asked_for.seconds)
    done = act(
        desk,
        signed,
        places,
        asked_for.act,
        note=asked_for.note,
        seconds=seconds,
        examined=asked_for.examined,
        title=asked_for.title,
    )
    return {"keys": done.keys, "did": done.what, "lead": done.lead}


@router.post("/undo")
def undo(desk: DeskOf, signed: Reader, asked_for: shapes.UndoBody) -> Json:
    """Takes back a decision, or the last one of the person signed in."""
    done = take_back(desk, signed, asked_for.decision)
    return {"keys": done.keys, "undone": done.what}


@router.get("/leads")
def leads(desk: DeskOf, signed: Reader, status: str | None = None, before: str | None = None) -> Json:
    rows = desk.ledger.leads.list(signed.viewer, status=status, before=before)
    return {"leads": [shapes.lead_row_json(row) for row in rows], "next": rows[-1].id if len(rows) == 100 else None}


@router.get("/leads/{number}")
def lead(desk: DeskOf, signed: Reader, number: str) -> Json:
    """One lead in the shape of its JSON export, seals checked now; a view of seller data, logged as one."""
    return lead_json(desk.ledger, signed.viewer, number, desk.archive)


@router.get("/search")
def search(
    desk: DeskOf,
    signed: Worker,
    q: str = "",
    f: Annotated[list[str] | None, Query(description="filters as field:value")] = None,
    order: Order = Order.RELEVANCE,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Json:
    found = find(desk, signed, asked(q, f or (), order.value), after=after, limit=limit)
    return shapes.page_json(desk, found, datetime.now(UTC))


@router.get("/searches")
def searches(desk: DeskOf, signed: Worker) -> Json:
    """The saved searches of the person signed in."""
    return {"searches": [shapes.saved_json(search) for search in desk.ledger.searches.list(signed.viewer)]}


@router.post("/searches")
def save_search(desk: DeskOf, signed: Worker, given: shapes.SaveBody) -> Json:
    """Keeps a search under a name; with `alerts` its new matches go to the person's list from now on."""
    search = save(desk, signed, given.name, asked(given.q, given.f, given.order.value), alerts=given.alerts)
    return shapes.saved_json(desk.ledger.searches.get(signed.viewer, search.id))


@router.post("/searches/{search_id}", description=f"One change of one's own saved search: {CHANGES}.")
def change_search(desk: DeskOf, signed: Worker, search_id: str, given: shapes.ChangeBody) -> Json:
    change(desk, signed, search_id, given.what, given.name)
    return {"searches": [shapes.saved_json(search) for search in desk.ledger.searches.list(signed.viewer)]}


@router.get("/new")
def new(
    desk: DeskOf,
    signed: Worker,
    unseen: bool = False,
    before: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Json:
    """What the saved searches of the person signed in newly found, latest first."""
    found = desk.ledger.alerts.news(signed.viewer, unseen=unseen, before=before, limit=limit)
    return {
        "unseen": desk.ledger.alerts.unseen(signed.viewer),
        "new": [shapes.news_json(view) for view in news_views(desk, found)],
        "next": found[-1].id if len(found) == limit else None,
    }


@router.post("/new/seen")
def seen_news(desk: DeskOf, signed: Worker, given: shapes.SeenNewsBody) -> Json:
    """Marks alerts of the person signed in as seen."""
    return {"marked": desk.ledger.alerts.mark_seen(signed.viewer, given.ids)}


@router.post("/seen-before")
def seen(desk: DeskOf, signed: Worker, known: shapes.SeenBody) -> Json:
    """Listings held that any of these points to, strongest match first. Asking by seller is logged."""
    if known.seller:
        desk.ledger.audit.write(None, signed.viewer, "search_seller", "seller", "by name")
    answer = seen_before(desk, Known(url=known.url, listing_id=known.listing_id, seller=known.seller))
    return {"seen": [shapes.seen_json(row) for row in answer.seen], "warnings": list(answer.warnings)}


@router.get("/runs")
def runs(desk: DeskOf, signed: Worker, limit: Annotated[int, Query(ge=1, le=200)] = 25) -> Json:  # noqa: ARG001 - the sign-in counts
    """The latest runs with what came back by outcome; blocked is blocked, never "nothing found"."""
    return {"runs": [shapes.run_json(row) for row in desk.ledger.runs.recent(limit)]}


@router.get("/me")
def me(signed: Officer) -> Json:
    person = signed.person
    return {"id": person.id, "name": person.name, "agency": person.agency, "role": Role(person.role).value}
