"""Leads: what an agency follows up, made of listings in the version that was seen, told as a row of events.

Triage opens them, the desk and the reports read and extend them. Each step is an append-only event with actor and time; the
lead's row is the sum of them. A lead is opened over sealed evidence only. Who may read which lead `visibility` says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, Row, delete, select, update

from patrol.errors import RefusedError
from patrol.ledger import lead_reading
from patrol.ledger.decisions import Shown, Verdict, record
from patrol.ledger.desk_tables import MARKS, lead_listings, lead_readers, lead_shares, leads, people
from patrol.ledger.engine import insert, reading
from patrol.ledger.ids import uuid7
from patrol.ledger.lead_events import append_event, detach_listing, next_number, set_status
from patrol.ledger.lead_reading import Lead, LeadRow
from patrol.ledger.notes import write_note
from patrol.ledger.outbox import changed as tell_index
from patrol.ledger.people import agency_of, person_of
from patrol.ledger.status import project
from patrol.ledger.tables import captures, listings, versions
from patrol.ledger.viewer import Role, Viewer
from patrol.ledger.visibility import people_named
from patrol.ledger.writer import Writer

T = TypeVar("T")
NOTHING_SHOWN: Mapping[str, Shown] = MappingProxyType({})
STEPS = {"opened": ("enriching", "closed"), "enriching": ("closed",), "closed": ("enriching",)}  # what can follow what
UNTITLED = "Untitled lead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What a lead starts with besides its listings; `shared_with` are agencies by name or id."""

    title: str
    note: str | None = None
    fact: bool = False  # the note is a fact, else an assessment
    mark: str = "AMBER+STRICT"
    handling_code: str | None = None  # Europol H0-H3
    source_evaluation: str | None = None  # A B C X
    information_evaluation: int | None = None  # 1-4
    shared_with: tuple[str, ...] = ()


