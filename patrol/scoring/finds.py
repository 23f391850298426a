"""Finds told in the seller's own way: a word of finding ("found", "dug") near a word of ground, water or ruins, or a region.

`mentions` hands in the hits of one listing; a weak word of finding stays only where such a word stands near it in the
same sentence, and then it is as strong as "dug up" is; alone ("found at a flea market") it says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from patrol.scoring.asides import GROUND, Asides
from patrol.scoring.vocabulary import Hit
from patrol.scoring.words import Words

REACH = 7  # words between the finding and the ground
_ENDS = re.compile(r"[.;!?\n\r|•]")


def is_half(hit: Hit) -> bool:
    """Whether the hit is a word of finding that needs its ground."""
    return hit.entry.claim == "find" and hit.entry.weight in ("weak", "ambiguous")


def told(hits: Iterable[Hit], page: Words, asides: Asides) -> Iterator[Hit]:
    """The hits, words of finding made whole or left out."""
    hits = list(hits)
    regions = {hit.first for hit in hits if hit.entry.role == "source"}
    for hit in hits:
        if not is_half(hit):
            yield hit
        elif _grounded(hit, regions, page, asides):
            yield hit._replace(entry=hit.entry._replace(weight="strong"))


def _grounded(hit: Hit, regions: set[int], page: Words, asides: Asides) -> bool:
    field = page.field(hit.first)
    last = field.first + len(field.words)
    for index in (*range(hit.last + 1, min(hit.last + 1 + REACH, last)), *range(max(hit.first - REACH, field.first), hit.first)):
        if (index in regions and hit.entry.weight == "weak") or asides.at(GROUND, page.words, index):
            a, b = min(index, hit.last), max(index, hit.first)
            between = field.folded.text[field.place(a - field.first)[1] : field.place(b - field.first)[0]]
            if not _ENDS.search(between):
                return True
    return False
