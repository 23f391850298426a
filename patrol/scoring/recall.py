"""How much of what there was a rulebook flags: estimated from the audit, the random sample of what nobody flagged.

`backtest` hands in outcomes on decided clusters. Three strata: what was flagged and decided counts as it is; of the bands
`low` and `none` only audited clusters speak, each for 1/p others (Horvitz and Thompson), because what an officer looked up
by choice is no sample. The bounds take the exact interval of each stratum at a confidence that leaves 95 % for all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from patrol.scoring.decided import Decided
from patrol.scoring.intervals import CONFIDENCE, hidden


@dataclass(frozen=True, slots=True)
class Outcome:
    """A decided cluster, and whether the rulebook in question flags it."""

    case: Decided
    flagged: bool

    def weight(self, answered: dict[str, float]) -> float:
        """How many clusters it stands for: 1/p in the audit, 1 where it was flagged, 0 where it was an unflagged choice."""
        if self.case.sampled:
            return 1 / effective(self.case, answered)
        return 1.0 if self.case.shown is None or self.case.was_flagged else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """One band as the queue knew it, at one inclusion probability. `true` and `found` count decided clusters.

    `estimated` is the number of true ones that the stratum holds in all, between `low` and `high`.
    """

    band: str
    probability: float
    decided: int
    true: int
    flagged_true: int
    estimated: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """`value` between `low` and `high`; None where nothing true is known at all."""

    value: float | None
    low: float
    high: float
    strata: tuple[Stratum, ...]


def effective(case: Decided, answered: dict[str, float]) -> float:
    """The chance that a cluster was drawn and is decided by now; draws are worked in random order, so both multiply."""
    band = case.shown.value if case.shown else ""
    return (case.probability or 1.0) * answered.get(band, 1.0)


def estimate(outcomes: Sequence[Outcome], answered: dict[str, float]) -> Recall | None:
    """None without a single audited cluster: then nothing is known of what was missed."""
    certain = [one for one in outcomes if one.case.was_flagged]
    audited: dict[tuple[str, float], list[Outcome]] = defaultdict(list)
    for one in outcomes:
        if one.case.sampled and one.case.shown is not None:
            audited[one.case.shown.value, effective(one.case, answered)].append(one)
    if not audited:
        return None
    strata = [_certain(certain), *(_audited(key, ones, len(audited)) for key, ones in sorted(audited.items()))]
    chosen = [one for one in outcomes if one.case.shown is not None and not one.case.was_flagged and not one.case.sampled]
    return _together(strata, certain, audited, sum(one.case.truth is True and not one.flagged for one in chosen))


def _certain(ones: Sequence[Outcome]) -> Stratum:
    true = sum(one.case.truth is True for one in ones)
    return Stratum(
        band="flagged",
        probability=1.0,
        decided=len(ones),
        true=true,
        flagged_true=sum(one.case.truth is True and one.flagged for one in ones),
        estimated=true,
        low=true,
        high=true,
    )


def _audited(key: tuple[str, float], ones: Sequence[Outcome], strata: int) -> Stratum:
    band, probability = key
    true = sum(one.case.truth is True for one in ones)
    low, high = hidden(true, probability, _confidence(strata))
    return Stratum(
        band=band,
        probability=probability,
        decided=len(ones),
        true=true,
        flagged_true=sum(one.case.truth is True and one.flagged for one in ones),
        estimated=true / probability,
        low=low,
        high=high,
    )


def _confidence(strata: int) -> float:
    """Each stratum holds two numbers, found and missed; all of them together miss with 5 % at most."""
    return 1 - (1 - CONFIDENCE) / (2 * strata)


def _together(
    strata: Sequence[Stratum],
    certain: Sequence[Outcome],
    audited: dict[tuple[str, float], list[Outcome]],
    seen_missed: int,
) -> Recall:
    kept = sum(one.case.truth is True and one.flagged for one in certain)
    lost = sum(one.case.truth is True and not one.flagged for one in certain)
    gained, missed = [_in_all(audited, flagged) for flagged in (True, False)]
    least = max(missed.low, seen_missed)  # those that somebody came upon by choice are missed for sure
    best = _share(kept + gained.high, lost + least)
    return Recall(
        value=_share(kept + gained.estimated, lost + max(missed.estimated, seen_missed)),
        low=_share(kept + gained.low, lost + max(missed.high, least)) or 0.0,
        high=1.0 if best is None else best,
        strata=tuple(strata),
    )


class _Sum(NamedTuple):
    estimated: float
    low: float
    high: float


def _in_all(audited: dict[tuple[str, float], list[Outcome]], flagged: bool) -> _Sum:
    """The true ones of all audited strata that the rulebook flags, or misses."""
    estimated = low = high = 0.0
    for (_, probability), ones in audited.items():
        count = sum(one.case.truth is True and one.flagged is flagged for one in ones)
        bounds = hidden(count, probability, _confidence(len(audited)))
        estimated += count / probability
        low += bounds.low
        if not flagged or any(one.flagged for one in ones):  # what flags none of a sample is credited with none behind it
            high += bounds.high
    return _Sum(estimated, low, high)


def _share(found: float, missed: float) -> float | None:
    return found / (found + missed) if found + missed else None
