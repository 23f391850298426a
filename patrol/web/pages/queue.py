"""The triage desk: the queue, the listing at hand, and what is decided of it by key, mouse or plain form.

Opening a listing claims its cluster. Every act answers with the next listing as a part of the page (htmx) or sends the
browser there (without JavaScript).
"""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from patrol.errors import RefusedError
from patrol.ledger.reasons import REASONS
from patrol.web.acting import Outcome, act, take_back
from patrol.web.auth import Reader, SignedIn, Worker
from patrol.web.board import BoardView, board
from patrol.web.desk import Desk, DeskOf
from patrol.web.item import ItemView, askable, item_view, open_leads
from patrol.web.last import LastView, last_of
from patrol.web.pages.session import inside
from patrol.web.render import asked_by_htmx, page, text
from patrol.web.showing import Place, unsealed

router = APIRouter()
BLIND_COOKIE = "patrol_blind"
NOTHING: dict[str, Any] = {"empty_title": "Nothing at hand", "empty_text": "Choose a listing from the queue, or search."}


def is_blind(request: Request) -> bool:
    return request.cookies.get(BLIND_COOKIE) == "1"


@router.get("/queue")
def queue(request: Request, desk: DeskOf, signed: Reader, at: Annotated[str | None, Query()] = None) -> Response:
    shown = board(desk, signed, blind=is_blind(request))
    row = shown.find(at) if at else shown.first()
    place = row.place if row else Place(key=at) if at else None
    return page(request, "queue.html", signed, page=shown, **_beside(request, desk, signed, place, shown))


@router.get("/queue/item/{key}")
def item(request: Request, desk: DeskOf, signed: Reader, key: str, shown: Annotated[str | None, Query()] = None) -> Response:
    """The listing and its decision form alone, for the two columns on the right."""
    place = unsealed(desk, shown) if shown else Place(key=key)
    return page(request, "_item.html", signed, **_beside(request, desk, signed, place, None))


@router.get("/queue/more")
def more(request: Request, desk: DeskOf, signed: Worker, have: Annotated[int, Query(ge=0, le=2000)]) -> Response:
    shown = board(desk, signed, blind=is_blind(request), skip=have)
    return page(request, "_groups.html", signed, page=shown, item=None)


@router.post("/decide")
def decide(
    request: Request,
    desk: DeskOf,
    signed: Reader,
    shown: Annotated[list[str], Form()],
    act_: Annotated[str, Form(alias="act")],
    note: Annotated[str, Form()] = "",
    seconds: Annotated[str, Form()] = "",
    seen: Annotated[str, Form()] = "",
    next_: Annotated[str, Form(alias="next")] = "",
    title: Annotated[str, Form()] = "",
) -> Response:
    places = [unsealed(desk, token) for token in shown]
    done = act(desk, signed, places, act_, note=note, seconds=seconds, examined=seen == "1", title=title)
    return _onward(request, desk, signed, unsealed(desk, next_) if next_ else None, done)


@router.post("/undo")
def undo(request: Request, desk: DeskOf, signed: Reader, decision: Annotated[str, Form()] = "") -> Response:
    """Takes the last act back, as a whole, and shows its listing again."""
    done = take_back(desk, signed, decision or None)
    return _onward(request, desk, signed, done.reopened, done)


@router.post("/tune")
def tune(
    desk: DeskOf,
    signed: Worker,
    shown: Annotated[list[str], Form()],
    act_: Annotated[str, Form(alias="act")],
    note: Annotated[str, Form()] = "",
) -> Response:
    """“This rule needs tuning”: a note on the listing that the rule lab reads; decides nothing."""
    rule = act_.partition(":")[2]
    text_ = f"Rule {rule} needs tuning" + (f": {note.strip()}" if note.strip() else "")
    desk.ledger.notes.add(signed.viewer, unsealed(desk, shown[0]).key, text_, fact=False)
    return Response(status_code=204, headers={"HX-Trigger": json.dumps({"patrol:say": {"text": f"Noted: {rule} needs tuning"}})})


@router.post("/queue/keep")
def keep(desk: DeskOf, signed: Worker, shown: Annotated[str, Form()]) -> Response:
    """Renews the claim on the cluster at hand, while its officer is at work."""
    cluster_id = unsealed(desk, shown).cluster_id
    if cluster_id:
        desk.ledger.claims.claim(signed.viewer, cluster_id, minutes=desk.config.settings.desk.claim_minutes)
    return Response(status_code=204)


@router.post("/blind")
def blind(signed: Reader, on: Annotated[str, Form()], back: Annotated[str, Form()] = "/queue") -> Response:  # noqa: ARG001 - the sign-in is what counts
    response = RedirectResponse(inside(back), status_code=303)
    response.set_cookie(BLIND_COOKIE, "1" if on == "1" else "0", httponly=True, samesite="strict", path="/")
    return response


def _onward(request: Request, desk: Desk, signed: SignedIn, place: Place | None, done: Outcome) -> Response:
    if not asked_by_htmx(request):
        return RedirectResponse(f"/queue?at={place.key}" if place else "/queue", status_code=303)
    if place is None:
        row = board(desk, signed, blind=is_blind(request)).first()
        place = row.place if row else None
    found = _beside(request, desk, signed, place, None, done)
    body = text(request, "_item.html", signed, **found) + text(request, "_last.html", signed, **found)
    name = "patrol:undone" if done.undone else "patrol:decided"
    return HTMLResponse(body, headers={"HX-Trigger": json.dumps({name: {"keys": done.keys, "verdict": done.word}})})


def _beside(
    request: Request, desk: Desk, signed: SignedIn, place: Place | None, shown: BoardView | None, done: Outcome | None = None
) -> dict[str, Any]:
    """What the two columns on the right and the foot line print."""
    item: ItemView | None = None
    if place is not None:
        item = item_view(desk, signed, place, blind=is_blind(request), held=claimed(desk, signed, place))
    last: LastView = last_of(desk, signed, done, others=shown.others if shown else None)
    return {
        "item": item,
        "last": last,
        "works": signed.viewer.works,
        "reasons": REASONS,
        "askable": askable(desk, signed),
        "open_leads": open_leads(desk, signed),
        "blind": is_blind(request),
        **NOTHING,
    }


def claimed(desk: Desk, signed: SignedIn, place: Place) -> str | None:
    """Claims the cluster for the viewer; in words who holds it, where another does."""
    if not signed.viewer.works:
        return None
    cluster_id = place.cluster_id
    if cluster_id is None:
        stored = desk.ledger.listings.current(place.key)
        cluster_id = stored.cluster_id if stored else None
    if cluster_id is None:
        return None
    try:
        desk.ledger.claims.claim(signed.viewer, cluster_id, minutes=desk.config.settings.desk.claim_minutes)
    except RefusedError as error:
        return str(error)
    return None
