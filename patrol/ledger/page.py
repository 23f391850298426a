"""One page on its way into the ledger, and the rows that it adds whatever was known before.

`keeping` makes a Page of each item and decides which of these rows are wanted; the rows themselves are written here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, CursorResult, Row, insert

from patrol.ledger import bulk
from patrol.ledger.assessing import Current, keep_assessment
from patrol.ledger.bulk import BESIDE
from patrol.ledger.content import Content, ticks_of, version_body
from patrol.ledger.engine import Insert, insert_for
from patrol.ledger.ids import uuid7
from patrol.ledger.pictures import url_digest
from patrol.ledger.tables import listing_urls, payloads, sightings, versions
from patrol.records import Item, Listing, Status
from patrol.text import near_key
from patrol.wire import fields_to_json

_INSERT_PAYLOAD = insert(payloads)
_INSERT_VERSION = insert(versions)
_INSERT_NOTE = insert(payloads).execution_options(**BESIDE)
_INSERT_SIGHTING = insert(sightings).execution_options(**BESIDE)


def page_identity(listing_id: str | None, url: str) -> str:
    """The page's own id, else `url:` and the SHA-256 of its (canonical) address."""
    return listing_id or f"url:{url_digest(url)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
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


def present_of(page: Page, version_id: str) -> dict[str, Any]:
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


def add_version(conn: Connection, page: Page, key: str, version_id: str, *, number: int) -> None:
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


def add_sighting(conn: Connection, page: Page, key: str, version_id: str, body: dict[str, Any] | None) -> int:
    """Adds the sighting and gives its number; `body` is the version's payload, None where this very page made it."""
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
            "ticks": ticks_of(listing, body) if body is not None else None,
            "marked": False,
            "note_id": note_id,
        },
    )
    return serial_of(done)


def serial_of(inserted: CursorResult[Any]) -> int:
    return int(next(iter(inserted.inserted_primary_key or ())))


@cache
def _insert_url(dialect: str) -> Insert:
    return insert_for(dialect, listing_urls).on_conflict_do_nothing(index_elements=["url_digest", "listing_key"])


def add_url(conn: Connection, page: Page, key: str) -> None:
    for url in dict.fromkeys((page.listing.url, page.item.address or page.listing.url)):
        row = {"url_digest": url_digest(url), "listing_key": key, "first_seen": page.at}
        bulk.add(conn, listing_urls, _insert_url(conn.dialect.name), row)


def assess_page(
    conn: Connection, page: Page, key: str, version_id: str, known: Row[Any] | None, rulebook: str
) -> tuple[Any, bool]:
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
