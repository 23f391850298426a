"""How the shipped rulebook ranks what marketplaces hold: titles written by hand for this suite, in eleven languages.

H claims a genuine object of a culture at risk and has to reach review; M is classical, European, late or doubtful, most of
the market; L is a copy, a souvenir, a book or new jewellery with an old word. Near misses are ordinary goods with such
words. Only the development part is read here: a third of the titles is sealed, see `tests/evaluation`.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from evaluation.rows import DEVELOPMENT, part_of

from patrol.scoring import Rulebook, assess

HERE = Path(__file__).parent
AT_LEAST, AT_MOST = {"H": 0.98}, {"M": 0.06, "L": 0.05}
LARGEST = 0.99  # of pairs of a genuine claim and a copy, those in which the claim is ranked first


def every(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (HERE / name).read_text(encoding="utf-8").splitlines()]


def rows(name: str) -> list[dict[str, str]]:
    return [row for row in every(name) if part_of(row["title"]) == DEVELOPMENT]


@pytest.fixture(scope="module")
def ranked(rulebook: Rulebook, offer: Any) -> dict[str, list[tuple[int, bool, str]]]:
    found: dict[str, list[tuple[int, bool, str]]] = {"H": [], "M": [], "L": []}
    for row in rows("market_titles.jsonl"):
        assessment = assess(offer(row["title"], row.get("description")), rulebook)
        found[row["label"]].append((assessment.sum, assessment.flagged, row["title"]))
    return found


def test_the_set_is_as_large_and_as_mixed_as_it_says() -> None:
    titles = every("market_titles.jsonl")
    assert min(Counter(row["label"] for row in titles).values()) >= 150
    assert {"en", "de", "fr", "es", "it", "nl"} <= {row["language"] for row in titles}
    assert len({row["title"] for row in titles}) == len(titles)
    assert len(every("near_misses.jsonl")) >= 200


@pytest.mark.parametrize("label", ["H", "M", "L"])
def test_share_that_reaches_review(ranked: dict[str, list[tuple[int, bool, str]]], label: str) -> None:
    share = sum(flagged for _, flagged, _ in ranked[label]) / len(ranked[label])
    wrong = [title for _, flagged, title in ranked[label] if flagged != (label == "H")]
    assert AT_LEAST.get(label, 0) <= share <= AT_MOST.get(label, 1), wrong


def test_genuine_claims_rank_before_copies(ranked: dict[str, list[tuple[int, bool, str]]]) -> None:
    pairs = [(high, low) for high, _, _ in ranked["H"] for low, _, _ in ranked["L"]]
    assert sum((high > low) + (high == low) / 2 for high, low in pairs) / len(pairs) >= LARGEST


def test_no_near_miss_reaches_review(rulebook: Rulebook, offer: Any) -> None:
    wrong = [row["title"] for row in rows("near_misses.jsonl") if assess(offer(row["title"]), rulebook).flagged]
    assert len(wrong) <= 1, wrong
