"""What an act of the desk does: a key, a button or the API names it, triage records it on what was shown.

Acts are words: `lead`, `merge:<lead>`, `clear:<digit>`, `unsure:expert`, `unsure:<person>`, `watch`, `skip`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from patrol.errors import RefusedError, UsageError
from patrol.ledger.decisions import Verdict
from patrol.ledger.lead_reading import Lead
from patrol.ledger.leads import Opening
from patrol.reports import words
from patrol.triage.deciding import Seen, decide, undo
from patrol.triage.leads import make_lead, merge_into
from patrol.web.auth import SignedIn
from patrol.web.desk import Desk
from patrol.web.item import verdict_words
from patrol.web.saying import Veil
from patrol.web.showing import Place, seconds_open

ACTS = "lead, merge:<lead>, clear:<0-9>, unsure:<expert or a person's id>, watch, skip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was done: to which listings, in a word for the row, and in words for the foot line."""

    keys: list[str]
    word: str
    what: str
    lead: str | None = None
    undone: bool = False
    reopened: Place | None = None


def act(
    desk: Desk,
    signed: SignedIn,
    places: Sequence[Place],
    name: str,
    *,
    note: str = "",
    seconds: str = "",
    examined: bool = False,
    title: str = "",
) -> Outcome:
    """Does it, on one listing or on a selection, all or none; RefusedError and UsageError in the words of the desk."""
    if not places:
        raise UsageError("no listing was named", remedy="Select one")
    kind, _, detail = name.partition(":")
    alone = len(places) == 1
    seen = [
        Seen(
            listing_key=place.key,
            shown=place.shown(seconds=seconds_open(seconds) if alone else None, examined=examined and alone),
        )
        for place in places
    ]
    minutes = desk.config.settings.desk.claim_minutes
    keys = [place.key for place in places]
    text = note.strip() or None
    if kind == "lead":
        opening = Opening(title=title.strip() or _title(desk, keys), note=text, mark=desk.config.settings.mark)
        return _led(desk, signed, make_lead(desk.ledger, signed.viewer, seen, opening, minutes=minutes), keys)
    if kind == "merge":
        lead = merge_into(desk.ledger, signed.viewer, detail, seen, minutes=minutes)
        if text:
            lead = desk.ledger.leads.note(signed.viewer, lead.id, text, fact=False)
        return _led(desk, signed, lead, keys)
    verdict = _verdict(kind, detail, text)
    decide(desk.ledger, signed.viewer, seen, verdict, minutes=minutes)
    return Outcome(keys=keys, word=_word(verdict), what=verdict_words(verdict.kind, verdict.reason) + _many(keys))


def take_back(desk: Desk, signed: SignedIn, decision_id: str | None) -> Outcome:
    """Undoes a decision of the viewer's, or the last one; what went as one selection comes back as one."""
    made = next(
        (entry for entry in desk.ledger.decisions.last(signed.viewer, 20) if entry.id == decision_id or decision_id is None), None
    )
    keys = list(undo(desk.ledger, signed.viewer, decision_id))
    what = verdict_words(made.kind, made.reason, made.lead, made.to_person) if made else "the decision"
    place = Place(key=keys[0])
    if made is not None and made.listing_key == keys[0]:
        place = Place(
            key=keys[0], stream=made.stream, probability=made.probability, rank=made.rank, place=made.place, size=made.size
        )
    return Outcome(keys=keys, word="", what=what + _many(keys), undone=True, reopened=place)


def _verdict(kind: str, detail: str, text: str | None) -> Verdict:
    if kind == "clear":
        if not detail.isdecimal():
            raise RefusedError("clear needs a reason", remedy="0 to 9; ? shows them")
        return Verdict(kind="clear", reason=int(detail), text=text)
    if kind == "unsure":
        asked = None if detail in ("", "expert") else detail
        return Verdict(kind="unsure", text=text, to_person_id=asked, to_expert=asked is None)
    if kind in ("watch", "skip"):
        return Verdict(kind=kind, text=text)
    raise UsageError(f"no act is called {kind!r}", remedy=f"Acts are {ACTS}")


def _led(desk: Desk, signed: SignedIn, lead: Lead, keys: list[str]) -> Outcome:
    desk.darkroom.develop(signed.viewer, lead.number)
    return Outcome(keys=keys, word=lead.number, what=f"lead {lead.number}{_many(keys)}", lead=lead.number)


def _title(desk: Desk, keys: Sequence[str]) -> str:
    """A working title for a lead: what its first listing is called, without contacts."""
    stored = desk.ledger.listings.current(keys[0], with_seller=True)
    if stored is None or not stored.listing.title:
        return "Untitled lead"
    return Veil(stored, lifted=False)(stored.listing.title)[:200]


def _many(keys: Sequence[str]) -> str:
    return f" ({words.count(len(keys), 'listing')})" if len(keys) > 1 else ""


def _word(verdict: Verdict) -> str:
    return {"clear": "cleared", "unsure": "unsure", "watch": "watched", "skip": "skipped"}[verdict.kind]
