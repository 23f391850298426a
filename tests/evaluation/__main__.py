"""`make evaluate [EVALUATE="--json"]`: scores every labelled listing with every side and prints the tables."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from evaluation.measures import area, precision_at
from evaluation.misspelt import MISSPELT, misspelt_rows
from evaluation.rows import DEVELOPMENT, ROOT, SEALED, Row, corpora, corpus_rows, own_rows
from evaluation.sides import Scored, assessed, by_keywords, by_model, by_rulebook, rulebooks
from patrol.config import Home, load
from patrol.records import Assessment

BASE_RATES = (0.01, 0.001)
GRADES = ("none", "vague", "post2000", "1970_2000", "pre1970")
FEWEST = 5  # rows of a language or culture that get a line of their own
LABELS = {DEVELOPMENT: ("H", "M", "L", "near"), SEALED: ("H", "M", "L", "near")}
OTHER_LABELS = {MISSPELT: ("H", "near"), "corpora": ("at_risk", "classical", "modern", "hard", "ordinary")}
MODEL = "TF-IDF, logistic regression"


def figures(rows: Sequence[Row], scored: Scored, labels: Sequence[str]) -> dict[str, Any]:
    """Flag rates by label (the first is the positive one), areas and precisions."""
    given = np.array([row.label for row in rows])
    positives, negatives = scored.scores[given == labels[0]], scored.scores[given != labels[0]]
    found: dict[str, Any] = {f"{label} flagged": float(scored.flagged[given == label].mean()) for label in labels}
    if "L" in labels:
        found["AUC H/L"] = area(positives, scored.scores[given == "L"])
    found["AUC"] = area(positives, negatives)
    for rate in BASE_RATES:
        found[f"AP {rate:.1%}"] = list(precision_at(positives, negatives, rate))
    return found


def evaluate() -> dict[str, Any]:
    """All tables, as JSON would hold them."""
    config = load(Home(ROOT))
    own, folder = own_rows(), corpora()
    beside = corpus_rows(folder) if folder else []
    compiled = rulebooks(config)
    rows = own + misspelt_rows(own, compiled["rulebook"]) + beside
    known = {name: assessed(rulebook, rows) for name, rulebook in compiled.items()}
    sides = {name: by_rulebook(ones) for name, ones in known.items()}
    sides |= {"keyword list": by_keywords(config, rows), MODEL: by_model(rows)}
    parts = {part: np.array([row.part == part for row in rows]) for part in (*LABELS, *OTHER_LABELS)}
    tables = {
        part: {
            name: figures(_chosen(rows, mask), Scored(side.scores[mask], side.flagged[mask]), {**LABELS, **OTHER_LABELS}[part])
            for name, side in sides.items()
            if (part, name) != (MISSPELT, MODEL)  # it was trained on the same offers, spelt well
        }
        for part, mask in parts.items()
        if mask.any()
    }
    by_rule = list(zip(rows, known["rulebook"], strict=True))
    return {
        "rows": {part: dict(Counter(row.label for row in rows if row.part == part)) for part in parts},
        "tables": tables,
        "language": {part: _by(by_rule, part, "language") for part in LABELS},
        "culture": {part: _by(by_rule, part, "culture") for part in LABELS},
        "provenance": {part: _confusion(by_rule, part) for part in LABELS},
    }


def _chosen(rows: Sequence[Row], mask: np.ndarray) -> list[Row]:
    return [row for row, own in zip(rows, mask, strict=True) if own]


def _by(pairs: Iterable[tuple[Row, Assessment]], part: str, key: str) -> dict[str, dict[str, list[int]]]:
    """By language or culture and label: [flagged, all]; small groups together."""
    found: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for row, assessment in pairs:
        if row.part == part and (key != "culture" or row.label != "near"):
            count = found[getattr(row, key) or "none named"][row.label]
            count[0] += assessment.flagged
            count[1] += 1
    return {
        name: dict(labels)
        for name, labels in sorted(found.items(), key=lambda pair: -sum(count[1] for count in pair[1].values()))
        if sum(count[1] for count in labels.values()) >= FEWEST
    }


def _confusion(pairs: Iterable[tuple[Row, Assessment]], part: str) -> dict[str, list[int]]:
    """By the grade that a person read, how often each grade was read by the rulebook (in the order of GRADES)."""
    counts = Counter((row.grade, one.provenance_grade.value) for row, one in pairs if row.part == part and row.grade)
    return {grade: [counts[grade, read] for read in GRADES] for grade in GRADES}


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return f"{value[0]:.3f} ({value[1]:.2f}-{value[2]:.2f})"
    return f"{value:.3f}"


def _print(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> None:
    cells = [list(heads), *map(list, lines)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(heads))]
    for number, line in enumerate(cells):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |")
        if number == 0:
            print("| " + " | ".join("-" * width for width in widths) + " |")
    print()


def tell(found: dict[str, Any]) -> None:
    for part, sides in found["tables"].items():
        counts = ", ".join(f"{count} {label}" for label, count in found["rows"][part].items())
        print(f"## {part}: {counts}\n")
        heads = list(next(iter(sides.values())))
        _print(("side", *heads), [(name, *(_cell(line[head]) for head in heads)) for name, line in sides.items()])
    for key in ("language", "culture"):
        for part, groups in found[key].items():
            print(f"## Flagged by {key}, {part}\n")
            labels = ("H", "M", "L", "near") if key == "language" else ("H", "M", "L")
            lines = [
                (name, *(f"{counts[label][0]} of {counts[label][1]}" if label in counts else "" for label in labels))
                for name, counts in groups.items()
            ]
            _print((key, *labels), lines)
    for part, grades in found["provenance"].items():
        right, total = sum(counts[GRADES.index(grade)] for grade, counts in grades.items()), sum(map(sum, grades.values()))
        stated, known = (
            sum(counts[GRADES.index(grade)] for grade, counts in grades.items() if grade != "none"),
            sum(sum(counts) for grade, counts in grades.items() if grade != "none"),
        )
        print(f"## Provenance grade, {part}: {right} of {total} right; of those that state any, {stated} of {known}\n")
        _print(("written \\ read", *GRADES), [(grade, *map(str, counts)) for grade, counts in grades.items()])


def main() -> None:
    parser = argparse.ArgumentParser(prog="make evaluate")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    wanted = parser.parse_args()
    begun = time.monotonic()
    found = evaluate()
    if wanted.json:
        print(json.dumps(found))
        return
    tell(found)
    print(f"{time.monotonic() - begun:.0f} s; corpora: {'there' if 'corpora' in found['tables'] else 'not there, left out'}")


if __name__ == "__main__":
    main()
