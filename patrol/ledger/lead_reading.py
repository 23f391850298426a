"""Leads as a viewer may read them: the list, and one lead with its listings, events and notes.

`leads` asks here before every write as well, so that a lead which the viewer may not see cannot be told from none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, case, func, or_, select

from patrol.errors import RefusedError
from patrol.ledger.desk_tables import agencies, lead_events, lead_listings, lead_readers, lead_shares, leads, people
from patrol.ledger.notes import Note, notes_of
from patrol.ledger.tables import captures, listings, payloads, versions
from patrol.ledger.viewer import Viewer
from patrol.ledger.visibility import leads_seen, people_named


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadRow:
    """One line of the list; `owner` is None where the name is not for the viewer."""

    id: str
    number: str
    title: str | None
    status: str
    mark: str
    agency_id: str
    agency: str
    owner_id: str
    owner: str | None
    listings: int
    opened_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadListing:
    """A listing of a lead, bound to the version that was decided on; `changed` where another one stands now."""

    listing_key: str
    version_id: str
    capture_id: str | None
    capture_digest: str | None
    marketplace: str
    url: str
    title: str | None
    added_by: str | None
    added_at: datetime
    changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadEvent:
    id: str
    kind: str
    at: datetime
    person: str | None
    agency: str
    listing_key: str | None
    version_id: str | None
    note_id: str | None
    detail: dict[str, Any]
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """A whole lead; `shared_with` are agencies, `readers` persons by name."""

    row: LeadRow
    handling_code: str | None
    source_evaluation: str | None
    information_evaluation: int | None
    object_country: str | None
    platform_country: str | None
    authority: str | None
    national_case: str | None
    investigation: str | None
    follow_up_on: date | None
    shared_with: tuple[str, ...]
    readers: tuple[str, ...]
    listings: tuple[LeadListing, ...]
    events: tuple[LeadEvent, ...]
    notes: tuple[Note, ...]

    @property
    def id(self) -> str:
        return self.row.id

    @property
    def number(self) -> str:
        return self.row.number


def find(conn: Connection, viewer: Viewer, ref: str) -> Row[*tuple[Any, ...]]:
    """The row of a lead by number or id; RefusedError where there is none that the viewer may see."""
    wanted = or_(leads.c.id == ref, leads.c.number == ref.strip().upper())
    row = conn.execute(_rows(viewer).where(wanted)).one_or_none()
    if row is None:
        raise RefusedError(f"no lead {ref}", remedy="Check the number, or ask its owner to share it")
    return row


def listed(
    conn: Connection,
    viewer: Viewer,
    *,
    status: str | None = None,
    owner_id: str | None = None,
    listing_key: str | None = None,
    before: str | None = None,
    limit: int = 100,
) -> tuple[LeadRow, ...]:
    """The newest leads first; `before` is the id of the last one of the page before."""
    query = _rows(viewer).order_by(leads.c.id.desc()).limit(limit)
    for column, value in ((leads.c.status, status), (leads.c.owner_id, owner_id)):
        if value is not None:
            query = query.where(column == value)
    if listing_key is not None:
        query = query.where(leads.c.id.in_(select(lead_listings.c.lead_id).where(lead_listings.c.listing_key == listing_key)))
    if before is not None:
        query = query.where(leads.c.id < before)
    return tuple(map(_row, conn.execute(query)))


def shown(conn: Connection, viewer: Viewer, ref: str) -> Lead:
    """One lead as the viewer may read it, by number or id."""
    row = find(conn, viewer, ref)
    names = select(agencies.c.name).join(lead_shares).where(lead_shares.c.lead_id == row.id).order_by(agencies.c.name)
    readers = select(people.c.name).join(lead_readers, lead_readers.c.person_id == people.c.id).where(people_named(viewer))
    plain = ("handling_code", "source_evaluation", "information_evaluation", "object_country", "platform_country", "authority")
    values = {name: getattr(row, name) for name in (*plain, "national_case", "investigation", "follow_up_on")}
    return Lead(
        row=_row(row),
        shared_with=tuple(conn.scalars(names)),
        readers=tuple(conn.scalars(readers.where(lead_readers.c.lead_id == row.id).order_by(people.c.name))),
        listings=_listings(conn, viewer, row.id),
        events=_events(conn, viewer, row.id),
        notes=notes_of(conn, viewer, lead_id=row.id),
        **values,
    )


def _rows(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    counted = select(func.count()).where(lead_listings.c.lead_id == leads.c.id).scalar_subquery()
    return (
        select(
            *leads.c,
            agencies.c.name.label("agency"),
            case((people_named(viewer), people.c.name)).label("owner"),
            counted.label("listings"),
        )
        .select_from(leads)
        .join(agencies, agencies.c.id == leads.c.agency_id)
        .join(people, people.c.id == leads.c.owner_id)
        .where(leads_seen(viewer))
    )


def _row(row: Row[*tuple[Any, ...]]) -> LeadRow:
    same = ("id", "number", "title", "status", "mark", "agency_id", "agency", "owner_id", "owner", "listings")
    return LeadRow(**{name: getattr(row, name) for name in same}, opened_at=row.opened_at, changed_at=row.changed_at)


def _listings(conn: Connection, viewer: Viewer, lead_id: str) -> tuple[LeadListing, ...]:
    query = (
        select(
            lead_listings,
            versions.c.capture_id,
            captures.c.digest.label("capture_digest"),
            listings.c.marketplace,
            listings.c.url,
            listings.c.title,
            case((people_named(viewer), people.c.name)).label("added_by_name"),
            (listings.c.version_id != lead_listings.c.version_id).label("changed"),
        )
        .select_from(lead_listings)
        .join(versions, versions.c.id == lead_listings.c.version_id)
        .join(listings, listings.c.key == lead_listings.c.listing_key)
        .join(people, people.c.id == lead_listings.c.added_by)
        .outerjoin(captures, captures.c.id == versions.c.capture_id)
        .where(lead_listings.c.lead_id == lead_id)
        .order_by(lead_listings.c.added_at, lead_listings.c.listing_key)
    )
    return tuple(
        LeadListing(
            listing_key=row.listing_key,
            version_id=row.version_id,
            capture_id=row.capture_id,
            capture_digest=row.capture_digest,
            marketplace=row.marketplace,
            url=row.url,
            title=row.title,
            added_by=row.added_by_name,
            added_at=row.added_at,
            changed=bool(row.changed),
        )
        for row in conn.execute(query)
    )


def _events(conn: Connection, viewer: Viewer, lead_id: str) -> tuple[LeadEvent, ...]:
    query = (
        select(
            lead_events,
            case((people_named(viewer), people.c.name)).label("person"),
            agencies.c.name.label("agency"),
            payloads.c.body.label("text"),
        )
        .select_from(lead_events)
        .join(people, people.c.id == lead_events.c.person_id)
        .join(agencies, agencies.c.id == lead_events.c.agency_id)
        .outerjoin(payloads, payloads.c.id == lead_events.c.payload_id)
        .where(lead_events.c.lead_id == lead_id)
        .order_by(lead_events.c.at, lead_events.c.id)
    )
    same = ("id", "kind", "at", "person", "agency", "listing_key", "version_id", "note_id", "detail", "text")
    return tuple(LeadEvent(**{name: getattr(row, name) for name in same}) for row in conn.execute(query))
