"""A lead with all that an export prints: listings as they were decided on, their seals checked now, Object ID sheets.

The exports (`xlsx`, `table`, `dossier`, `asjson`) ask `gather` for one lead as one viewer may read it, and print nothing
else. Every date of a seal is checked against the sealed bytes at this very moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from patrol.errors import EvidenceError, ReadError
from patrol.evidence import Archive
from patrol.ledger import Ledger
from patrol.ledger.lead_reading import Lead, LeadListing
from patrol.ledger.stored import StoredListing
from patrol.ledger.viewer import Viewer
from patrol.records import Assessment, Capture
from patrol.reports import objectid, words
from patrol.reports.photographs import Photographs, photographs

CAVEAT = (
    "Automated triage aid. The score is of the listing, never of the person; it is an assessment by rules, not a finding. "
    "What a listing states is a statement of whoever offers it. Facts and assessments are marked as such."
)
NO_REGISTER = "No register of stolen objects was searched for this export. No match in a register does not mean not stolen."


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """The sealed page behind a listing's version: `state` is ok, changed, missing, erased, none or unchecked, `words` says it."""

    capture: Capture | None
    state: str
    words: str
    run_head: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One listing of the lead; `stored` is None where its content was erased."""

    member: LeadListing
    stored: StoredListing | None
    seal: Seal
    sheet: tuple[objectid.Value, ...]
    history: tuple[tuple[datetime, str], ...]
    rulebook: str | None
    photographs: Photographs

    @property
    def assessment(self) -> Assessment | None:
        return self.stored.assessed.assessment if self.stored and self.stored.assessed else None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    lead: Lead
    entries: tuple[Entry, ...]
    made_at: datetime
    made_by: str
    agency: str

    @property
    def mark(self) -> str:
        return f"TLP:{self.lead.row.mark}"


def gather(ref: str, viewer: Viewer, ledger: Ledger, archive: Archive | None, *, now: datetime | None = None) -> CaseFile:
    """The lead by number or id as this viewer may read it; RefusedError where there is none for them.

    Without an archive the seals are named, not checked.
    """
    lead = ledger.leads.show(viewer, ref)
    person = ledger.people.get(viewer.person_id)
    numbers = {digest: f"r{number}" for digest, number in ledger.rulebooks.numbers().items()}
    return CaseFile(
        lead=lead,
        entries=tuple(_entry(member, ledger, archive, numbers) for member in lead.listings),
        made_at=now or datetime.now(UTC),
        made_by=person.name,
        agency=person.agency,
    )


def _entry(member: LeadListing, ledger: Ledger, archive: Archive | None, numbers: Mapping[str, str]) -> Entry:
    stored = ledger.listings.version(member.version_id, with_seller=True)
    assessment = stored.assessed.assessment if stored and stored.assessed else None
    return Entry(
        member=member,
        stored=stored,
        seal=check_seal(member.capture_id, ledger, archive),
        sheet=objectid.sheet(stored.listing, assessment, len(stored.pictures)) if stored else (),
        history=tuple((row.at, words.history(row)) for row in ledger.listings.history(member.listing_key)),
        rulebook=numbers.get(assessment.rulebook) if assessment else None,
        photographs=photographs(ledger, stored) if stored else Photographs(),
    )


def check_seal(capture_id: str | None, ledger: Ledger, archive: Archive | None) -> Seal:
    """Reads the sealed bytes and holds them against their digest, now."""
    capture = ledger.runs.capture(capture_id) if capture_id else None
    if capture is None:
        return Seal(capture=None, state="none", words="no sealed record belongs to this version", run_head=None)
    head = ledger.runs.get(capture.run_id).evidence_head
    if archive is None:
        return Seal(capture=capture, state="unchecked", words="not held against its digest", run_head=head)
    try:
        archive.read(capture)
    except (EvidenceError, ReadError) as error:
        state = next((word for word in ("erased", "missing") if word in error.what), "changed")
        return Seal(capture=capture, state=state, words=error.what, run_head=head)
    return Seal(capture=capture, state="ok", words="bytes agree with their digest", run_head=head)
