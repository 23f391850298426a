"""The labelled set is what it says, its division is stable, the measures are right; the sealed third is only reported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from evaluation.measures import area, average_precision, precision_at
from evaluation.misspelt import MISSPELT, misspelt_rows
from evaluation.rows import DEVELOPMENT, SEALED, Row, corpora, corpus_rows, own_rows, part_of
from evaluation.sides import assessed, by_keywords, by_model, by_rulebook, rulebooks
from patrol.config import Config, Home, load
from patrol.records import Listing
from patrol.scoring import Rulebook, assess

ROOT = Path(__file__).resolve().parents[2]
GRADES = {"none", "vague", "post2000", "1970_2000", "pre1970"}


@pytest.fixture(scope="module")
def config() -> Config:
    return load(Home(ROOT))


@pytest.fixture(scope="module")
def compiled(config: Config) -> dict[str, Rulebook]:
    return rulebooks(config)


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return own_rows()


def test_the_set_is_as_large_and_as_labelled_as_it_says(rows: list[Row], config: Config) -> None:
    offers = [row for row in rows if row.label != "near"]
    assert len(offers) >= 600
    per_language = Counter(row.language for row in offers)
    assert all(per_language[language] >= 45 for language in ("en", "de", "fr", "es", "it", "nl"))
    assert {row.label for row in offers} == {"H", "M", "L"}
    assert {row.culture for row in offers if row.culture} <= config.lexicons.keys()
    assert {row.type for row in offers if row.type} <= config.lexicons.keys()
    assert {row.grade for row in offers if row.grade} == GRADES
    assert sum(row.grade not in (None, "none") for row in offers) >= 60


def test_a_row_keeps_its_part_and_a_third_is_sealed(rows: list[Row]) -> None:
    assert part_of("Gandhara schist head") == part_of("Gandhara schist head")
    assert [part_of(word) for word in ("one", "three", "four")] == [SEALED, SEALED, DEVELOPMENT]
    share = sum(row.part == SEALED for row in rows) / len(rows)
    assert 0.28 < share < 0.38


def test_an_area_counts_ties_half_and_order_whole() -> None:
    assert area(np.array([3.0, 2.0]), np.array([1.0, 0.0])) == 1
    assert area(np.array([1.0]), np.array([1.0, 1.0])) == 0.5
    assert area(np.array([0.0, 2.0]), np.array([1.0])) == 0.5


def test_precision_follows_the_base_rate() -> None:
    positives, negatives = np.array([4.0, 2.0]), np.array([3.0, 1.0])
    assert average_precision(positives, negatives, 0.5) == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision(positives, negatives, 0.01) == pytest.approx((1 + 2 / (2 + 99)) / 2)
    assert average_precision(np.array([1.0]), np.array([1.0]), 0.01) == pytest.approx(0.01)  # a tie gains nothing
    found = precision_at(positives, negatives, 0.5)
    assert found.low <= found.value <= found.high
    assert found == precision_at(positives, negatives, 0.5)


def offer(title: str) -> Listing:
    return Listing(marketplace="sample", listing_id=None, url="sample:", title=title)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("- without fuzzy", "Gandhaarra stone head"),
        ("- without scope", "Genuine Gandhara schist head, not a replica"),
        ("- without claims", "Luristan bronze dagger, bought in Tehran in 1962"),
    ],
)
def test_each_ablation_takes_its_part_away(compiled: dict[str, Rulebook], name: str, title: str) -> None:
    whole, without = assess(offer(title), compiled["rulebook"]), assess(offer(title), compiled[name])
    assert (whole.sum, whole.provenance_grade) != (without.sum, without.provenance_grade)
    plain = "Gandhara schist head"
    assert assess(offer(plain), compiled["rulebook"]).sum == assess(offer(plain), compiled[name]).sum


def test_fuzzy_finds_what_nobody_listed_and_no_other_words(rows: list[Row], compiled: dict[str, Rulebook]) -> None:
    chosen = misspelt_rows(rows, compiled["rulebook"])
    slipped = [row for row in chosen if row.label == "H"]
    titles = {row.listing.title for row in rows}
    assert len(slipped) >= 100
    assert {row.part for row in chosen} == {MISSPELT}
    assert not titles & {row.listing.title for row in slipped}
    assert [row.listing.title for row in misspelt_rows(rows, compiled["rulebook"])] == [row.listing.title for row in chosen]
    found = {
        name: {
            label: by_rulebook(assessed(compiled[name], [r for r in chosen if r.label == label])).flagged.mean()
            for label in ("H", "near")
        }
        for name in ("rulebook", "- without fuzzy")
    }
    assert found["rulebook"]["H"] >= found["- without fuzzy"]["H"] + 0.3
    assert found["rulebook"]["near"] <= 0.01


def shares(rows: Sequence[Row], flagged: np.ndarray) -> dict[str, float]:
    return {label: float(flagged[[row.label == label for row in rows]].mean()) for label in ("H", "M", "L", "near")}


def test_the_rulebook_does_better_than_both_baselines(rows: list[Row], compiled: dict[str, Rulebook], config: Config) -> None:
    chosen = [row for row in rows if row.part == DEVELOPMENT]
    sides = (by_rulebook(assessed(compiled["rulebook"], chosen)), by_keywords(config, chosen), by_model(chosen))
    positive = np.array([row.label == "H" for row in chosen])
    areas = [area(side.scores[positive], side.scores[~positive]) for side in sides]
    assert areas[0] > max(areas[1:]) > 0.5


def test_the_sealed_third_is_reported(rows: list[Row], compiled: dict[str, Rulebook], capsys: pytest.CaptureFixture[str]) -> None:
    """Prints shares and never titles; it asserts only that there was something to report, so that nobody can tune on it."""
    sealed = [row for row in rows if row.part == SEALED]
    side = by_rulebook(assessed(compiled["rulebook"], sealed))
    told = ", ".join(f"{label} {share:.3f}" for label, share in shares(sealed, side.flagged).items())
    with capsys.disabled():
        print(f"\nsealed third, {len(sealed)} rows, flagged: {told}")
    assert np.isfinite(side.scores).all()
    assert len(set(side.scores)) > 1


def test_corpora_are_mapped_as_their_readme_asks() -> None:
    folder = corpora()
    if folder is None:
        pytest.skip("no corpora beside the checkout; PATROL_CORPORA names another place")
    found = corpus_rows(folder)
    assert {row.label for row in found} == {"at_risk", "classical", "modern", "hard", "ordinary"}
    bull = next(row for row in found if row.listing.title == "Head of a Bull" and row.label == "classical")
    assert bull.listing.description == "Anatolian\nterracotta\n2000 - 1000 BC"
