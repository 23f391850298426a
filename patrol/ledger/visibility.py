"""What a viewer may read: the one place where the desk's reads are filtered.

`leads`, `notes`, `decisions`, `people`, `audit` and the index's documents all ask here, each with a condition for its
query or with the reader tokens that a document carries as `visible_to`. The TLP 2.0 mark decides:
CLEAR and GREEN everyone who works here; AMBER and AMBER+STRICT the own agency and those it was shared with; RED the owner,
the persons named for it and the supervisors of the owner's agency. What a person may not see does not exist for them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, Table, and_, exists, false, or_, select, true

from patrol.ledger.desk_tables import audit, decisions, lead_readers, lead_shares, leads, listing_status, note_shares, notes
from patrol.ledger.desk_tables import people as people_table
from patrol.ledger.viewer import STAFF, Role, Viewer, agency_token, experts_token, person_token, supervisors_token

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
    if not viewer.works:
        return notes.c.person_id == viewer.person_id
    shared = exists().where(note_shares.c.note_id == notes.c.id, note_shares.c.agency_id == viewer.agency_id)
    of_lead = exists().where(leads.c.id == notes.c.lead_id, leads_seen(viewer))
    own = [notes.c.person_id == viewer.person_id]
    if viewer.role is Role.SUPERVISOR:
        own.append(notes.c.agency_id == viewer.agency_id)
    by_mark = or_(
        notes.c.mark.in_(OPEN_MARKS),
        and_(notes.c.mark.in_(AGENCY_MARKS), or_(notes.c.agency_id == viewer.agency_id, shared, notes.c.lead_id.is_not(None))),
        and_(notes.c.mark == "RED", or_(*own)),
    )
    return and_(by_mark, or_(notes.c.lead_id.is_(None), of_lead))


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
# The same rules as reader tokens, for documents of the index (see Viewer.tokens)


def lead_tokens(conn: Connection, lead_ids: Collection[str]) -> dict[str, frozenset[str]]:
    """For each lead the tokens of those who may see it."""
    shares: dict[str, set[str]] = defaultdict(set)
    for lead_id, agency_id in conn.execute(
        select(lead_shares.c.lead_id, lead_shares.c.agency_id).where(lead_shares.c.lead_id.in_(lead_ids))
    ):
        shares[lead_id].add(agency_token(agency_id))
    readers: dict[str, set[str]] = defaultdict(set)
    for lead_id, person_id in conn.execute(
        select(lead_readers.c.lead_id, lead_readers.c.person_id).where(lead_readers.c.lead_id.in_(lead_ids))
    ):
        readers[lead_id].add(person_token(person_id))
    query = select(leads.c.id, leads.c.mark, leads.c.agency_id, leads.c.owner_id).where(leads.c.id.in_(lead_ids))
    tokens: dict[str, frozenset[str]] = {}
    for lead_id, mark, agency_id, owner_id in conn.execute(query):
        if mark in OPEN_MARKS:
            base = {STAFF}
        elif mark in AGENCY_MARKS:
            base = {agency_token(agency_id), *shares[lead_id]}
        else:
            base = {person_token(owner_id), supervisors_token(agency_id)}
        tokens[lead_id] = frozenset(base | readers[lead_id])
    return tokens


def listing_tokens(*, to_person_id: str | None = None, to_experts_of: str | None = None) -> frozenset[str]:
    """The tokens of those who may see a listing at all: staff, and whoever it was put to (an agency's experts by its id)."""
    tokens = {STAFF}
    if to_person_id:
        tokens.add(person_token(to_person_id))
    if to_experts_of:
        tokens.add(experts_token(to_experts_of))
    return frozenset(tokens)


def visible(tokens: Collection[str], viewer: Viewer) -> bool:
    """True where one of a document's reader tokens is the viewer's."""
    return not viewer.tokens.isdisjoint(tokens)