class Leads:
    """Leads of all agencies; a lead is named by its number (L-2026-0001) or its id."""

    def __init__(self, engine: Engine, writer: Writer) -> None:
        self._engine = engine
        self._writer = writer

    def open(
        self,
        viewer: Viewer,
        listing_keys: Sequence[str],
        title: str,
        note: str | None = None,
        *,
        mark: str = "AMBER+STRICT",
        shown: Mapping[str, Shown] = NOTHING_SHOWN,
        now: datetime | None = None,
        **more: Any,
    ) -> Lead:
        """Opens a lead over these listings, each in the version shown (else the current one); `more` as in Opening."""
        opening = Opening(title=title, note=note, mark=mark, **more)
        lead_id = self._writer.run(lambda conn: open_lead(conn, viewer, listing_keys, opening, shown=shown, now=now))
        return self.show(viewer, lead_id)

    def add(
        self,
        viewer: Viewer,
        ref: str,
        listing_keys: Sequence[str],
        *,
        shown: Mapping[str, Shown] = NOTHING_SHOWN,
        now: datetime | None = None,
    ) -> Lead:
        """Adds listings to a lead of one's own agency; one that is part of it already is bound to the version shown now."""
        return self._change(viewer, ref, now, lambda conn, row, at: attach(conn, viewer, row.id, listing_keys, at, shown=shown))

    def detach(self, viewer: Viewer, ref: str, listing_key: str, reason: str, *, now: datetime | None = None) -> Lead:
        """Takes a listing out, with the reason; its status falls back to what stood before."""

        def work(conn: Connection, row: Row[Any], at: datetime) -> None:
            if not detach_listing(conn, viewer, row.id, listing_key, at, text=_said(reason, "Say why it is taken out")):
                raise RefusedError(f"the listing is not part of {row.number}")
            project(conn, (listing_key,))
            tell_index(conn, (listing_key,), at)

        return self._change(viewer, ref, now, work)

    def note(
        self, viewer: Viewer, ref: str, text: str, fact: bool, *, mark: str | None = None, now: datetime | None = None
    ) -> Lead:
        """Adds a note, under the lead's mark where none is given; those it was shared with may write too."""

        def work(conn: Connection, row: Row[Any], at: datetime) -> None:
            note_id = write_note(conn, viewer, text, at, fact=fact, mark=mark or row.mark, lead_id=row.id)
            append_event(conn, viewer, row.id, "noted", at, note_id=note_id)

        return self._change(viewer, ref, now, work, own=False)

    def retitle(self, viewer: Viewer, ref: str, title: str, *, now: datetime | None = None) -> Lead:
        def work(conn: Connection, row: Row[Any], at: datetime) -> None:
            _set(conn, row.id, title=_title(title))
            append_event(conn, viewer, row.id, "retitled", at, text=row.title)

        return self._change(viewer, ref, now, work)

    def set_mark(self, viewer: Viewer, ref: str, mark: str, *, now: datetime | None = None) -> Lead:
        """Puts a lead under another TLP mark; RED hides it from all but owner, supervisors and named readers."""

        def work(conn: Connection, row: Row[Any], at: datetime) -> None:
            _set(conn, row.id, mark=_mark(mark))
            append_event(conn, viewer, row.id, "marked", at, detail={"from": row.mark, "to": mark})
            _tell_index(conn, row.id, at)

        return self._change(viewer, ref, now, work)

    def share(self, viewer: Viewer, ref: str, agency: str, *, now: datetime | None = None) -> Lead:
        """Lets another agency read a lead; refused for RED, which is for named persons."""
        return self._change(viewer, ref, now, lambda conn, row, at: _share(conn, viewer, row.id, row.mark, agency, at))

    def unshare(self, viewer: Viewer, ref: str, agency: str, *, now: datetime | None = None) -> Lead:
        def work(conn: Connection, row: Row[Any], at: datetime) -> None:
            agency_id = agency_of(conn, agency)
            conn.execute(delete(lead_shares).where(lead_shares.c.lead_id == row.id, lead_shares.c.agency_id == agency_id))
            append_event(conn, viewer, row.id, "unshared", at, detail={"agency": agency_id})
            _tell_index(conn, row.id, at)

        return self._change(viewer, ref, now, work)

    def name_reader(self, viewer: Viewer, ref: str, person_id: str, *, now: datetime | None = None) -> Lead:
        """Lets one person read the lead, whatever its mark."""

        def work(conn: Connection, row: Row[Any], at: datetime) -> None:
            allowed = select(people.c.id).where(people.c.id == person_id, people_named(viewer))
            if conn.scalar(allowed) is None or person_of(conn, person_id).role is Role.AUDITOR:
                raise RefusedError("the one to name is neither of this agency nor an expert", remedy="Choose another name")
            named = {"lead_id": row.id, "person_id": person_id, "named_by": viewer.person_id, "named_at": at}
            conn.execute(insert(conn, lead_readers).values(named).on_conflict_do_nothing())
            append_event(conn, viewer, row.id, "reader", at, detail={"person": person_id})

        return self._change(viewer, ref, now, work)

    def hand_over(self, viewer: Viewer, ref: str, owner_id: str, *, now: datetime | None = None) -> Lead:
        """Gives a lead to another working person of the same agency; the one who gives a RED one stays its reader."""

        def work(conn: Connection, row: Row[Any], at: datetime) -> None:
            owner = person_of(conn, owner_id)
            if owner.agency_id != row.agency_id or not owner.viewer.works or not owner.active:
                raise RefusedError("the new owner must work for the lead's agency", remedy="Share the lead instead")
            _set(conn, row.id, owner_id=owner_id)
            keeps = {"lead_id": row.id, "person_id": viewer.person_id, "named_by": viewer.person_id, "named_at": at}
            conn.execute(insert(conn, lead_readers).values(keeps).on_conflict_do_nothing())
            append_event(conn, viewer, row.id, "handed_over", at, detail={"from": row.owner_id, "to": owner_id})

        return self._change(viewer, ref, now, work)

    def evaluate(
        self,
        viewer: Viewer,
        ref: str,
        *,
        handling_code: str | None,
        source: str | None,
        information: int | None,
        now: datetime | None = None,
    ) -> Lead:
        """Sets the handling code (H0-H3) and the evaluation of source (A B C X) and information (1-4)."""

        def work(conn: Connection, row: Row[Any], at: datetime) -> None:
            codes = _codes(handling_code, source, information)
            _set(conn, row.id, **codes)
            append_event(conn, viewer, row.id, "evaluated", at, detail=codes)

        return self._change(viewer, ref, now, work)

    def advance(self, viewer: Viewer, ref: str, status: str, reason: str | None = None, *, now: datetime | None = None) -> Lead:
        """Moves a lead to `enriching` or `closed`; closing and opening again need a reason."""

        def work(conn: Connection, row: Row[Any], at: datetime) -> None:
            if status not in STEPS.get(row.status, ()):
                raise RefusedError(f"{row.number} is {row.status}; {status!r} cannot follow")
            text = _said(reason, "Say why") if "closed" in (status, row.status) else reason
            set_status(conn, viewer, row.id, status, at, text=text)

        return self._change(viewer, ref, now, work)

    def list(
        self,
        viewer: Viewer,
        *,
        status: str | None = None,
        owner_id: str | None = None,
        listing_key: str | None = None,
        before: str | None = None,
        limit: int = 100,
    ) -> tuple[LeadRow, ...]:
        """The leads that the viewer may see, newest first, or those of one listing; `before` is the last id of a page."""
        with reading(self._engine) as conn:
            return lead_reading.listed(
                conn, viewer, status=status, owner_id=owner_id, listing_key=listing_key, before=before, limit=limit
            )

    def show(self, viewer: Viewer, ref: str) -> Lead:
        """One lead with listings, events and notes; RefusedError where there is none that the viewer may see."""
        with reading(self._engine) as conn:
            return lead_reading.shown(conn, viewer, ref)

    def _change(
        self,
        viewer: Viewer,
        ref: str,
        now: datetime | None,
        work: Callable[[Connection, Row[Any], datetime], object],
        *,
        own: bool = True,
    ) -> Lead:
        viewer.require_work("change a lead")
        at = now or datetime.now(UTC)

        def whole(conn: Connection) -> str:
            row = lead_reading.find(conn, viewer, ref)
            if own and row.agency_id != viewer.agency_id:
                raise RefusedError(f"{row.number} belongs to {row.agency}", remedy="Write a note, and its owner will see it")
            work(conn, row, at)
            return str(row.id)

        return self.show(viewer, self._writer.run(whole))


