"""Listings: the crawl's whole way into the ledger and the desk's way to what it holds.

The steps look up and keep; `rescore` assesses again; the desk, the indexer and `patrol add` read. The statements live in
the modules beside this one, a subject each; this class lends them a connection.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, bindparam, func, select, update

from patrol.errors import StoreError
from patrol.ledger import erasure, keeping, likeness, pictures
from patrol.ledger.assessing import current_of, keep_assessment, pin
from patrol.ledger.documents import Snapshot, read_documents
from patrol.ledger.engine import patient, reading
from patrol.ledger.history import HistoryRow, read_history
from patrol.ledger.keeping import Keeper, Kept
from patrol.ledger.lookup import Question, Seen, seen_before
from patrol.ledger.outbox import changed
from patrol.ledger.page import page_identity
from patrol.ledger.queue import QueuedRequest, RequestQueue
from patrol.ledger.rulebooks import Rulebooks
from patrol.ledger.runs import Runs
from patrol.ledger.sellers import SellerKeys
from patrol.ledger.stored import StoredListing, read_listings, read_version
from patrol.ledger.tables import listings
from patrol.ledger.writer import Writer
from patrol.records import Assessment, Context, Item, Outcome, Picture, Status

PAGE = 1000  # keys read at a time while walking over all listings


_KEY = select(listings.c.key).where(listings.c.id_space == bindparam("space"), listings.c.listing_id == bindparam("page_id"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """What `Listings` is made of."""

    engine: Engine
    writer: Writer
    runs: Runs
    queue: RequestQueue
    rulebooks: Rulebooks
    sellers: SellerKeys


class Listings:
    """Keeps, marks and reads listings."""

    def __init__(self, stores: Stores) -> None:
        self._engine = stores.engine
        self._writer = stores.writer
        self._sellers = stores.sellers
        self._rulebooks = stores.rulebooks
        self._keeper = Keeper(stores.sellers, stores.rulebooks, stores.runs, stores.queue)

    # -- writing --------------------------------------------------------------------------------------------------

    def keep(
        self,
        conn: Connection,
        item: Item,
        *,
        rulebook_hash: str,
        now: datetime,
        children: Sequence[QueuedRequest] = (),
        outcome: Outcome = Outcome.LISTING,
    ) -> Kept:
        """All that one page tells, in the caller's transaction: version, sighting, seller, pictures, assessment, cluster,
        outbox, faults. Where the item names its request, that is done with `outcome`, counted for the run, and its children
        are queued; what was never a request its caller counts. Keeping the same item again changes nothing.
        """
        return self._keeper.keep(conn, item, rulebook=rulebook_hash, now=now, children=children, outcome=outcome)

    def mark(
        self,
        conn: Connection,
        key: str,
        status: Status,
        *,
        run_id: str,
        capture_id: str | None = None,
        at: datetime | None = None,
    ) -> int:
        """The page says that the listing is removed, sold or ended and shows nothing more; gives the listing's revision."""
        return keeping.mark(conn, key, status, run_id=run_id, capture_id=capture_id, at=at or datetime.now(UTC))

    def assess_again(self, conn: Connection, key: str, assessment: Assessment, context: Context) -> bool:
        """Makes `assessment` the current one of the listing's current version; False where it says what the old one said."""
        self._rulebooks.require(conn, assessment.rulebook)
        row = conn.execute(select(listings).where(listings.c.key == key).with_for_update()).first()
        if row is None:
            raise StoreError("no such listing", where=key, remedy="Only a listing that was kept can be assessed again")
        if row.version_id is None or row.erased_at is not None:
            return False
        now = datetime.now(UTC)
        kept = keep_assessment(
            conn,
            key=key,
            version_id=row.version_id,
            current=current_of(conn, row.assessment_id),
            assessment=assessment,
            context=context,
            rulebook=assessment.rulebook,
            at=now,
        )
        if not kept.changed:
            return False
        conn.execute(update(listings).where(listings.c.key == key).values(assessment_id=kept.id, flagged=assessment.flagged))
        changed(conn, [key], now)
        return True

    def rulebook(self, conn: Connection, rulebook_hash: str, canonical: bytes) -> int:
        """Archives a rulebook before its first use; gives its running number (41 for r41)."""
        return self._rulebooks.archive(conn, rulebook_hash, canonical)

    def pin(self, conn: Connection, assessment_ids: Collection[str]) -> None:
        """These assessments were shown to a person and stay."""
        pin(conn, assessment_ids)

    def erase_seller(self, key: str, *, class_: str, person_id: str | None = None) -> bool:
        """Forgets a seller's name, id, address and place; the key stays in the versions."""
        now = datetime.now(UTC)
        return self._writer.run(lambda conn: erasure.erase_seller(conn, key, class_=class_, at=now, person_id=person_id))

    def erase_listing(self, key: str, *, class_: str, person_id: str | None = None) -> bool:
        """Forgets all words about a listing; the index gets a tombstone."""
        now = datetime.now(UTC)
        return self._writer.run(lambda conn: erasure.erase_listing(conn, key, class_=class_, at=now, person_id=person_id))

    # -- looking up, on the way in --------------------------------------------------------------------------------

    @patient
    def identify(self, conn: Connection | None, id_space: str, listing_id: str | None, url: str) -> str | None:
        """The key under which this page is held; `url` canonical. None where it was never kept."""
        with reading(self._engine, conn) as used:
            return used.execute(_KEY, {"space": id_space, "page_id": page_identity(listing_id, url)}).scalar()

    @patient
    def surroundings(self, item: Item) -> likeness.Surroundings:
        """The item's key, twins and context from one snapshot: all that `dedupe` asks, for the price of one of its questions."""
        with reading(self._engine) as conn:
            key = self.identify(conn, item.id_space, item.listing.listing_id, item.address or item.listing.url)
            return likeness.surroundings(conn, self._sellers, item, key)

    def near_twins(self, item: Item) -> list[likeness.Twin]:
        """(listing key, score 0-100, method) of listings that offer the same object, best first."""
        return list(self.surroundings(item).twins)

    def context_for(self, item: Item) -> Context:
        """Relistings, price drops, like pictures and the seller's counts; rates, themes and registers are the caller's."""
        return self.surroundings(item).context

    @patient
    def picture_at(self, url: str) -> Picture | None:
        """The picture that this address gave when it was last fetched."""
        with reading(self._engine) as conn:
            return pictures.picture_at(conn, url)

    @patient
    def seen_before(
        self,
        *,
        url: str | None = None,
        canonical: str | None = None,
        id_space: str | None = None,
        listing_id: str | None = None,
        seller: str | None = None,
        sha256: str | Sequence[str] = (),
        phash: str | Sequence[str] = (),
    ) -> list[Seen]:
        """Listings held that any of these points to, strongest match first: address, id, picture, likeness, seller."""
        asked = Question(
            urls=[address for address in (url, canonical) if address],
            id_space=id_space,
            listing_id=listing_id,
            seller=seller,
            sha256=[sha256] if isinstance(sha256, str) else sha256,
            phash=[phash] if isinstance(phash, str) else phash,
        )
        with reading(self._engine) as conn:
            return seen_before(conn, self._sellers, asked)

    # -- reading --------------------------------------------------------------------------------------------------

    def current(self, key: str, *, with_seller: bool = False) -> StoredListing | None:
        """The listing as it stands now; None where it is unknown or erased."""
        return self.current_many([key], with_seller=with_seller).get(key)

    @patient
    def current_many(self, keys: Collection[str], *, with_seller: bool = False) -> dict[str, StoredListing]:
        """A batch of them by key, for the price of a handful of queries."""
        with reading(self._engine) as conn:
            return read_listings(conn, keys, with_seller=with_seller)

    @patient
    def version(self, version_id: str, *, with_seller: bool = False) -> StoredListing | None:
        """The listing as one version showed it."""
        with reading(self._engine) as conn:
            return read_version(conn, version_id, with_seller=with_seller)

    @patient
    def history(self, key: str) -> list[HistoryRow]:
        """What changed, field by field, oldest first."""
        with reading(self._engine) as conn:
            return read_history(conn, key)

    @patient
    def document_rows(self, keys: Collection[str]) -> Snapshot:
        """What the index's documents of these listings and of their clusters are made of, from one snapshot."""
        with reading(self._engine) as conn:
            return read_documents(conn, keys)

    def current_keys(self, since: datetime | None = None) -> Iterator[str]:
        """The keys of all listings (seen since then) in the order of their making, read in pages while others write."""
        last = ""
        while True:
            wanted = select(listings.c.key).where(listings.c.key > last, listings.c.erased_at.is_(None))
            wanted = wanted if since is None else wanted.where(listings.c.last_seen >= since)
            with reading(self._engine) as conn:
                page = conn.execute(wanted.order_by(listings.c.key).limit(PAGE)).scalars().all()
            yield from page
            if len(page) < PAGE:
                return
            last = page[-1]

    @patient
    def count(self) -> int:
        """Listings held, erased ones left out."""
        with reading(self._engine) as conn:
            return conn.execute(select(func.count()).where(listings.c.erased_at.is_(None))).scalar_one()
