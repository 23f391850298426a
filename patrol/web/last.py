"""The desk's foot line: the last act with its undo, and what others hold."""

from __future__ import annotations

from dataclasses import dataclass

from patrol.web.acting import Outcome
from patrol.web.auth import SignedIn
from patrol.web.desk import Desk
from patrol.web.item import verdict_words
from patrol.web.masking import masked


@dataclass(frozen=True, slots=True, kw_only=True)
class LastView:
    """`decision` is what z would undo; `undone` says what z has just undone."""

    what: str | None
    title: str
    decision: str | None
    undone: str | None
    lead: str | None
    others: int


def last_of(desk: Desk, signed: SignedIn, done: Outcome | None, *, others: int | None) -> LastView:
    made = desk.ledger.decisions.last(signed.viewer)
    last = made[0] if made else None
    held = others if others is not None else sum(not claim.mine for claim in desk.ledger.claims.held(signed.viewer))
    key = done.keys[0] if done else last.listing_key if last else None
    stored = desk.ledger.listings.current(key) if key else None
    title = masked(stored.listing.title or "")[:90] if stored else ""
    words = verdict_words(last.kind, last.reason, last.lead, last.to_person) if last else None
    return LastView(
        what=done.what if done and not done.undone else words,
        title=title,
        decision=last.id if last else None,
        undone=f"{done.what}, {title}" if done and done.undone else None,
        lead=done.lead if done and not done.undone else last.lead if last else None,
        others=held,
    )
