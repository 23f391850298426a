"""Re-weighted points: for each rule the nearest other points that decided listings speak for and none speaks against.

`suggest_command` hands in a Bench. Every listing's signals are worked out once, without groups; sums under other points are
then plain arithmetic: see `sums`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from patrol.config.rulebook import Rule
from patrol.scoring.decided import Decided
from patrol.scoring.intervals import wilson
from patrol.scoring.suggesting import Bench, Effect, Suggestion, written
from patrol.scoring.sums import Points, Raw

STEP = 5
FARTHEST = 20  # points that a suggestion moves a rule
FEWEST = 2  # listings that must come to the right side of the edge


@dataclass(frozen=True, slots=True)
class Hits:
    """The live rules that fire on one decided listing, each with its points, groups not yet settled."""

    case: Decided
    points: Points = field(repr=False)


def reweighed(bench: Bench) -> list[Suggestion]:
    """At most one a rule, the one that helps most first; no decided listing would leave the side where it belongs."""
    live = {name: rule for name, rule in bench.config.rules.items() if rule.status == "live"}
    raw = Raw(bench.rulebook)
    hits = [Hits(case, raw.points(case.listing, case.context)[0]) for case in bench.cases]
    found = (_best(bench, name, [row for row in hits if name in row.points], raw) for name in sorted(live))
    return sorted((one for one in found if one is not None), key=lambda one: (-one.gain, one.file))


def _best(bench: Bench, name: str, hits: list[Hits], raw: Raw) -> Suggestion | None:
    """The smallest change among those that help most and harm nobody."""
    found: list[tuple[int, int, int, tuple[Effect, ...]]] = []
    for shift in _shifts(bench.config.rules[name]) if hits else ():
        effects = _effects(bench, name, hits, shift, raw)
        crossing = [effect for effect in effects if effect.crosses]
        if len(crossing) >= FEWEST and all(effect.better for effect in crossing):
            found.append((-len(crossing), abs(shift), shift, effects))
    if not found:
        return None
    _, _, shift, effects = min(found, key=lambda row: row[:3])
    return _suggestion(bench, name, hits, shift, effects)


def _effects(bench: Bench, name: str, hits: list[Hits], shift: int, raw: Raw) -> tuple[Effect, ...]:
    return bench.effects((row.case, raw.total({**row.points, name: row.points[name] + shift})) for row in hits)


def _shifts(rule: Rule) -> Iterable[int]:
    """Steps that leave every weight of the rule on its side of nought and within bounds."""
    known = [rule.points] if isinstance(rule.points, int) else list(rule.points.values())
    for size in range(STEP, FARTHEST + 1, STEP):
        for shift in (-size, size):
            if all(0 < (value + shift) * (1 if value > 0 else -1) <= 100 for value in known):
                yield shift


def _suggestion(bench: Bench, name: str, hits: list[Hits], shift: int, effects: tuple[Effect, ...]) -> Suggestion:
    points = bench.config.rules[name].points
    fresh = points + shift if isinstance(points, int) else {weight: value + shift for weight, value in points.items()}
    true = sum(row.case.truth is True for row in hits)
    low, high = wilson(true, len(hits))
    return Suggestion(
        kind="points",
        file=f"config/rules/{name}.yml",
        place=f"in place of `points: {written(points if isinstance(points, int) else dict(points))}`",
        line=bench.line(f"config/rules/{name}.yml", ("points",)),
        yaml=f"points: {written(fresh)}",
        why=f"fires on {len(hits)} decided listings, {true} of them true ({low:.0%} to {high:.0%})",
        effects=effects,
    )
