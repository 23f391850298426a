"""Backtest: what a rulebook would have made of listings that officers have decided, and what each of its rules is worth.

`patrol rules backtest` and the desk's lab hand in decided listings, one a cluster, and a rulebook; back comes one Report.
Precision is counted, recall estimated from the audit's random draws: see `recall`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from patrol.records import Assessment
from patrol.scoring.decided import Decided
from patrol.scoring.engine import assess
from patrol.scoring.intervals import Interval, wilson
from patrol.scoring.moving import Why, differences
from patrol.scoring.recall import Outcome, Recall, estimate
from patrol.scoring.rulebook import Rulebook
from patrol.scoring.worth import RuleWorth, worth

FEW = 20  # decisions below which a precision is shown greyed
LISTS = ("gained_true", "gained_false", "lost_true", "lost_false")


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """`hits` of `trials`, with Wilson's interval; `few` where it rests on fewer than 20 decisions."""

    hits: int
    trials: int

    @property
    def value(self) -> float | None:
        return self.hits / self.trials if self.trials else None

    @property
    def interval(self) -> Interval:
        return wilson(self.hits, self.trials)

    @property
    def few(self) -> bool:
        return self.trials < FEW


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A decided listing that the rulebook flags and the queue did not, or the other way round."""

    key: str
    title: str | None
    before: int | None
    now: int
    why: tuple[Why, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a day brings to the desk: flagged clusters and the minutes that officers took over such ones."""

    flags: float
    minutes: float | None  # None where no time on screen is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All figures of one backtest. `days` counts the days on which decisions were made."""

    rulebook: str
    clusters: int
    true: int
    false: int
    left_out: dict[str, int]
    days: int
    precision: Share
    precision_before: Share
    by_stream: dict[str, Share]
    recall: Recall | None
    recall_before: Recall | None
    load: Load | None
    load_before: Load | None
    lists: dict[str, tuple[Moved, ...]]
    rules: tuple[RuleWorth, ...]


Result = tuple[Decided, Assessment]


def backtest(decided: Iterable[Decided], rulebook: Rulebook, *, answered: dict[str, float] | None = None) -> Report:
    """Scores every decided listing again in its own context.

    `answered`: by band the share of the audit's draws that somebody has decided by now (1 where it isn't given).
    """
    cases = list(decided)
    results = [(case, assess(case.listing, rulebook, case.context)) for case in cases if case.truth is not None]
    now = [Outcome(case, assessment.flagged) for case, assessment in results]
    before = [Outcome(case, case.was_flagged) for case, _ in results]
    days = len({case.at.date() for case in cases})
    shares = answered or {}
    return Report(
        rulebook=rulebook.hash,
        clusters=len(cases),
        true=sum(case.truth is True for case in cases),
        false=sum(case.truth is False for case in cases),
        left_out=dict(Counter(case.left_out or "undecided" for case in cases if case.truth is None)),
        days=days,
        precision=_precision(now),
        precision_before=_precision(before),
        by_stream={stream: _precision([one for one in now if one.case.stream == stream]) for stream in _streams(cases)},
        recall=estimate(now, shares),
        recall_before=estimate(before, shares),
        load=_load(now, shares, days),
        load_before=_load(before, shares, days),
        lists=_lists(results),
        rules=worth(results, rulebook),
    )


def _streams(cases: Sequence[Decided]) -> list[str]:
    return sorted({case.stream for case in cases})


def _precision(outcomes: Sequence[Outcome]) -> Share:
    flagged = [one for one in outcomes if one.flagged]
    return Share(hits=sum(one.case.truth is True for one in flagged), trials=len(flagged))


def _load(outcomes: Sequence[Outcome], answered: dict[str, float], days: int) -> Load | None:
    """Per day; an audited cluster stands for as many as its draw says, what else was unflagged is among these."""
    times = [one.case.seconds for one in outcomes if one.case.seconds]
    usual = median(times) if times else None
    counted = [(one, one.weight(answered)) for one in outcomes if one.flagged]
    if not days:
        return None
    seconds = sum(weight * (one.case.seconds or usual or 0) for one, weight in counted)
    flags = sum(weight for _, weight in counted)
    return Load(flags=flags / days, minutes=None if usual is None else seconds / 60 / days)


def _lists(results: Sequence[Result]) -> dict[str, tuple[Moved, ...]]:
    found: dict[str, list[Moved]] = {name: [] for name in LISTS}
    for case, assessment in results:
        was = case.was_flagged
        if case.shown is None or was == assessment.flagged:
            continue
        name = f"{'gained' if assessment.flagged else 'lost'}_{'true' if case.truth else 'false'}"
        found[name].append(_moved(case, assessment))
    return {
        name: tuple(sorted(rows, key=lambda row: (-abs(row.now - (row.before or 0)), row.key))) for name, rows in found.items()
    }


def _moved(case: Decided, assessment: Assessment) -> Moved:
    return Moved(
        key=case.key,
        title=case.listing.title,
        before=case.before.score if case.before else None,
        now=assessment.score,
        why=differences(case.before, assessment) if case.before else (),
    )
