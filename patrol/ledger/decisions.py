"""What was decided, by whom, on what they saw: append-only events, each bound to the listing's version.

Triage hands in a Verdict and what was Shown; the status of the listing follows in the same transaction, and the index is
told. Undoing is an event too. Words go to the erasable store, and reads tell each viewer only what `visibility` allows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, case, select, update

from patrol.errors import RefusedError
from patrol.ledger.desk_tables import DECISIONS, STREAMS, agencies, decisions, leads, listing_status, people
from patrol.ledger.engine import reading
from patrol.ledger.ids import uuid7
from patrol.ledger.lead_events import detach_listing
from patrol.ledger.outbox import changed as tell_index
from patrol.ledger.people import person_of
from patrol.ledger.reasons import REASONS
from patrol.ledger.status import Standing, project, standings, stands
from patrol.ledger.tables import assessments, listings, payloads, versions
from patrol.ledger.viewer import Role, Viewer
from patrol.ledger.visibility import decision_texts_seen, decisions_seen, leads_seen, listings_seen, people_named
from patrol.ledger.words import keep_words
from patrol.ledger.writer import Writer


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What an officer says of a listing: `reason` belongs to clear, `to_person_id` or `to_expert` to unsure."""

    kind: str  # lead, clear, unsure, watch, skip
    reason: int | None = None
    text: str | None = None
    to_person_id: str | None = None
    to_expert: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the officer had on the screen: None stands for the ledger's current version, assessment and sighting."""

    version_id: str | None = None
    assessment_id: str | None = None
    sighting_id: int | None = None
    stream: str = "search"  # value, uncertain, audit; search: looked up, not queued
    probability: float | None = None  # of inclusion in the audit sample; 1 where the order alone decides
    rank: int | None = None  # place in the queue, from 1
    blind: bool = False  # the score was hidden until the first judgement
    cluster_id: str | None = None
    place: int | None = None  # in the cluster, from 1
    size: int | None = None  # of the cluster
    seconds: float | None = None  # open on screen
    examined: bool = False  # the description and every picture were opened


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One event as a viewer may read it: person, words and lead number are None where they may not."""

    id: str
    kind: str
    listing_key: str
    version_id: str
    assessment_id: str | None
    rulebook: str | None
    score: int | None
    at: datetime
    agency: str
    person_id: str | None
    person: str | None
    reason: int | None
    text: str | None
    to_person: str | None
    to_expert: bool
    lead: str | None
    undoes: str | None
    undone: bool
    batch_id: str | None
    stream: str
    probability: float | None
    rank: int | None
    blind: bool
    place: int | None
    size: int | None
    seconds: float | None
    examined: bool


class Decisions:
    """Decisions of all desks."""

    def __init__(self, engine: Engine, writer: Writer) -> None:
        self._engine = engine
        self._writer = writer

    def decide(self, viewer: Viewer, listing_key: str, verdict: Verdict, shown: Shown, *, now: datetime | None = None) -> str:
        """Records one decision and returns its id; leads are made by `Leads`, which records theirs."""
        if verdict.kind == "lead":
            raise RefusedError("a lead is opened with its listings", remedy="Use Leads.open or Leads.add")
        return self._writer.run(lambda conn: record(conn, viewer, listing_key, verdict, shown, now=now))

    def undo(self, viewer: Viewer, decision_id: str, *, now: datetime | None = None) -> str:
        """Takes a decision back; the listing falls back to what stood before. Returns the listing's key."""
        return self._writer.run(lambda conn: undo(conn, viewer, decision_id, now=now))

    def of(self, listing_key: str, viewer: Viewer) -> tuple[Decision, ...]:
        """All decisions on a listing, newest first, as the viewer may read them."""
        query = _decisions(viewer).where(decisions.c.listing_key == listing_key)
        with reading(self._engine) as conn:
            return tuple(map(_decision, conn.execute(query.order_by(decisions.c.at.desc(), decisions.c.id.desc()))))

    def last(self, viewer: Viewer, limit: int = 1) -> tuple[Decision, ...]:
        """The viewer's own latest acts that are neither undone nor undoing, newest first: what `z` would undo."""
        undo = decisions.alias("undone_by")
        query = (
            _decisions(viewer)
            .where(decisions.c.person_id == viewer.person_id, decisions.c.kind != "undo")
            .where(~select(undo.c.id).where(undo.c.undoes == decisions.c.id).exists())
            .order_by(decisions.c.at.desc(), decisions.c.id.desc())
            .limit(limit)
        )
        with reading(self._engine) as conn:
            return tuple(map(_decision, conn.execute(query)))

    def together(self, viewer: Viewer, decision_id: str) -> tuple[str, ...]:
        """The ids of a decision and of those made with it on one selection that stand, the latest first."""
        undo_event = decisions.alias("undo_event")
        undone = select(undo_event.c.id).where(undo_event.c.undoes == decisions.c.id).exists()
        query = select(decisions.c.id, decisions.c.batch_id).where(decisions.c.id == decision_id, decisions_seen(viewer))
        with reading(self._engine) as conn:
            found = conn.execute(query).one_or_none()
            if found is None or found.batch_id is None:
                return (decision_id,)
            same = select(decisions.c.id).where(decisions.c.batch_id == found.batch_id, decisions.c.kind != "undo", ~undone)
            return tuple(conn.scalars(same.order_by(decisions.c.id.desc()))) or (decision_id,)

    def status(self, listing_key: str) -> str:
        """open, lead, cleared, unsure or watch."""
        standing = self.standing(listing_key)
        return standing.status if standing else "open"

    def standing(self, listing_key: str) -> Standing | None:
        """The status with its decision and what has changed since; None while the listing is open."""
        with reading(self._engine) as conn:
            return standings(conn, (listing_key,)).get(listing_key)

    def assigned(self, viewer: Viewer) -> tuple[str, ...]:
        """Keys of the listings that others were unsure about and put to this viewer, oldest first."""
        asked = listing_status.c.to_person_id == viewer.person_id
        query = select(listing_status.c.listing_key).where(listing_status.c.status == "unsure")
        query = query.where(listings_seen(viewer) if viewer.role is Role.EXPERT else asked)
        with reading(self._engine) as conn:
            return tuple(conn.scalars(query.order_by(listing_status.c.decided_at, listing_status.c.listing_key)))

    def may_see(self, viewer: Viewer, listing_key: str) -> bool:
        """False for an expert whom the listing wasn't put to, and for auditors."""
        with reading(self._engine) as conn:
            return _may_see(conn, viewer, listing_key)


