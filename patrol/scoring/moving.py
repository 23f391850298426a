"""Who moves over which threshold between two rulebooks, and why: the rules whose points differ, with the words they quote.

`patrol rules diff A B` hands in listings with their contexts and two rulebooks; `backtest` asks for the differences of one
listing. Only what crosses the edge of a band is listed; the rest is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from patrol.records import Assessment, Band, Signal
from patrol.scoring.decided import Case
from patrol.scoring.engine import assess
from patrol.scoring.rulebook import Rulebook

ORDER = (Band.NONE, Band.LOW, Band.REVIEW, Band.HIGH)
PARTS = {"rules": "rule", "lexicons": "lexicon", "warninglists": "warning list"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """One rule that counts otherwise: its points in the one and the other assessment, None where it is silent."""

    rule: str
    before: int | None
    now: int | None
    quote: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """A listing that lies in another band under the second rulebook."""

    key: str
    title: str | None
    from_band: Band
    to_band: Band
    from_score: int
    to_score: int
    why: tuple[Why, ...]

    @property
    def rises(self) -> bool:
        return ORDER.index(self.to_band) > ORDER.index(self.from_band)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """`bands` counts listings by (band under A, band under B); `edits` says what differs between the two rulebooks."""

    a: str
    b: str
    listings: int
    changed: int  # listings whose sum differs
    bands: Mapping[tuple[str, str], int]
    crossings: tuple[Crossing, ...]
    edits: tuple[str, ...]


def differences(before: Assessment, now: Assessment) -> tuple[Why, ...]:
    """The rules whose points differ, the weightiest difference first."""
    old, new = ({signal.rule: signal for signal in one.signals} for one in (before, now))
    found = [_why(name, old.get(name), new.get(name)) for name in {*old, *new} if _points(old, name) != _points(new, name)]
    return tuple(sorted(found, key=lambda why: (-abs((why.now or 0) - (why.before or 0)), why.rule)))


def difference(cases: Iterable[Case], a: Rulebook, b: Rulebook) -> Difference:
    """Scores each listing under both; an assessment that the ledger holds under one of them is taken as it is."""
    bands: Counter[tuple[str, str]] = Counter()
    crossings = []
    changed = 0
    for case in cases:
        old, new = _assessed(case, a), _assessed(case, b)
        bands[old.band.value, new.band.value] += 1
        changed += old.sum != new.sum
        if old.band is not new.band:
            crossings.append(
                Crossing(
                    key=case.key,
                    title=case.listing.title,
                    from_band=old.band,
                    to_band=new.band,
                    from_score=old.score,
                    to_score=new.score,
                    why=differences(old, new),
                )
            )
    return Difference(
        a=a.hash,
        b=b.hash,
        listings=bands.total(),
        changed=changed,
        bands=dict(sorted(bands.items())),
        crossings=tuple(sorted(crossings, key=lambda one: (-abs(one.to_score - one.from_score), one.key))),
        edits=edits(a.canonical(), b.canonical()),
    )


def edits(a: bytes, b: bytes) -> tuple[str, ...]:
    """What differs between two archived rulebooks, a line each: files added, removed, changed, and by which keys or words."""
    old, new = orjson.loads(a).get("scored", {}), orjson.loads(b).get("scored", {})
    lines = [
        line for part, word in PARTS.items() for line in _files(word, old.get(part) or {}, new.get(part) or {})
    ]  # an archive of another engine may lack a part
    whole = [part for part in ("engine", "bands", "laws", "rates") if old.get(part) != new.get(part)]
    return (*lines, *(f"{part}: {_short(old.get(part))} -> {_short(new.get(part))}" for part in whole))


def _assessed(case: Case, rulebook: Rulebook) -> Assessment:
    if case.before is not None and case.before.rulebook == rulebook.hash:
        return case.before
    return assess(case.listing, rulebook, case.context)


def _points(signals: Mapping[str, Signal], rule: str) -> int | None:
    return signals[rule].points if rule in signals else None


def _why(rule: str, old: Signal | None, new: Signal | None) -> Why:
    telling = new or old
    quote = telling.span.quote if telling and telling.span else None
    return Why(rule=rule, before=old.points if old else None, now=new.points if new else None, quote=quote)


def _files(word: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterable[str]:
    for name in sorted({*old, *new}):
        if name not in old:
            yield f"{word} {name}: added"
        elif name not in new:
            yield f"{word} {name}: removed or at rest"
        elif old[name] != new[name]:
            keys = sorted(key for key in {*old[name], *new[name]} if old[name].get(key) != new[name].get(key))
            yield f"{word} {name}: " + "; ".join(_key(key, old[name].get(key), new[name].get(key)) for key in keys)


def _key(key: str, old: Any, new: Any) -> str:
    if isinstance(old, list) and isinstance(new, list):
        gone, come = ([_short(one) for one in ones if one not in others] for ones, others in ((old, new), (new, old)))
        return f"{key} " + ", ".join([*(f"-{one}" for one in gone), *(f"+{one}" for one in come)])
    return f"{key} {_short(old)} -> {_short(new)}"


def _short(value: Any) -> str:
    if isinstance(value, dict) and "gloss" in value:
        return str(value["gloss"])
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return text if len(text) <= 80 else text[:77] + "…"
