"""Where each listing stands at the desk: a projection of its decisions, and what has changed since the last of them.

`decisions` has the row of a listing rewritten in the transaction of every event; triage, the index and the desk read it.
The projection can be made anew from the events at any time. Nothing here is filtered by viewer: status, reason and agency
are known to every desk, so that no two units work on the same listing; persons and words are not given from here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, case, delete, exists, literal, or_, select

from patrol.ledger.desk_tables import decisions, lead_listings, listing_status
from patrol.ledger.tables import cluster_events, listings, sightings

STATUS_OF = {"lead": "lead", "clear": "cleared", "unsure": "unsure", "watch": "watch"}  # by kind of decision
GONE = ("sold", "removed")
BATCH = 500  # keys a statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The status that the last valid decision gave; `changed` says what happened since: version, sold, removed, relisted."""

    listing_key: str
    status: str
    decision_id: str
    version_id: str
    person_id: str
    agency_id: str
    to_person_id: str | None
    to_expert: bool
    reason: int | None
    decided_at: datetime
    changed: tuple[str, ...]

    @property
    def reopens(self) -> bool:
        """True where the change needs another look: what was cleared and then only sold or taken down does not."""
        return bool(set(self.changed).difference(GONE) if self.status == "cleared" else self.changed)


def project(conn: Connection, listing_keys: Iterable[str]) -> None:
    """Writes the status of these listings anew from their decisions; a listing without a standing one is open (no row).

    The latest decision gives the status; but while a listing is part of a lead it is a lead, whatever another desk says
    of it later: that only answers what had changed.
    """
    for keys in _batches(listing_keys):
        conn.execute(delete(listing_status).where(listing_status.c.listing_key.in_(keys)))
        latest: dict[str, Row[Any]] = {}
        in_lead: set[str] = set()
        for row in conn.execute(select(decisions).where(decisions.c.listing_key.in_(keys), stands())):
            held = latest.get(row.listing_key)
            if held is None or (row.at, row.id) > (held.at, held.id):
                latest[row.listing_key] = row
            if row.kind == "lead":
                in_lead.add(row.listing_key)
        if latest:
            conn.execute(listing_status.insert(), [_projected(row, row.listing_key in in_lead) for row in latest.values()])


def stands() -> ColumnElement[bool]:
    """A condition on `decisions`: gives a status, was not undone and, for a lead, the listing is still part of it."""
    undo = decisions.alias("undo")
    undone = exists().where(undo.c.undoes == decisions.c.id)
    attached = exists().where(
        lead_listings.c.lead_id == decisions.c.lead_id, lead_listings.c.listing_key == decisions.c.listing_key
    )
    return and_(decisions.c.kind.in_(STATUS_OF), ~undone, or_(decisions.c.kind != "lead", attached))


def standings(conn: Connection, listing_keys: Iterable[str]) -> dict[str, Standing]:
    """The standing of each decided listing among these, by key; open ones are left out."""
    found: dict[str, Standing] = {}
    for keys in _batches(listing_keys):
        query = _standings().where(listing_status.c.listing_key.in_(keys))
        found.update((row.listing_key, standing_of(row)) for row in conn.execute(query))
    return found


def _standings() -> Any:
    relisting = exists().where(
        cluster_events.c.cluster_id == listings.c.cluster_id,
        cluster_events.c.kind == "join",
        cluster_events.c.method == "relisting",
        cluster_events.c.listing_key != listings.c.key,
        cluster_events.c.listing_key > listing_status.c.decision_id,  # both UUIDv7: first kept after the decision
    )
    went = and_(listings.c.status.in_(GONE), or_(sightings.c.status.is_(None), sightings.c.status != listings.c.status))
    return (
        select(
            *listing_status.c,
            (listings.c.version_id != listing_status.c.version_id).label("new_version"),
            case((went, listings.c.status)).label("went"),
            case((relisting, literal(True)), else_=literal(False)).label("relisted"),
        )
        .join(listings, listings.c.key == listing_status.c.listing_key)
        .outerjoin(sightings, sightings.c.id == listing_status.c.sighting_id)
    )


def standing_of(row: Row[Any]) -> Standing:
    words = ("version" if row.new_version else None, row.went, "relisted" if row.relisted else None)
    return Standing(
        listing_key=row.listing_key,
        status=row.status,
        decision_id=row.decision_id,
        version_id=row.version_id,
        person_id=row.person_id,
        agency_id=row.agency_id,
        to_person_id=row.to_person_id,
        to_expert=row.to_expert,
        reason=row.reason,
        decided_at=row.decided_at,
        changed=tuple(word for word in words if word),
    )


def _projected(row: Row[Any], in_lead: bool) -> dict[str, Any]:
    return {
        "listing_key": row.listing_key,
        "status": "lead" if in_lead else STATUS_OF[row.kind],
        "decision_id": row.id,
        "version_id": row.version_id,
        "sighting_id": row.sighting_id,
        "person_id": row.person_id,
        "agency_id": row.agency_id,
        "to_person_id": row.to_person_id,
        "to_expert": row.to_expert,
        "reason": row.reason,
        "decided_at": row.at,
    }


def _batches(keys: Iterable[str]) -> Iterator[Collection[str]]:
    left = iter(keys)
    while batch := tuple(islice(left, BATCH)):
        yield batch