def open_lead(
    conn: Connection,
    viewer: Viewer,
    listing_keys: Sequence[str],
    opening: Opening,
    *,
    shown: Mapping[str, Shown] = NOTHING_SHOWN,
    batch_id: str | None = None,
    now: datetime | None = None,
) -> str:
    """Opens a lead inside the caller's transaction, with a decision for each listing; returns the lead's id."""
    viewer.require_work("open a lead")
    at = now or datetime.now(UTC)
    if not listing_keys:
        raise RefusedError("a lead needs at least one listing", remedy="Select one")
    serial, number = next_number(conn, at.year)
    row = {"id": uuid7(), "number": number, "year": at.year, "serial": serial, "status": "opened", "title": _title(opening.title)}
    row |= {"agency_id": viewer.agency_id, "owner_id": viewer.person_id, "mark": _mark(opening.mark)}
    row |= _codes(opening.handling_code, opening.source_evaluation, opening.information_evaluation)
    conn.execute(leads.insert().values(row | {"opened_at": at, "changed_at": at}))
    lead_id = str(row["id"])
    append_event(conn, viewer, lead_id, "opened", at, detail={"number": number, "mark": opening.mark})
    attach(conn, viewer, lead_id, listing_keys, at, shown=shown, batch_id=batch_id)
    if opening.note:
        note_id = write_note(conn, viewer, opening.note, at, fact=opening.fact, mark=opening.mark, lead_id=lead_id)
        append_event(conn, viewer, lead_id, "noted", at, note_id=note_id)
    for agency in opening.shared_with:
        _share(conn, viewer, lead_id, opening.mark, agency, at)
    return lead_id


