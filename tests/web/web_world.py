"""A small real desk for the tests: a home with a few rules of its own, listings that walked the steps, sealed pages, drawn
pictures, people of two agencies. Everything is what `patrol serve` would open, in a folder of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

from fastapi.testclient import TestClient
from web_home import make_home

from patrol.config import Home, load
from patrol.evidence import Archive
from patrol.ledger import Ledger
from patrol.ledger.people import Person
from patrol.market.pictures import jpeg
from patrol.pipelines import Tools, run_steps
from patrol.pipelines.images import measure
from patrol.pipelines.tools import base_context
from patrol.records import How, Image, Item, Listing, Money, Outcome, PriceKind, Seller, Status
from patrol.scoring import compile_rulebook
from patrol.search.embedded import EmbeddedIndex
from patrol.triage.indexing import drain
from patrol.web import create_app
from patrol.web.passwords import hash_password

SITE = "bazaar.example"
PASSWORD = "a long enough password"
SECRET = b"a secret of the tests"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
LONG = (
    "Gandharan grey schist head of a bodhisattva, 2nd-3rd century AD, H 23 cm. Chip to the nose, old repair at the neck.\n\n"
    "From an old collection, bought in Peshawar in the 1960s. Inscribed on the back. "
    "Call me on +92 300 1234567 or mail khan.art@example.org, ask for khan_antiques."
)


class World:
    """`client()` is a browser without JavaScript, `signed()` one with somebody signed in."""

    def __init__(self, folder: Path, *, browser: bool = False, url: str | None = None) -> None:
        self.home = Home(make_home(folder))
        self.config = load(self.home)
        self.rulebook = compile_rulebook(self.config)
        self.ledger = Ledger(url or f"sqlite:///{folder / 'data' / 'ledger.sqlite'}", secret=SECRET)
        self.index = EmbeddedIndex(folder / "data" / "index.sqlite")
        self.archive = Archive(folder / "data" / "evidence")
        self.ledger.writer.run(lambda conn: self.ledger.listings.rulebook(conn, self.rulebook.hash, self.rulebook.canonical()))
        self.run = self.ledger.runs.start(
            marketplace="bazaar", card="card", how=How.CRAWL, pid=1, host="here", rulebook=self.rulebook.hash, parameters={}
        )
        self.seal = self.archive.open_run(self.run.id, "card")
        self.tools = Tools(
            ledger=self.ledger,
            archive=self.archive,
            rulebook=self.rulebook,
            limits=self.config.settings.manners,
            base=base_context(self.config),
        )
        self._pool = ThreadPoolExecutor(1)
        self.hash = hash_password(PASSWORD)
        self.people: dict[str, Person] = {}
        self.app = create_app(
            config=self.config,
            ledger=self.ledger,
            index=self.index,
            archive=self.archive,
            rulebook=self.rulebook,
            home=self.home,
            environ=None if browser else {"PATROL_CHROMIUM": "no-browser", "PATH": ""},
        )

    def close(self) -> None:
        self.app.state.desk.darkroom.close()
        self._pool.shutdown()
        self.seal.close()
        self.index.close()
        self.ledger.close()

    # -- people -------------------------------------------------------------------------------------------------------

    def person(self, login: str, agency: str = "Desk NL", role: str = "officer") -> Person:
        self.people[login] = self.ledger.people.add(login, login.title(), agency, role, self.hash)
        return self.people[login]

    def client(self) -> TestClient:
        return TestClient(self.app, base_url="http://127.0.0.1", headers=SAME_ORIGIN, follow_redirects=False)

    def signed(self, login: str) -> TestClient:
        client = self.client()
        answer = client.post("/sign-in", data={"login": login, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        return client

    # -- listings -----------------------------------------------------------------------------------------------------

    def listing(
        self,
        page_id: str,
        title: str,
        description: str | None = LONG,
        *,
        pictures: int = 1,
        seller: str = "khan_antiques",
        price: str = "480.00",
        index: bool = True,
        sealed: bool = True,
        at: datetime | None = None,
        **fields: object,
    ) -> str:
        """One listing through all steps, its page and pictures sealed; gives its key."""
        moment = at or datetime.now(UTC) - timedelta(hours=1)
        found = [self._picture(page_id, number) for number in range(pictures)]
        url = f"https://{SITE}/item/{page_id}"
        listing = Listing(
            marketplace="bazaar",
            listing_id=page_id,
            url=url,
            title=title,
            description=description,
            price=Money(amount=Decimal(price), currency="EUR", kind=PriceKind.ASKING, raw=price),
            seller=Seller(name=seller, id=seller),
            location="Haarlem",
            images=tuple(Image(url=picture.url, sha256=picture.sha256) for picture in found),
            attributes=MappingProxyType({"Material": "Schist", "Height": "23 cm"}),
            status=Status.LIVE,
            language="en",
            captured_at=moment,
        )
        item = Item(
            listing=replace(listing, **fields),
            id_space=SITE,
            how=How.CRAWL,
            run_id=self.run.id,
            card="card",
            capture=self.sealed(url, f"<!doctype html><h1>{title}</h1><p>{description}</p>".encode(), moment) if sealed else None,
            pictures=tuple(found),
        )
        kept = self._pool.submit(asyncio.run, run_steps(item, self.tools)).result()  # a browser test's thread has a loop already
        assert kept.listing_key is not None
        self.ledger.writer.run(lambda conn: self.ledger.runs.count(conn, self.run.id, Outcome.LISTING))
        if index:
            self.drain()
        return kept.listing_key

    def sealed(self, url: str, body: bytes, at: datetime) -> str:
        capture = self.seal.seal(
            url=url,
            kind="response",
            body=body,
            status=200,
            content_type="text/html",
            request_headers=[],
            response_headers=[("Content-Type", "text/html")],
            time=at,
        )
        self.seal.flush()
        self.ledger.writer.run(lambda conn: self.ledger.runs.record(conn, capture))
        return capture.id

    def _picture(self, page_id: str, number: int):
        body = jpeg(page_id, number, page_id, 640)
        self.archive.store_picture(body)
        return measure(body, 10_000_000, url=f"https://{SITE}/pictures/{page_id}-{number}.jpg")

    def drain(self) -> None:
        drain(self.ledger, self.index, bands=self.config.settings.bands)

    def fill(self, count: int = 6) -> Sequence[str]:
        """A queue as an officer finds it: flagged ones of several sorts, and some that nothing flags."""
        soon = datetime.now(UTC) + timedelta(hours=6)
        keys = [
            self.listing("100", "Gandharan schist head of a bodhisattva", pictures=4, ends_at=soon, bid_count=5),
            self.listing(
                "101",
                "Gandhara Schieferkopf eines Buddha, Provenienz unbekannt",
                "Buddha Kopf, grauer Schiefer.",
                seller="b_shop",
                language="de",
            ),
            self.listing(
                "102",
                "Resin Buddha head Gandhara style",
                "A resin reproduction from the museum shop.",
                pictures=2,
                seller="gifts",
            ),
            self.listing("103", "Oak garden chair", "Four legs, one back.", seller="wood"),
        ]
        keys += [
            self.listing(
                str(200 + number),
                f"Gandharan relief fragment no. {number} with figures",
                seller=f"dealer{number}",
                price=f"{120 + number}.00",
                index=False,
            )
            for number in range(count)
        ]
        self.drain()
        return keys
