"""`patrol rules check`: what is written and does not do what it seems to, each with file, line and what to do about it.

The command line hands in a Config and the day. Schema faults are the loader's; here come words that cannot be found, names
that lead nowhere, lists that changed nothing or have expired, samples that show nothing; repetitions are `overlaps`'.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from patrol.config.rulebook import KINDS, Lexicon
from patrol.records import Listing
from patrol.scoring.asides import LEXICONS as ASIDE
from patrol.scoring.lab import AllActive, listing_of
from patrol.scoring.overlaps import Remark, overlaps, untested
from patrol.scoring.pieces import Pieces
from patrol.scoring.rulebook import Rulebook, Source, compile_rulebook
from patrol.scoring.vocabulary import worded
from patrol.scoring.words import Words

CUES = ("negation", "condition")  # claims whose words are looked up as they are written
NOT_FOUND = ("except", "unless")


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
    rulebook = compile_rulebook(AllActive(config))
    remarks = [
        *_company(config),
        *_twice(config),
        *_excepted(config),
        *_masked(config, rulebook.pieces),
        *_unused(config),
        *_expired(config, today),
        *_thin(config),
        *overlaps(config),
        *_untested(config, rulebook),
    ]
    found = [
        Finding(
            file=f"config/{one.folder}/{one.name}.yml",
            line=_line(config, one),
            message=one.message,
            serious=one.serious,
            harmless=one.harmless,
        )
        for one in remarks
    ]
    return sorted(found, key=lambda one: (not one.serious, one.harmless, one.file, one.line, one.message))


def _line(config: Source, remark: Remark) -> int:
    """Of the place, or of what encloses it; 0 where the config was not read from files."""
    lines = getattr(config, "lines", {}).get(f"config/{remark.folder}/{remark.name}.yml", {})
    return next((lines[remark.place[:n]] for n in range(len(remark.place), -1, -1) if remark.place[:n] in lines), 0)


def _company(config: Source) -> Iterator[Remark]:
    """Ambiguous words that wait for the company of something that does not exist."""
    known = {*KINDS, "ancient", *config.lexicons}
    told = f"name a kind ({', '.join(KINDS)}), `ancient`, or a lexicon"
    for name, lexicon in config.lexicons.items():
        places = [(("needs", index), wanted) for index, wanted in enumerate(lexicon.needs)]
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


def _masked(config: Source, pieces: Pieces) -> Iterator[Remark]:
    """Words that are not found even where they stand alone: an exception or a longer phrase takes them away."""
    for name, lexicon in config.lexicons.items():
        if lexicon.claim in CUES or name in ASIDE:
            continue
        excepted = {worded(phrase) for phrase in lexicon.except_}
        for number, language, index, form in _forms(lexicon):
            if worded(form) and worded(form) not in excepted and (by := _taken(form, name, pieces)) is not None:
                message = f"{form!r} is never found, not even alone{by}: take it out, or what hides it"
                yield Remark("lexicons", name, ("terms", number, language, index), message, True)


def _forms(lexicon: Lexicon) -> Iterator[tuple[int, str, int, str]]:
    for number, term in enumerate(lexicon.terms):
        for language in dict.fromkeys(language for language, _ in term.forms()):
            for index, form in enumerate(getattr(term, language)):
                yield number, language, index, form


def _taken(form: str, lexicon: str, pieces: Pieces) -> str | None:
    """None where the form is found; else what lies over it, in words."""
    words = Words(Listing(marketplace="", listing_id=None, url="", title=form))
    hits = pieces.vocabulary.scan(words, range(len(words.words)))
    if any(hit.entry.lexicon == lexicon and hit.entry.kind not in NOT_FOUND for hit in hits):
        return None
    over = next((hit.entry for hit in hits if hit.entry.kind != "unless"), None)
    if over is None:
        return ""
    return f" (an exception of {over.lexicon} covers it)" if over.kind == "except" else f" ({over.lexicon} covers it)"


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
    for rule in config.rules.values():
        for _, word, arguments in rule.when.conditions():
            names = arguments.get("lexicon", ()) if isinstance(arguments, dict) else ()
            if word == "terms" and (arguments.get("kind") == lexicon.kind or lexicon.name in _as_names(names)):
                return True
    return False


def _as_names(value: object) -> tuple[object, ...]:
    return tuple(value) if isinstance(value, (list, tuple)) else (value,)


def _expired(config: Source, today: date) -> Iterator[Remark]:
    for name, warninglist in config.warninglists.items():
        if warninglist.expires is not None and warninglist.expires < today:
            message = (
                f"expired on {warninglist.expires} and counts no longer: {warninglist.owner} reads it again and renews `expires`"
            )
            yield Remark("warninglists", name, ("expires",), message, False)


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
