"""Rescoring: after a change of rules every current version is assessed anew, in the context it was assessed in before.

`patrol rescore` hands in the ledger and today's rulebook; what was shown to a person or decided on stays beside the new
assessment, and the index hears of every listing whose assessment changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection

from patrol.ledger import Ledger
from patrol.ledger.stored import StoredListing
from patrol.records import Assessment, Context
from patrol.scoring import Rulebook, assess

BATCH = 200  # listings read at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescored:
    """`number` is the rulebook's (41 for r41); `raised` and `lowered` count listings that crossed the edge of review."""

    number: int
    assessed: int
    changed: int
    raised: int
    lowered: int


def _batches(keys: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(islice(keys, BATCH)):
        yield batch


def _again(ledger: Ledger, stored: StoredListing, rulebook: Rulebook) -> tuple[Assessment, Future[bool]]:
    context = stored.assessed.context if stored.assessed else Context()
    assessment = assess(stored.listing, rulebook, context)

    def work(conn: Connection) -> bool:
        return ledger.listings.assess_again(conn, stored.key, assessment, context)

    return assessment, ledger.writer.submit(work)


def rescore(
    ledger: Ledger, rulebook: Rulebook, since: datetime | None, advance: Callable[[int, int | None, str], None]
) -> Rescored:
    """Assesses all current versions (seen since then); `advance` hears (done, total, words). Can be run again at any time."""
    number = ledger.writer.run(lambda conn: ledger.listings.rulebook(conn, rulebook.hash, rulebook.canonical()))
    total = ledger.listings.count() if since is None else None
    assessed = changed = raised = lowered = 0
    for keys in _batches(ledger.listings.current_keys(since)):
        done = [(stored, *_again(ledger, stored, rulebook)) for stored in ledger.listings.current_many(keys).values()]
        for stored, assessment, future in done:
            before = stored.assessed is not None and stored.assessed.assessment.flagged
            assessed += 1
            changed += future.result()
            raised += assessment.flagged and not before
            lowered += before and not assessment.flagged
        advance(assessed, total, f"{changed} changed")
    return Rescored(number=number, assessed=assessed, changed=changed, raised=raised, lowered=lowered)
