"""What a rulebook says twice, or says in vain: terms already covered, dead exceptions, twin rules, conditions nobody tests.

`checking` asks for these beside its own findings; each names the place in its file, so that the line can be told, and says
what to do. A word that is written out beside one that brings it along is harmless; a whole term that others cover, or a
word that two lexicons of one kind claim, is a remark: a person should know.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import orjson

from patrol import wire
from patrol.config.rulebook import Lexicon, Rule, Term, WarningList
from patrol.config.yamlfile import Place
from patrol.records import Listing
from patrol.scoring.inflection import inflected
from patrol.scoring.reading import Reading
from patrol.scoring.rulebook import Rulebook, Source
from patrol.scoring.vocabulary import worded
from patrol.scoring.worth import met


class Remark(NamedTuple):
    """`folder` and `name` give the file, `place` the keys down to the spot in it; what is harmless could go or stay."""

    folder: str
    name: str
    place: Place
    message: str
    serious: bool
    harmless: bool = False


def overlaps(config: Source) -> Iterator[Remark]:
    """Terms, exceptions, patterns and rules that repeat each other or can do nothing."""
    for name, lexicon in sorted(config.lexicons.items()):
        yield from _covered(name, lexicon)
        yield from _dead(name, lexicon)
    yield from _claimed_twice(config.lexicons)
    yield from _patterns(config.warninglists)
    yield from _twins(config.rules)


def untested(
    config: Source, rulebook: Rulebook, listings: Mapping[str, list[tuple[Listing, Mapping[str, object]]]]
) -> Iterator[Remark]:
    """Conditions under `none` that no sample under `miss` ever meets; `listings` are each rule's misses with their context."""
    for compiled in rulebook.rules:
        name = compiled.rule.name
        readings = [
            Reading(listing, rulebook.pieces, wire.context_from_json(dict(context)))
            for listing, context in listings.get(name, ())
        ]
        for index, condition in enumerate(compiled.none):
            if not any(met(condition, reading) for reading in readings):
                written = ", ".join(f"{word}: {arguments}" for word, arguments in config.rules[name].when.none[index].items())
                message = f"no sample under miss meets `none: {written}`; add one that would hit but for it"
                yield Remark("rules", name, ("when", "none", index), message, False)


def _covered(name: str, lexicon: Lexicon) -> Iterator[Remark]:
    """Terms that others of the lexicon cover whole, and forms that another form of their own term brings along."""
    reach = [_reach(lexicon, term) for term in lexicon.terms]
    for number, term in enumerate(lexicon.terms):
        others = {
            form for place, found in enumerate(reach) if place != number and _alike(term, lexicon.terms[place]) for form in found
        }
        own = {worded(form) for _, form in term.forms()}
        if own and own <= others:
            by = next(one.gloss for place, one in enumerate(lexicon.terms) if place != number and own & reach[place])
            message = f"the whole term {term.gloss!r} is already covered, by {by!r} above all: take it out"
            yield Remark("lexicons", name, ("terms", number), message, False)
        elif found := list(_repeated(number, term, _inflects(lexicon, term))):
            told = "; ".join(words for _, words in found)
            yield Remark("lexicons", name, found[0][0], f"already covered, could go: {told}", False, harmless=True)


def _alike(one: Term, other: Term) -> bool:
    """Whether they count the same way, so that only one is needed."""
    return (one.weight, one.needs, one.unless, one.place) == (other.weight, other.needs, other.unless, other.place)


def _inflects(lexicon: Lexicon, term: Term) -> bool:
    return term.inflect and lexicon.claim not in ("negation", "condition")  # those are looked up as they are written


def _reach(lexicon: Lexicon, term: Term) -> set[str]:
    """All that the term finds."""
    forms = ((worded(form), language) for language, form in term.forms())
    return {found for form, language in forms for found in (inflected(form, language) if _inflects(lexicon, term) else (form,))}


def _repeated(number: int, term: Term, inflects: bool) -> Iterator[tuple[Place, str]]:
    for language in dict.fromkeys(language for language, _ in term.forms()):
        forms = getattr(term, language)
        reach = {other: inflected(worded(other), language) if inflects else {worded(other)} for other in forms}
        for index, form in enumerate(forms):
            other = _coverer(form, index, forms, reach)
            if other is not None:
                yield ("terms", number, language, index), f"{form!r} ({language}) by {other!r}"


def _coverer(form: str, index: int, forms: Sequence[str], reach: Mapping[str, set[str]]) -> str | None:
    """The form before it with the same folded letters, or a shorter one whose endings lead to it."""
    word = worded(form)
    for place, other in enumerate(forms):
        same = worded(other) == word
        if (same and place < index) or (not same and len(worded(other)) < len(word) and word in reach[other]):
            return other
    return None


def _dead(name: str, lexicon: Lexicon) -> Iterator[Remark]:
    forms = {word: form for term in lexicon.terms for _, form in term.forms() if (word := worded(form))}
    for number, term in enumerate(lexicon.terms):
        own = {f" {worded(form)} ": form for _, form in term.forms()}
        for index, cancelling in enumerate(term.unless):
            dead = [form for padded, form in own.items() if worded(cancelling) and f" {worded(cancelling)} " in padded]
            if len(dead) == len(own) and dead:
                message = f"{dead[0]!r} holds {cancelling!r}, which cancels it: it can never count; take one of them out"
                yield Remark("lexicons", name, ("terms", number, "unless", index), message, True)
    for index, word in enumerate(lexicon.near):
        if worded(word) in forms:
            message = f"{word!r} is also a term of this lexicon, so it does count: take it out of `near`, or out of `terms`"
            yield Remark("lexicons", name, ("near", index), message, False)


def _claimed_twice(lexicons: Mapping[str, Lexicon]) -> Iterator[Remark]:
    """A form that two lexicons of kind culture or object hold with the same meaning of kind."""
    held: dict[tuple[str, str], list[tuple[str, Place, str]]] = defaultdict(list)
    for name, lexicon in sorted(lexicons.items()):
        if lexicon.kind not in ("culture", "object", "material"):
            continue
        for number, term in enumerate(lexicon.terms):
            for word, (language, form) in {worded(form): (language, form) for language, form in term.forms()}.items():
                index = getattr(term, language).index(form)
                held[lexicon.kind, word].append((name, ("terms", number, language, index), form))
    for places in held.values():
        first = places[0][0]
        for name, place, form in places[1:]:
            if name != first:
                message = f"{form!r} stands in the lexicon {first} too; both will count: keep it where it belongs"
                yield Remark("lexicons", name, place, message, False)


def _patterns(lists: Mapping[str, WarningList]) -> Iterator[Remark]:
    seen: dict[str, str] = {}
    for name, warninglist in sorted(lists.items()):
        for index, pattern in enumerate(warninglist.patterns):
            other = seen.setdefault(worded(pattern), f"{name} {index}")
            if other != f"{name} {index}":
                message = f"{pattern!r} stands already in the warning list {other.split()[0]}; take one out"
                yield Remark("warninglists", name, ("patterns", index), message, False)


def _twins(rules: Mapping[str, Rule]) -> Iterator[Remark]:
    seen: dict[bytes, str] = {}
    for name, rule in sorted(rules.items()):
        if rule.status == "retired":
            continue
        written = orjson.dumps(rule.when.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
        other = seen.setdefault(written, name)
        if other != name:
            yield Remark("rules", name, ("when",), f"asks for exactly what {other} asks for; retire one of them", True)