def attach(
    conn: Connection,
    viewer: Viewer,
    lead_id: str,
    listing_keys: Sequence[str],
    at: datetime,
    *,
    shown: Mapping[str, Shown] = NOTHING_SHOWN,
    batch_id: str | None = None,
) -> None:
    """Binds listings to a lead in the version shown (anew, where it had another); RefusedError where one is not sealed."""
    for key in dict.fromkeys(listing_keys):
        seen = shown.get(key, Shown())
        version_id = seen.version_id or conn.scalar(select(listings.c.version_id).where(listings.c.key == key))
        _require_sealed(conn, key, version_id)
        held = conn.scalar(select(lead_listings.c.version_id).where(*_part(lead_id, key)))
        if held is None:
            row = {"lead_id": lead_id, "listing_key": key, "added_by": viewer.person_id, "added_at": at}
            conn.execute(lead_listings.insert().values(row | {"version_id": version_id}))
        elif held != version_id:
            conn.execute(update(lead_listings).where(*_part(lead_id, key)).values(version_id=version_id))
        if held != version_id:
            kind = "attached" if held is None else "version"
            append_event(conn, viewer, lead_id, kind, at, listing_key=key, version_id=version_id)
        record(conn, viewer, key, Verdict(kind="lead"), seen, lead_id=lead_id, batch_id=batch_id, now=at)


def _part(lead_id: str, listing_key: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return lead_listings.c.lead_id == lead_id, lead_listings.c.listing_key == listing_key


def _require_sealed(conn: Connection, listing_key: str, version_id: str | None) -> None:
    sealed = (
        select(captures.c.id)
        .join(versions, versions.c.capture_id == captures.c.id)
        .where(versions.c.id == version_id, versions.c.listing_key == listing_key)
    )
    if version_id is None or conn.scalar(sealed) is None:
        raise RefusedError(
            "this listing has no sealed evidence in the version shown",
            where=listing_key,
            remedy="Crawl it again, or add the saved page by hand, and open the lead then",
        )


def _share(conn: Connection, viewer: Viewer, lead_id: str, mark: str, agency: str, at: datetime) -> None:
    if mark == "RED":
        raise RefusedError("a lead marked RED is not shared with an agency", remedy="Name the persons who may read it")
    agency_id = agency_of(conn, agency)
    row = {"lead_id": lead_id, "agency_id": agency_id, "shared_by": viewer.person_id, "shared_at": at}
    conn.execute(insert(conn, lead_shares).values(row).on_conflict_do_nothing())
    append_event(conn, viewer, lead_id, "shared", at, detail={"agency": agency_id})
    _tell_index(conn, lead_id, at)


def _tell_index(conn: Connection, lead_id: str, at: datetime) -> None:
    tell_index(conn, conn.scalars(select(lead_listings.c.listing_key).where(lead_listings.c.lead_id == lead_id)).all(), at)


def _set(conn: Connection, lead_id: str, **values: Any) -> None:
    conn.execute(update(leads).where(leads.c.id == lead_id).values(values))


def _title(title: str) -> str:
    return title.strip()[:300] or UNTITLED


def _mark(mark: str) -> str:
    if mark not in MARKS:
        raise RefusedError(f"no mark {mark!r}", remedy=f"TLP 2.0 knows {', '.join(MARKS)}")
    return mark


def _said(text: str | None, remedy: str) -> str:
    words = (text or "").strip()
    if not words:
        raise RefusedError("this step needs a reason", remedy=remedy)
    return words


def _codes(handling_code: str | None, source: str | None, information: int | None) -> dict[str, Any]:
    if handling_code not in (None, "H0", "H1", "H2", "H3"):
        raise RefusedError(f"no handling code {handling_code!r}", remedy="H0, H1, H2 or H3")
    if source not in (None, "A", "B", "C", "X"):
        raise RefusedError(f"no evaluation of a source {source!r}", remedy="A, B, C or X")
    if information not in (None, 1, 2, 3, 4):
        raise RefusedError(f"no evaluation of information {information!r}", remedy="1 to 4")
    return {"handling_code": handling_code, "source_evaluation": source, "information_evaluation": information}
