"""Adding by hand: a saved page, a screenshot, pictures, pasted text or an address becomes a listing like any other.

The page answers “seen before?” first; then the thing is sealed with how it was obtained, scored, kept and queued.
"""

from __future__ import annotations

import asyncio
import os
import socket
from typing import Annotated

from fastapi import APIRouter, File, Form, Request, Response, UploadFile

from patrol.errors import UsageError
from patrol.pipelines.bring import BroughtFile, split
from patrol.pipelines.hand import Hand
from patrol.triage.indexing import drain
from patrol.web.auth import Worker
from patrol.web.desk import DeskOf
from patrol.web.pages.seen import brought
from patrol.web.render import page

router = APIRouter()


@router.get("/add")
def ask(request: Request, signed: Worker) -> Response:
    return page(request, "hand.html", signed, answers=None)


@router.post("/add")
def add(
    request: Request,
    desk: DeskOf,
    signed: Worker,
    note: Annotated[str, Form()],
    url: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
    files: Annotated[list[UploadFile] | None, File()] = None,
) -> Response:
    found = list(brought(files))
    if text.strip():
        found.append(BroughtFile(name="pasted.txt", body=text.strip().encode()))
    address = url.strip() or None
    if not found and address is None:
        raise UsageError("nothing was brought", remedy="Choose a file, paste a text or give an address")
    if not note.strip():
        raise UsageError("how it was obtained is part of the evidence", remedy="Say where and how you found it")
    hand = Hand(desk.ledger, desk.archive, desk.rulebook, desk.config, pid=os.getpid(), host=socket.gethostname())
    answers = asyncio.run(hand.bring_all(split(found, url=address, note=note.strip())))
    for answer in answers:
        kept = answer.item.listing_key if answer.item else None
        detail = {"outcome": answer.outcome.value, "seen_before": len(answer.seen)}
        desk.ledger.audit.write(None, signed.viewer, "add_by_hand", "listing", kept or "none", detail=detail)
    drain(desk.ledger, desk.index, bands=desk.config.settings.bands)
    return page(request, "hand.html", signed, answers=answers)
