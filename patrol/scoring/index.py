"""Words and phrases by the one word that tells of each: a look-up a word says whether anything may stand there at all.

`vocabulary` fills it with every form of its terms and asks it with the words of a listing; what comes back are the
forms and where they stand. Scripts without spaces are not for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

Phrase = tuple[str, list[str], int]  # the form, its words, the place of the telling one among them
Found = tuple[int, int, str]  # first word, the last one negative (so that longer phrases sort first), form


class Beside(NamedTuple):
    """What a telling word and one neighbour begin or end together."""

    pair: str | None  # where the two alone are a phrase
    longer: list[Phrase]


class Role(NamedTuple):
    """What a telling word tells: that it is a form, or phrases by the word before it or by the next."""

    whole: bool
    before: dict[str, Beside]
    after: dict[str, Beside]


class Index:
    """Frozen after it is made."""

    def __init__(self, forms: Iterable[str]) -> None:
        self._roles: dict[str, Role] = {}  # of every telling word
        phrases: dict[str, list[str]] = {}
        for form in forms:
            if " " in form:
                phrases[form] = form.split(" ")
            else:
                self._roles[form] = Role(True, {}, {})
        uses = Counter(chain.from_iterable(phrases.values()))
        common = {word: count / len(word) ** 2 for word, count in uses.items()}  # long ones in few phrases stand in few texts
        for form, words in phrases.items():
            telling = min(words, key=common.__getitem__)
            role = self._roles.get(telling)
            if role is None:
                role = self._roles[telling] = Role(False, {}, {})
            self._file(role, form, words, words.index(telling))

    @staticmethod
    def _file(role: Role, form: str, words: list[str], at: int) -> None:
        """By the word before the telling one, or by the next where it is the first."""
        beside, neighbour = (role.before, words[at - 1]) if at else (role.after, words[1])
        pair, longer = beside.get(neighbour) or Beside(None, [])
        beside[neighbour] = Beside(form, longer) if len(words) == 2 else Beside(pair, [*longer, (form, words, at)])

    def role(self, word: str) -> Role | None:
        """What a word tells, or None."""
        return self._roles.get(word)

    def find(self, text: Sequence[str], telling: Iterable[tuple[int, Role]]) -> list[Found]:
        """Every form that stands at or around the `telling` words, in order of place; the text ends in a word that is none."""
        found: list[Found] = []
        for at, (whole, before, after) in telling:
            if whole:
                found.append((at, -at, text[at]))
            if before and (beside := before.get(text[at - 1])) is not None:
                if beside.pair is not None:
                    found.append((at - 1, -at, beside.pair))
                if beside.longer:
                    found += _standing(beside.longer, text, at)
            if after and (beside := after.get(text[at + 1])) is not None:
                if beside.pair is not None:
                    found.append((at, -at - 1, beside.pair))
                if beside.longer:
                    found += _standing(beside.longer, text, at)
        found.sort()
        return found


def _standing(longer: Iterable[Phrase], text: Sequence[str], at: int) -> Iterator[Found]:
    """Those of the longer phrases whose every word stands in its place."""
    for form, words, place in longer:
        if text[at - place : at - place + len(words)] == words:
            yield at - place, place + 1 - at - len(words), form
