"""Keeping one listing: everything that one page tells, in the one transaction that also ends its request.

`Listings.keep` calls it for every item at the end of the steps, `Listings.mark` for pages that say "gone". Handing in the
same item again (after a crash, or read anew from the same sealed page) adds nothing that is there already. Evidence that
is older than the last sighting fills the history and leaves the present as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, CursorResult, Row, bindparam, exists, func, insert, or_, select, update

from patrol.errors import StoreError
from patrol.ledger import bulk, clusters
from patrol.ledger.assessing import Current, keep_assessment
from patrol.ledger.bulk import BESIDE
from patrol.ledger.content import Content, PictureMark, content_of, price_fell, same_pictures, ticks_of, version_body
from patrol.ledger.desk_tables import decisions
from patrol.ledger.engine import Insert, insert_for
from patrol.ledger.ids import uuid7
from patrol.ledger.outbox import enqueue
from patrol.ledger.pictures import keep_pictures, paths_known, url_digest
from patrol.ledger.queue import QueuedRequest, RequestQueue
from patrol.ledger.rulebooks import Rulebooks
from patrol.ledger.runs import Runs
from patrol.ledger.sellers import SellerKeys, keep_seller
from patrol.ledger.tables import assessments, listing_urls, listings, payloads, sightings, versions
from patrol.records import Item, Listing, Outcome, Status
from patrol.text import near_key
from patrol.wire import fields_to_json

_decided = exists().where(decisions.c.listing_key == listings.c.key, decisions.c.assessment_id == assessments.c.id)
_last = sightings.alias("last")

# The listing with all that is needed to tell what a new page changes: one query for each page, so it stands ready
_KNOWN = (
    select(
        listings,
        versions.c.text_digest,
        versions.c.pictures,
        payloads.c.body,
        _last.c.capture_id.label("last_capture"),
        _last.c.version_id.label("last_version"),
        _last.c.at.label("last_at"),
        _last.c.marked.label("last_marked"),
        _last.c.amount,
        _last.c.currency,
        _last.c.price_kind,
        assessments.c.version_id.label("assessed_version"),
        assessments.c.rulebook.label("assessed_by"),
        assessments.c.body.label("verdict"),
        or_(assessments.c.pinned, _decided).label("stays"),
    )
    .outerjoin(versions, versions.c.id == listings.c.version_id)
    .outerjoin(payloads, payloads.c.id == versions.c.payload_id)
    .outerjoin(_last, _last.c.id == listings.c.sighting_id)
    .outerjoin(assessments, assessments.c.id == listings.c.assessment_id)
    .where(listings.c.id_space == bindparam("space"), listings.c.listing_id == bindparam("page_id"))
    .with_for_update(of=listings)
    .execution_options(**BESIDE)
)
_CLUSTER = select(listings.c.cluster_id).where(listings.c.key == bindparam("key")).execution_options(**BESIDE)
_CANDIDATES = (
    select(versions.c.id, versions.c.pictures, payloads.c.body)
    .join(payloads, payloads.c.id == versions.c.payload_id)
    .where(versions.c.listing_key == bindparam("key"), versions.c.text_digest == bindparam("digest"))
    .where(payloads.c.erased_at.is_(None))
    .order_by(versions.c.number.desc())
    .execution_options(**BESIDE)
)
_LAST_NUMBER = select(func.max(versions.c.number)).where(versions.c.listing_key == bindparam("key")).execution_options(**BESIDE)
_OF_LISTING = select(sightings).where(sightings.c.listing_key == bindparam("key")).execution_options(**BESIDE)
_LAST_PRICE = _OF_LISTING.where(sightings.c.marked.is_(False)).order_by(sightings.c.at.desc(), sightings.c.id.desc()).limit(1)
_SAME_CAPTURE = _OF_LISTING.where(sightings.c.capture_id == bindparam("capture"))
_SAME_MOMENT = _OF_LISTING.where(sightings.c.at == bindparam("at"))
_INSERT_LISTING = insert(listings)
_INSERT_PAYLOAD = insert(payloads)
_INSERT_VERSION = insert(versions)
_INSERT_NOTE = insert(payloads).execution_options(**BESIDE)
_INSERT_SIGHTING = insert(sightings).execution_options(**BESIDE)
_UPDATE_LISTING = update(listings).where(listings.c.key == bindparam("the_key"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What keeping an item came to."""

    key: str
    version_id: str
    new_listing: bool
    new_version: bool
    revision: int


