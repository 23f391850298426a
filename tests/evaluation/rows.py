"""The labelled listings and how they are divided: two thirds to develop on, a third that is only ever reported.

A row's part follows from the hash of its title, so that it stays where it is when others are added. Corpora lie beside the
checkout (or where PATROL_CORPORA says) and are mapped as their README asks: title, and a description of five fields.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from patrol.records import Listing

ROOT = Path(__file__).resolve().parents[2]
OWN = ROOT / "tests" / "scoring"
DEVELOPMENT, SEALED = "development", "sealed"
DESCRIBED = ("culture", "period", "medium", "date_text", "description")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`label`: H, M, L, or near (ordinary goods with such a word); in corpora at_risk, classical, modern, hard, ordinary."""

    listing: Listing
    label: str
    part: str
    language: str | None = None
    culture: str | None = None
    type: str | None = None
    grade: str | None = None

    @property
    def text(self) -> str:
        return "\n".join(filter(None, (self.listing.title, self.listing.description)))


def part_of(title: str) -> str:
    """Sealed for a third of all titles, by their hash."""
    return SEALED if int(hashlib.sha256(title.encode()).hexdigest(), 16) % 3 == 0 else DEVELOPMENT


def own_rows() -> list[Row]:
    """All of the project's own rows."""
    rows = [_own(row, row["label"]) for row in _lines(OWN / "market_titles.jsonl")]
    return rows + [_own(row, "near") for row in _lines(OWN / "near_misses.jsonl")]


def corpora() -> Path | None:
    """The folder with corpora, None where there is none."""
    named = os.environ.get("PATROL_CORPORA")
    folder = Path(named) if named else ROOT.parent / "shared" / "corpora"
    return folder if (folder / "museum_antiquities.jsonl").is_file() else None


def corpus_rows(folder: Path) -> list[Row]:
    """Museum objects and ordinary goods; what names neither culture nor date (`unclear`) is left out."""
    rows = [
        (row, "hard" if row.get("hard") else label)
        for name, label in (("museum_antiquities", ""), ("museum_modern", "modern"), ("ordinary_listings", "ordinary"))
        for row in _lines(folder / f"{name}.jsonl")
    ]
    return [
        Row(
            listing=_listing(row["title"], "\n".join(row[key] for key in DESCRIBED if row.get(key))),
            label=row.get("expect") or label,
            part="corpora",
        )
        for row, label in rows
        if row.get("expect") != "unclear"
    ]


def _own(row: dict[str, Any], label: str) -> Row:
    return Row(
        listing=_listing(row["title"], row.get("description")),
        label=label,
        part=part_of(row["title"]),
        **{key: row.get(key) for key in ("language", "culture", "type", "grade")},
    )


def _listing(title: str, description: str | None) -> Listing:
    return Listing(marketplace="sample", listing_id=None, url="sample:", title=title, description=description or None)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)
