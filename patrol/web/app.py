"""Makes the desk: one FastAPI app out of the stores that it is handed, with pages, JSON API, headers and error answers.

`patrol serve` and the tests call `create_app`; nothing is global, so two desks can stand in one process.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from patrol.config import Config, Home
from patrol.evidence import Archive
from patrol.ledger import Ledger
from patrol.scoring import Rulebook
from patrol.search.index import Index
from patrol.triage.second import SecondOpinion
from patrol.web import faults
from patrol.web.api import router as api
from patrol.web.darkroom import Darkroom
from patrol.web.desk import Desk
from patrol.web.headers import Guarded
from patrol.web.pages import audit, hand, leads, listing, new, overview, people, pictures, queue, search, seen, session
from patrol.web.render import HERE

PAGES = (session, queue, listing, search, new, leads, hand, seen, overview, people, audit, pictures)


def create_app(
    *,
    config: Config,
    ledger: Ledger,
    index: Index,
    archive: Archive,
    rulebook: Rulebook,
    home: Home,
    environ: Mapping[str, str] | None = None,
) -> FastAPI:
    """The desk over these stores; whoever made them closes them, after the app. `environ` may name PATROL_CHROMIUM."""
    darkroom = Darkroom(ledger, archive, environ)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        darkroom.close()

    app = FastAPI(
        lifespan=lifespan,
        title="Patrol desk",
        description="What the triage desk knows and does, for programs; signed in like a person, same rules.",
        docs_url=None,  # its scripts come from a third party
        redoc_url=None,
        openapi_url=None,  # served by the API itself, behind the sign-in
        default_response_class=faults.Json,
    )
    app.state.desk = Desk(
        config=config,
        ledger=ledger,
        index=index,
        archive=archive,
        rulebook=rulebook,
        home=home,
        darkroom=darkroom,
        second=SecondOpinion(home.opinion, ledger, rulebook) if config.settings.queue.second_opinion else None,
        environ=environ,
        secret=bytes.fromhex(ledger.sellers.id_hash("the desk's seals")),  # from the unit's own key, for this purpose alone
    )
    faults.register(app)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    for page in PAGES:
        app.include_router(page.router, include_in_schema=False)
    app.include_router(api, prefix="/api")
    app.add_middleware(Guarded)
    return app