def page_identity(listing_id: str | None, url: str) -> str:
    """The page's own id, else `url:` and the SHA-256 of its (canonical) address."""
    return listing_id or f"url:{url_digest(url)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """One item with what is worked out about it once."""

    item: Item
    page_id: str
    at: datetime  # when the page was captured
    now: datetime  # when it is kept: evidence may be read long after it was sealed
    seller_key: str | None
    content: Content

    @property
    def listing(self) -> Listing:
        return self.item.listing

    @property
    def status(self) -> str:
        return (self.listing.status or Status.LIVE).value


class Keeper:
    """Writes items; each method runs inside the caller's transaction."""

    def __init__(self, sellers: SellerKeys, rulebooks: Rulebooks, runs: Runs, queue: RequestQueue) -> None:
        self._sellers = sellers
        self._rulebooks = rulebooks
        self._runs = runs
        self._queue = queue

    def keep(
        self, conn: Connection, item: Item, *, rulebook: str, now: datetime, children: Sequence[QueuedRequest], outcome: Outcome
    ) -> Kept:
        """See `Listings.keep`."""
        if item.assessment is not None:
            self._rulebooks.require(conn, rulebook)
        with bulk.together(conn):
            return self._keep(conn, self._page(conn, item, now), rulebook, children, outcome)

    def _keep(self, conn: Connection, page: _Page, rulebook: str, children: Sequence[QueuedRequest], outcome: Outcome) -> Kept:
        item = page.item
        bulk.touch(conn, (item.id_space, page.page_id))
        known = conn.execute(_KNOWN, {"space": item.id_space, "page_id": page.page_id}).first()
        kept = _keep_first(conn, page, rulebook) if known is None else _keep_again(conn, page, known, rulebook)
        if item.request_id is None or self._queue.done(conn, item.request_id, outcome, children):
            self._runs.count(conn, item.run_id, outcome)
            for fault in item.faults:
                self._runs.fault(conn, item.run_id, fault, listing=kept.key, request=item.request_id)
        return kept

    def _page(self, conn: Connection, item: Item, now: datetime) -> _Page:
        at = item.listing.captured_at or now
        seller_key = keep_seller(conn, self._sellers, item.id_space, item.listing.seller, at)
        return _Page(
            item=item,
            page_id=page_identity(item.listing.listing_id, item.listing.url),
            at=at,
            now=now,
            seller_key=seller_key,
            content=content_of(item.listing, seller_key),
        )


# ---------------------------------------------------------------------------------------------------------------------
# A listing that was never seen


def _keep_first(conn: Connection, page: _Page, rulebook: str) -> Kept:
    item, key, version_id = page.item, uuid7(), uuid7()
    cluster_id = _first_cluster(conn, item)
    body = _add_version(conn, page, key, version_id, number=1)
    row = {
        "key": key,
        "id_space": item.id_space,
        "listing_id": page.page_id,
        "cluster_id": cluster_id,
        "sighting_id": _add_sighting(conn, page, key, version_id, body),
        "flagged": item.assessment is not None and item.assessment.flagged,
        "price_drops": 0,
        "revision": 1,
        "first_seen": page.at,
        "last_seen": page.at,
    }
    row["assessment_id"], _ = _assess(conn, page, key, version_id, None, rulebook)
    bulk.add(conn, listings, _INSERT_LISTING, _present(page, version_id) | row)
    method = item.same_by or "person" if item.same_as else "first"
    clusters.record(conn, "join", cluster_id, key, page.now, method=method, reason="kept", score=item.same_score)
    keep_pictures(conn, item, key, page.at)
    _add_url(conn, page, key)
    enqueue(conn, key, 1, page.now)
    return Kept(key=key, version_id=version_id, new_listing=True, new_version=True, revision=1)


def _first_cluster(conn: Connection, item: Item) -> str:
    twin = conn.execute(_CLUSTER, {"key": item.same_as}).scalar() if item.same_as else None
    return twin or uuid7()


