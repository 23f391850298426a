"""What fuzzy comparison is for: genuine claims whose culture is misspelt by one slip of the finger, and nobody listed the slip.

Made from the development part, with the lexicons' rare terms: the slip follows from the title's hash, so that the set is the
same every time. Near misses stand beside it, for a comparison that finds every slip would find other words too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace

from evaluation.rows import DEVELOPMENT, Row
from patrol.scoring import Rulebook
from patrol.text import WORD, fold

MISSPELT = "misspelt"
SHORTEST = 6  # letters; a slip in a shorter word makes another word as often as not


def misspelt_rows(rows: Iterable[Row], rulebook: Rulebook) -> list[Row]:
    """H rows of the development part with a rare culture in the title, misspelt; and that part's near misses."""
    vocabulary = rulebook.pieces.vocabulary
    rare = {
        form
        for form, entries in vocabulary.single.items()
        if len(form) >= SHORTEST and form.isascii() and any(e.weight == "rare" and e.kind == "culture" for e in entries)
    }
    found: list[Row] = []
    for row in rows:
        if row.part != DEVELOPMENT or row.label not in ("H", "near"):
            continue
        if row.label == "near":
            found.append(replace(row, part=MISSPELT))
            continue
        title = row.listing.title or ""
        slipped = _slipped(title, rare, vocabulary.single.keys())
        if slipped != title:
            listing = replace(row.listing, title=slipped, description=None)
            found.append(replace(row, listing=listing, part=MISSPELT))
    return found


def _slipped(title: str, rare: set[str], known: Iterable[str]) -> str:
    """Every rare word of the title with one slip that makes no term of it."""
    pieces, at = [], 0
    for match in WORD.finditer(title):
        if fold(match[0]) in rare and match[0].isascii():
            other = next((slip for slip in _slips(match[0]) if fold(slip) not in known), match[0])
            pieces += [title[at : match.start()], other]
            at = match.end()
    return "".join([*pieces, title[at:]])


def _slips(word: str) -> Iterator[str]:
    """A letter left out, doubled, or swapped with the next; not the first one, which nobody gets wrong. Begun by the hash."""
    number = int(hashlib.sha256(word.encode()).hexdigest(), 16)
    places = range(1, len(word) - 1)
    for turn in range(3 * len(places)):
        place, kind = places[(number + turn) % len(places)], (number // 7 + turn) % 3
        if kind == 0:
            yield word[:place] + word[place + 1 :]
        elif kind == 1:
            yield word[: place + 1] + word[place:]
        elif word[place] != word[place + 1]:
            yield word[:place] + word[place + 1] + word[place] + word[place + 2 :]
