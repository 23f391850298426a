"""Turns a template and what a page found into an answer: the Jinja environment and what every page shares.

Pages call `page`; with htmx asking for a part, they name the part's template instead of the whole one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from patrol.errors import PatrolError
from patrol.reports import words
from patrol.web.auth import SignedIn
from patrol.web.desk import Desk, desk_of
from patrol.web.stale import Stale, stale

HERE = Path(__file__).parent
THEME_COOKIE = "patrol_theme"
THEMES = ("auto", "light", "dark")
FILTERS = (
    words.money, words.price_kind, words.estimate, words.moment, words.day, words.ago, words.ends, words.points, words.score,
    words.count, words.plain, words.short, words.size, words.amount, words.language, words.number,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Nav:
    """One place in the head line, and the roles that have business there."""

    href: str
    label: str
    roles: str


NAV = (
    Nav("/queue", "Queue", "officer analyst supervisor admin expert"),
    Nav("/search", "Search", "officer analyst supervisor admin"),
    Nav("/new", "New for you", "officer analyst supervisor admin"),
    Nav("/leads", "Leads", "officer analyst supervisor admin expert"),
    Nav("/add", "Add by hand", "officer analyst supervisor admin"),
    Nav("/seen", "Seen before?", "officer analyst supervisor admin"),
    Nav("/overview", "Overview", "officer analyst supervisor admin"),
    Nav("/people", "People", "admin supervisor"),
    Nav("/audit", "Audit", "auditor"),
)


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates beside this file, escaping everything, failing on names that do not exist."""
    made = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    made.filters.update({function.__name__: function for function in FILTERS})
    return made


@lru_cache(maxsize=1)
def build() -> str:
    """A short mark of the static files' content, so that a new release is fetched and an old one may be kept."""
    digest = hashlib.sha256()
    for path in sorted((HERE / "static").iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:10]


def asked_by_htmx(request: Request) -> bool:
    return request.headers.get("hx-request") == "true"


def text(request: Request, template: str, signed: SignedIn | None, **found: Any) -> str:
    """The template as HTML."""
    desk = desk_of(request)
    settings, now, swap = desk.config.settings, datetime.now(UTC), asked_by_htmx(request)
    theme = request.cookies.get(THEME_COOKIE, "auto")
    shared: Mapping[str, Any] = {
        "desk_title": settings.desk.title,
        "agency": settings.desk.agency,
        "mark": settings.mark,
        "theme": theme if theme in THEMES else "auto",
        "signed": signed,
        "places": [place for place in NAV if signed and signed.person.role.value in place.roles.split()],
        "here": "/" + request.url.path.strip("/").partition("/")[0],
        "back": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        "build": build(),
        "now": now,
        "swap": swap,
        **({"stale": None, "unseen_news": 0} if swap or signed is None else _standing(desk, signed, now)),
    }
    return environment().get_template(template).render({**shared, **found})


def _standing(desk: Desk, signed: SignedIn, now: datetime) -> dict[str, Any]:
    """What the frame of a whole page says: how stale its contents are, and how much is new for the viewer."""
    try:
        works = signed.viewer.works
        reads = works or signed.is_a("expert")
        return {
            "stale": stale(desk, now) if reads else None,
            "unseen_news": desk.ledger.alerts.unseen(signed.viewer) if works else 0,
        }
    except PatrolError as error:  # the ledger itself is away: the page that says so is to be seen
        return {"stale": Stale(error.what), "unseen_news": 0}


def page(request: Request, template: str, signed: SignedIn | None, *, http: int = 200, **found: Any) -> HTMLResponse:
    return HTMLResponse(text(request, template, signed, **found), status_code=http)
