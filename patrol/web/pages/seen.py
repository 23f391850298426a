"""“Seen before?” as a page: by address, item id, seller, picture or saved page, over everything that is held."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, Request, Response, UploadFile

from patrol.pipelines.bring import BroughtFile
from patrol.web.asking import Known, seen_before
from patrol.web.auth import Worker
from patrol.web.desk import DeskOf
from patrol.web.render import asked_by_htmx, page

router = APIRouter()


def brought(files: list[UploadFile] | None) -> tuple[BroughtFile, ...]:
    """The uploaded files; a browser sends an empty one where none was chosen."""
    found = (BroughtFile(name=file.filename or "file", body=file.file.read()) for file in files or ())
    return tuple(file for file in found if file.body)


@router.get("/seen")
def ask(request: Request, signed: Worker) -> Response:
    return page(request, "seen.html", signed, known=Known(), answer=None)


@router.post("/seen")
def answer(
    request: Request,
    desk: DeskOf,
    signed: Worker,
    url: Annotated[str, Form()] = "",
    listing_id: Annotated[str, Form()] = "",
    seller: Annotated[str, Form()] = "",
    files: Annotated[list[UploadFile] | None, File()] = None,
) -> Response:
    known = Known(url=url, listing_id=listing_id, seller=seller, files=brought(files))
    if seller.strip():
        desk.ledger.audit.write(None, signed.viewer, "search_seller", "seller", "by name")
    found = seen_before(desk, known) if known.anything else None
    template = "_seen.html" if asked_by_htmx(request) else "seen.html"
    return page(request, template, signed, known=known, answer=found)
