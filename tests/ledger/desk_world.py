"""A real ledger in a file with two agencies at the desk, and listings kept through the crawl's own way in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from uuid import uuid4

from patrol.ledger import Ledger, Viewer
from patrol.ledger.people import Person
from patrol.records import (
    Assessment,
    Authenticity,
    Band,
    Capture,
    Context,
    How,
    Item,
    Listing,
    ProvenanceGrade,
    ProvenanceSupport,
    Seller,
    Status,
)

RULEBOOK = "sha256:" + "0" * 64
SITE = "shop.example"
NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)


class World:
    """`nl` and `it` are officers of two agencies; `listing` keeps one and gives its key."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.ledger = self.another()
        self.run_id = self.ledger.runs.start(
            marketplace=SITE, card="card", how=How.CRAWL, pid=1, host="here", rulebook=RULEBOOK, parameters={}
        ).id
        self.ledger.writer.run(lambda conn: self.ledger.listings.rulebook(conn, RULEBOOK, b"{}"))
        self.people: dict[str, Person] = {}
        self.nl = self.person("nl", "Desk NL")
        self.it = self.person("it", "Desk IT")
        self._captures = 0
        self._items: dict[str, Item] = {}

    def another(self) -> Ledger:
        """One more process's view of this ledger."""
        return Ledger(self.url, secret=b"a secret of the tests")

    def __enter__(self) -> World:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.ledger.close()

    def person(self, login: str, agency: str, role: str = "officer") -> Viewer:
        self.people[login] = self.ledger.people.add(login, f"Name of {login}", agency, role, "hash")
        return self.people[login].viewer

    def listing(
        self,
        page_id: str,
        *,
        score: int = 80,
        sealed: bool = True,
        same_as: str | None = None,
        same_by: str | None = None,
        seller: str = "seller",
        at: datetime = NOON,
        **fields: object,
    ) -> str:
        """Keeps a listing; further keywords are Listing's own."""
        listing = Listing(
            marketplace=SITE,
            listing_id=page_id,
            url=f"https://{SITE}/item/{page_id}",
            title=f"Object {page_id}",
            description="From an old collection.",
            seller=Seller(name=seller, id=seller),
            status=Status.LIVE,
            language="en",
            captured_at=at,
        )
        item = Item(
            listing=replace(listing, **fields),
            id_space=SITE,
            how=How.CRAWL,
            run_id=self.run_id,
            card="card",
            capture=self.seal(listing.url, at) if sealed else None,
            same_as=same_as,
            same_by=same_by,
            same_score=95 if same_as else None,
            assessment=assessment(score),
            context=Context(as_of=at),
        )
        key = self._keep(item)
        self._items[key] = item
        return key

    def again(self, key: str, *, score: int | None = None, after: timedelta = timedelta(hours=1), **fields: object) -> str:
        """The same page seen later, with other fields; gives the version's id."""
        item = self._items[key]
        at = (item.listing.captured_at or NOON) + after
        item = replace(
            item,
            listing=replace(item.listing, captured_at=at, **fields),
            capture=self.seal(item.listing.url, at),
            assessment=item.assessment if score is None else assessment(score),
        )
        self._keep(item)
        self._items[key] = item
        stored = self.ledger.listings.current(key)
        assert stored is not None
        return stored.version_id

    def _keep(self, item: Item) -> str:
        return self.ledger.writer.run(lambda conn: self.ledger.listings.keep(conn, item, rulebook_hash=RULEBOOK, now=NOON).key)

    def seal(self, url: str, at: datetime) -> str:
        """Records a capture as the evidence store would have handed it over."""
        self._captures += 1
        capture = Capture(
            id=f"urn:uuid:{uuid4()}",
            run_id=self.run_id,
            sequence=self._captures,
            url=url,
            time=at,
            kind="response",
            status=200,
            content_type="text/html",
            digest="sha256:" + "1" * 64,
            headers_digest="sha256:" + "2" * 64,
            card="card",
            previous="sha256:" + "3" * 64,
            chain="sha256:" + "4" * 64,
            file="run/one.warc.gz",
            offset=0,
            length=100,
        )
        self.ledger.writer.run(lambda conn: self.ledger.runs.record(conn, capture))
        return capture.id

    def cluster(self, key: str) -> str:
        stored = self.ledger.listings.current(key)
        assert stored is not None
        return stored.cluster_id


def assessment(score: int) -> Assessment:
    band = Band.NONE if score <= 0 else Band.LOW if score < 40 else Band.REVIEW if score < 70 else Band.HIGH
    return Assessment(
        score=min(100, max(0, score)),
        sum=score,
        band=band,
        signals=(),
        shadow=(),
        cultures=("gandhara",),
        object_types=("sculpture",),
        materials=("schist",),
        authenticity=Authenticity.CLAIMED_ANCIENT,
        claims=(),
        provenance_grade=ProvenanceGrade.NONE,
        provenance_support=ProvenanceSupport.NONE,
        outside_source_since=None,
        rulebook=RULEBOOK,
    )
