"""What a word of copying, style or newness is said of, when it is not the object: its stand, its papers, a picture of it.

`authenticity` hands in a hit and gets the answer. The words come from the lexicons `mounts`, `repairs`, `papers` and `published`,
which stay out of the index, for they stand in every listing: they are looked up around a hit that would decide something.
`finds` looks up the words of `ground` in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from patrol.config.rulebook import Lexicon
from patrol.scoring.inflection import inflected
from patrol.scoring.words import FieldText, Words
from patrol.text import fold, words

MOUNTS, REPAIRS, PAPERS, PUBLISHED, GROUND = "mounts", "repairs", "papers", "published", "ground"
LEXICONS = (MOUNTS, REPAIRS, PAPERS, PUBLISHED, GROUND)
_REACH = {MOUNTS: 3, REPAIRS: 5, PAPERS: 5, PUBLISHED: 6}  # words between a claim's word and what it is said of
_SHORTEST_TAIL = 5  # letters of a German or Dutch word that may end a compound: Holzsockel, Ausfuhrgenehmigung
_ENDS = re.compile(r"[.;:!?\n\r,|•]")
_ENDS_OPENLY = re.compile(r"[.;!?\n\r|•]")
_TURNS = frozenset((
    "with", "on", "and", "mit", "auf", "und", "avec", "sur", "et", "con", "su", "e", "met", "op", "y", "sobre", "sin",
    "without", "ohne", "sans", "senza", "zonder",
))  # fmt: skip
_IS = frozenset((
    "is", "are", "was", "were", "ist", "sind", "est", "sont", "es", "son", "e", "sono", "zijn", "war", "waren", "era",
))  # fmt: skip
_OF = frozenset((
    "of", "the", "a", "an", "delle", "degli", "dello", "dell", "dei", "all", "aller", "der", "des", "vom", "von", "dem",
    "den", "du", "de", "d", "la", "le", "l", "les", "della", "del", "di", "il", "van", "het", "een", "en", "un", "una",
    "el", "los",
))  # fmt: skip
_ADJECTIVE_LAST = ("fr", "es", "it", "ru", "uk", "ar", "fa")


class Asides:
    """The lexicons' words by lexicon; `strong` terms are participles ("mounted in"), others nouns ("stand")."""

    def __init__(self, lexicons: Mapping[str, Lexicon]) -> None:
        self._phrases: dict[str, dict[str, list[tuple[tuple[str, ...], bool]]]] = {}
        self._tails: dict[str, tuple[str, ...]] = {}
        for name in LEXICONS:
            phrases = self._phrases.setdefault(name, {})
            tails: set[str] = set()
            for term in lexicons[name].terms if name in lexicons else ():
                for language, form in term.forms():
                    plain = " ".join(words(fold(form)))
                    for variant in inflected(plain, language) if term.inflect else (plain,):
                        phrase = tuple(variant.split(" "))
                        phrases.setdefault(phrase[0], []).append((phrase, term.weight == "strong"))
                        if language in ("de", "nl") and len(phrase) == 1 and len(variant) >= _SHORTEST_TAIL:
                            tails.add(variant)
            self._tails[name] = tuple(sorted(tails))

    def at(self, name: str, page: Sequence[str], index: int) -> tuple[int, bool] | None:
        """Length of a lexicon's word or phrase that begins at a word, and whether it is a participle."""
        word = page[index]
        for phrase, participle in self._phrases[name].get(word, ()):
            if tuple(page[index : index + len(phrase)]) == phrase:
                return len(phrase), participle
        return (1, False) if self._tails[name] and word.endswith(self._tails[name]) else None


class Around:
    """The words beside one hit, as far as its clause goes."""

    def __init__(self, page: Words, asides: Asides, objects: frozenset[int], first: int, last: int) -> None:
        self._page, self._asides, self._objects = page, asides, objects
        self._first, self._last = first, last
        self._field: FieldText = page.field(first)

    def before_a_mount(self) -> bool:
        """ "Resin base": the very next word is a mount."""
        return any(self._is(MOUNTS, index) for index in islice(self._after(MOUNTS), 1))

    def of_a_mount(self, language: str) -> bool:
        """ "Modern stand", "the base is modern", "socle moderne", "set in modern gold"."""
        page = self._page.words
        for index in self._after(MOUNTS):
            if page[index] in _TURNS:
                break
            if self._is(MOUNTS, index):
                return True
        linked = language in _ADJECTIVE_LAST
        for index in self._before(MOUNTS):
            linked = linked or page[index] in _IS
            found = self._asides.at(MOUNTS, page, index)
            if found is not None and (found[1] or linked) and self._joined(index):
                return True
        return False

    def of_a_repair(self) -> bool:
        """ "Modern fill to the nose", "restored with resin"."""
        return any(self._is(REPAIRS, index) for index in (*self._after(REPAIRS), *self._before(REPAIRS)))

    def of_a_paper(self) -> bool:
        """ "Copy of the invoice", "TL report (copy)", "reproduction of the photos"."""
        for count, index in enumerate(self._after(PAPERS)):
            if self._is(PAPERS, index):
                return True
            if count == 0 and self._page.words[index] not in _OF:
                break
        return any(self._is(PAPERS, index) for index in self._before(PAPERS))

    def of_a_publication(self) -> bool:
        """ "Published in a catalogue of 1985": the object stands in a book and is none."""
        return any(self._is(PUBLISHED, index, _ENDS_OPENLY) for index in self._before(PUBLISHED))

    def _is(self, name: str, index: int, ends: re.Pattern[str] = _ENDS) -> bool:
        return self._asides.at(name, self._page.words, index) is not None and self._joined(index, ends)

    def _after(self, name: str) -> Iterator[int]:
        """The words behind, as far as the next object."""
        for index in range(self._last + 1, min(self._last + 1 + _REACH[name], self._field.first + len(self._field.words))):
            yield index
            if index in self._objects:
                return

    def _before(self, name: str) -> Iterator[int]:
        for index in range(self._first - 1, max(self._first - 1 - _REACH[name], self._field.first - 1), -1):
            yield index
            if index in self._objects:
                return

    def _joined(self, index: int, ends: re.Pattern[str] = _ENDS) -> bool:
        """Whether no sign that ends a clause lies between the hit and a word; places are worked out only here."""
        field = self._field
        one, other = (self._last, index) if index > self._last else (index, self._first)
        between = field.folded.text[field.place(one - field.first)[1] : field.place(other - field.first)[0]]
        return ends.search(between) is None
