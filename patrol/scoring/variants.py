"""Spelling variants out of leads: words that were read as misspelt terms, and words that nearly are one and were not seen.

`suggest_command` hands in a Bench. A variant that leads hold becomes a form of its own: exact, with nothing left to chance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from rapidfuzz import fuzz, process

from patrol.config.rulebook import Lexicon, Term
from patrol.scoring.decided import Decided
from patrol.scoring.near import is_word
from patrol.scoring.reading import Reading
from patrol.scoring.suggesting import MOST_TRIED, Bench, Suggestion, new_term
from patrol.scoring.vocabulary import worded
from patrol.scoring.words import Words

SHORTEST = 5  # letters of a word that may be a variant
ALIKE = 70  # per cent, below what scoring itself takes for the same: a person looks at these


class Variant(NamedTuple):
    """A word that leads hold, and the term that it seems to be."""

    word: str
    lexicon: str
    gloss: str
    weight: str
    language: str
    alike: int


def variants(bench: Bench) -> list[Suggestion]:
    """New forms, those that would bring most to the right side of the edge first."""
    holding: dict[Variant, dict[str, Decided]] = defaultdict(dict)
    forms = _rare_forms(bench.config.lexicons)
    for case in bench.true:
        reading = Reading(case.listing, bench.rulebook.pieces, case.context)
        for variant in (*_misread(reading), *_unseen(reading, forms, bench)):
            holding[variant][case.key] = case
    cleared = [set(Words(case.listing).words) for case in bench.cases if not case.truth]
    found: list[Suggestion] = []
    for variant, cases in sorted(holding.items(), key=lambda row: (-len(row[1]), -row[0].alike, row[0].word)):
        against = sum(variant.word in words for words in cleared)
        if against < len(cases) and len(found) < MOST_TRIED:
            found.append(_tried(bench, variant, len(cases), against))
    return sorted(found, key=lambda one: -one.gain)


def _misread(reading: Reading) -> Iterator[Variant]:
    """What the fuzzy comparison took for a rare term."""
    for hit in reading.hits:
        if hit.via.startswith("fuzzy:"):
            entry = hit.entry
            word = reading.words.words[hit.first]
            yield Variant(word, entry.lexicon, entry.gloss, entry.weight, entry.language, int(hit.via.partition(":")[2]))


def _unseen(reading: Reading, forms: Mapping[str, tuple[Lexicon, Term, str]], bench: Bench) -> Iterator[Variant]:
    """Words that no list knows and nothing was found in, near a rare term."""
    known = bench.rulebook.pieces.vocabulary.single
    other = {worded(word) for lexicon in bench.config.lexicons.values() for word in lexicon.near}
    read = {index for hit in reading.hits for index in range(hit.first, hit.last + 1)}
    for index, word in enumerate(reading.words.words):
        plain = len(word) >= SHORTEST and word.isascii() and word.isalpha()
        if index in read or not plain or word in known or word in other:
            continue
        found = process.extractOne(word, forms.keys(), scorer=fuzz.ratio, score_cutoff=ALIKE)
        if found is not None and not is_word(word):
            lexicon, term, language = forms[found[0]]
            yield Variant(word, lexicon.name, term.gloss, term.weight, language, int(found[1]))


def _rare_forms(lexicons: Mapping[str, Lexicon]) -> dict[str, tuple[Lexicon, Term, str]]:
    found: dict[str, tuple[Lexicon, Term, str]] = {}
    for _, lexicon in sorted(lexicons.items()):
        for term in lexicon.terms:
            for language, form in term.forms() if term.weight == "rare" else ():
                word = worded(form)
                if len(word) >= SHORTEST and word.isascii() and word.isalpha():
                    found.setdefault(word, (lexicon, term, language))
    return found


def _tried(bench: Bench, variant: Variant, leads: int, cleared: int) -> Suggestion:
    holding = [case for case in bench.cases if variant.word in Words(case.listing).words]
    term = {"gloss": variant.gloss, "weight": variant.weight, variant.language: [variant.word]}
    why = f"{leads} leads hold it, {cleared} cleared ones; {variant.alike} % like a form of {variant.gloss!r}"
    return new_term(bench, variant.lexicon, term, kind="variant", why=why, cases=holding)
