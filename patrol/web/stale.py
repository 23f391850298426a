"""What the desk's pages cannot show at this moment, in plain words: an index that is away or behind, documents it refused.

Every page asks `stale` for its banner; the queue's and the health's JSON take their words from here, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from patrol.ledger import Backlog
from patrol.reports import words
from patrol.web.desk import Desk


@dataclass(frozen=True, slots=True)
class Stale:
    """The banner's words; `refused` where the overview can say more: the index answers, and refused listings."""

    says: str
    refused: bool = False


def stale(desk: Desk, now: datetime) -> Stale | None:
    """The banner of a page; None where everything is shown as the ledger has it."""
    backlog = desk.ledger.outbox.backlog()
    away = desk.pulse.fault(desk.index)
    if away is None:
        says = _behind(desk, backlog, now)
        return Stale(says, refused=backlog.dead > 0) if says else None
    reason, since = away
    ago = "" if now - since < timedelta(minutes=1) else f" for {words.span(now - since)}"
    waits = f" {words.count(backlog.count, 'change')} wait{'s' if backlog.count == 1 else ''} for it." if backlog.count else ""
    return Stale(
        f"The index does not answer{ago} ({reason}). Queue, search and overview need it; leads, New for you, adding by hand "
        f"and listings by their address go on. Nothing is lost.{waits}"
    )


def _behind(desk: Desk, backlog: Backlog, now: datetime) -> str | None:
    """How far the index lags behind the ledger; None where it keeps up."""
    limits = desk.config.settings.desk
    says = []
    lag = now - backlog.oldest if backlog.oldest else timedelta(0)
    if lag >= timedelta(minutes=limits.stale_minutes):
        says.append(f"The index is {words.span(lag)} behind; {words.count(backlog.count, 'change')} not shown yet.")
    elif backlog.count > limits.stale_changes:
        says.append(f"The index is behind; {words.count(backlog.count, 'change')} not shown yet.")
    if backlog.dead:
        says.append(f"{words.count(backlog.dead, 'listing')} could not be indexed.")
    return " ".join(says) or None