def _present(page: _Page, version_id: str) -> dict[str, Any]:
    """What the listing's row says of the present."""
    listing = page.listing
    return {
        "marketplace": listing.marketplace,
        "url": listing.url,
        "title": listing.title,
        "title_key": near_key(listing.title) if listing.title else None,
        "seller_key": page.seller_key,
        "version_id": version_id,
        "status": page.status,
        "status_at": page.at,
        "erased_at": None,
    }


def _add_version(conn: Connection, page: _Page, key: str, version_id: str, *, number: int) -> dict[str, Any]:
    item, payload_id = page.item, uuid7()
    body = version_body(item.listing, fields_to_json(item.fields))
    words = {"id": payload_id, "kind": "version", "subject": key, "body": body, "at": page.now}
    row = {
        "id": version_id,
        "listing_key": key,
        "number": number,
        "digest": page.content.digest,
        "text_digest": page.content.text_digest,
        "pictures": page.content.pictures,
        "seller_key": page.seller_key,
        "payload_id": payload_id,
        "run_id": item.run_id,
        "capture_id": item.capture,
        "how": item.how.value,
        "at": page.at,
    }
    bulk.add(conn, payloads, _INSERT_PAYLOAD, words)
    bulk.add(conn, versions, _INSERT_VERSION, row)
    return body


def _add_sighting(conn: Connection, page: _Page, key: str, version_id: str, body: dict[str, Any]) -> int:
    item, listing, note_id = page.item, page.listing, None
    if item.note:
        note_id = uuid7()
        conn.execute(_INSERT_NOTE, {"id": note_id, "kind": "obtained", "subject": key, "body": item.note, "at": page.now})
    price = listing.price
    done = conn.execute(
        _INSERT_SIGHTING,
        {
            "listing_key": key,
            "version_id": version_id,
            "run_id": item.run_id,
            "capture_id": item.capture,
            "at": page.at,
            "status": page.status,
            "amount": format(price.amount, "f") if price else None,
            "currency": price.currency if price else None,
            "price_kind": price.kind.value if price else None,
            "bid_count": listing.bid_count,
            "ends_at": listing.ends_at,
            "ticks": ticks_of(listing, body),
            "marked": False,
            "note_id": note_id,
        },
    )
    return _number(done)


def _number(inserted: CursorResult[Any]) -> int:
    return int(next(iter(inserted.inserted_primary_key or ())))


@cache
def _insert_url(dialect: str) -> Insert:
    return insert_for(dialect, listing_urls).on_conflict_do_nothing(index_elements=["url_digest", "listing_key"])


def _add_url(conn: Connection, page: _Page, key: str) -> None:
    row = {"url_digest": url_digest(page.listing.url), "listing_key": key, "first_seen": page.at}
    bulk.add(conn, listing_urls, _insert_url(conn.dialect.name), row)


def _assess(conn: Connection, page: _Page, key: str, version_id: str, known: Row[Any] | None, rulebook: str) -> tuple[Any, bool]:
    """The id of the listing's assessment after this item, and whether it says anything new."""
    item = page.item
    current = known if known is not None and known.assessment_id else None
    if item.assessment is None:
        return None, current is not None
    return keep_assessment(
        conn,
        key=key,
        version_id=version_id,
        current=current
        and Current(current.assessment_id, current.assessed_version, current.assessed_by, current.verdict, bool(current.stays)),
        assessment=item.assessment,
        context=item.context,
        rulebook=rulebook,
        at=page.now,
    )


# ---------------------------------------------------------------------------------------------------------------------
# A listing that is known


def _keep_again(conn: Connection, page: _Page, known: Row[Any], rulebook: str) -> Kept:
    item, key = page.item, known.key
    version_id, body, fresh = _version_for(conn, page, known)
    present, judged = page.at >= known.status_at, False
    values: dict[str, Any] = {"first_seen": min(known.first_seen, page.at), "last_seen": max(known.last_seen, page.at)}
    repeated = _repeated(conn, page, known, version_id)
    if not repeated:
        fell = present and _fell(conn, page, known)
        sighting_id = _add_sighting(conn, page, key, version_id, body)
        values |= {"sighting_id": sighting_id, "price_drops": known.price_drops + fell} if present else {}
    if present:
        values |= _present(page, version_id)
        values["assessment_id"], judged = _assess(conn, page, key, version_id, known, rulebook)
        values["flagged"] = item.assessment is not None and item.assessment.flagged
    keep_pictures(conn, item, key, page.at)
    if known.url != page.listing.url:
        _add_url(conn, page, key)
    if repeated and not fresh and not judged and all(getattr(known, name) == value for name, value in values.items()):
        return Kept(key=key, version_id=version_id, new_listing=False, new_version=False, revision=known.revision)
    revision = known.revision + 1
    bulk.add(conn, listings, _UPDATE_LISTING, values | {"revision": revision, "the_key": key})
    enqueue(conn, key, revision, page.now)
    _join_twin(conn, item, known, page.now)
    return Kept(key=key, version_id=version_id, new_listing=False, new_version=fresh, revision=revision)


