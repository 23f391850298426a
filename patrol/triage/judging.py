"""Decisions as the lab learns from them: what an officer said of a cluster becomes true, false or nothing to learn from.

`patrol rules` and the desk's lab call this with a ledger; `scoring.backtest` and `scoring.moving` get plain records. A lead,
or a clear because a claimed antiquity looks fake, says that the flag was right; technical clears say nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from patrol.config.marketplace import Marketplace
from patrol.config.settings import AuditRates, Bands
from patrol.ledger import Ledger
from patrol.ledger.engine import reading
from patrol.ledger.judged import Judged, judged, undecided
from patrol.ledger.reasons import REASONS
from patrol.ledger.sellers import read_sellers
from patrol.records import Band, Context
from patrol.scoring import Rulebook, assess
from patrol.scoring.decided import Case, Decided
from patrol.scoring.opinion import Lesson, personal
from patrol.triage.indexing import making
from patrol.triage.mixing import draw_of, drawn

BATCH = 200  # listings read at a time
TECHNICAL, UNDECIDED = "technical", "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that the ledger can teach. `answered`: by band the share of the audit's draws that somebody has decided.

    `erased` counts decided clusters whose text is gone, `waiting` flagged clusters that nobody has decided yet.
    """

    decided: tuple[Decided, ...]
    answered: dict[str, float]
    erased: int
    waiting: int


def evidence(ledger: Ledger, audit: AuditRates, bands: Bands, since: datetime | None = None) -> Evidence:
    """One record a cluster; see `ledger.judged` for which decision counts."""
    rows = list(judged(ledger.engine, since))
    decided = tuple(_decided(row, bands) for row in rows if row.stored is not None)
    done = Counter(one.shown.value for one in decided if one.sampled and one.shown)
    open_draws, waiting = _open(ledger, audit, bands)
    return Evidence(
        decided=decided,
        answered={band: done[band] / (done[band] + open_draws[band]) for band in done},
        erased=len(rows) - len(decided),
        waiting=waiting,
    )


def lessons(ledger: Ledger, rulebook: Rulebook, marketplaces: Mapping[str, Marketplace]) -> Iterator[Lesson]:
    """What a second opinion may learn from: decided listings of marketplaces whose source card allows training.

    Sellers' names are read for one purpose: to keep their words out.
    """
    rows = list(judged(ledger.engine))
    with reading(ledger.engine) as conn:
        names = read_sellers(conn, {row.stored.seller_key for row in rows if row.stored and row.stored.seller_key})
    for row in rows:
        truth, _ = verdict(row.kind, row.reason)
        if row.stored is None or truth is None:
            continue
        marketplace = marketplaces.get(row.stored.listing.marketplace)
        if marketplace is None or marketplace.card is None or not marketplace.card.training_allowed:
            continue
        known = row.assessed or row.stored.assessed
        context = known.context if known else Context()
        yield Lesson(
            listing=row.stored.listing,
            assessment=assess(row.stored.listing, rulebook, context),
            truth=truth,
            seller=row.stored.seller_key,
            private=frozenset(personal(names.get(row.stored.seller_key or ""))),
        )


def verdict(kind: str, reason: int | None) -> tuple[bool | None, str | None]:
    """(truth, why it is left out) of a decision."""
    if kind == "lead":
        return True, None
    if kind != "clear" or reason is None:
        return None, UNDECIDED
    if REASONS[reason].technical:
        return None, TECHNICAL
    return REASONS[reason].true_flag, None


def current(ledger: Ledger, since: datetime | None = None) -> Iterator[Case]:
    """Every current version with the context and the assessment that the ledger holds."""
    keys = ledger.listings.current_keys(since)
    while batch := list(islice(keys, BATCH)):
        for stored in ledger.listings.current_many(batch).values():
            known = stored.assessed
            yield Case(
                key=stored.key,
                listing=stored.listing,
                context=known.context if known else Context(),
                before=known.assessment if known else None,
            )


def _decided(row: Judged, bands: Bands) -> Decided:
    assert row.stored is not None
    known = row.assessed or row.stored.assessed
    truth, left_out = verdict(row.kind, row.reason)
    return Decided(
        key=row.listing_key,
        listing=row.stored.listing,
        context=known.context if known else Context(),
        before=known.assessment if known else None,
        truth=truth,
        left_out=left_out,
        stream=row.stream,
        probability=row.probability,
        shown=row.shown.assessment.band if row.shown else _band(row.score, bands),
        seconds=row.seconds,
        at=row.at,
        reason=row.reason,
        seller=row.stored.seller_key,
    )


def _open(ledger: Ledger, audit: AuditRates, bands: Bands) -> tuple[Counter[str], int]:
    """By band the audit's draws that wait, and how many flagged clusters do."""
    key = making(ledger, bands).draw_key
    draws: Counter[str] = Counter()
    waiting = 0
    for cluster in undecided(ledger.engine):
        band = _band(cluster.score, bands)
        if band in (Band.NONE, Band.LOW):
            draws[band.value] += drawn(draw_of(key, cluster.cluster_id), audit.of(band.value))
        elif band is not None:
            waiting += 1
    return draws, waiting


def _band(score: int | None, bands: Bands) -> Band | None:
    if score is None:
        return None
    if score < bands.review:
        return Band.LOW if score else Band.NONE
    return Band.REVIEW if score < bands.high else Band.HIGH