def record(
    conn: Connection,
    viewer: Viewer,
    listing_key: str,
    verdict: Verdict,
    shown: Shown,
    *,
    lead_id: str | None = None,
    batch_id: str | None = None,
    now: datetime | None = None,
) -> str:
    """Writes the event, the listing's status and the index's outbox row inside the caller's transaction; the event's id."""
    at = now or datetime.now(UTC)
    _check(conn, viewer, listing_key, verdict)
    row = _seen(conn, listing_key, shown)
    row |= _asked(conn, viewer, verdict)
    row |= {"id": uuid7(), "kind": verdict.kind, "listing_key": listing_key, "at": at, "lead_id": lead_id, "batch_id": batch_id}
    row |= {"person_id": viewer.person_id, "agency_id": viewer.agency_id, "reason": verdict.reason}
    row["payload_id"] = keep_words(conn, "decision", listing_key, verdict.text, at)
    conn.execute(decisions.insert().values(row))
    if verdict.kind != "skip":
        project(conn, (listing_key,))
        tell_index(conn, (listing_key,), at)
    return str(row["id"])


def undo(conn: Connection, viewer: Viewer, decision_id: str, *, now: datetime | None = None) -> str:
    """Adds the event that takes another back, and the status that stands then; returns the listing's key.

    Own decisions only; a supervisor also those of the own agency. An undo isn't undone: one decides anew.
    """
    at = now or datetime.now(UTC)
    found = conn.execute(select(decisions).where(decisions.c.id == decision_id, decisions_seen(viewer))).one_or_none()
    if found is None:
        raise RefusedError(f"no decision {decision_id}")
    of_desk = viewer.role is Role.SUPERVISOR and found.agency_id == viewer.agency_id
    if found.person_id != viewer.person_id and not of_desk:
        raise RefusedError("this decision is someone else's", remedy="They or their supervisor can undo it; or decide anew")
    if found.kind == "undo":
        raise RefusedError("an undo is not undone", remedy="Decide the listing anew")
    if conn.scalar(select(decisions.c.id).where(decisions.c.undoes == decision_id)):
        raise RefusedError("this decision is undone already")
    _locked(conn, found.listing_key)
    kept = ("version_id", "sighting_id", "assessment_id", "rulebook", "score", "stream", "lead_id", "batch_id", "week_id")
    row: dict[str, Any] = {name: getattr(found, name) for name in kept}
    row |= {"id": uuid7(), "kind": "undo", "undoes": decision_id, "at": at, "listing_key": found.listing_key}
    row |= {"person_id": viewer.person_id, "agency_id": viewer.agency_id, "to_expert": False, "blind": False, "examined": False}
    conn.execute(decisions.insert().values(row))
    if found.kind == "lead" and not _attached_otherwise(conn, found):
        detach_listing(conn, viewer, found.lead_id, found.listing_key, at, detail={"undoes": decision_id})
    project(conn, (found.listing_key,))
    tell_index(conn, (found.listing_key,), at)
    return str(found.listing_key)


