"""Exceptions out of clear reasons: phrases that cleared listings share and that no lead holds.

`suggest_command` hands in a Bench. A phrase around a culture's word becomes an exception of its lexicon ("khmer rouge"); one
without such a word a term of copies or of goods, by the reason that officers gave. Each is tried before it is told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from patrol.config.rulebook import LANGUAGES, Lexicon
from patrol.scoring.decided import Decided
from patrol.scoring.reading import Reading
from patrol.scoring.suggesting import MOST_TRIED, Bench, Suggestion, file_of, new_term, written
from patrol.scoring.words import SEAM, Words

FEWEST = 3  # cleared clusters that share a phrase
FEWEST_SELLERS = 2
LONGEST = 3  # words
BY_CHANCE = 0.05  # how likely the leads lack a phrase by chance, were it as frequent among them
REPLICA, NO_CULTURAL_PROPERTY = 1, 3  # reasons of the desk that name a lexicon


class Phrase(NamedTuple):
    """A phrase, where it would go (`lexicon` and whether as its exception), and the cleared listings that hold it."""

    text: str
    lexicon: str
    exception: bool
    cases: tuple[Decided, ...]


def exceptions(bench: Bench) -> list[Suggestion]:
    """What would silence flags that were cleared, and no lead; the one that helps most first."""
    cleared = [case for case in bench.cases if case.truth is False and bench.flagged(case)]
    if len(cleared) < FEWEST:
        return []
    told_by_leads = {text for case in bench.true for text in _grams(Words(case.listing).words)}
    found = [*_around_terms(bench, cleared, told_by_leads), *_apart_from_terms(bench, cleared, told_by_leads)]
    likely = [phrase for phrase in found if _lacked(len(phrase.cases) / len(cleared), len(bench.true))]
    tried = [_tried(bench, phrase) for phrase in _best(likely)[:MOST_TRIED]]
    return sorted((one for one in tried if one.gain > 0), key=lambda one: (-one.gain, one.file, one.yaml))


def _lacked(share: float, leads: int) -> bool:
    """Whether the leads lack it for more reason than that there are few of them."""
    return (1 - share) ** leads <= BY_CHANCE


def _around_terms(bench: Bench, cleared: Sequence[Decided], leads: Collection[str]) -> Iterator[Phrase]:
    """Phrases that hold a culture's word and one or two of its neighbours."""
    found: dict[tuple[str, str], dict[str, Decided]] = defaultdict(dict)
    for case in cleared:
        reading = Reading(case.listing, bench.rulebook.pieces, case.context)
        for hit in reading.of_kind("culture"):
            if hit.inside is None:
                for text in _beside(reading.words.words, hit.first, hit.last):
                    found[hit.entry.lexicon, text][case.key] = case
    for (lexicon, text), cases in found.items():
        if text not in leads and _enough(cases.values()):
            yield Phrase(text, lexicon, True, tuple(cases.values()))


def _apart_from_terms(bench: Bench, cleared: Sequence[Decided], leads: Collection[str]) -> Iterator[Phrase]:
    """Phrases of what was cleared as a copy or as no cultural property, without any word that the lexicons know."""
    known = bench.rulebook.pieces.vocabulary.written
    for reason, lexicon in _targets(bench.config.lexicons.values()):
        found: dict[str, dict[str, Decided]] = defaultdict(dict)
        for case in cleared:
            for text in _grams(Words(case.listing).words) if case.reason == reason else ():
                found[text][case.key] = case
        for text, cases in found.items():
            strange = known.isdisjoint((text, *text.split(" ")))
            if strange and len(text) > 4 and text not in leads and _enough(cases.values()):
                yield Phrase(text, lexicon, False, tuple(cases.values()))


def _targets(lexicons: Collection[Lexicon]) -> Iterator[tuple[int, str]]:
    """By reason the lexicon that such a word belongs in, where this unit has one."""
    copies = [lexicon.name for lexicon in lexicons if lexicon.claim == "replica"]
    goods = [lexicon.name for lexicon in lexicons if lexicon.kind == "goods"]
    for reason, names in ((REPLICA, copies), (NO_CULTURAL_PROPERTY, goods)):
        if names:
            yield reason, min(names)


def _enough(cases: Collection[Decided]) -> bool:
    return len(cases) >= FEWEST and len({case.seller for case in cases}) >= FEWEST_SELLERS


def _best(phrases: Sequence[Phrase]) -> list[Phrase]:
    """Of phrases that the same listings share only one: the shortest exception, the most telling term."""
    kept: dict[tuple[str, bool, frozenset[str]], Phrase] = {}
    for phrase in sorted(phrases, key=lambda one: (len(one.text) if one.exception else -len(one.text), one.text)):
        kept.setdefault((phrase.lexicon, phrase.exception, frozenset(case.key for case in phrase.cases)), phrase)
    return sorted(kept.values(), key=lambda one: (-len(one.cases), not one.exception, one.text))


def _tried(bench: Bench, phrase: Phrase) -> Suggestion:
    holding = [case for case in bench.cases if phrase.text in _grams(Words(case.listing).words)]
    why = f"{len(phrase.cases)} cleared clusters of {len({case.seller for case in phrase.cases})} sellers say it, no lead does"
    if not phrase.exception:
        language = phrase.cases[0].listing.language
        term = {"gloss": phrase.text, "weight": "specific" if bench.config.lexicons[phrase.lexicon].kind == "goods" else "strong"}
        forms = {language if language in LANGUAGES else "en": [phrase.text]}
        return new_term(bench, phrase.lexicon, term | forms, kind="term", why=why, cases=holding)
    lexicon = bench.config.lexicons[phrase.lexicon]
    grown = lexicon.model_copy(update={"except_": (*lexicon.except_, phrase.text)})
    return Suggestion(
        kind="exception",
        file=file_of(phrase.lexicon),
        place="in place of `except:`" if lexicon.except_ else "a new line above `terms:`",
        line=bench.line(file_of(phrase.lexicon), ("except",) if lexicon.except_ else ("terms",)),
        yaml=f"except: {written(list(grown.except_))}",
        why=why,
        effects=bench.tried(grown, holding),
    )


def _grams(stream: Sequence[str]) -> set[str]:
    """Runs of up to LONGEST words within a field, without figures."""
    found = set()
    for first in range(len(stream)):
        for last in range(first, min(first + LONGEST, len(stream))):
            if stream[last] == SEAM or not stream[last].isalpha():
                break
            found.add(" ".join(stream[first : last + 1]))
    return found


def _beside(stream: Sequence[str], first: int, last: int) -> Iterator[str]:
    """The term with one or two of the words beside it."""
    for before in range(LONGEST):
        for after in range(LONGEST - before):
            run = stream[max(0, first - before) : last + 1 + after]
            if before + after and len(run) == last - first + 1 + before + after and all(word.isalpha() for word in run):
                yield " ".join(run)
