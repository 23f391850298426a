"""Signing in and out, and the choice of colours."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from patrol.errors import RefusedError
from patrol.ledger.viewer import Role
from patrol.web import auth
from patrol.web.auth import COOKIE, Officer
from patrol.web.desk import DeskOf
from patrol.web.render import THEME_COOKIE, THEMES, page

router = APIRouter()
YEAR = 365 * 24 * 3600


def inside(path: str) -> str:
    """A path of this desk to go on to; anything that could lead elsewhere becomes the front page."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) and "\n" not in path and "\r" not in path else "/"


@router.get("/")
def front(signed: Officer) -> Response:
    return RedirectResponse("/audit" if signed.person.role is Role.AUDITOR else "/queue", status_code=303)


@router.get("/sign-in")
def ask(request: Request, to: str = "/") -> Response:
    return page(request, "sign_in.html", None, fault=None, login="", to=inside(to))


@router.post("/sign-in")
def sign_in(
    request: Request,
    desk: DeskOf,
    login: Annotated[str, Form()],
    password: Annotated[str, Form()],
    to: Annotated[str, Form()] = "/",
) -> Response:
    address = request.client.host if request.client else "unknown"
    try:
        cookie = auth.sign_in(desk, login, password, address)
    except RefusedError as error:
        braked = error.what.startswith("too many")
        return page(request, "sign_in.html", None, http=429 if braked else 401, fault=str(error), login=login, to=inside(to))
    response = RedirectResponse(inside(to), status_code=303)
    auth.set_cookie(response, desk, cookie)
    return response


@router.post("/sign-out")
def sign_out(request: Request, desk: DeskOf, signed: Officer) -> Response:
    auth.sign_out(desk, request.cookies.get(COOKIE), signed)
    response = RedirectResponse("/sign-in", status_code=303)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return response


@router.post("/theme")
def theme(theme: Annotated[str, Form()], back: Annotated[str, Form()] = "/") -> Response:
    response = RedirectResponse(inside(back), status_code=303)
    if theme in THEMES:
        response.set_cookie(THEME_COOKIE, theme, max_age=YEAR, samesite="strict", httponly=True, path="/")
    return response
