"""A lead as one JSON document: listings and assessments in the contracts' shapes, seals, notes, events."""

from __future__ import annotations

from typing import Any

import orjson

from patrol.records import utc
from patrol.reports.casefile import CAVEAT, NO_REGISTER, CaseFile, Entry, Seal
from patrol.reports.objectid import Value
from patrol.wire import assessment_to_json, listing_to_json

FORMAT = "patrol-lead/1"


def document(case: CaseFile) -> bytes:
    """UTF-8, indented, keys in a fixed order."""
    return orjson.dumps(tree(case), option=orjson.OPT_INDENT_2)


def tree(case: CaseFile) -> dict[str, Any]:
    """The document as plain JSON values."""
    return {
        "format": FORMAT,
        "lead": _lead(case),
        "caveat": f"{CAVEAT} {NO_REGISTER}",
        "exported": {"at": utc(case.made_at), "by": case.made_by, "agency": case.agency},
        "listings": [_entry(entry) for entry in case.entries],
        "notes": [
            {
                "at": utc(note.at),
                "person": note.person,
                "agency": note.agency,
                "kind": _kind(note.fact),
                "mark": f"TLP:{note.mark}",
                "text": note.text,
            }
            for note in case.lead.notes
        ],
        "events": [
            {
                "at": utc(event.at),
                "kind": event.kind,
                "person": event.person,
                "agency": event.agency,
                "listing": event.listing_key,
                "detail": event.detail,
                "text": event.text,
            }
            for event in case.lead.events
        ],
    }


def _kind(fact: bool) -> str:
    return "fact" if fact else "assessment"


def _lead(case: CaseFile) -> dict[str, Any]:
    row = case.lead.row
    return {
        "number": row.number,
        "id": row.id,
        "title": row.title,
        "status": row.status,
        "mark": case.mark,
        "agency": row.agency,
        "owner": row.owner,
        "opened_at": utc(row.opened_at),
        "handling_code": case.lead.handling_code,
        "source_evaluation": case.lead.source_evaluation,
        "information_evaluation": case.lead.information_evaluation,
        "shared_with": list(case.lead.shared_with),
    }


def _entry(entry: Entry) -> dict[str, Any]:
    stored = entry.stored
    pictures = stored.pictures if stored else ()
    return {
        "key": entry.member.listing_key,
        "version": entry.member.version_id,
        "changed_since": entry.member.changed,
        "listing": listing_to_json(stored.listing) if stored else None,
        "assessment": assessment_to_json(entry.assessment) if entry.assessment else None,
        "rulebook": entry.rulebook,
        "pictures": [
            {"sha256": picture.sha256, "width": picture.width, "height": picture.height, "phash": picture.phash}
            for picture in pictures
        ],
        "first_seen": utc(stored.first_seen) if stored else None,
        "last_seen": utc(stored.last_seen) if stored else None,
        "object_id": list(map(_value, entry.sheet)),
        "history": [{"at": utc(at), "what": what} for at, what in entry.history],
        "seal": _seal(entry.seal),
    }


def _value(value: Value) -> dict[str, Any]:
    return {
        "field": value.field,
        "value": value.value,
        "from": value.source,
        "kind": _kind(value.fact) if value.value else None,
    }


def _seal(seal: Seal) -> dict[str, Any]:
    checked: dict[str, Any] = {"checked": seal.state, "finding": seal.words}
    capture = seal.capture
    if capture is None:
        return checked
    return checked | {
        "record": capture.id,
        "at": utc(capture.time),
        "digest": capture.digest,
        "headers_digest": capture.headers_digest,
        "chain": capture.chain,
        "run": capture.run_id,
        "run_head": seal.run_head,
        "card": capture.card,
        "file": capture.file,
    }
