"""One listing as the desk shows it: texts, reasons, history, evidence, Object ID, what was decided, who holds it.

Queue and listing pages ask `item_view` by key; `_item.html` prints what comes back. Reads only, but for pinning the
assessment: what a person was shown is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from patrol.ledger.decisions import Decision
from patrol.ledger.history import HistoryRow
from patrol.ledger.lead_reading import LeadRow
from patrol.ledger.people import Person
from patrol.ledger.reasons import REASONS
from patrol.ledger.stored import StoredListing
from patrol.records import Assessment, Listing, Picture
from patrol.reports import objectid, words
from patrol.reports.casefile import Seal, check_seal
from patrol.web.auth import SignedIn
from patrol.web.desk import Desk
from patrol.web.faults import NotHereError
from patrol.web.saying import ClaimView, SecondView, SignalView, Texts, Veil, claim, second, signals, texts
from patrol.web.showing import Place, sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a time line; `who` is empty where nobody is to be named."""

    at: datetime
    what: str
    who: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingView:
    status: str
    changed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemView:
    """Everything that `_item.html` prints. `held` says who else works on it, None where nobody does."""

    stored: StoredListing
    place: Place
    shown: str
    blind: bool
    veil: Veil
    urgent: bool
    texts: Texts
    seller: str | None
    signals: tuple[SignalView, ...]
    claims: tuple[ClaimView, ...]
    object_id: tuple[objectid.Value, ...]
    history: tuple[Line, ...]
    was: str | None
    seal: Seal
    decisions: tuple[Line, ...]
    leads: tuple[LeadRow, ...]
    rulebook: str
    held: str | None
    standing: StandingView | None
    second: SecondView | None

    @property
    def key(self) -> str:
        return self.stored.key

    @property
    def listing(self) -> Listing:
        return self.stored.listing

    @property
    def pictures(self) -> tuple[Picture, ...]:
        return self.stored.pictures

    @property
    def assessment(self) -> Assessment | None:
        return self.stored.assessed.assessment if self.stored.assessed else None

    @property
    def object_id_count(self) -> int:
        return objectid.completeness(self.object_id)

    @property
    def price(self) -> str:
        return words.money(self.listing.price)

    @property
    def kinds(self) -> list[str]:
        """What it was taken for, as chips."""
        found = self.assessment
        if found is None:
            return []
        offered = () if found.authenticity.value == "unknown" else (found.authenticity.value,)
        return [words.plain(word) for word in (*found.cultures, *found.object_types, *found.materials, *offered)]


def item_view(
    desk: Desk, signed: SignedIn, place: Place, *, blind: bool, held: str | None = None, now: datetime | None = None
) -> ItemView:
    """The listing at `place` in the version it names (else the current one); NotHereError where the viewer may not see it."""
    at = now or datetime.now(UTC)
    ledger, viewer = desk.ledger, signed.viewer
    stored = _stored(desk, signed, place)
    made = ledger.decisions.of(stored.key, viewer)
    leads = ledger.leads.list(viewer, listing_key=stored.key)
    hidden = blind and not any(decision.person_id == viewer.person_id for decision in made)
    veil = Veil(stored, lifted=bool(leads))
    if stored.assessed and not hidden:
        shown = stored.assessed.id
        ledger.writer.submit(lambda conn: ledger.listings.pin(conn, [shown]))
    if veil.lifted and stored.seller_key:
        ledger.audit.write(None, viewer, "view_seller", "seller", stored.seller_key, detail={"listing": stored.key})
    assessment = stored.assessed.assessment if stored.assessed else None
    history = ledger.listings.history(stored.key)
    opened = place.opened(stored, blind=hidden)
    return ItemView(
        stored=stored,
        place=opened,
        shown=sealed(desk, opened),
        blind=hidden,
        veil=veil,
        urgent=_ends_soon(stored.listing.ends_at, desk, at),
        texts=texts(stored, veil, blind=hidden),
        seller=veil.seller(stored),
        signals=signals(assessment, desk, veil) if assessment and not hidden else (),
        claims=tuple(claim(found, veil) for found in assessment.claims) if assessment and not hidden else (),
        object_id=_masked_sheet(objectid.sheet(stored.listing, assessment, len(stored.pictures)), veil),
        history=tuple(Line(at=row.at, what=veil(words.history(row))) for row in _told(history)),
        was=words.was(history),
        seal=check_seal(stored.capture_id, ledger, desk.archive),
        decisions=tuple(map(decision_line, made)),
        leads=leads,
        rulebook=rulebook_name(desk, assessment),
        held=held,
        standing=_standing(desk, stored.key),
        second=None if hidden else second(desk, stored, veil),
    )


