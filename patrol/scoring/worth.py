"""What each rule is worth on decided listings: hits, sole hits, precision, what it would do live, whether anything reaches it.

`backtest` hands in the cases with their assessments. A rule without a hit on a corpus that holds nothing it could hit has
shown nothing, and is told so: the condition that no listing here meets is named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from patrol.records import Assessment, Signal
from patrol.scoring.decided import Decided
from patrol.scoring.intervals import Interval, wilson
from patrol.scoring.matchers import Condition
from patrol.scoring.reading import Reading
from patrol.scoring.rulebook import CompiledRule, Rulebook


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleWorth:
    """One rule. `hits` of which `true` were decided so; `sole`: flagged listings that it alone lifts over the edge.

    `unreached` names the conditions that no decided listing meets, or is empty. `if_live` counts, for a shadow rule, the
    listings that it would bring over the edge or take below it: gained_true, gained_false, lost_true, lost_false.
    """

    rule: str
    status: str
    hits: int
    true: int
    sole: int
    unreached: tuple[str, ...]
    if_live: dict[str, int] | None

    @property
    def interval(self) -> Interval:
        return wilson(self.true, self.hits)


Result = tuple[Decided, Assessment]


def worth(results: Sequence[Result], rulebook: Rulebook) -> tuple[RuleWorth, ...]:
    """Every live and shadow rule, by name."""
    hits: Counter[str] = Counter()
    true: Counter[str] = Counter()
    sole: Counter[str] = Counter()
    for case, assessment in results:
        for signal in (*assessment.signals, *assessment.shadow):
            hits[signal.rule] += 1
            true[signal.rule] += case.truth is True
        sole.update(signal.rule for signal in assessment.signals if _alone(signal, assessment, rulebook))
    silent = [compiled for compiled in rulebook.rules if not hits[compiled.rule.name]]
    unreached = _unreached(silent, [case for case, _ in results], rulebook)
    return tuple(
        RuleWorth(
            rule=(name := compiled.rule.name),
            status=compiled.rule.status,
            hits=hits[name],
            true=true[name],
            sole=sole[name],
            unreached=unreached.get(name, ()),
            if_live=_if_live(compiled, results, rulebook) if compiled.rule.status == "shadow" else None,
        )
        for compiled in rulebook.rules
    )


def _alone(signal: Signal, assessment: Assessment, rulebook: Rulebook) -> bool:
    """Whether the listing is flagged with this signal and would not be without it."""
    edge = rulebook.edges.review
    return assessment.sum >= edge > assessment.sum - signal.points


def _if_live(compiled: CompiledRule, results: Iterable[Result], rulebook: Rulebook) -> dict[str, int]:
    groups = {other.rule.name: other.rule.group for other in rulebook.rules}
    counts = dict.fromkeys(("gained_true", "gained_false", "lost_true", "lost_false"), 0)
    for case, assessment in results:
        own = next((signal for signal in assessment.shadow if signal.rule == compiled.rule.name), None)
        if own is None:
            continue
        flagged = assessment.sum + _added(own, assessment, groups) >= rulebook.edges.review
        if flagged != assessment.flagged:
            counts[f"{'gained' if flagged else 'lost'}_{'true' if case.truth else 'false'}"] += 1
    return counts


def _added(own: Signal, assessment: Assessment, groups: dict[str, str | None]) -> int:
    """Its points, or what it adds to the weightiest of its group."""
    group = groups.get(own.rule)
    rival = next((signal for signal in assessment.signals if group and groups.get(signal.rule) == group), None)
    if rival is None:
        return own.points
    return own.points - rival.points if abs(own.points) > abs(rival.points) else 0


def _unreached(silent: Sequence[CompiledRule], cases: Sequence[Decided], rulebook: Rulebook) -> dict[str, tuple[str, ...]]:
    """By rule, the conditions that were met nowhere; a rule whose conditions were each met somewhere is left out."""
    open_yet = {compiled.rule.name: _asked(compiled) for compiled in silent}
    for case in cases if silent else ():
        reading = Reading(case.listing, rulebook.pieces, case.context)
        for name, conditions in open_yet.items():
            open_yet[name] = {words: ones for words, ones in conditions.items() if not any(met(one, reading) for one in ones)}
    return {name: tuple(conditions) for name, conditions in open_yet.items() if conditions}


def _asked(compiled: CompiledRule) -> dict[str, tuple[Condition, ...]]:
    """The conditions that must hold, each in words; the alternatives of `any` are one."""
    written = compiled.rule.when
    conditions: dict[str, tuple[Condition, ...]] = {
        _words(row): (one,) for row, one in zip(written.all, compiled.all, strict=True)
    }
    if compiled.any:
        conditions[" or ".join(_words(row) for row in written.any)] = compiled.any
    return conditions


def _words(row: object) -> str:
    return "; ".join(f"{word}: {arguments}" for word, arguments in row.items()) if isinstance(row, dict) else str(row)


def met(condition: Condition, reading: Reading) -> bool:
    """Whether a condition holds of a listing."""
    if condition.gate is not None and reading.lexicons.keys().isdisjoint(condition.gate):
        return False
    return condition.check(reading) is not None
