"""`patrol rules check`: what is written and does not do what it seems to, each with file, line and what to do about it.

The command line hands in a Config and the day. Schema faults are the loader's; here come words that cannot be found, names
that lead nowhere, lists that changed nothing or have expired, samples that show nothing; repetitions are `overlaps`'.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from patrol.config.rulebook import KINDS, Lexicon, Rule
from patrol.config.yamlfile import Place, line_of
from patrol.scoring.lab import all_active, listing_of
from patrol.scoring.overlaps import Remark, overlaps, untested
from patrol.scoring.rulebook import Rulebook, Source, compile_rulebook
from patrol.scoring.vocabulary import worded

_EXPRESSION = re.compile(r"[\\|*^$\[\]{}]|\.[+?]|\)[+?]|\([^)]*$|^[^(]*\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is written and does not do what it seems to. `file` as shown to a person, `line` 0 where unknown."""

    file: str
    message: str
    line: int = 0
    serious: bool  # True: it cannot be meant; False: worth a look
    harmless: bool = False  # it could go and nothing would change: told where somebody asks for all

    def __str__(self) -> str:
        return f"{self.file}{f':{self.line}' if self.line else ''}: {self.message}"


def check(config: Source, today: date) -> list[Finding]:
    """All findings, worst first."""
    rulebook = compile_rulebook(all_active(config))
    remarks = [
        *_company(config),
        *_twice(config),
        *_excepted(config),
        *_unearned(config),
        *_unused(config),
        *_expired(config, today),
        *_patterned(config),
        *_thin(config),
        *overlaps(config),
        *_untested(config, rulebook),
    ]
    found = [
        Finding(
            file=(file := f"config/{one.folder}/{one.name}.yml"),
            line=line_of(config.lines.get(file, {}), one.place),
            message=one.message,
            serious=one.serious,
            harmless=one.harmless,
        )
        for one in remarks
    ]
    return sorted(found, key=lambda one: (not one.serious, one.harmless, one.file, one.line, one.message))


def _company(config: Source) -> Iterator[Remark]:
    """Ambiguous words that wait for the company of something that does not exist."""
    known = {*KINDS, "ancient", *config.lexicons}
    told = f"name a kind ({', '.join(KINDS)}), `ancient`, or a lexicon"
    for name, lexicon in config.lexicons.items():
        places: list[tuple[Place, str]] = [(("needs", index), wanted) for index, wanted in enumerate(lexicon.needs)]
        for number, term in enumerate(lexicon.terms):
            places += [(("terms", number, "needs", index), wanted) for index, wanted in enumerate(term.needs)]
        for place, wanted in places:
            if wanted not in known:
                yield Remark("lexicons", name, place, f"needs the company of {wanted!r}, which is nothing known: {told}", True)


def _twice(config: Source) -> Iterator[Remark]:
    """Words without a letter, and words under two meanings of one lexicon."""
    for name, lexicon in config.lexicons.items():
        seen: dict[str, tuple[str, str]] = {}
        for number, term in enumerate(lexicon.terms):
            for language, form in term.forms():
                place = ("terms", number, language, getattr(term, language).index(form))
                word, own = worded(form), (term.gloss, term.weight)
                if not word:
                    yield Remark("lexicons", name, place, f"{form!r} has no letters and can never be found: take it out", True)
                elif (first := seen.setdefault(word, own)) != own:
                    told = f"{form!r} ({term.gloss}, {term.weight}) stands already under {first[0]!r} ({first[1]})"
                    yield Remark("lexicons", name, place, f"{told}: keep it under one of the two", False)


def _excepted(config: Source) -> Iterator[Remark]:
    """Terms that the lexicon's own exceptions take away whole."""
    for name, lexicon in config.lexicons.items():
        forms = {worded(form) for term in lexicon.terms for _, form in term.forms()}
        for index, phrase in enumerate(lexicon.except_):
            if worded(phrase) in forms:
                message = f"{phrase!r} is a term and an exception at once: take it out of one of them"
                yield Remark("lexicons", name, ("except", index), message, True)


def _unearned(config: Source) -> Iterator[Remark]:
    """Words of a weight class that none of the rules which pay for this lexicon's words knows."""
    for name, lexicon in config.lexicons.items():
        paid = [_paid(rule, lexicon) for rule in config.rules.values() if rule.status == "live"]
        known = set().union(*(one for one in paid if one is not None))
        for number, term in enumerate(lexicon.terms) if known else ():
            if term.weight not in known:
                told = f"{term.gloss!r} is {term.weight}, which no rule pays for here: take one of {', '.join(sorted(known))}"
                yield Remark("lexicons", name, ("terms", number), told, False)