def _attached_otherwise(conn: Connection, decision: Row[Any]) -> bool:
    """True where another decision, not undone, put the listing into the same lead."""
    same = (decisions.c.lead_id == decision.lead_id, decisions.c.listing_key == decision.listing_key, decisions.c.kind == "lead")
    return conn.scalar(select(decisions.c.id).where(*same, decisions.c.id != decision.id, stands()).limit(1)) is not None


def _check(conn: Connection, viewer: Viewer, listing_key: str, verdict: Verdict) -> None:
    if verdict.kind not in DECISIONS or verdict.kind == "undo":
        raise RefusedError(f"no decision is called {verdict.kind!r}", remedy="lead, clear, unsure, watch or skip")
    if viewer.role is Role.AUDITOR:
        viewer.require_work("decide")
    if verdict.kind == "lead":
        viewer.require_work("open a lead")
    if not _may_see(conn, viewer, listing_key):
        raise RefusedError("there is no such listing, or it was not put to you", remedy="Ask the officer who sent you here")
    if verdict.kind == "clear":
        _check_reason(verdict)
    elif verdict.reason is not None:
        raise RefusedError(f"a reason belongs to clear, not to {verdict.kind}")
    if verdict.kind == "unsure" and not (verdict.to_person_id or verdict.to_expert):
        raise RefusedError("unsure needs someone to ask", remedy="Name a person, or an expert")
    if verdict.kind != "unsure" and (verdict.to_person_id or verdict.to_expert):
        raise RefusedError(f"{verdict.kind} is not put to anyone", remedy="Choose unsure to ask someone")


def _check_reason(verdict: Verdict) -> None:
    if verdict.reason is None or not 0 <= verdict.reason < len(REASONS):
        raise RefusedError("clear needs a reason", remedy="0 to 9; ? shows them")
    asks = REASONS[verdict.reason].asks
    if asks and not (verdict.text or "").strip():
        raise RefusedError(f"reason {verdict.reason} ({REASONS[verdict.reason].label}) needs a text: {asks}")


def _asked(conn: Connection, viewer: Viewer, verdict: Verdict) -> dict[str, Any]:
    if verdict.to_person_id is None:
        return {"to_person_id": None, "to_expert": verdict.to_expert}
    allowed = select(people.c.id).where(people.c.id == verdict.to_person_id, people.c.active.is_(True), people_named(viewer))
    if conn.scalar(allowed) is None or person_of(conn, verdict.to_person_id).role is Role.AUDITOR:
        raise RefusedError("the one to ask works neither here nor as an expert", remedy="Choose another name")
    return {"to_person_id": verdict.to_person_id, "to_expert": False}