def _fell(conn: Connection, page: _Page, known: Row[Any]) -> bool:
    before = conn.execute(_LAST_PRICE, {"key": known.key}).first() if known.last_marked else known
    return before is not None and price_fell(before, page.listing.price)


def _version_for(conn: Connection, page: _Page, known: Row[Any]) -> tuple[str, dict[str, Any], bool]:
    """The version that this page shows: the present one, or one that was there before, else a new one."""
    content, key = page.content, known.key
    if known.body is not None and known.text_digest == content.text_digest and _marks(known.pictures) == content.pictures:
        return known.version_id, known.body, False
    alike = conn.execute(_CANDIDATES, {"key": key, "digest": content.text_digest}).all()
    paths = paths_known(conn, key) if alike else {}
    for row in alike:
        if same_pictures(_marks(row.pictures), content.pictures, paths):
            return row.id, row.body, False
    version_id = uuid7()
    number = (conn.execute(_LAST_NUMBER, {"key": key}).scalar() or 0) + 1
    return version_id, _add_version(conn, page, key, version_id, number=number), True


def _marks(stored: list[list[str | None]]) -> tuple[PictureMark, ...]:
    return tuple((path or "", sha) for path, sha in stored)


def _repeated(conn: Connection, page: _Page, known: Row[Any], version_id: str) -> bool:
    """True where this very look at the page is there: the same sealed page (else the same moment) read as the same version."""
    if page.at > known.last_seen and page.at > known.status_at:  # only the last sighting can have been the same look
        same_look = known.last_capture == page.item.capture if page.item.capture else False
        return same_look and known.last_version == version_id
    return any(row.version_id == version_id for row in _same_sightings(conn, known.key, page.item.capture, page.at))


def _same_sightings(conn: Connection, key: str, capture: str | None, at: datetime) -> Sequence[Row[Any]]:
    if capture is not None:
        return conn.execute(_SAME_CAPTURE, {"key": key, "capture": capture}).all()
    return conn.execute(_SAME_MOMENT, {"key": key, "at": at}).all()


def _join_twin(conn: Connection, item: Item, known: Row[Any], at: datetime) -> None:
    if item.same_as is None or item.same_as == known.key:
        return
    twin = conn.execute(_CLUSTER, {"key": item.same_as}).scalar()
    if twin is None or twin == known.cluster_id or clusters.parted_by_hand(conn, known.key):
        return
    clusters.merge(conn, known.cluster_id, twin, at, method=item.same_by or "person", score=item.same_score)


# ---------------------------------------------------------------------------------------------------------------------
# A page that says the listing is gone


def mark(conn: Connection, key: str, status: Status, *, run_id: str, capture_id: str | None, at: datetime) -> int:
    """See `Listings.mark`."""
    known = conn.execute(select(listings).where(listings.c.key == key).with_for_update()).first()  # puts in what waits
    if known is None:
        raise StoreError("no such listing", where=key, remedy="Only a listing that was kept can be marked")
    if any(row.status == status.value for row in _same_sightings(conn, key, capture_id, at)):
        return int(known.revision)
    row = {"listing_key": key, "version_id": known.version_id, "run_id": run_id, "capture_id": capture_id, "at": at}
    done = conn.execute(_INSERT_SIGHTING, row | {"status": status.value, "marked": True})
    if at < known.status_at:
        return int(known.revision)
    revision = int(known.revision) + 1
    values = {"status": status.value, "status_at": at, "sighting_id": _number(done), "revision": revision}
    conn.execute(_UPDATE_LISTING, values | {"the_key": key})
    enqueue(conn, key, revision, at)
    return revision
