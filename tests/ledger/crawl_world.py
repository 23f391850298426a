"""A real ledger in a file (or on the PostgreSQL that the environment names), with items as the steps would hand them in."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from patrol.ledger import Kept, Ledger, QueuedRequest
from patrol.records import (
    Assessment,
    Authenticity,
    Band,
    FieldSource,
    How,
    Image,
    Item,
    Listing,
    Money,
    Origin,
    Picture,
    PriceKind,
    ProvenanceGrade,
    ProvenanceSupport,
    Seller,
    Signal,
    Span,
)

SECRET = b"a secret of the tests"
RULEBOOK = "sha256:" + "1" * 64
SPACE = "bazaar.example"
MONDAY = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)


def money(amount: str, kind: PriceKind = PriceKind.ASKING, currency: str = "EUR") -> Money:
    return Money(amount=Decimal(amount), currency=currency, kind=kind, raw=f"{currency} {amount}")


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def picture(name: str, *, url: str | None = None, phash: str | None = None) -> Picture:
    return Picture(sha256=sha(name), url=url, media_type="image/jpeg", width=800, height=600, size=1000, phash=phash)


def assessment(score: int = 75, quote: str = "Schist") -> Assessment:
    span = Span(field="title", start=0, end=len(quote), quote=quote, via="exact")
    return Assessment(
        score=score,
        sum=score,
        band=Band.HIGH if score >= 70 else Band.REVIEW if score >= 40 else Band.NONE,
        signals=(Signal(rule="terms", points=score, via="exact", because="a word", span=span),) if score else (),
        shadow=(),
        cultures=("gandhara",) if score else (),
        object_types=(),
        materials=(),
        authenticity=Authenticity.UNKNOWN,
        claims=(),
        provenance_grade=ProvenanceGrade.NONE,
        provenance_support=ProvenanceSupport.NONE,
        outside_source_since=None,
        rulebook=RULEBOOK,
    )


class Crawl:
    """One run over a ledger; `item` makes, `keep` commits."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.ledger = Ledger(self.url, secret=SECRET)
        self.run = self.ledger.runs.start(marketplace="bazaar", card="card-1", how=How.CRAWL, pid=1, host="here")
        self.ledger.writer.run(lambda conn: self.ledger.listings.rulebook(conn, RULEBOOK, b'{"rules":[]}'))

    def item(
        self,
        page_id: str | None = "1",
        *,
        at: datetime = MONDAY,
        capture: str | None = "auto",
        assessed: Assessment | None = None,
        pictures: Sequence[Picture] = (),
        space: str = SPACE,
        note: str | None = None,
        request_id: str | None = None,
        same_as: str | None = None,
        same_by: str | None = None,
        **fields: Any,
    ) -> Item:
        listing = Listing(
            marketplace="bazaar",
            listing_id=page_id,
            url=f"https://{space}/item/{page_id}",
            title="Schist head of a bodhisattva",
            description="From an old collection.",
            price=money("480.00"),
            seller=Seller(name="Kabir's Attic", id="kabir", location="Springfield"),
            attributes={"Material": "schist", "Height": "12 cm"},
            language="en",
            captured_at=at,
        )
        return Item(
            listing=replace(listing, **fields),
            id_space=space,
            how=How.CRAWL,
            run_id=self.run.id,
            card="card-1",
            fields={
                "title": FieldSource(origin=Origin.JSONLD, raw="Schist head"),
                "seller": FieldSource(origin=Origin.CSS, raw="K"),
            },
            capture=f"urn:{page_id}:{at.isoformat()}" if capture == "auto" else capture,
            request_id=request_id,
            note=note,
            same_as=same_as,
            same_by=same_by,
            same_score=90 if same_as else None,
            pictures=tuple(pictures),
            assessment=assessed or assessment(),
        )

    def keep(self, item: Item, children: Sequence[QueuedRequest] = ()) -> Kept:
        listings = self.ledger.listings
        return self.ledger.writer.run(
            lambda conn: listings.keep(conn, item, rulebook_hash=RULEBOOK, now=datetime.now(UTC), children=children)
        )

    def add(self, page_id: str | None = "1", **fields: Any) -> Kept:
        return self.keep(self.item(page_id, **fields))

    def request(self, name: str, **fields: Any) -> QueuedRequest:
        return QueuedRequest(url=f"https://{SPACE}/{name}", fingerprint=sha(name)[:40], kind="listing", **fields)

    def close(self) -> None:
        self.ledger.close()


def images(*names: str, known: bool = True, query: str = "") -> tuple[Image, ...]:
    return tuple(Image(url=f"https://img.example/p/{name}.jpg{query}", sha256=sha(name) if known else None) for name in names)
