"""A lead made of what is selected on the desk, or a selection merged into one that is there.

Both check the claims, bind each listing in the version that was shown, write the decisions and give finished clusters back,
in one transaction. Everything after that (notes, marks, sharing) is the ledger's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection

from patrol.errors import RefusedError
from patrol.ledger import Ledger, Viewer
from patrol.ledger.ids import uuid7
from patrol.ledger.lead_reading import Lead, find
from patrol.ledger.leads import Opening, attach, open_lead
from patrol.triage.deciding import Seen, free, hold


def make_lead(
    ledger: Ledger, viewer: Viewer, seen: Sequence[Seen], opening: Opening, *, minutes: float = 10, now: datetime | None = None
) -> Lead:
    """One lead out of N listings; RefusedError where a claim is someone else's or a listing has no sealed evidence."""
    at = now or datetime.now(UTC)

    def work(conn: Connection) -> str:
        clusters = hold(conn, viewer, seen, minutes, at)
        keys, shown = [one.listing_key for one in seen], {one.listing_key: one.shown for one in seen}
        lead_id = open_lead(conn, viewer, keys, opening, shown=shown, batch_id=_batch(seen), now=at)
        free(conn, viewer, clusters)
        return lead_id

    return ledger.leads.show(viewer, ledger.writer.run(work))


def merge_into(
    ledger: Ledger, viewer: Viewer, ref: str, seen: Sequence[Seen], *, minutes: float = 10, now: datetime | None = None
) -> Lead:
    """Adds N listings to a lead of the viewer's own agency, by its number or id."""
    viewer.require_work("change a lead")
    at = now or datetime.now(UTC)

    def work(conn: Connection) -> str:
        row = find(conn, viewer, ref)
        if row.agency_id != viewer.agency_id:
            raise RefusedError(f"{row.number} belongs to {row.agency}", remedy="Write a note, and its owner will see it")
        clusters = hold(conn, viewer, seen, minutes, at)
        keys, shown = [one.listing_key for one in seen], {one.listing_key: one.shown for one in seen}
        attach(conn, viewer, row.id, keys, at, shown=shown, batch_id=_batch(seen))
        free(conn, viewer, clusters)
        return str(row.id)

    return ledger.leads.show(viewer, ledger.writer.run(work))


def _batch(seen: Sequence[Seen]) -> str | None:
    return uuid7() if len(seen) > 1 else None