def _may_see(conn: Connection, viewer: Viewer, listing_key: str) -> bool:
    query = select(listings.c.key).outerjoin(listing_status).where(listings.c.key == listing_key, listings_seen(viewer))
    return conn.scalar(query) is not None


def _locked(conn: Connection, listing_key: str) -> Row[Any, Any, Any]:
    """The listing's present, under its row lock: two desks that decide at once write its status one after the other."""
    present = select(listings.c.version_id, listings.c.sighting_id, listings.c.assessment_id)
    return conn.execute(present.where(listings.c.key == listing_key).with_for_update()).one()


def _seen(conn: Connection, listing_key: str, shown: Shown) -> dict[str, Any]:
    """The columns that say what was on the screen; what was decided on is kept from now on."""
    now = _locked(conn, listing_key)
    version_id = shown.version_id or now.version_id
    owner = conn.scalar(select(versions.c.listing_key).where(versions.c.id == version_id))
    if owner != listing_key:
        raise RefusedError("the version shown does not belong to this listing", remedy="Open the listing again")
    if shown.stream not in STREAMS:
        raise RefusedError(f"no stream {shown.stream!r}", remedy=f"Streams are {', '.join(STREAMS)}")
    assessment_id = shown.assessment_id or (now.assessment_id if version_id == now.version_id else None)
    pinned = update(assessments).where(assessments.c.id == assessment_id, assessments.c.listing_key == listing_key)
    found = conn.execute(pinned.values(pinned=True).returning(assessments.c.rulebook, assessments.c.score)).one_or_none()
    if shown.assessment_id and found is None:
        raise RefusedError("the assessment shown does not belong to this listing", remedy="Open the listing again")
    return {
        "version_id": version_id,
        "sighting_id": shown.sighting_id or now.sighting_id,
        "assessment_id": assessment_id if found else None,
        "rulebook": found.rulebook if found else None,
        "score": found.score if found else None,
        "stream": shown.stream,
        "probability": shown.probability,
        "rank": shown.rank,
        "blind": shown.blind,
        "cluster_id": shown.cluster_id,
        "cluster_place": shown.place,
        "cluster_size": shown.size,
        "seconds": shown.seconds,
        "examined": shown.examined,
    }


def _decisions(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    asked = people.alias("asked")
    undo_event = decisions.alias("undo_event")
    open_words = decision_texts_seen(viewer)
    named = people_named(viewer)
    number = select(leads.c.number).where(leads.c.id == decisions.c.lead_id, leads_seen(viewer)).scalar_subquery()
    return (
        select(
            *decisions.c,
            agencies.c.name.label("agency"),
            case((named, people.c.name)).label("person"),
            case((open_words, asked.c.name)).label("to_person"),
            case((open_words, payloads.c.body)).label("text"),
            number.label("lead"),
            select(undo_event.c.id).where(undo_event.c.undoes == decisions.c.id).exists().label("undone"),
        )
        .select_from(decisions)
        .join(people, people.c.id == decisions.c.person_id)
        .join(agencies, agencies.c.id == decisions.c.agency_id)
        .outerjoin(asked, asked.c.id == decisions.c.to_person_id)
        .outerjoin(payloads, payloads.c.id == decisions.c.payload_id)
        .where(decisions_seen(viewer))
    )


def _decision(row: Row[*tuple[Any, ...]]) -> Decision:
    own = ("id", "kind", "listing_key", "version_id", "assessment_id", "rulebook", "score", "at", "agency", "person", "reason")
    more = ("text", "to_person", "to_expert", "lead", "undoes", "undone", "batch_id", "stream", "probability", "rank", "blind")
    values = {name: getattr(row, name) for name in (*own, *more, "seconds", "examined")}
    return Decision(
        **values,
        person_id=row.person_id if row.person else None,
        place=row.cluster_place,
        size=row.cluster_size,
    )
