"""Sentences, and how far a "no", a "not" or an "if" reaches: decides whether a word in a text is meant.

`mentions` builds one per field that had a hit worth the trouble. The words that negate or
make conditional come from the lexicons, spaCy's blank pipeline cuts the tokens over which they reach; sentences are cut
here, for provenance is full of abbreviations ("Inv. no. 12", "v. Chr."). Offsets are those of the field's own text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from patrol.scoring.lazy import Lazy

if TYPE_CHECKING:
    from spacy.tokens import Doc

REACH = {"negation": 5, "condition": 9}  # tokens after the word
_WORDS = {kind: re.compile(rf"\s*(?:\S+\s+){{{tokens}}}") for kind, tokens in REACH.items()}
_LETTERS = "a-zA-ZÀ-ÖØ-öø-ÿ"
_PLAIN = {kind: re.compile(rf"(?: [{_LETTERS}]+){{1,{tokens - 1}}}(?!\w)") for kind, tokens in REACH.items()}
_AHEAD = 160  # characters that the reach of a word is looked for in
_LONGEST = 400  # characters of a sentence, for texts without full stops
_STOP = re.compile(r"[.!?…。！？\n](?:(?<=[。！？\n])|[\"')\]»”]*(?=\s))\s*")
_BREAKERS = frozenset(["but", "aber", "sondern", "mais", "sino", "pero", "ma", "bensi", "maar", "rather", "instead", "и", "но"])
_TRANSPARENT = frozenset("'\"-()’“”„«»/")  # signs that end no clause
_SHORT = re.compile(r"(?:^|[\s(.])(?:[^\W\d_]{1,2}|\d{1,4})\.$")
_INITIAL = re.compile(r"(?:^|[\s(.])[A-ZÄÖÜÉ]\.$")
_MONTH = re.compile(  # "2. Mai 1959": an ordinal, and the noun that German writes large
    r"(?:jan|feb|mär|maerz|märz|apr|mai|may|jun|jul|aug|sep|okt|oct|nov|dez|dec|jh|jahrh|century|viertel|hälfte|drittel)",
    re.IGNORECASE,
)
_ABBREVIATED = re.compile(
    r"(?:^|[\s(.])(?:dr|mr|mrs|ms|st|sr|no|nr|hr|fr|ex|inv|acc|chr|jhd?t?|prof|mrs|mme|coll|slg|fig|vol|lot|num|geb|cent|circa|approx|bzw|ehem|p|pp|cf|ca"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|okt|nov|dec|dez)\.$",
    re.IGNORECASE,
)


@lru_cache(maxsize=1)
def _tokeniser() -> Callable[[str], Doc]:
    """The tokeniser of no language: those of single ones take up to three seconds to load, and cut no clause differently."""
    import spacy  # a second of start-up that texts without a hit never pay

    return spacy.blank("xx").make_doc


class Scope:
    """The sentences of one text, and the reach of a word in it; both are looked at only where somebody asks."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._reached: dict[tuple[int, str], int] = {}

    @Lazy
    def _sentences(self) -> list[int]:
        """Where sentences begin: after a full stop that ends no abbreviation, and on every new line."""
        starts = [0]
        for stop in _STOP.finditer(self._text):
            at = stop.end()
            if at < len(self._text) and ("\n" in stop[0] or not _continues(self._text, at)):
                starts.append(at)
        return starts

    def sentence(self, at: int) -> tuple[int, int]:
        """Start and end of the sentence at a position, cut to what is near where a text has no full stops."""
        number = bisect_right(self._sentences, at) - 1
        start = self._sentences[number]
        end = self._sentences[number + 1] if number + 1 < len(self._sentences) else len(self._text)
        if end - start > _LONGEST:
            start += (at - start) // _LONGEST * _LONGEST
            end = min(end, start + _LONGEST)
        return start, end

    def governs(self, start: int, end: int, kind: str, first: int, last: int) -> bool:
        """Whether a negating or conditional word at `start:end` reaches what stands at `first:last`."""
        if first < end:
            return False
        plain = _PLAIN[kind].match(self._text, end)  # words and single blanks alone: no other cut than these can be made
        if plain and last <= plain.end() < end + _AHEAD and _BREAKERS.isdisjoint(plain[0].lower().split()):
            return True
        return last <= self.reach(start, end, kind)[1]

    def reach(self, start: int, end: int, kind: str) -> tuple[int, int]:
        """The stretch that a negating or conditional word at `start:end` governs, the word itself left out."""
        key = (start, kind)
        if key not in self._reached:
            self._reached[key] = self._last(end, kind)
        return end, self._reached[key]

    def _last(self, start: int, kind: str) -> int:
        """Where a clause ends, or the given number of tokens if it goes on."""
        text = self._text[start : start + _AHEAD]
        last = start
        few = _WORDS[kind].match(text)  # a word is a token at least
        for token in _tokeniser()(few[0] if few else text)[: REACH[kind]]:
            word = token.text
            if "\n" in word or (token.is_punct and word not in _TRANSPARENT) or token.lower_ in _BREAKERS:
                break
            last = start + token.idx + len(token)
        return last


def _continues(text: str, start: int) -> bool:
    """Whether the sentence before goes on: it ended in an abbreviation, and what follows looks like its end."""
    before, after = text[max(0, start - 24) : start].rstrip(), text[start]
    if not before.endswith("."):
        return False
    if _ABBREVIATED.search(before) is not None or _INITIAL.search(before) is not None:
        return True
    return _SHORT.search(before) is not None and (after.islower() or after.isdigit() or _MONTH.match(text, start) is not None)
