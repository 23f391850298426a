"""The audit trail, for the data-protection auditor alone: who looked at what, exported what, and why."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from patrol.web.auth import Officer
from patrol.web.desk import DeskOf
from patrol.web.render import page

router = APIRouter()
LIMIT = 100


@router.get("/audit")
def audit(
    request: Request,
    desk: DeskOf,
    signed: Officer,
    action: Annotated[str | None, Query()] = None,
    object_id: Annotated[str | None, Query(alias="object")] = None,
    before: Annotated[str | None, Query()] = None,
) -> Response:
    trail = desk.ledger.audit
    rows = trail.list(signed.viewer, action=action or None, object_id=object_id or None, before=before, limit=LIMIT)
    more = rows[-1].id if len(rows) == LIMIT else None
    return page(request, "audit.html", signed, rows=rows, action=action, object_id=object_id, more=more)
