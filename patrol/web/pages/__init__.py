"""The desk's pages for people, one module a page; each brings a router, `create_app` puts them together."""

from __future__ import annotations

from fastapi import APIRouter

from patrol.web.pages.audit import router as audit
from patrol.web.pages.hand import router as hand
from patrol.web.pages.leads import router as leads
from patrol.web.pages.listing import router as listing
from patrol.web.pages.overview import router as overview
from patrol.web.pages.people import router as people
from patrol.web.pages.pictures import router as pictures
from patrol.web.pages.queue import router as queue
from patrol.web.pages.search import router as search
from patrol.web.pages.seen import router as seen
from patrol.web.pages.session import router as session


def routers() -> tuple[APIRouter, ...]:
    return (session, queue, listing, search, leads, hand, seen, overview, people, audit, pictures)