def _paid(rule: Rule, lexicon: Lexicon) -> set[str] | None:
    """The weight classes that a rule pays apart, where its first condition asks for this lexicon; else None."""
    arguments = rule.when.all[0].get("terms") if rule.when.all else None
    if isinstance(rule.points, int) or not isinstance(arguments, dict) or not _asks(arguments, lexicon):
        return None
    asked = _as_names(arguments.get("weight", ()))
    return {weight for weight in rule.points if not asked or weight in asked}


def _unused(config: Source) -> Iterator[Remark]:
    named = {wanted for rule in config.rules.values() for _, kind, wanted in rule.references() if kind == "warninglist"}
    for name in config.warninglists:
        if name not in named:
            message = f"no rule names this list, so it changes nothing: ask for it by `terms: {{warninglist: {name}}}`"
            yield Remark("warninglists", name, (), message, False)
    for name, lexicon in config.lexicons.items():
        if not _reached(lexicon, config):
            yield Remark(
                "lexicons", name, (), "no rule asks for this lexicon, its kind or its claim, so it changes nothing", False
            )


def _reached(lexicon: Lexicon, config: Source) -> bool:
    if lexicon.claim is not None or lexicon.kind in ("place", "period", "goods", "cue"):
        return True  # read by claims, dates and verdicts
    asked = (arguments for rule in config.rules.values() for _, word, arguments in rule.when.conditions() if word == "terms")
    return any(isinstance(arguments, dict) and _asks(arguments, lexicon) for arguments in asked)


def _asks(arguments: Mapping[str, Any], lexicon: Lexicon) -> bool:
    """Whether a `terms` condition asks for this lexicon, by name or by kind and tier."""
    by_kind = arguments.get("kind") == lexicon.kind and arguments.get("tier", lexicon.tier) == lexicon.tier
    return by_kind or lexicon.name in _as_names(arguments.get("lexicon", ()))


def _as_names(value: object) -> tuple[object, ...]:
    return tuple(value) if isinstance(value, (list, tuple)) else (value,)


def _expired(config: Source, today: date) -> Iterator[Remark]:
    for name, warninglist in config.warninglists.items():
        if warninglist.expires is not None and warninglist.expires < today:
            message = (
                f"expired on {warninglist.expires} and counts no longer: {warninglist.owner} reads it again and renews `expires`"
            )
            yield Remark("warninglists", name, ("expires",), message, False)


def _patterned(config: Source) -> Iterator[Remark]:
    """Wordings that nothing can match, and such as look like a regular expression, which they are not."""
    written = [
        *(
            ("warninglists", name, ("patterns", index), text)
            for name, one in config.warninglists.items()
            for index, text in enumerate(one.patterns)
        ),
        *(
            ("lexicons", name, ("terms", number, language, getattr(term, language).index(form)), form)
            for name, lexicon in config.lexicons.items()
            for number, term in enumerate(lexicon.terms)
            for language, form in term.forms()
        ),
    ]
    for folder, name, place, text in written:
        if _EXPRESSION.search(text):
            message = f"{text!r} is taken word for word and is no regular expression: write each wording as an entry of its own"
            yield Remark(folder, name, place, message, True)
        elif folder == "warninglists" and not worded(text):
            yield Remark(folder, name, place, f"{text!r} has no letters and can never be found: take it out", True)


def _thin(config: Source) -> Iterator[Remark]:
    for name, rule in config.rules.items():
        if rule.tests.hit[0] == rule.tests.miss[0]:
            message = "the first hit and the first miss are the same sample: one of them must be another"
            yield Remark("rules", name, ("tests", "miss"), message, True)
        if isinstance(rule.points, int) and rule.points == 0 and rule.status == "live":
            message = "a live rule worth 0 points never gives a signal: make it `status: shadow`"
            yield Remark("rules", name, ("points",), message, False)


def _untested(config: Source, rulebook: Rulebook) -> Iterator[Remark]:
    misses = {name: [(listing_of(sample), sample.context) for sample in rule.tests.miss] for name, rule in config.rules.items()}
    yield from untested(config, rulebook, misses)
