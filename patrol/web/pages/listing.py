"""One listing on a page of its own, its versions, notes on it, and all offers of one seller.

A seller's page shows a pseudonym; the name is revealed for a reason that goes into the audit trail.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from patrol.ledger.reasons import REASONS
from patrol.records import Seller
from patrol.search import index
from patrol.search.index import Order
from patrol.web.auth import Reader, SignedIn, Worker
from patrol.web.desk import Desk, DeskOf
from patrol.web.faults import NotHereError
from patrol.web.hits import hit_views
from patrol.web.item import askable, item_view, open_leads
from patrol.web.last import last_of
from patrol.web.pages.queue import NOTHING, claimed, is_blind
from patrol.web.render import page
from patrol.web.showing import Place

router = APIRouter()
MOST = 100


@router.get("/listing/{key}")
def listing(request: Request, desk: DeskOf, signed: Reader, key: str, version: Annotated[str | None, Query()] = None) -> Response:
    place = Place(key=key, version_id=version)
    item = item_view(desk, signed, place, blind=is_blind(request), held=claimed(desk, signed, place))
    return page(
        request,
        "listing.html",
        signed,
        item=item,
        notes=desk.ledger.notes.of(key, signed.viewer),
        last=last_of(desk, signed, None, others=None),
        works=signed.viewer.works,
        reasons=REASONS,
        askable=askable(desk, signed),
        open_leads=open_leads(desk, signed),
        **NOTHING,
    )


@router.post("/listing/{key}/note")
def note(
    desk: DeskOf, signed: Worker, key: str, text: Annotated[str, Form()], kind: Annotated[str, Form()] = "assessment"
) -> Response:
    desk.ledger.notes.add(signed.viewer, key, text, fact=kind == "fact", mark=desk.config.settings.mark)
    return RedirectResponse(f"/listing/{key}", status_code=303)


@router.get("/seller/{key}")
def seller(request: Request, desk: DeskOf, signed: Worker, key: str) -> Response:
    desk.ledger.audit.write(None, signed.viewer, "view_seller_listings", "seller", key)
    return _seller(request, desk, signed, key, None)


@router.post("/seller/{key}")
def reveal(request: Request, desk: DeskOf, signed: Worker, key: str, reason: Annotated[str, Form()]) -> Response:
    """Shows the name once, for a reason; without one nothing is shown."""
    if len(reason.strip()) < 3:
        return _seller(request, desk, signed, key, None, fault="Say why you need the name; the auditor reads it")
    found = _name(desk, signed, key)
    desk.ledger.audit.write(None, signed.viewer, "view_seller", "seller", key, reason=reason)
    return _seller(request, desk, signed, key, found)


def _seller(
    request: Request, desk: Desk, signed: SignedIn, key: str, named: Seller | None, *, fault: str | None = None
) -> Response:
    query = index.Query(where={"seller": (key,)}, order=Order.NEWEST, limit=MOST, facets=("band", "desk", "marketplace"))
    found = desk.index.search(query, signed.viewer)
    if not found.total:
        raise NotHereError("nothing of this seller is held")
    now = datetime.now(UTC)
    hits = hit_views(desk, found.hits, now)
    return page(
        request,
        "seller.html",
        signed,
        http=400 if fault else 200,
        key=key,
        hits=hits,
        total=found.total,
        facets=found.facets,
        named=named,
        fault=fault,
        next=None,
    )


def _name(desk: Desk, signed: SignedIn, key: str) -> Seller | None:
    found = desk.index.search(index.Query(where={"seller": (key,)}, limit=1), signed.viewer)
    stored = desk.ledger.listings.current(found.hits[0].document.key, with_seller=True) if found.hits else None
    return stored.listing.seller if stored and stored.seller_key == key else None
