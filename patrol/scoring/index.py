"""Words and phrases by the one word that tells of each: a look-up a word says whether anything may stand there at all.

`vocabulary` fills it with every form of its terms and asks it with the words of a listing; what comes back are the
forms and where they stand. Scripts without spaces are not for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

Phrase = tuple[str, list[str], int]  # the form, its words, the place of the telling one among them
Found = tuple[int, int, str]  # first word, the last one negative (so that longer phrases sort first), form


class Index:
    """Frozen after it is made."""

    def __init__(self, forms: Iterable[str]) -> None:
        self._whole: set[str] = set()
        self._before: dict[str, list[Phrase]] = {}  # by the telling word and the one before it, as they stand in a text
        self._after: dict[str, list[Phrase]] = {}  # by the telling word and the next, where it is the first
        phrases = []
        for form in forms:
            if " " in form:
                phrases.append((form, form.split(" ")))
            else:
                self._whole.add(form)
        uses = Counter(word for _, words in phrases for word in words)
        self._telling = set(self._whole)
        for form, words in phrases:
            at = words.index(
                min(words, key=lambda word: uses[word] / len(word) ** 2)
            )  # long ones in few phrases stand in few texts
            self._telling.add(words[at])
            if at:
                self._before.setdefault(f"{words[at - 1]} {words[at]}", []).append((form, words, at))
            else:
                self._after.setdefault(f"{words[0]} {words[1]}", []).append((form, words, 0))

    def tells(self, word: str) -> bool:
        """Whether a word is a form or tells of one."""
        return word in self._telling

    def find(self, text: Sequence[str], telling: Iterable[int]) -> list[Found]:
        """Every form that stands at or around the `telling` words, in order of place; the text ends in a word that is none."""
        whole, before, after = self._whole, self._before, self._after
        found: list[Found] = []
        for at in telling:
            word = text[at]
            if word in whole:
                found.append((at, -at, word))
            pair = f"{text[at - 1]} {word}"
            if pair in before:
                found += _standing(before[pair], text, at)
            pair = f"{word} {text[at + 1]}"
            if pair in after:
                found += _standing(after[pair], text, at)
        found.sort()
        return found


def _standing(phrases: Iterable[Phrase], text: Sequence[str], at: int) -> Iterable[Found]:
    for form, words, place in phrases:
        first = at - place
        if len(words) == 2 or text[first : first + len(words)] == words:
            yield first, 1 - first - len(words), form
