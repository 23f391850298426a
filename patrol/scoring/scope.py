"""Sentences, and how far a "no", a "not" or an "if" reaches: decides whether a word in a text is meant.

`mentions` builds one per field that had a hit worth the trouble. spaCy's blank pipelines cut tokens, from which sentences are read; the
words that negate or make conditional come from the lexicons. All offsets are those of the field's own text.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from spacy.tokens import Doc

REACH = {"negation": 5, "condition": 9}  # tokens after the word
LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "ru", "uk", "tr", "ar")  # those whose tokenisers need nothing else installed
_SLOW = ("fr", "nl")  # their tokenisers take seconds to load; the one of no language cuts clauses and sentences as well
_PIECE = 300  # characters from which a line is cut, where a sentence ends
_LONGEST = 4000  # … and wherever it may be
_STOP = re.compile(r"[.!?…。]\s+(?=\S)")
_BREAKERS = frozenset(["but", "aber", "sondern", "mais", "sino", "pero", "ma", "bensi", "maar", "rather", "instead", "и", "но"])
_FULL_STOPS = frozenset(".!?…。！？؟।")
_TRANSPARENT = frozenset("'\"-()’“”„«»/")  # signs that end no clause
_LINE = re.compile(r"[^\n]+")
_SHORT = re.compile(r"(?:^|[\s(.])(?:[^\W\d_]{1,2}|\d{1,4})\.$")
_ABBREVIATED = re.compile(
    r"(?:^|[\s(.])(?:inv|acc|chr|jhd?t?|prof|mrs|mme|coll|slg|fig|vol|lot|num|geb|cent|circa|approx|bzw|ehem"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|okt|nov|dec|dez)\.$",
    re.IGNORECASE,
)


class _Tokens(NamedTuple):
    """One parsed piece: where it starts in the field, its tokens' bounds, which of them end a clause, its sentences."""

    base: int
    starts: list[int]
    ends: list[int]
    stops: list[bool]
    sentences: list[int]  # starts, in the field's offsets
    end: int


@lru_cache(maxsize=16)
def _tokeniser(language: str) -> Callable[[str], Doc]:
    import spacy  # a second of start-up that texts without a hit never pay

    return spacy.blank("xx" if language in _SLOW else language).make_doc


def _parse(text: str, base: int, language: str) -> _Tokens:
    starts: list[int] = []
    ends: list[int] = []
    stops: list[bool] = []
    sentences: list[int] = [base]
    full = False  # a full stop was the last word
    for start, length, punct, space in _tokeniser(language)(text).to_array(["IDX", "LENGTH", "IS_PUNCT", "IS_SPACE"]).tolist():
        word = text[start : start + length]
        starts.append(base + start)
        ends.append(base + start + length)
        stops.append(bool(space) or (bool(punct) and word not in _TRANSPARENT) or word.lower() in _BREAKERS)
        if full and not punct and not space:
            full = False
            if not _continues(text, start):
                sentences.append(base + start)
        full = full or word in _FULL_STOPS
    return _Tokens(base, starts, ends, stops, sentences, base + len(text))


class Scope:
    """The sentences of one text, cut line by line where somebody asks."""

    def __init__(self, text: str, language: str | None) -> None:
        self._text = text
        self._language = language if language in LANGUAGES else "en"
        self._lines = [piece for match in _LINE.finditer(text) for piece in _cut(text, *match.span())] or [(0, len(text))]
        self._starts = [start for start, _ in self._lines]
        self._parsed: dict[int, _Tokens] = {}

    def _piece(self, at: int) -> _Tokens:
        """The parsed piece that holds a position."""
        start, end = self._lines[max(0, bisect_right(self._starts, at) - 1)]
        if start not in self._parsed:
            self._parsed[start] = _parse(self._text[start:end], start, self._language)
        return self._parsed[start]

    def sentence(self, at: int) -> tuple[int, int]:
        """Start and end of the sentence at a position; a break after an abbreviation ("Inv. 12", "v. Chr.") is no end."""
        piece = self._piece(at)
        number = max(0, bisect_right(piece.sentences, at) - 1)
        following = piece.sentences[number + 1] if number + 1 < len(piece.sentences) else piece.end
        return piece.sentences[number], following

    def reach(self, start: int, end: int, kind: str) -> tuple[int, int]:
        """The stretch that a negating or conditional word at `start:end` governs, the word itself left out."""
        piece = self._piece(start)
        last = end
        first = bisect_left(piece.starts, end)
        for number in range(first, min(first + REACH[kind], len(piece.starts))):
            if piece.stops[number]:
                break
            last = piece.ends[number]
        return end, last


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A line as pieces that end with a sentence where one ends in time, so that only what is near a hit is parsed."""
    while end - start > _PIECE:
        cut = next(
            (
                stop.end()
                for stop in _STOP.finditer(text, start + _PIECE // 2, min(end, start + _LONGEST))
                if not _continues(text, stop.end())
            ),
            min(end, start + _LONGEST),
        )
        yield start, cut
        start = cut
    if end > start:
        yield start, end


def _continues(text: str, start: int) -> bool:
    """Whether the sentence before goes on: it ended in an abbreviation, and what follows looks like its end."""
    before, after = text[max(0, start - 24) : start].rstrip(), text[start]
    if not before.endswith("."):
        return False
    return _ABBREVIATED.search(before) is not None or (_SHORT.search(before) is not None and (after.islower() or after.isdigit()))
