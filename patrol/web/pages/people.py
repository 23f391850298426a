"""People: who has an account at this desk, for those who answer for it. Reading only; `patrol user add` makes accounts."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from patrol.errors import RefusedError
from patrol.ledger.viewer import Role
from patrol.web.auth import Officer
from patrol.web.desk import DeskOf
from patrol.web.render import page

router = APIRouter()


@router.get("/people")
def people(request: Request, desk: DeskOf, signed: Officer) -> Response:
    if signed.person.role not in (Role.ADMIN, Role.SUPERVISOR):
        raise RefusedError("the list of accounts is for supervisors and administrators")
    rows = desk.ledger.people.list(None if signed.person.role is Role.ADMIN else signed.viewer)
    return page(request, "people.html", signed, rows=rows)
