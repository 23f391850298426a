"""What a viewer may read: the one place where the desk's reads are filtered.

`leads`, `notes`, `decisions`, `people`, `audit` and the index's documents all ask here, each with a condition for its
query or with the audience that a document is written for. The TLP 2.0 mark decides:
CLEAR and GREEN everyone who works here; AMBER and AMBER+STRICT the own agency and those it was shared with; RED the owner,
the persons named for it and the supervisors of the owner's agency. What a person may not see does not exist for them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Table, and_, exists, false, or_, select, true

from patrol.ledger.desk_tables import audit, decisions, lead_readers, lead_shares, leads, listing_status, note_shares, notes
from patrol.ledger.desk_tables import people as people_table
from patrol.ledger.viewer import Role, Viewer

OPEN_MARKS = ("CLEAR", "GREEN")
AGENCY_MARKS = ("AMBER", "AMBER+STRICT")


def leads_seen(viewer: Viewer) -> ColumnElement[bool]:
    """A condition on `leads`."""
    named = exists().where(lead_readers.c.lead_id == leads.c.id, lead_readers.c.person_id == viewer.person_id)
    if not viewer.works:
        return named if viewer.role is Role.EXPERT else false()
    shared = exists().where(lead_shares.c.lead_id == leads.c.id, lead_shares.c.agency_id == viewer.agency_id)
    closed = [leads.c.owner_id == viewer.person_id]
    if viewer.role is Role.SUPERVISOR:
        closed.append(leads.c.agency_id == viewer.agency_id)
    return or_(
        leads.c.mark.in_(OPEN_MARKS),
        and_(leads.c.mark.in_(AGENCY_MARKS), or_(leads.c.agency_id == viewer.agency_id, shared)),
        and_(leads.c.mark == "RED", or_(*closed)),
        named,
    )


def notes_seen(viewer: Viewer) -> ColumnElement[bool]:
    """A condition on `notes`: by the note's own mark, and never wider than its lead."""
    own = notes.c.person_id == viewer.person_id
    in_lead = exists().where(leads.c.id == notes.c.lead_id, leads_seen(viewer))
    in_red_lead = exists().where(leads.c.id == notes.c.lead_id, leads_seen(viewer), leads.c.mark == "RED")
    of_lead = and_(in_lead, or_(notes.c.mark != "RED", own, in_red_lead))
    if not viewer.works:
        return or_(own, of_lead) if viewer.role is Role.EXPERT else false()
    supervised = notes.c.agency_id == viewer.agency_id if viewer.role is Role.SUPERVISOR else false()
    shared = exists().where(note_shares.c.note_id == notes.c.id, note_shares.c.agency_id == viewer.agency_id)
    of_listing = or_(
        notes.c.mark.in_(OPEN_MARKS),
        and_(notes.c.mark.in_(AGENCY_MARKS), or_(notes.c.agency_id == viewer.agency_id, shared)),
        and_(notes.c.mark == "RED", or_(own, supervised)),
    )
    return or_(and_(notes.c.lead_id.is_(None), of_listing), of_lead, and_(in_lead, supervised))


def decisions_seen(viewer: Viewer) -> ColumnElement[bool]:
    """A condition on `decisions`: which of them exist for the viewer at all (kind, reason, agency and time)."""
    if viewer.works:
        return true()
    if viewer.role is not Role.EXPERT:
        return false()
    return or_(decisions.c.person_id == viewer.person_id, _put_to(viewer, decisions))


def decision_texts_seen(viewer: Viewer) -> ColumnElement[bool]:
    """A condition on `decisions`: whose words and person the viewer may read: the own agency's, and what was put to them."""
    inside = decisions.c.agency_id == viewer.agency_id if viewer.works else false()
    asked = _put_to(viewer, decisions)
    return or_(inside, decisions.c.person_id == viewer.person_id, asked)


def listings_seen(viewer: Viewer) -> ColumnElement[bool]:
    """A condition on a query that joins `listing_status` (outer): experts see what was put to them, auditors nothing."""
    if viewer.works:
        return true()
    if viewer.role is not Role.EXPERT:
        return false()
    return and_(listing_status.c.status == "unsure", _put_to(viewer, listing_status))


def people_named(viewer: Viewer) -> ColumnElement[bool]:
    """A condition on `people`: whose names the viewer reads (the own agency's, and experts whom anyone may ask)."""
    own = people_table.c.agency_id == viewer.agency_id
    return or_(own, people_table.c.role == Role.EXPERT.value) if viewer.works else own


def audit_seen(viewer: Viewer) -> ColumnElement[bool]:
    """A condition on `audit`: auditors read their own agency's trail and the system's entries."""
    if viewer.role is not Role.AUDITOR:
        return false()
    return or_(audit.c.agency_id == viewer.agency_id, audit.c.agency_id.is_(None))


def _put_to(viewer: Viewer, table: Table) -> ColumnElement[bool]:
    """Rows of `decisions` or `listing_status` that ask this very person, or any expert of the viewer's agency."""
    mine = table.c.to_person_id == viewer.person_id
    if viewer.role is not Role.EXPERT:
        return mine
    return or_(mine, and_(table.c.to_expert.is_(True), table.c.agency_id == viewer.agency_id))


# ---------------------------------------------------------------------------------------------------------------------
# The same rule for documents of the index, which know agencies but no persons


@dataclass(frozen=True, slots=True)
class Audience:
    """Whose every officer may see something: everyone, or these agencies (none where only named persons may)."""

    everyone: bool
    agencies: frozenset[str]


def lead_audiences(conn: Connection, lead_ids: Collection[str]) -> dict[str, Audience]:
    """For each lead the agencies that may find its number on a listing; a RED lead is found by none."""
    shared: dict[str, set[str]] = defaultdict(set)
    shares = select(lead_shares.c.lead_id, lead_shares.c.agency_id).where(lead_shares.c.lead_id.in_(lead_ids))
    for lead_id, agency_id in conn.execute(shares):
        shared[lead_id].add(agency_id)
    marked = select(leads.c.id, leads.c.mark, leads.c.agency_id).where(leads.c.id.in_(lead_ids))
    return {
        lead_id: Audience(
            everyone=mark in OPEN_MARKS,
            agencies=frozenset({agency_id, *shared[lead_id]}) if mark in AGENCY_MARKS else frozenset(),
        )
        for lead_id, mark, agency_id in conn.execute(marked)
    }
