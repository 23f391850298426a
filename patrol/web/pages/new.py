"""“New for you”: what the viewer's saved searches newly found, to be opened or marked as seen, and the searches themselves."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from patrol.ledger.alerts import LIMIT
from patrol.web.auth import Worker
from patrol.web.desk import DeskOf
from patrol.web.finding import asked
from patrol.web.render import asked_by_htmx, page
from patrol.web.saved import change, news_views, save, saved_views, together

router = APIRouter()


@router.get("/new")
def new(
    request: Request,
    desk: DeskOf,
    signed: Worker,
    all_: Annotated[bool, Query(alias="all")] = False,
    before: Annotated[str | None, Query()] = None,
) -> Response:
    found = desk.ledger.alerts.news(signed.viewer, unseen=not all_, before=before)
    return page(
        request,
        "new.html",
        signed,
        found=together(news_views(desk, found)),
        until=found[0].id if found else None,
        everything=all_,
        more=found[-1].id if len(found) == LIMIT else None,
        saved=saved_views(desk, signed),
        waiting=desk.ledger.alerts.lag(),
    )


@router.post("/new/seen")
def seen(
    request: Request,
    desk: DeskOf,
    signed: Worker,
    alert: Annotated[list[str] | None, Form()] = None,
    until: Annotated[str | None, Form()] = None,
    back: Annotated[str, Form()] = "",
) -> Response:
    """Marks one alert, or all up to the one named `until`: those that the officer had on the page."""
    if alert:
        desk.ledger.alerts.mark_seen(signed.viewer, alert)
    elif until:
        desk.ledger.alerts.mark_seen(signed.viewer, until=until)
    if asked_by_htmx(request):
        return page(request, "_seen_news.html", signed, unseen=desk.ledger.alerts.unseen(signed.viewer))
    return RedirectResponse("/new?all=true" if back == "all" else "/new", status_code=303)


@router.post("/search/save")
def save_search(
    desk: DeskOf,
    signed: Worker,
    name: Annotated[str, Form()],
    q: Annotated[str, Form()] = "",
    f: Annotated[list[str] | None, Form()] = None,
    order: Annotated[str, Form()] = "relevance",
    alerts: Annotated[str, Form()] = "",
) -> Response:
    wanted = asked(q, f or (), order)
    save(desk, signed, name, wanted, alerts=alerts == "1")
    return RedirectResponse(wanted.href(), status_code=303)


@router.post("/new/searches/{search_id}")
def change_search(
    desk: DeskOf, signed: Worker, search_id: str, what: Annotated[str, Form()], name: Annotated[str, Form()] = ""
) -> Response:
    change(desk, signed, search_id, what, name)
    return RedirectResponse("/new#searches", status_code=303)
