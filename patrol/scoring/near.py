"""What a single word may hide: a German or Dutch compound, a misspelt rare term, one written apart or letter by letter.

`reading` hands in the words that the index did not explain. Answers are remembered by word, so that ordinary text
costs one look-up a word; fuzzy comparison is reached only by words that no word list knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from patrol.config.rulebook import Lexicon
from patrol.scoring.index import Role
from patrol.scoring.vocabulary import JOINED, Entry, Hit, Vocabulary, worded
from patrol.scoring.words import Words

LANGUAGES = ("en", "de", "fr", "es", "it", "nl")
SHORTEST = 6  # letters of a rare term that may be misspelt
LONGEST = 60  # letters; what is longer is no word, and cutting it everywhere would take for ever
REMEMBERED = 200_000
LIKE_ENOUGH = 80  # per cent
KNOWN = 1.6  # zipf frequency from which a word is a word of its language and no misspelling
COMMON, FREQUENT = 3.6, 4.3  # from which nobody wrote the word by splitting another one
_LINKS = ("", "s", "n", "en", "es", "er", "e")
LETTERS = 4  # that stand apart from each other, so that they may spell a term
_SPELLED = re.compile(rf" (?:[a-z] ){{{LETTERS},}}")

Found = tuple[tuple[Entry, str, int, int], ...]  # entry, via, offsets inside the word
NOTHING: Found = ()
Hidden = Found | None  # None: the word is a single letter, of which several may spell a term
Look = tuple[Role | None, Hidden]  # what a word tells in the index, and what it hides


class Near:
    """The second look, for words outside the index."""

    def __init__(self, vocabulary: Vocabulary, lexicons: Mapping[str, Lexicon]) -> None:
        self._vocabulary = vocabulary
        self._other_words = {worded(word) for lexicon in lexicons.values() for word in lexicon.near}
        self._rare: dict[str, Entry] = {}
        self._by_shape: dict[tuple[str, int], list[str]] = {}
        self._splittable: dict[str, Entry] = {}
        for form in sorted(vocabulary.written & vocabulary.single.keys()):
            if form.isascii():
                for entry in sorted(vocabulary.single[form], key=lambda entry: entry.kind != "culture"):
                    if entry.weight == "rare":
                        self._remember(form, entry)
        self._bases = {form for form, entries in vocabulary.single.items() if len(form) >= 4 and _may_begin(entries)}
        self._tails = {form for form in vocabulary.germanic if len(form) >= 3 and _may_end(vocabulary.entries_of(form))}
        self._met: dict[str, Look] = {}  # what the words that were met tell and hide
        self._plain: set[str] = set()  # those that do neither: nearly all, so that they are kept apart and small

    def _remember(self, form: str, entry: Entry) -> None:
        if len(form) >= SHORTEST:
            self._rare.setdefault(form, entry)
        if len(form) >= 5:
            self._splittable.setdefault(form, entry)

    def telling(self, words: Words) -> tuple[list[tuple[int, Role]], list[tuple[int, Hidden]]]:
        """The words that may make a term, and those that hide one; all others are plain, as most words are."""
        met, plain = self._met, self._plain
        if len(met) + len(plain) > REMEMBERED:
            met.clear()
            plain.clear()
        roles: list[tuple[int, Role]] = []
        hiding: list[tuple[int, Hidden]] = []
        for index, word in enumerate(words.words):
            if word in plain:
                continue
            role, hidden = met.get(word) or self._behind(word)
            if role is not None:
                roles.append((index, role))
            if hidden is not NOTHING:
                hiding.append((index, hidden))
        return roles, hiding

    def look(self, words: Words, hiding: Iterable[tuple[int, Hidden]]) -> Iterator[Hit]:
        """Hits that the exact pass cannot see."""
        run, last = 0, -1  # letters that stand one after the other, and the place of the last
        spelled = False
        for index, found in hiding:
            if found is None:
                run = run + 1 if index == last + 1 else 1
                last = index
                spelled = spelled or run == LETTERS
                continue
            for entry, via, start, end in found:
                yield Hit(entry, index, index, (start, end), via)
        if spelled:
            yield from self._spelled(words)

    def _behind(self, word: str) -> Look:
        """What a word tells or hides that was not met before."""
        role = self._vocabulary.index.role(word)
        hidden = None if len(word) == 1 and "a" <= word <= "z" else self._resolve(word) or NOTHING
        if role is None and hidden is NOTHING:
            self._plain.add(word)
        else:
            self._met[word] = role, hidden
        return role, hidden

    def _resolve(self, word: str) -> Found:
        if not SHORTEST <= len(word) <= LONGEST or not word.isascii() or not word.isalpha() or word in self._vocabulary.single:
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
        if word in self._other_words or (_LISTS and is_word(word)):  # cheapest, but dear the first time
            return NOTHING
        allowed = 1 if len(word) < 8 else 2
        choices = self._choices(word[0], len(word))
        found = process.extractOne(word, choices, scorer=OSA.distance, score_cutoff=allowed) if choices else None
        if found is None and word[1] != word[0]:  # the first two letters swapped
            found = process.extractOne(word, self._choices(word[1], len(word)), scorer=OSA.distance, score_cutoff=1)
        if found is None or found[1] == 0:
            return NOTHING
        ratio = int(fuzz.ratio(found[0], word))
        if ratio < LIKE_ENOUGH or is_word(word):
            return NOTHING
        return ((self._rare[found[0]], f"fuzzy:{ratio}", 0, len(word)),)

    def _choices(self, letter: str, length: int) -> list[str]:
        """Rare forms that begin so and are about as long."""
        key = (letter, length)
        if key not in self._by_shape:
            slack = 1 if length < 8 else 2
            self._by_shape[key] = [form for form in self._rare if form[0] == letter and abs(len(form) - length) <= slack]
        return self._by_shape[key]

    def _spelled(self, words: Words) -> Iterator[Hit]:
        """`g a n d h a r a`: letters apart."""
        for run in _SPELLED.finditer(words.stream):
            letters = run[0].replace(" ", "")
            first = words.stream.count(" ", 0, run.start() + 1) - 1
            at = 0
            while at < len(letters):
                size = next((n for n in range(min(20, len(letters) - at), 4, -1) if letters[at : at + n] in self._splittable), 0)
                if size:
                    yield Hit(self._splittable[letters[at : at + size]], first + at, first + at + size - 1, None, JOINED)
                at += size or 1


def _begins(entry: Entry) -> bool:
    """Weak materials too: Holzmaske, Glasperle."""
    if entry.kind == "culture" and entry.weight == "ambiguous":
        return entry.tier == 1  # Mochefigur, Inkagefäß: the other half keeps it company
    return entry.kind in ("culture", "material", "object") and (entry.weight != "weak" or entry.kind == "material")


def _ends(entry: Entry) -> bool:
    return entry.kind in ("object", "material") and entry.weight != "weak"


def _may_begin(entries: Iterable[Entry]) -> bool:
    return any(map(_begins, entries))


def _may_end(entries: Iterable[Entry]) -> bool:
    return any(map(_ends, entries))


def split_by_chance(head: str, tail: str) -> bool:
    """Whether two words that make a rare term together are common words of their own; short groups are frequent as names."""
    return all(is_word(word, FREQUENT if len(word) <= 3 else COMMON) for word in (head, tail))


_LISTS: dict[float, frozenset[str]] = {}  # by frequency, read at the first question


def _read_lists() -> None:
    """The words of the six languages that are at least so frequent."""
    from wordfreq import get_frequency_list  # slow to import, and most texts never need it

    packs = [get_frequency_list(language) for language in LANGUAGES]  # buckets by falling frequency, a hundred to a zipf
    lists = {
        least: frozenset[str]().union(*(bucket for pack in packs for bucket in pack[: round((9 - least) * 100) + 1]))
        for least in (KNOWN, COMMON, FREQUENT)
    }
    _LISTS.update(lists)


def is_word(word: str, least: float = KNOWN) -> bool:
    """Whether one of the six languages knows the word and uses it as often."""
    if not _LISTS:
        _read_lists()
    return word in _LISTS[least]
