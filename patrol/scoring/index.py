"""Words and phrases by the one word that tells of each: a look-up a word says whether anything may stand there at all.

`vocabulary` fills it with every form of its terms and asks it with the words of a listing; what comes back are the
forms and where they stand. Scripts without spaces are not for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

Phrase = tuple[str, list[str], int]  # the form, its words, the place of the telling one among them
Found = tuple[int, int, str]  # first word, the last one negative (so that longer phrases sort first), form
WHOLE, BEFORE, AFTER = 1, 2, 4  # a word is a form, or tells of phrases by the word before it, by the next
_NONE: list[Phrase] = []  # what hangs on a pair of which no longer phrase is known


class Index:
    """Frozen after it is made."""

    def __init__(self, forms: Iterable[str]) -> None:
        self._roles: dict[str, int] = {}  # of every telling word
        self._before: dict[str, list[Phrase]] = {}  # by the telling word and the one before it, as they stand in a text
        self._after: dict[str, list[Phrase]] = {}  # by the telling word and the next, where it is the first
        self._pairs: set[str] = set()  # phrases of two words
        phrases: dict[str, list[str]] = {}
        for form in forms:
            if " " in form:
                phrases[form] = form.split(" ")
            else:
                self._roles[form] = WHOLE
        uses = Counter(chain.from_iterable(phrases.values()))
        common = {word: count / len(word) ** 2 for word, count in uses.items()}  # long ones in few phrases stand in few texts
        for form, words in phrases.items():
            telling = min(words, key=common.__getitem__)
            at = words.index(telling)
            self._roles[telling] = self._roles.get(telling, 0) | (BEFORE if at else AFTER)
            self._file(form, words, at)

    def _file(self, form: str, words: list[str], at: int) -> None:
        beside = self._before if at else self._after
        if len(words) == 2:
            self._pairs.add(form)
            beside.setdefault(form, _NONE)
            return
        pair = f"{words[at - 1]} {words[at]}" if at else f"{words[0]} {words[1]}"
        beside[pair] = [*beside.get(pair, _NONE), (form, words, at)]

    def tells(self, word: str) -> bool:
        """Whether a word is a form or tells of one."""
        return word in self._roles

    def find(self, text: Sequence[str], telling: Iterable[int]) -> list[Found]:
        """Every form that stands at or around the `telling` words, in order of place; the text ends in a word that is none."""
        roles, before, after = self._roles, self._before, self._after
        found: set[Found] = set()  # a pair may be met from either side
        for at in telling:
            word = text[at]
            role = roles.get(word, 0)
            if role & WHOLE:
                found.add((at, -at, word))
            if role & BEFORE and (pair := f"{text[at - 1]} {word}") in before:
                found.update(self._standing(pair, at - 1, before[pair], text, at))
            if role & AFTER and (pair := f"{word} {text[at + 1]}") in after:
                found.update(self._standing(pair, at, after[pair], text, at))
        return sorted(found)

    def _standing(self, pair: str, first: int, longer: Iterable[Phrase], text: Sequence[str], at: int) -> Iterator[Found]:
        """The pair itself, if it is a phrase, and the longer phrases that hold it."""
        if pair in self._pairs:
            yield first, -first - 1, pair
        for form, words, place in longer:
            if text[at - place : at - place + len(words)] == words:
                yield at - place, place + 1 - at - len(words), form