def _stored(desk: Desk, signed: SignedIn, place: Place) -> StoredListing:
    listings = desk.ledger.listings
    if not desk.ledger.decisions.may_see(signed.viewer, place.key):
        raise NotHereError("there is no such listing, or it was not put to you")
    found = listings.version(place.version_id, with_seller=True) if place.version_id else None
    stored = found or listings.current(place.key, with_seller=True)
    if stored is None or stored.key != place.key:
        raise NotHereError("this listing was erased, or never kept")
    return stored


def _told(history: Sequence[HistoryRow]) -> list[HistoryRow]:
    return list(reversed([row for row in history if row.kind != "joined" or row.after]))


def _masked_sheet(values: Sequence[objectid.Value], veil: Veil) -> tuple[objectid.Value, ...]:
    return tuple(
        objectid.Value(field=value.field, value=veil(value.value) if value.value else None, source=value.source, fact=value.fact)
        for value in values
    )


def _ends_soon(ends_at: datetime | None, desk: Desk, now: datetime) -> bool:
    hours = desk.config.settings.queue.urgent_hours
    return ends_at is not None and timedelta() < ends_at - now <= timedelta(hours=hours)


def rulebook_name(desk: Desk, assessment: Assessment | None) -> str:
    """`r41`, else the first figures of the hash."""
    if assessment is None:
        return "–"
    number = desk.ledger.rulebooks.numbers().get(assessment.rulebook)
    return f"r{number}" if number else words.short(assessment.rulebook)


def _standing(desk: Desk, key: str) -> StandingView | None:
    standing = desk.ledger.decisions.standing(key)
    return StandingView(status=standing.status, changed=", ".join(standing.changed)) if standing else None


def decision_line(made: Decision) -> Line:
    """One decision in words; texts and names only where the ledger gave them to this viewer."""
    what = verdict_words(made.kind, made.reason, made.lead, made.to_person)
    return Line(
        at=made.at,
        who=f"{made.person}, {made.agency}" if made.person else made.agency,
        what=what + (" (undone)" if made.undone else "") + (f": {made.text}" if made.text else ""),
    )


def verdict_words(kind: str, reason: int | None, lead: str | None = None, to_person: str | None = None) -> str:
    """`cleared “openly sold as replica or modern”`, `lead L-2026-0001`, `unsure, put to …`."""
    if kind == "clear" and reason is not None:
        return f"cleared “{REASONS[reason].label}”"
    if kind == "lead":
        return f"lead {lead}" if lead else "lead"
    if kind == "unsure":
        return f"unsure, put to {to_person or 'an expert'}"
    return {"watch": "watched", "skip": "skipped", "undo": "undone"}.get(kind, kind)


def askable(desk: Desk, signed: SignedIn) -> list[Person]:
    """Whom an officer may ask when unsure: experts first, then colleagues; never oneself or an auditor."""
    known = [person for person in desk.ledger.people.list(signed.viewer) if person.active and person.id != signed.person.id]
    able = [person for person in known if person.role.value != "auditor"]
    return sorted(able, key=lambda person: (person.role.value != "expert", person.name))[:12]


def open_leads(desk: Desk, signed: SignedIn) -> list[LeadRow]:
    """The latest leads of the own agency that a listing may be merged into."""
    if not signed.viewer.works:
        return []
    rows = desk.ledger.leads.list(signed.viewer, limit=40)
    return [row for row in rows if row.agency_id == signed.person.agency_id and row.status not in ("closed", "merged")][:12]
