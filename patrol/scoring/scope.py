"""Sentences, and how far a "no", a "not" or an "if" reaches: decides whether a word in a text is meant.

`reading` builds one per field that had a hit worth the trouble. spaCy's blank pipelines cut tokens and sentences; the
words that negate or make conditional come from the lexicons. All offsets are those of the field's own text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

REACH = {"negation": 5, "condition": 9}  # tokens after the word
_LONGEST = 4000  # characters of one line that are looked at in one piece
_BREAKERS = frozenset(["but", "aber", "sondern", "mais", "sino", "pero", "ma", "bensi", "maar", "rather", "instead"])
_LINE = re.compile(r"[^\n]+")


@lru_cache(maxsize=16)
def _pipeline(language: str) -> Language:
    import spacy  # a second of start-up that texts without a hit never pay

    try:
        nlp = spacy.blank(language)
    except (ImportError, ValueError):  # a language without rules of its own, or with a tokeniser that is not installed
        nlp = spacy.blank("xx")
    nlp.add_pipe("sentencizer")
    return nlp


class Scope:
    """The sentences of one text, cut line by line where somebody asks."""

    def __init__(self, text: str, language: str | None) -> None:
        self._text = text
        self._language = language if language in ("en", "de", "fr", "es", "it", "nl", "ru", "uk", "tr", "ar") else "en"
        self._lines = [match.span() for match in _LINE.finditer(text)]
        self._starts = [start for start, _ in self._lines]
        self._docs: dict[int, tuple[int, Doc]] = {}

    def _doc(self, at: int) -> tuple[int, Doc]:
        """The parsed piece that holds a position, and where it starts."""
        line = max(0, bisect_right(self._starts, at) - 1)
        start, end = self._lines[line]
        if end - start > _LONGEST:
            start += (at - start) // _LONGEST * _LONGEST
            end = min(end, start + _LONGEST)
        if start not in self._docs:
            self._docs[start] = (start, _pipeline(self._language)(self._text[start:end]))
        return self._docs[start]

    def sentence(self, at: int) -> tuple[int, int]:
        """Start and end of the sentence at a position; a break after an abbreviation ("Inv. 12", "v. Chr.") is no end."""
        base, doc = self._doc(at)
        spans = [[sent.start_char, sent.end_char] for sent in doc.sents]
        merged: list[list[int]] = []
        for span in spans:
            if merged and _continues(doc.text, merged[-1][1], span[0]):
                merged[-1][1] = span[1]
            else:
                merged.append(span)
        for start, end in merged:
            if base + end > at:
                return base + start, base + end
        return base, base + len(doc.text)

    def reach(self, start: int, end: int, kind: str) -> tuple[int, int]:
        """The stretch that a negating or conditional word at `start:end` governs, the word itself left out."""
        base, doc = self._doc(start)
        last = end
        count = 0
        for token in doc:
            if base + token.idx < end:
                continue
            word = token.lower_
            if word in _BREAKERS or (token.is_punct and word not in "'\"-()") or token.is_space or count >= REACH[kind]:
                break
            count += 1
            last = base + token.idx + len(token)
        return end, last


def _continues(text: str, end: int, start: int) -> bool:
    before, after = text[:end].rstrip(), text[start : start + 1]
    short = re.search(r"(?:^|[\s(])[^\W\d_]{1,4}\.$|\d\.$", before)
    return (
        before.endswith(".")
        and short is not None
        and (after.islower() or after.isdigit() or before[-2:-1].isdigit() or _ABBREVIATED.search(before) is not None)
    )


_ABBREVIATED = re.compile(
    r"(?:^|[\s(.])(?:no|nr|inv|acc|ca|c|chr|jh|jhd|st|dr|prof|mr|mrs|ms|mme|coll|slg|sec|cf|fig|pl|vol|bd|ed|lot|n|num|geb|b|d|j|a|v|ex|chr|jan|feb|mar|apr|jun|jul|aug|sept?|oct|okt|nov|dec|dez)\.$",
    re.IGNORECASE,
)
