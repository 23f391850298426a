"""The events of a lead, its number, and how a listing leaves it: what both decisions and leads write.

Each function works inside the caller's transaction and keeps the lead's row in step with the event that it appends.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from patrol.ledger.desk_tables import lead_events, lead_listings, lead_numbers, leads
from patrol.ledger.engine import insert
from patrol.ledger.ids import uuid7
from patrol.ledger.viewer import Viewer
from patrol.ledger.words import keep_words


def next_number(conn: Connection, year: int) -> tuple[int, str]:
    """The next serial of a year and the number made of it, L-2026-0001; the counter's row is locked until the commit."""
    first = insert(conn, lead_numbers).values(year=year, last=1)
    counted = first.on_conflict_do_update(index_elements=["year"], set_={"last": lead_numbers.c.last + 1})
    serial = int(conn.execute(counted.returning(lead_numbers.c.last)).scalar_one())
    return serial, f"L-{year}-{serial:04d}"


def append_event(
    conn: Connection,
    viewer: Viewer,
    lead_id: str,
    kind: str,
    at: datetime,
    *,
    listing_key: str | None = None,
    version_id: str | None = None,
    note_id: str | None = None,
    detail: Mapping[str, Any] | None = None,
    text: str | None = None,
) -> str:
    """Adds one event and moves the lead's `changed_at`; `detail` holds ids and codes, words go into `text`."""
    event_id = uuid7()
    row = {
        "id": event_id,
        "lead_id": lead_id,
        "kind": kind,
        "person_id": viewer.person_id,
        "agency_id": viewer.agency_id,
        "at": at,
        "listing_key": listing_key,
        "version_id": version_id,
        "note_id": note_id,
        "detail": dict(detail or {}),
        "payload_id": keep_words(conn, "lead", lead_id, text, at),
    }
    conn.execute(lead_events.insert().values(row))
    conn.execute(update(leads).where(leads.c.id == lead_id).values(changed_at=at))
    return event_id


def set_status(conn: Connection, viewer: Viewer, lead_id: str, status: str, at: datetime, text: str | None = None) -> None:
    """Moves the lead to another status, with the event that says from where."""
    before = conn.scalar(select(leads.c.status).where(leads.c.id == lead_id))
    conn.execute(update(leads).where(leads.c.id == lead_id).values(status=status))
    append_event(conn, viewer, lead_id, "status", at, detail={"from": before, "to": status}, text=text)


def detach_listing(
    conn: Connection,
    viewer: Viewer,
    lead_id: str,
    listing_key: str,
    at: datetime,
    *,
    detail: Mapping[str, Any] | None = None,
    text: str | None = None,
) -> bool:
    """Takes a listing out of a lead; False where it isn't part of it. A lead that is left empty is closed."""
    part = (lead_listings.c.lead_id == lead_id, lead_listings.c.listing_key == listing_key)
    version_id = conn.scalar(select(lead_listings.c.version_id).where(*part))
    if version_id is None:
        return False
    conn.execute(delete(lead_listings).where(*part))
    append_event(conn, viewer, lead_id, "detached", at, listing_key=listing_key, version_id=version_id, detail=detail, text=text)
    if not conn.scalar(select(func.count()).where(lead_listings.c.lead_id == lead_id)):
        set_status(conn, viewer, lead_id, "closed", at, text="Its last listing was taken out.")
    return True
