"""Marks a crawl's flags against what the goods' writers said of them. Only tests and the demo's own summary may call it.

Handed (marketplace, listing id as served, flagged) for every listing kept, it gives precision and recall as a whole and for
each half of the truth, and names what was not found, found twice, or never on offer. Nothing else opens the truth.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from patrol.errors import ReadError
from patrol.market.addresses import marketplace
from patrol.market.goods import Good, load

FOLDER = Path(__file__).resolve().parent / "truth"
HALVES = ("tune", "held_out")
Key = tuple[str, str]  # marketplace, listing id


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is true of one good: whether an officer should look, what kind of case it is, and why."""

    good: Good
    flag: bool
    kind: str
    cultures: tuple[str, ...]
    why: str
    half: str


def verdicts(folder: Path = FOLDER, goods: Iterable[Good] | None = None) -> dict[Key, Verdict]:
    """The truth of every good, by marketplace and listing id; ReadError where goods and truth do not match."""
    by_id = {good.id: good for good in (load() if goods is None else goods)}
    found: dict[Key, Verdict] = {}
    for path in sorted(folder.glob("*.jsonl")):
        for line, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            row = json.loads(text)
            good = by_id.pop(row["id"], None)
            if good is None or row["half"] not in HALVES:
                raise ReadError(f"{row['id']} is no good, or stands twice, or in no half", where=f"{path.name}:{line}")
            found[marketplace(good.site), good.number] = Verdict(
                good=good, flag=row["flag"], kind=row["kind"], cultures=tuple(row["cultures"]), why=row["why"], half=row["half"]
            )
    if by_id:
        raise ReadError(f"no truth for {', '.join(sorted(by_id)[:5])}", where=str(folder))
    return found


def _marks(truth: Iterable[tuple[Key, Verdict]], flags: Mapping[Key, bool], strangers: int = 0) -> dict[str, Any]:
    counts = Counter((verdict.flag, flags.get(key, False)) for key, verdict in truth)
    right, missed, wrong = counts[True, True], counts[True, False], counts[False, True] + strangers
    return {
        "precision": round(right / (right + wrong), 4) if right + wrong else None,
        "recall": round(right / (right + missed), 4) if right + missed else None,
        "right": right,
        "wrong": wrong,
        "missed": missed,
    }


def grade(rows: Iterable[tuple[str, str, bool]]) -> dict[str, Any]:
    """`{"precision", "recall", "right", "wrong", "missed", "tune": {…}, "held_out": {…}, "missing", "doubled", "strangers"}`.

    A listing that was never read counts as not flagged. Removed goods cannot be read and count nowhere. Precision and recall
    are shares from 0 to 1, None where nothing was flagged or nothing was to be flagged.
    """
    truth = verdicts()
    told = [((name, number), flagged) for name, number, flagged in rows]
    times = Counter(key for key, _ in told)
    flags: dict[Key, bool] = {}
    for key, flagged in told:
        flags[key] = flags.get(key, False) or flagged
    readable = [(key, verdict) for key, verdict in truth.items() if verdict.good.open]
    strangers = sorted(key for key in flags if key not in truth)
    return {
        **_marks(readable, flags, sum(flags[key] for key in strangers)),
        **{half: _marks([pair for pair in readable if pair[1].half == half], flags) for half in HALVES},
        "missing": sorted(verdict.good.id for key, verdict in readable if key not in flags),
        "doubled": sorted(truth[key].good.id for key, count in times.items() if count > 1 and key in truth),
        "strangers": [f"{name} {number}" for name, number in strangers],
    }


def mistakes(rows: Iterable[tuple[str, str, bool]], half: str = "tune") -> list[Verdict]:
    """The verdicts of one half that the flags went against, for whoever tunes rules."""
    truth = verdicts()
    flags = {(name, number): flagged for name, number, flagged in rows}
    return [
        verdict
        for key, verdict in truth.items()
        if verdict.half == half and verdict.good.open and flags.get(key, False) != verdict.flag
    ]
