"""Notes on listings and leads: what someone wrote down, marked as fact or assessment, with a mark of its own.

The desk and `leads` hand them in; who may read which is decided in `visibility`. The event stays, its words can be erased.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, case, select

from patrol.errors import RefusedError
from patrol.ledger.desk_tables import MARKS, agencies, note_shares, notes, people
from patrol.ledger.engine import insert, reading
from patrol.ledger.ids import uuid7
from patrol.ledger.people import agency_of
from patrol.ledger.tables import listings, payloads
from patrol.ledger.viewer import Viewer
from patrol.ledger.visibility import notes_seen, people_named
from patrol.ledger.words import keep_words
from patrol.ledger.writer import Writer


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One note as a viewer may read it; `text` is None once erased, `person` where the name is not for the viewer."""

    id: str
    lead_id: str | None
    listing_key: str | None
    version_id: str | None
    person: str | None
    agency: str
    at: datetime
    fact: bool
    mark: str
    text: str | None


class Notes:
    """Notes on listings; those on leads are written through `Leads.note`."""

    def __init__(self, engine: Engine, writer: Writer) -> None:
        self._engine = engine
        self._writer = writer

    def add(
        self, viewer: Viewer, listing_key: str, text: str, *, fact: bool, mark: str = "AMBER+STRICT", now: datetime | None = None
    ) -> str:
        """Writes a note on a listing's current version; returns its id."""
        viewer.require_work("write notes")
        at = now or datetime.now(UTC)

        def work(conn: Connection) -> str:
            version_id = conn.scalar(select(listings.c.version_id).where(listings.c.key == listing_key))
            if version_id is None:
                raise RefusedError(f"there is no listing {listing_key}")
            return write_note(conn, viewer, text, at, fact=fact, mark=mark, listing_key=listing_key, version_id=version_id)

        return self._writer.run(work)

    def of(self, listing_key: str, viewer: Viewer) -> tuple[Note, ...]:
        """The notes on a listing that the viewer may read, oldest first."""
        with reading(self._engine) as conn:
            return notes_of(conn, viewer, listing_key=listing_key)

    def share(self, viewer: Viewer, note_id: str, agency: str, *, now: datetime | None = None) -> None:
        """Lets another agency read a note of one's own agency; a RED note is for named eyes and isn't shared."""
        viewer.require_work("share notes")
        at = now or datetime.now(UTC)

        def work(conn: Connection) -> None:
            found = conn.execute(select(notes.c.mark, notes.c.agency_id).where(notes.c.id == note_id, notes_seen(viewer)))
            note = found.one_or_none()
            if note is None or note.agency_id != viewer.agency_id:
                raise RefusedError("only the note's own agency shares it")
            if note.mark == "RED":
                raise RefusedError("a note marked RED is not shared", remedy="Write another one under a wider mark")
            row = {"note_id": note_id, "agency_id": agency_of(conn, agency), "shared_by": viewer.person_id, "shared_at": at}
            conn.execute(insert(conn, note_shares).values(row).on_conflict_do_nothing())

        self._writer.run(work)


def write_note(
    conn: Connection,
    viewer: Viewer,
    text: str,
    at: datetime,
    *,
    fact: bool,
    mark: str,
    lead_id: str | None = None,
    listing_key: str | None = None,
    version_id: str | None = None,
) -> str:
    """Writes a note inside the caller's transaction; returns its id."""
    if mark not in MARKS:
        raise RefusedError(f"no mark {mark!r}", remedy=f"TLP 2.0 knows {', '.join(MARKS)}")
    payload_id = keep_words(conn, "note", lead_id or listing_key or viewer.person_id, text, at)
    if payload_id is None:
        raise RefusedError("a note without words", remedy="Write what you saw, or what you make of it")
    row = {"id": uuid7(), "lead_id": lead_id, "listing_key": listing_key, "version_id": version_id, "at": at, "fact": fact}
    row |= {"mark": mark, "payload_id": payload_id, "person_id": viewer.person_id, "agency_id": viewer.agency_id}
    conn.execute(notes.insert().values(row))
    return str(row["id"])


def notes_of(conn: Connection, viewer: Viewer, *, lead_id: str | None = None, listing_key: str | None = None) -> tuple[Note, ...]:
    """Notes on a lead or a listing that the viewer may read, oldest first."""
    about = notes.c.lead_id == lead_id if lead_id else notes.c.listing_key == listing_key
    query = (
        select(
            *notes.c,
            case((people_named(viewer), people.c.name)).label("person"),
            agencies.c.name.label("agency"),
            payloads.c.body.label("text"),
        )
        .select_from(notes)
        .join(people, people.c.id == notes.c.person_id)
        .join(agencies, agencies.c.id == notes.c.agency_id)
        .join(payloads, payloads.c.id == notes.c.payload_id)
        .where(about, notes_seen(viewer))
        .order_by(notes.c.at, notes.c.id)
    )
    return tuple(map(_note, conn.execute(query)))


def _note(row: Row[*tuple[Any, ...]]) -> Note:
    return Note(
        id=row.id,
        lead_id=row.lead_id,
        listing_key=row.listing_key,
        version_id=row.version_id,
        person=row.person,
        agency=row.agency,
        at=row.at,
        fact=row.fact,
        mark=row.mark,
        text=row.text,
    )
