"""Keeping one listing: everything that one page tells, in the one transaction that also ends its request.

`Listings.keep` calls it for every item at the end of the steps, `Listings.mark` for pages that say "gone". Handing in the
same item again (after a crash, or read anew from the same sealed page) adds nothing that is there already. Evidence that
is older than the last sighting fills the history and leaves the present as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, exists, func, insert, or_, select, update

from patrol.errors import StoreError
from patrol.ledger import bulk, clusters
from patrol.ledger.bulk import BESIDE
from patrol.ledger.content import PictureMark, content_of, price_fell, same_pictures
from patrol.ledger.desk_tables import decisions
from patrol.ledger.ids import uuid7
from patrol.ledger.outbox import enqueue
from patrol.ledger.page import Page, add_sighting, add_url, add_version, assess_page, page_identity, present_of, serial_of
from patrol.ledger.pictures import keep_pictures, paths_known
from patrol.ledger.queue import QueuedRequest, RequestQueue
from patrol.ledger.rulebooks import Rulebooks
from patrol.ledger.runs import Runs
from patrol.ledger.sellers import SellerKeys, keep_seller
from patrol.ledger.tables import assessments, listings, payloads, sightings, versions
from patrol.records import Item, Outcome, Status

MOST_ALIKE = 30  # near twins in one cluster: a seller's template fills no officer's day, nor does one hold it all

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
_MARK = insert(sightings)
_UPDATE_LISTING = update(listings).where(listings.c.key == bindparam("the_key"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What keeping an item came to."""

    key: str
    version_id: str
    new_listing: bool
    new_version: bool
    revision: int


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

    def _keep(self, conn: Connection, page: Page, rulebook: str, children: Sequence[QueuedRequest], outcome: Outcome) -> Kept:
        item = page.item
        bulk.touch(conn, (item.id_space, page.page_id))
        known = conn.execute(_KNOWN, {"space": item.id_space, "page_id": page.page_id}).first()
        kept = _keep_first(conn, page, rulebook) if known is None else _keep_again(conn, page, known, rulebook)
        ended = item.request_id is not None and self._queue.done(conn, item.request_id, outcome, children)
        if ended:
            self._runs.count(conn, item.run_id, outcome)
        for fault in item.faults if ended or item.request_id is None else ():
            self._runs.fault(conn, item.run_id, fault, listing=kept.key, request=item.request_id)
        return kept

    def _page(self, conn: Connection, item: Item, now: datetime) -> Page:
        at = item.listing.captured_at or now
        seller_key = keep_seller(conn, self._sellers, item.id_space, item.listing.seller, at)
        return Page(
            item=item,
            page_id=page_identity(item.listing.listing_id, item.address or item.listing.url),
            at=at,
            now=now,
            seller_key=seller_key,
            content=content_of(item.listing, seller_key),
        )


# ---------------------------------------------------------------------------------------------------------------------
# A listing that was never seen


def _keep_first(conn: Connection, page: Page, rulebook: str) -> Kept:
    item, key, version_id = page.item, uuid7(), uuid7()
    twins = _cluster_to_join(conn, item)
    cluster_id, method = (twins, item.same_by or "person") if twins else (uuid7(), "first")
    add_version(conn, page, key, version_id, number=1)
    row = {
        "key": key,
        "id_space": item.id_space,
        "listing_id": page.page_id,
        "cluster_id": cluster_id,
        "sighting_id": add_sighting(conn, page, key, version_id, None),
        "flagged": item.assessment is not None and item.assessment.flagged,
        "price_drops": 0,
        "revision": 1,
        "first_seen": page.at,
        "last_seen": page.at,
    }
    row["assessment_id"], _ = assess_page(conn, page, key, version_id, None, rulebook)
    bulk.add(conn, listings, _INSERT_LISTING, present_of(page, version_id) | row)
    clusters.record(conn, "join", cluster_id, key, page.now, method=method, reason="kept", score=item.same_score)
    keep_pictures(conn, item, key, page.at)
    add_url(conn, page, key)
    enqueue(conn, key, 1, page.now)
    return Kept(key=key, version_id=version_id, new_listing=True, new_version=True, revision=1)


