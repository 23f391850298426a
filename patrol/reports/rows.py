"""A lead as plain tables: named columns and rows of text, numbers and times, shared by the XLSX and the CSV export.

`xlsx` and `table` print what stands here. Text that a spreadsheet would run as a formula is made harmless in one place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from patrol.records import Assessment, Listing, utc
from patrol.reports.casefile import CAVEAT, CaseFile, Entry

Cell = str | int | float | Decimal | None
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
LONGEST_CELL = 32_000  # characters; Excel refuses more than 32,767


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def harmless(cell: Cell) -> Cell:
    """Text that begins like a formula gets an apostrophe before it; control characters go, long text is cut."""
    if not isinstance(cell, str):
        return cell
    text = "".join(char for char in cell if char >= " " or char in "\n\t")
    text = text if len(text) <= LONGEST_CELL else text[:LONGEST_CELL] + " […]"
    return "'" + text if text.lstrip(" \u00a0\ufeff").startswith(FORMULA_STARTS) or text.startswith(FORMULA_STARTS) else text


def sheets(case: CaseFile) -> tuple[Sheet, ...]:
    """All tables of a lead, each cell harmless."""
    makers: Sequence[Callable[[CaseFile], Sheet]] = (about, listings, signals, claims, object_id, notes, events, evidence)
    return tuple(_harmless(make(case)) for make in makers)


def _harmless(sheet: Sheet) -> Sheet:
    return Sheet(title=sheet.title, columns=sheet.columns, rows=tuple(tuple(map(harmless, row)) for row in sheet.rows))


def _at(moment: datetime | None) -> str | None:
    return utc(moment) if moment else None


def _pairs(values: Mapping[str, Any]) -> str | None:
    return "; ".join(f"{name}: {value}" for name, value in values.items()) or None


def about(case: CaseFile) -> Sheet:
    lead, row = case.lead, case.lead.row
    rows: list[tuple[Cell, ...]] = [
        ("Lead", row.number),
        ("Mark", case.mark),
        ("Title", row.title),
        ("Status", row.status),
        ("Agency", row.agency),
        ("Owner", row.owner),
        ("Opened", _at(row.opened_at)),
        ("Changed", _at(row.changed_at)),
        ("Handling code", lead.handling_code),
        ("Evaluation of the source", lead.source_evaluation),
        ("Evaluation of the information", lead.information_evaluation),
        ("Shared with", ", ".join(lead.shared_with) or None),
        ("Listings", len(case.entries)),
        ("Exported", _at(case.made_at)),
        ("Exported by", f"{case.made_by}, {case.agency}"),
        ("Read this first", CAVEAT),
    ]
    return Sheet(title="Lead", columns=("Field", "Value"), rows=tuple(rows))


LISTING_COLUMNS = (
    "lead",
    "mark",
    "listing",
    "marketplace",
    "item_id",
    "lot_number",
    "title",
    "description",
    "price",
    "currency",
    "price_kind",
    "estimate_low",
    "estimate_high",
    "status",
    "ends_at",
    "location",
    "seller_name",
    "seller_id",
    "condition",
    "category",
    "attributes",
    "provenance",
    "score",
    "sum",
    "band",
    "rulebook",
    "cultures",
    "object_types",
    "materials",
    "authenticity",
    "provenance_grade",
    "provenance_support",
    "object_id_fields",
    "pictures_sha256",
    "address",
    "version",
    "version_number",
    "versions",
    "changed_since",
    "first_seen",
    "last_seen",
    "sealed_at",
    "sealed_digest",
    "seal_checked",
    "caveat",
)


def listings(case: CaseFile) -> Sheet:
    return Sheet(title="Listings", columns=LISTING_COLUMNS, rows=tuple(_listing(case, entry) for entry in case.entries))


def _listing(case: CaseFile, entry: Entry) -> tuple[Cell, ...]:
    stored, member = entry.stored, entry.member
    found = (
        stored.listing if stored else Listing(marketplace=member.marketplace, listing_id=None, url=member.url, title=member.title)
    )
    price, estimate, seller = found.price, found.estimate, found.seller
    offered: tuple[Cell, ...] = (
        case.lead.number,
        case.mark,
        member.listing_key,
        found.marketplace,
        found.listing_id,
        found.lot_number,
        found.title,
        found.description,
        price.amount if price else None,
        price.currency if price else None,
        price.kind.value if price else None,
        estimate.low if estimate else None,
        estimate.high if estimate else None,
        stored.status.value if stored else None,
        _at(found.ends_at),
        found.location,
        seller.name if seller else None,
        seller.id if seller else None,
        found.condition,
        " > ".join(found.category) or None,
        _pairs(found.attributes),
        found.provenance,
    )
    capture = entry.seal.capture
    kept: tuple[Cell, ...] = (
        sum(value.value is not None for value in entry.sheet),
        " ".join(picture.sha256 for picture in stored.pictures) if stored else None,
        found.url,
        member.version_id,
        stored.number if stored else None,
        stored.versions if stored else None,
        "yes" if member.changed else "no",
        _at(stored.first_seen) if stored else None,
        _at(stored.last_seen) if stored else None,
        _at(capture.time) if capture else None,
        capture.digest if capture else None,
        entry.seal.state,
        CAVEAT,
    )
    return offered + _assessed(entry.assessment, entry.rulebook) + kept


def _assessed(said: Assessment | None, rulebook: str | None) -> tuple[Cell, ...]:
    if said is None:
        return (None,) * 10
    return (
        said.score,
        said.sum,
        said.band.value,
        rulebook,
        ", ".join(said.cultures),
        ", ".join(said.object_types),
        ", ".join(said.materials),
        said.authenticity.value,
        said.provenance_grade.value,
        said.provenance_support.value,
    )


def signals(case: CaseFile) -> Sheet:
    """Why: each listing's signals; the points of one listing add up to its sum."""
    rows = [
        (
            entry.member.listing_key,
            signal.rule,
            signal.points,
            signal.because,
            signal.span.field if signal.span else None,
            signal.span.quote if signal.span else None,
            signal.span.gloss if signal.span else None,
            signal.via,
            "assessment",
        )
        for entry in case.entries
        for signal in (entry.assessment.signals if entry.assessment else ())
    ]
    columns = ("listing", "rule", "points", "because", "field", "quote", "gloss", "found_by", "kind")
    return Sheet(title="Why", columns=columns, rows=tuple(rows))


