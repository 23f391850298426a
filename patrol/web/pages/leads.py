"""Leads: the list, one lead with its listings, notes and events, and the files in which it leaves the desk."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from patrol.errors import RefusedError, UsageError
from patrol.ledger.desk_tables import LEAD_STATES, MARKS
from patrol.ledger.leads import STEPS
from patrol.reports import export_lead
from patrol.reports.casefile import CaseFile, gather
from patrol.web.auth import Reader, SignedIn, Worker
from patrol.web.desk import Desk, DeskOf
from patrol.web.faults import NotHereError
from patrol.web.pages.pictures import smaller
from patrol.web.render import page

router = APIRouter()
LIMIT = 50
SCREEN = 1600  # pixels of a screenshot's longer side on the page
FORMAT_NAMES = {
    "dossier": "PDF dossier",
    "xlsx": "Workbook (XLSX)",
    "csv": "Table (CSV)",
    "json": "JSON",
    "objectid": "Object ID sheet (CSV)",
}


@router.get("/leads")
def leads(
    request: Request,
    desk: DeskOf,
    signed: Reader,
    status: Annotated[str | None, Query()] = None,
    mine: Annotated[bool, Query()] = False,
    before: Annotated[str | None, Query()] = None,
) -> Response:
    wanted = status if status in LEAD_STATES else None
    owner = signed.person.id if mine else None
    rows = desk.ledger.leads.list(signed.viewer, status=wanted, owner_id=owner, before=before, limit=LIMIT)
    more = rows[-1].id if len(rows) == LIMIT else None
    return page(request, "leads.html", signed, rows=rows, status=wanted, mine=mine, more=more)


@router.get("/leads/{number}")
def lead(request: Request, desk: DeskOf, signed: Reader, number: str) -> Response:
    """The lead with the sellers' names, which is a view of seller data and logged as one."""
    case = _case(desk, signed, number)
    keys = sorted({entry.stored.seller_key for entry in case.entries if entry.stored and entry.stored.seller_key})
    desk.ledger.audit.write(None, signed.viewer, "view", "lead", case.lead.number, detail={"sellers": len(keys)})
    agencies = sorted({person.agency for person in desk.ledger.people.list()} - {case.lead.row.agency})
    return page(
        request,
        "lead.html",
        signed,
        case=case,
        lead=case.lead,
        row=case.lead.row,
        own=case.lead.row.agency_id == signed.person.agency_id and signed.viewer.works,
        works=signed.viewer.works,
        marks=MARKS,
        steps=STEPS.get(case.lead.row.status, ()),
        agencies=[name for name in agencies if name not in case.lead.shared_with],
        formats=list(FORMAT_NAMES.items()),
    )


def _case(desk: Desk, signed: SignedIn, number: str) -> CaseFile:
    try:
        return gather(number, signed.viewer, desk.ledger, desk.archive)
    except RefusedError as error:
        raise NotHereError(error.what, remedy=error.remedy) from error


@router.get("/leads/{number}/look/{key}.{kind}")
def look(desk: DeskOf, signed: Reader, number: str, key: str, kind: str) -> Response:
    """How a listing's page looked: its sealed screenshot (a rendition), or its sealed PDF as an attachment."""
    entry = next((entry for entry in _case(desk, signed, number).entries if entry.member.listing_key == key), None)
    found = (entry.photographs.screenshot if kind == "png" else entry.photographs.pdf) if entry else None
    if found is None:
        raise NotHereError("no photograph of this page is held")
    body = desk.archive.read(found)
    if kind == "png":
        return Response(smaller(body, SCREEN), media_type="image/webp")
    return Response(
        body, media_type="application/pdf", headers={"Content-Disposition": f"attachment; filename={number}-page.pdf"}
    )


@router.post("/leads/{number}/photograph")
def photograph(desk: DeskOf, signed: Worker, number: str) -> Response:
    """Takes the photographs that are missing, now."""
    desk.darkroom.develop(signed.viewer, number).result()
    return _back(number)


@router.post("/leads/{number}/note")
def note(
    desk: DeskOf, signed: Worker, number: str, text: Annotated[str, Form()], kind: Annotated[str, Form()] = "assessment"
) -> Response:
    desk.ledger.leads.note(signed.viewer, number, text, kind == "fact")
    return _back(number)


@router.post("/leads/{number}/change")
def change(
    desk: DeskOf,
    signed: Worker,
    number: str,
    what: Annotated[str, Form()],
    value: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    """One step of the lead: its title, mark, status, whom it is shared with, or a listing that is taken out."""
    book, viewer = desk.ledger.leads, signed.viewer
    if what == "title":
        book.retitle(viewer, number, value)
    elif what == "mark":
        book.set_mark(viewer, number, value)
    elif what == "status":
        book.advance(viewer, number, value, reason or None)
    elif what == "share":
        book.share(viewer, number, value)
    elif what == "unshare":
        book.unshare(viewer, number, value)
    elif what == "detach":
        book.detach(viewer, number, value, reason)
    else:
        raise UsageError(f"a lead has no {what!r} to change")
    return _back(number)


@router.post("/leads/{number}/export")
def export(
    desk: DeskOf, signed: Reader, number: str, form: Annotated[str, Form()], reason: Annotated[str, Form()] = ""
) -> Response:
    """The file, as an attachment; written into the audit trail before it is handed over."""
    said = reason.strip() or None
    done = export_lead(desk.ledger, desk.archive, signed.viewer, number, form, reason=said, environ=desk.environ)
    name = quote(done.file_name)
    return Response(
        done.body, media_type=done.media_type, headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    )


def _back(number: str) -> Response:
    return RedirectResponse(f"/leads/{quote(number)}", status_code=303)
