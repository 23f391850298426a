"""Erasing what was written about people and listings, while every event stays where it is.

An erasure is an event itself: what, when, under which class, by whom. The words go from `sellers` and `payloads`; the
listing's row is emptied and its revision raised, so that the index gets a tombstone. A page that is seen again later is a
new reading and comes in as any other; a seller that was erased stays nameless.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, update

from patrol.ledger.ids import uuid7
from patrol.ledger.outbox import changed
from patrol.ledger.search_tables import search_matches
from patrol.ledger.sellers import FACTS
from patrol.ledger.tables import assessments, erasures, listing_pictures, listing_urls, listings, payloads, sellers


def _record(conn: Connection, kind: str, subject: str, class_: str, at: datetime, person_id: str | None) -> None:
    conn.execute(insert(erasures).values(id=uuid7(), kind=kind, subject=subject, class_=class_, person_id=person_id, at=at))


def erase_seller(conn: Connection, key: str, *, class_: str, at: datetime, person_id: str | None = None) -> bool:
    """Forgets name, id, address and place of a seller; False where there was nothing to forget."""
    gone = dict.fromkeys(FACTS)
    held = update(sellers).where(sellers.c.key == key, sellers.c.erased_at.is_(None))
    if not conn.execute(held.values(erased_at=at, **gone)).rowcount:
        return False
    _record(conn, "seller", key, class_, at, person_id)
    return True


def erase_listing(conn: Connection, key: str, *, class_: str, at: datetime, person_id: str | None = None) -> bool:
    """Forgets every word about a listing, its addresses and pictures' links; digests, times and events stay."""
    held = update(listings).where(listings.c.key == key, listings.c.erased_at.is_(None))
    if not conn.execute(held.values(erased_at=at, title=None, title_key=None, url="")).rowcount:
        return False
    conn.execute(
        update(payloads).where(payloads.c.subject == key, payloads.c.erased_at.is_(None)).values(body=None, erased_at=at)
    )
    conn.execute(update(assessments).where(assessments.c.listing_key == key).values(body=None, context={}))
    conn.execute(delete(listing_urls).where(listing_urls.c.listing_key == key))
    conn.execute(delete(listing_pictures).where(listing_pictures.c.listing_key == key))
    conn.execute(delete(search_matches).where(search_matches.c.listing_key == key))
    _record(conn, "listing", key, class_, at, person_id)
    changed(conn, [key], at)
    return True
