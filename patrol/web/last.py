"""The desk's foot line: the last act with its undo, and what others hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from patrol.ledger.workload import Workload
from patrol.web.acting import Outcome
from patrol.web.auth import SignedIn
from patrol.web.board import decided_today
from patrol.web.desk import Desk
from patrol.web.item import verdict_words
from patrol.web.saying import Veil


@dataclass(frozen=True, slots=True, kw_only=True)
class LastView:
    """`decision` is what z would undo; `undone` says what z has just undone."""

    what: str | None
    title: str
    decision: str | None
    undone: str | None
    lead: str | None
    others: int
    line: str  # what stands above the queue, for those who work it


def last_of(desk: Desk, signed: SignedIn, done: Outcome | None, *, others: int | None) -> LastView:
    made = desk.ledger.decisions.last(signed.viewer)
    last = made[0] if made else None
    held = others if others is not None else sum(not claim.mine for claim in desk.ledger.claims.held(signed.viewer))
    key = done.keys[0] if done else last.listing_key if last else None
    stored = desk.ledger.listings.current(key, with_seller=True) if key else None
    title = Veil(stored, lifted=False)(stored.listing.title or "")[:90] if stored else ""
    words = verdict_words(last.kind, last.reason, last.lead, last.to_person) if last else None
    return LastView(
        what=done.what if done and not done.undone else words,
        title=title,
        decision=last.id if last else None,
        undone=f"{done.what}, {title}" if done and done.undone else None,
        lead=done.lead if done and not done.undone else last.lead if last else None,
        others=held,
        line=_line(desk, signed) if done else "",
    )


def _line(desk: Desk, signed: SignedIn) -> str:
    if not signed.viewer.works:
        return ""
    now = datetime.now(UTC)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return decided_today(sum(Workload(desk.ledger.engine).day(signed.viewer, since=midnight, now=now).done.values()))
