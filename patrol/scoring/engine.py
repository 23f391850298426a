"""`assess`: one listing under one rulebook and one context gives one Assessment; nothing else is read, so it can be replayed.

Every room that wants a score calls this function. The rules' signals add up to the sum; the score is the sum clipped to
0-100; each signal quotes the listing's own words or says that something is absent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from patrol.config.rulebook import Weight
from patrol.records import Assessment, Band, Context, Listing, Signal, Span
from patrol.scoring.matchers import Condition, Match
from patrol.scoring.reading import Reading
from patrol.scoring.rulebook import CompiledRule, Edges, Rulebook
from patrol.scoring.vocabulary import Hit

MOST_ALSO = 8  # further hits that a signal shows
NO_CONTEXT = Context()


def assess(listing: Listing, rulebook: Rulebook, context: Context = NO_CONTEXT) -> Assessment:
    """Score a listing; pure: the same three arguments give the same assessment for ever."""
    reading = Reading(listing, rulebook.pieces, context)
    fired = [
        (rule.rule, signal) for rule in rulebook.open_rules(reading.lexicons) if (signal := _fire(rule, reading)) is not None
    ]
    live = _ordered(_best_of_groups((rule.group, signal) for rule, signal in fired if rule.status == "live"))
    shadow = _ordered(signal for rule, signal in fired if rule.status == "shadow")
    total = sum(signal.points for signal in live)
    score = min(100, max(0, total))
    assessment = Assessment(
        score=score,
        sum=total,
        band=_band(score, rulebook.edges),
        signals=live,
        shadow=shadow,
        cultures=reading.cultures,
        object_types=reading.object_types,
        materials=reading.materials,
        authenticity=reading.verdict[0],
        claims=reading.claims,
        provenance_grade=reading.ownership.grade,
        provenance_support=reading.ownership.support,
        outside_source_since=reading.ownership.outside_since,
        rulebook=rulebook.hash,
    )
    reading.close()
    return assessment


def _fire(compiled: CompiledRule, reading: Reading) -> Signal | None:
    """The rule's signal, or None where a condition fails."""
    matches: list[Match] = []
    for condition in compiled.all:
        match = condition.check(reading)
        if match is None:
            return None
        matches.append(match)
    if compiled.any:
        found = next((match for condition in compiled.any if (match := _asked(condition, reading)) is not None), None)
        if found is None:
            return None
        if not matches:  # a rule of alternatives only quotes the one that held
            matches.append(found)
    for condition in compiled.none:
        if _asked(condition, reading) is not None:
            return None
    return _signal(compiled, matches, reading)


def _asked(condition: Condition, reading: Reading) -> Match | None:
    """What a condition sees; one that none of its lexicons hit for is not asked."""
    if condition.gate is not None and condition.gate.isdisjoint(reading.lexicons):
        return None
    return condition.check(reading)


def _signal(compiled: CompiledRule, matches: list[Match], reading: Reading) -> Signal | None:
    rule = compiled.rule
    first = matches[0]
    points = _points(rule.points, first)
    if points == 0:
        return None
    spans = _spans(matches, reading) if first.marks else []
    span = spans[0] if spans else None
    return Signal(
        rule=rule.name,
        points=points,
        via=span.via if span else first.via,
        because=rule.because,
        span=span,
        also=tuple(spans[1 : MOST_ALSO + 1]),
    )


def _points(points: int | Mapping[Weight, int], match: Match) -> int:
    """A number as it is; of a map the weightiest entry that a hit's weight class earns."""
    if isinstance(points, int):
        return points
    weights = {mark.entry.weight for mark in match.marks if isinstance(mark, Hit)}
    earned = [value for weight, value in points.items() if weight in weights]
    return max(earned, key=abs, default=0)


def _spans(matches: list[Match], reading: Reading) -> list[Span]:
    """The marks of all conditions as spans, the first condition's best one first, none twice."""
    found: dict[tuple[str, int, int], Span] = {}
    for match in matches:
        for mark in match.marks:
            if len(found) > MOST_ALSO:
                return list(found.values())
            span = reading.span(mark) if isinstance(mark, Hit) else mark
            found.setdefault((span.field, span.start, span.end), span)
    return list(found.values())


def _best_of_groups(signals: Iterable[tuple[str | None, Signal]]) -> Iterator[Signal]:
    """Of rules that say the same thing (`group`) only the weightiest counts."""
    best: dict[str, Signal] = {}
    for group, signal in signals:
        if group is None:
            yield signal
        elif group not in best or _weightier(signal, best[group]):
            best[group] = signal
    yield from best.values()


def _weightier(one: Signal, other: Signal) -> bool:
    return (abs(one.points), one.rule) > (abs(other.points), other.rule)


def _ordered(signals: Iterable[Signal]) -> tuple[Signal, ...]:
    return tuple(sorted(signals, key=lambda signal: (-signal.points, signal.rule)))


def _band(score: int, edges: Edges) -> Band:
    if score == 0:
        return Band.NONE
    if score < edges.review:
        return Band.LOW
    return Band.REVIEW if score < edges.high else Band.HIGH
