"""How the desk answers when something is refused or breaks: a page for people, a line for htmx, one JSON shape for programs.

`create_app` registers it. A deliberate error keeps its words (what, where, remedy); anything else is told as "the desk has
a fault" and its trace goes to the log, never to the browser.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse
from starlette.exceptions import HTTPException

from patrol.errors import EvidenceError, PatrolError, ReadError, RefusedError, StoreError, UsageError
from patrol.web.auth import NotSignedInError, signed_in
from patrol.web.render import asked_by_htmx, page

_log = logging.getLogger(__name__)
STATUS: Mapping[type[PatrolError], tuple[int, str]] = {
    RefusedError: (409, "refused"),
    UsageError: (400, "bad_request"),
    ReadError: (422, "unreadable"),
    EvidenceError: (500, "evidence"),
    StoreError: (503, "store"),
}
TITLES = {
    400: "This cannot be done",
    403: "Not for this account",
    404: "Not here",
    409: "The desk refuses this",
    503: "A store is away",
}


class Json(JSONResponse):
    def render(self, content: Any) -> bytes:
        return orjson.dumps(content)


class NotHereError(RefusedError):
    """A page or listing that does not exist, or not for this viewer."""


def register(app: FastAPI) -> None:
    app.add_exception_handler(NotSignedInError, _not_signed_in)
    app.add_exception_handler(PatrolError, _told)
    app.add_exception_handler(HTTPException, _plain)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _fault)


async def _not_signed_in(request: Request, _error: Exception) -> Response:
    if request.url.path.startswith("/api/"):
        return _json(401, "not_signed_in", PatrolError("no session", remedy="Sign in at /sign-in"))
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    to = f"/sign-in?to={quote(back, safe='/')}" if request.method == "GET" and not asked_by_htmx(request) else "/sign-in"
    if asked_by_htmx(request):
        return PlainTextResponse("Sign in again", status_code=401, headers={"HX-Redirect": to})
    return RedirectResponse(to, status_code=303)


async def _told(request: Request, error: Exception) -> Response:
    if not isinstance(error, PatrolError):
        raise error
    status, code = next((entry for kind, entry in STATUS.items() if isinstance(error, kind)), (500, "fault"))
    if isinstance(error, NotHereError):
        status, code = 404, "not_found"
    if status >= 500:
        _log.error("%s %s: %s", request.method, request.url.path, error)
    return _answer(request, status, code, error)


async def _plain(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    what = {404: "there is no such page", 405: "this page does not take such a request"}.get(
        status, "the request was not understood"
    )
    return _answer(request, status, "not_found" if status == 404 else "bad_request", PatrolError(what))


async def _invalid(request: Request, error: Exception) -> Response:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    where = "; ".join(f"{'.'.join(map(str, entry['loc'][1:]))}: {entry['msg']}" for entry in found)
    return _answer(request, 422, "bad_request", UsageError("the request lacks something", where=where or None))


async def _fault(request: Request, error: Exception) -> Response:
    _log.exception("%s %s", request.method, request.url.path, exc_info=error)
    return _answer(request, 500, "fault", PatrolError("the desk has a fault", remedy="It is in the log; the ledger is unharmed"))


def _answer(request: Request, status: int, code: str, error: PatrolError) -> Response:
    if request.url.path.startswith("/api/"):
        return _json(status, code, error)
    if asked_by_htmx(request):
        return PlainTextResponse(str(error), status_code=status)
    try:
        signed = signed_in(request)
    except (NotSignedInError, PatrolError):
        signed = None
    title = TITLES.get(status, "Something went wrong")
    return page(request, "error.html", signed, http=status, title=title, fault=error)


def _json(status: int, code: str, error: PatrolError) -> Json:
    body = {"code": code, "message": error.what, "where": error.where, "remedy": error.remedy}
    return Json({"error": body}, status_code=status)
