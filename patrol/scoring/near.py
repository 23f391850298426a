"""What a single word may hide: a German or Dutch compound, a misspelt rare term, one written apart or letter by letter.

`reading` hands in the words that the automaton did not explain. Answers are remembered by word, so that ordinary text
costs one look-up a word; fuzzy comparison is reached only by words that no word list knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA
from wordfreq import zipf_frequency

from patrol.config.rulebook import Lexicon
from patrol.scoring.vocabulary import JOINED, Entry, Hit, Vocabulary, worded
from patrol.scoring.words import Words

LANGUAGES = ("en", "de", "fr", "es", "it", "nl")
SHORTEST = 6  # letters of a rare term that may be misspelt
REMEMBERED = 200_000
KNOWN = 1.6  # zipf frequency from which a word is a word of its language and no misspelling
_LINKS = ("", "s", "n", "en", "es", "er", "e")
_SPELLED = re.compile(r"(?<= )(?:[^\W\d_] ){4,}")

Found = tuple[tuple[Entry, str, int, int], ...]  # entry, via, offsets inside the word
NOTHING: Found = ()


class Near:
    """The second look, for words outside the automaton."""

    def __init__(self, vocabulary: Vocabulary, lexicons: Mapping[str, Lexicon]) -> None:
        self._vocabulary = vocabulary
        self._other_words = {worded(word) for lexicon in lexicons.values() for word in lexicon.near}
        self._rare: dict[str, list[tuple[str, Entry]]] = {}
        self._splittable: dict[str, Entry] = {}
        self._tails_of: dict[str, set[str]] = {}
        for form, entries in vocabulary.single.items():
            for entry in entries:
                if entry.weight == "rare" and form.isascii():
                    self._remember(form, entry)
        self._bases = {form for form, entries in vocabulary.single.items() if len(form) >= 4 and _may_begin(entries)}
        self._tails = {
            form
            for form, entries in vocabulary.single.items()
            if len(form) >= 3 and form in vocabulary.germanic and _may_end(entries)
        }
        self._cache: dict[str, Found] = {}

    def _remember(self, form: str, entry: Entry) -> None:
        if len(form) >= SHORTEST:
            self._rare.setdefault(form[0], []).append((form, entry))
        if len(form) >= 5:
            self._splittable.setdefault(form, entry)
            for cut in range(2, len(form) - 1):
                self._tails_of.setdefault(form[:cut], set()).add(form[cut:])

    def look(self, words: Words) -> Iterator[Hit]:
        """Hits that the exact pass cannot see."""
        cache, tails_of, all_words = self._cache, self._tails_of, words.words
        if len(cache) > REMEMBERED:
            cache.clear()
        tails: set[str] | None = None
        for index, word in enumerate(all_words):
            found = cache.get(word)
            if found is None:
                found = cache[word] = self._resolve(word)
            if found:
                yield from (Hit(entry, index, index, (a, b), via) for entry, via, a, b in found)
            if tails and word in tails:
                yield from self._split(all_words[index - 1], word, index - 1)
            tails = tails_of.get(word)
        yield from self._spelled(words)

    def _resolve(self, word: str) -> Found:
        if len(word) < SHORTEST or not word.isascii() or not word.isalpha() or word in self._vocabulary.single:
            return NOTHING
        return self._compound(word) or self._fuzzy(word)

    def _compound(self, word: str) -> Found:
        """Schieferkopf: a material, culture or place, perhaps a linking letter, and an object or material."""
        for cut in range(4, len(word) - 2):
            tail = word[cut:]
            if tail not in self._tails:
                continue
            for link in _LINKS:
                base = word[: cut - len(link)]
                if word[:cut].endswith(link) and base in self._bases:
                    first = [(entry, "exact", 0, len(base)) for entry in self._vocabulary.entries_of(base) if _begins(entry)]
                    second = [(entry, "exact", cut, len(word)) for entry in self._vocabulary.entries_of(tail) if _ends(entry)]
                    return (*first, *second)
        return NOTHING

    def _fuzzy(self, word: str) -> Found:
        if word in self._other_words:
            return NOTHING
        best: tuple[int, str, Entry] | None = None
        for form, entry in self._candidates(word):
            allowed = 1 if len(form) < 8 else 2
            if abs(len(form) - len(word)) <= allowed and OSA.distance(form, word, score_cutoff=allowed) <= allowed:
                ratio = int(fuzz.ratio(form, word))
                if best is None or ratio > best[0]:
                    best = (ratio, form, entry)
        if best is None or best[0] < 80 or _is_word(word):
            return NOTHING
        return ((best[2], f"fuzzy:{best[0]}", 0, len(word)),)

    def _candidates(self, word: str) -> Iterable[tuple[str, Entry]]:
        yield from self._rare.get(word[0], ())
        if word[1] != word[0]:  # the first two letters swapped
            yield from (pair for pair in self._rare.get(word[1], ()) if pair[0][1] == word[0])

    def _split(self, head: str, tail: str, index: int) -> Iterator[Hit]:
        """`kh mer`, `gand hara`: two pieces side by side, at least one of them no common word."""
        if not (_is_word(head, _common(head)) and _is_word(tail, _common(tail))):
            yield Hit(self._splittable[head + tail], index, index + 1, None, JOINED)

    def _spelled(self, words: Words) -> Iterator[Hit]:
        """`g a n d h a r a`: letters apart."""
        for run in _SPELLED.finditer(words.stream):
            letters = run[0].replace(" ", "")
            first = words.stream.count(" ", 0, run.start()) - 1
            at = 0
            while at < len(letters):
                size = next((n for n in range(min(20, len(letters) - at), 4, -1) if letters[at : at + n] in self._splittable), 0)
                if size:
                    yield Hit(self._splittable[letters[at : at + size]], first + at, first + at + size - 1, None, JOINED)
                at += size or 1


def _common(word: str) -> float:
    """The frequency from which nobody wrote the word by splitting another; short letter groups are frequent as names."""
    return 4.3 if len(word) <= 3 else 3.0


def _begins(entry: Entry) -> bool:
    return entry.kind in ("culture", "material", "object") and entry.weight not in ("ambiguous", "weak")


def _ends(entry: Entry) -> bool:
    return entry.kind in ("object", "material") and entry.weight != "weak"


def _may_begin(entries: Iterable[Entry]) -> bool:
    return any(_begins(entry) for entry in entries)


def _may_end(entries: Iterable[Entry]) -> bool:
    return any(_ends(entry) for entry in entries)


@lru_cache(maxsize=50_000)
def _is_word(word: str, threshold: float = KNOWN) -> bool:
    """Whether one of the six languages knows the word; the word lists are loaded at the first question."""
    return any(zipf_frequency(word, language) >= threshold for language in LANGUAGES)