# ---------------------------------------------------------------------------------------------------------------------
# A listing that is known


def _keep_again(conn: Connection, page: Page, known: Row[Any], rulebook: str) -> Kept:
    item, key = page.item, known.key
    version_id, body, fresh = _version_for(conn, page, known)
    present, judged = page.at >= known.status_at, False
    values: dict[str, Any] = {"first_seen": min(known.first_seen, page.at), "last_seen": max(known.last_seen, page.at)}
    repeated = _repeated(conn, page, known, version_id)
    if not repeated:
        fell = present and _fell(conn, page, known)
        sighting_id = add_sighting(conn, page, key, version_id, body)
        values |= {"sighting_id": sighting_id, "price_drops": known.price_drops + fell} if present else {}
    if present:
        values |= present_of(page, version_id)
        values["assessment_id"], judged = assess_page(conn, page, key, version_id, known, rulebook)
        values["flagged"] = item.assessment is not None and item.assessment.flagged
    keep_pictures(conn, item, key, page.at)
    if known.url != page.listing.url:
        add_url(conn, page, key)
    if repeated and not fresh and not judged and all(getattr(known, name) == value for name, value in values.items()):
        return Kept(key=key, version_id=version_id, new_listing=False, new_version=False, revision=known.revision)
    revision = known.revision + 1
    bulk.add(conn, listings, _UPDATE_LISTING, values | {"revision": revision, "the_key": key})
    enqueue(conn, key, revision, page.now)
    _join_twin(conn, item, known, page.now)
    return Kept(key=key, version_id=version_id, new_listing=False, new_version=fresh, revision=revision)


def _fell(conn: Connection, page: Page, known: Row[Any]) -> bool:
    before = conn.execute(_LAST_PRICE, {"key": known.key}).first() if known.last_marked else known
    return before is not None and price_fell(before, page.listing.price)


def _version_for(conn: Connection, page: Page, known: Row[Any]) -> tuple[str, dict[str, Any] | None, bool]:
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
    add_version(conn, page, key, version_id, number=number)
    return version_id, None, True


def _marks(stored: list[list[str | None]]) -> tuple[PictureMark, ...]:
    return tuple((path or "", sha) for path, sha in stored)


def _repeated(conn: Connection, page: Page, known: Row[Any], version_id: str) -> bool:
    """True where this very look at the page is there: the same sealed page (else the same moment) read as the same version."""
    if page.at > known.last_seen and page.at > known.status_at:  # only the last sighting can have been the same look
        same_look = known.last_capture == page.item.capture if page.item.capture else False
        return same_look and known.last_version == version_id
    return any(row.version_id == version_id for row in _same_sightings(conn, known.key, page.item.capture, page.at))


def _same_sightings(conn: Connection, key: str, capture: str | None, at: datetime) -> Sequence[Row[Any]]:
    if capture is not None:
        return conn.execute(_SAME_CAPTURE, {"key": key, "capture": capture}).all()
    return conn.execute(_SAME_MOMENT, {"key": key, "at": at}).all()


def _cluster_to_join(conn: Connection, item: Item) -> str | None:
    """The cluster of what the item is the same as; None where it is merely alike, and enough of those lie there already."""
    if item.same_as is None:
        return None
    cluster_id = conn.execute(_CLUSTER, {"key": item.same_as}).scalar()
    if item.same_by == "near_twin" and cluster_id and clusters.size(conn, cluster_id) >= MOST_ALIKE:
        return None
    return str(cluster_id) if cluster_id else None


def _join_twin(conn: Connection, item: Item, known: Row[Any], at: datetime) -> None:
    twin = None if item.same_as == known.key else _cluster_to_join(conn, item)
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
    done = conn.execute(_MARK, row | {"status": status.value, "marked": True})
    if at < known.status_at:
        return int(known.revision)
    revision = int(known.revision) + 1
    values = {"status": status.value, "status_at": at, "sighting_id": serial_of(done), "revision": revision}
    conn.execute(_UPDATE_LISTING, values | {"the_key": key})
    enqueue(conn, key, revision, at)
    return revision
