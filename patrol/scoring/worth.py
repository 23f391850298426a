"""What each rule is worth on decided listings: hits, sole hits, precision, what it would do live, whether anything reaches it.

`backtest` hands in the cases with their assessments. A rule without a hit on a corpus that holds nothing it could hit has
shown nothing, and is told so: the condition that no listing here meets is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from patrol.records import Assessment
from patrol.scoring.decided import Decided
from patrol.scoring.intervals import Interval, wilson
from patrol.scoring.matchers import Condition
from patrol.scoring.reading import Reading
from patrol.scoring.rulebook import CompiledRule, Rulebook
from patrol.scoring.sums import Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleWorth:
    """One rule. `hits` of which `true` were decided so, `beaten` where a weightier rule of its group counts in its place;
    `sole`: flagged listings that would not be flagged without it.

    `unreached` names the conditions that no decided listing meets, or is empty. `if_live` counts, for a shadow rule, the
    listings that it would bring over the edge or take below it: gained_true, gained_false, lost_true, lost_false.
    """

    rule: str
    status: str
    hits: int
    true: int
    beaten: int
    sole: int
    unreached: tuple[str, ...]
    if_live: dict[str, int] | None

    @property
    def interval(self) -> Interval:
        return wilson(self.true, self.hits)


Result = tuple[Decided, Assessment]


def worth(results: Sequence[Result], rulebook: Rulebook) -> tuple[RuleWorth, ...]:
    """Every live and shadow rule, by name."""
    raw = Raw(rulebook)
    rows = [_row(case, assessment, raw) for case, assessment in results]
    silent = [compiled for compiled in rulebook.rules if not any(compiled.rule.name in row.fired for row in rows)]
    unreached = _unreached(silent, [case for case, _ in results], rulebook)
    return tuple(_of(compiled, rows, unreached, raw, rulebook.edges.review) for compiled in rulebook.rules)


@dataclass(frozen=True, slots=True)
class _Row:
    """A decided listing with the points of the rules that fire on it, groups not yet settled."""

    truth: bool
    flagged: bool
    live: dict[str, int]
    shadow: dict[str, int]
    counting: set[str]

    @property
    def fired(self) -> dict[str, int]:
        return self.live | self.shadow


def _row(case: Decided, assessment: Assessment, raw: Raw) -> _Row:
    live, shadow = raw.points(case.listing, case.context)
    return _Row(case.truth is True, assessment.flagged, live, shadow, raw.counting(live))


def _of(compiled: CompiledRule, rows: Sequence[_Row], unreached: dict[str, tuple[str, ...]], raw: Raw, edge: int) -> RuleWorth:
    name, status = compiled.rule.name, compiled.rule.status
    fired = [row for row in rows if name in row.fired]
    return RuleWorth(
        rule=name,
        status=status,
        hits=len(fired),
        true=sum(row.truth for row in fired),
        beaten=sum(name in row.live and name not in row.counting for row in fired),
        sole=sum(_alone(name, row, raw, edge) for row in fired),
        unreached=unreached.get(name, ()),
        if_live=_if_live(name, fired, raw, edge) if status == "shadow" else None,
    )


def _alone(name: str, row: _Row, raw: Raw, edge: int) -> bool:
    """Whether the listing is flagged and would not be without this rule; the next of its group would step in."""
    return row.flagged and raw.total({rule: points for rule, points in row.live.items() if rule != name}) < edge


def _if_live(name: str, fired: Iterable[_Row], raw: Raw, edge: int) -> dict[str, int]:
    counts = dict.fromkeys(("gained_true", "gained_false", "lost_true", "lost_false"), 0)
    for row in fired:
        flagged = raw.total({**row.live, name: row.shadow[name]}) >= edge
        if flagged != row.flagged:
            counts[f"{'gained' if flagged else 'lost'}_{'true' if row.truth else 'false'}"] += 1
    return counts


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
