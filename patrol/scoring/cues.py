"""Words that deny or make conditional ("not", "keine", "if", "money back if"), looked for only before a word that matters.

They are the commonest words of any language, so they stay out of the index: `mentions` asks for those that stand in
front of one hit. Longer phrases in which they mean something else ("no reserve") are the lexicons' exceptions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from patrol.config.rulebook import Lexicon
from patrol.scoring.vocabulary import worded

KINDS = ("negation", "condition")


class Cue(NamedTuple):
    """One such word or phrase in a text: its kind, its first and its last word."""

    kind: str
    first: int
    last: int


class Cues:
    """The phrases of all lexicons that deny or make conditional, by their last word."""

    def __init__(self, lexicons: Mapping[str, Lexicon], reach: Mapping[str, int]) -> None:
        self._reach = reach
        self._farthest = max(reach.values())
        self._by_last: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
        self._other: dict[str, list[tuple[str, ...]]] = {}
        for lexicon in lexicons.values():
            if lexicon.claim not in KINDS:
                continue
            for term in lexicon.terms:
                for _, form in term.forms():
                    phrase = tuple(worded(form).split(" "))
                    self._by_last.setdefault(phrase[-1], []).append((lexicon.claim, phrase))
            for exception in lexicon.except_:
                words = tuple(worded(exception).split(" "))
                self._other.setdefault(words[0], []).append(words)

    def before(self, words: Sequence[str], word: int, floor: int) -> Iterator[Cue]:
        """The cues within reach in front of a word, nearest first, none before the word `floor`."""
        for last in range(word - 1, max(floor, word - self._farthest) - 1, -1):
            for kind, phrase in self._by_last.get(words[last], ()):
                first = last - len(phrase) + 1
                close = word - last <= self._reach[kind]
                if close and first >= floor and tuple(words[first : last + 1]) == phrase and not self._means_other(words, first):
                    yield Cue(kind, first, last)

    def _means_other(self, words: Sequence[str], first: int) -> bool:
        return any(tuple(words[first : first + len(other)]) == other for other in self._other.get(words[first], ()))