def claims(case: CaseFile) -> Sheet:
    rows = [
        (
            entry.member.listing_key,
            claim.kind.value,
            claim.span.quote,
            claim.from_year,
            claim.to_year,
            claim.place,
            claim.support.value,
            "statement of the listing",
        )
        for entry in case.entries
        for claim in (entry.assessment.claims if entry.assessment else ())
    ]
    columns = ("listing", "claim", "quote", "from_year", "to_year", "place", "support", "kind")
    return Sheet(title="Claims", columns=columns, rows=tuple(rows))


def object_id(case: CaseFile) -> Sheet:
    rows = [
        (
            entry.member.listing_key,
            value.field,
            value.value,
            value.source,
            ("fact" if value.fact else "assessment") if value.value else None,
        )
        for entry in case.entries
        for value in entry.sheet
    ]
    return Sheet(title="Object ID", columns=("listing", "field", "value", "from", "kind"), rows=tuple(rows))


def notes(case: CaseFile) -> Sheet:
    rows = [
        (_at(note.at), note.person, note.agency, "fact" if note.fact else "assessment", f"TLP:{note.mark}", note.text)
        for note in case.lead.notes
    ]
    return Sheet(title="Notes", columns=("at", "person", "agency", "kind", "mark", "note"), rows=tuple(rows))


def events(case: CaseFile) -> Sheet:
    rows = [
        (_at(event.at), event.kind, event.person, event.agency, event.listing_key, _pairs(event.detail), event.text)
        for event in case.lead.events
    ]
    return Sheet(title="Events", columns=("at", "event", "person", "agency", "listing", "detail", "reason"), rows=tuple(rows))


def evidence(case: CaseFile) -> Sheet:
    rows = [
        (
            entry.member.listing_key,
            capture.url,
            _at(capture.time),
            capture.digest,
            capture.headers_digest,
            capture.chain,
            capture.run_id,
            entry.seal.run_head,
            capture.card,
            capture.file,
            entry.seal.state,
            entry.seal.words,
        )
        for entry in case.entries
        if (capture := entry.seal.capture)
    ]
    columns = (
        "listing",
        "address",
        "sealed_at",
        "digest",
        "headers_digest",
        "chain",
        "run",
        "run_head",
        "card",
        "file",
        "checked",
        "finding",
    )
    return Sheet(title="Evidence", columns=columns, rows=tuple(rows))
