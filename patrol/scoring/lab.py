"""The rule lab: `check` looks for what is written but cannot work, `test` runs each rule's own samples, `explain` tells a score.

The command line and the desk's pages call these with a Config; nothing here opens the ledger. Schema faults with file and
line are the loader's; here come dead terms, rules that nothing can reach; repetitions are `overlaps`'.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from patrol import wire
from patrol.config.rulebook import KINDS, Lexicon, Rule, Sample
from patrol.errors import UsageError
from patrol.records import Assessment, Context, Listing, Money, PriceKind
from patrol.scoring.engine import NO_CONTEXT, assess
from patrol.scoring.overlaps import Remark, overlaps, untested
from patrol.scoring.rulebook import Rulebook, Source, compile_rulebook
from patrol.scoring.vocabulary import worded


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is written and does not do what it seems to. `file` as shown to a person, `line` 0 where unknown."""

    file: str
    message: str
    line: int = 0
    serious: bool  # True: it cannot be meant; False: worth a look


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    """One sample of one rule."""

    __test__ = False  # no test class, whatever its name says

    rule: str
    sample: str  # the sample's title, or the beginning of its description
    wanted: bool
    got: bool
    score: int

    @property
    def passed(self) -> bool:
        return self.wanted == self.got


def check(config: Source) -> list[Finding]:
    """All findings, worst first."""
    compile_rulebook(config)
    found = [
        *_company(config),
        *_twice(config),
        *_excepted(config),
        *_unused_lists(config),
        *_thin_tests(config),
        *_remarked(config),
    ]
    return sorted(found, key=lambda finding: (not finding.serious, finding.file, finding.line, finding.message))


def test(config: Source, ids: Sequence[str]) -> list[TestResult]:
    """Every sample of the named rules (of all rules if none is named), draft ones included, each rule as if it were live."""
    unknown = [name for name in ids if name not in config.rules]
    if unknown:
        raise UsageError(f"no rule {', '.join(unknown)}", where="config/rules", remedy="`patrol rules check` lists what there is")
    rulebook = compile_rulebook(_AllActive(config))
    return [result for name in (ids or sorted(config.rules)) for result in _samples(config.rules[name], rulebook)]


def explain(listing: Listing, rulebook: Rulebook, context: Context = NO_CONTEXT) -> str:
    """An assessment in plain lines: the sum, each reason with its quote, the claims, what was not counted."""
    return "\n".join(_explained(assess(listing, rulebook, context)))


class _AllActive:
    """A config in which every rule is live and ungrouped, so that each can be seen alone."""

    def __init__(self, config: Source) -> None:
        self.rules = {name: rule.model_copy(update={"status": "live", "group": None}) for name, rule in config.rules.items()}
        self.lexicons = config.lexicons
        self.warninglists = config.warninglists
        self.laws = config.laws
        self.rates = config.rates
        self.settings = config.settings


class WithDrafts(_AllActive):
    """A config in which drafts are shadow rules: computed and shown in a backtest, and counting nothing."""

    def __init__(self, config: Source) -> None:
        super().__init__(config)
        self.rules = {
            name: rule.model_copy(update={"status": "shadow"}) if rule.status == "draft" else rule
            for name, rule in config.rules.items()
        }


def _samples(rule: Rule, rulebook: Rulebook) -> Iterator[TestResult]:
    for wanted, samples in ((True, rule.tests.hit), (False, rule.tests.miss)):
        for sample in samples:
            assessment = assess(listing_of(sample), rulebook, wire.context_from_json(dict(sample.context)))
            got = any(signal.rule == rule.name for signal in assessment.signals)
            shown = sample.title or (sample.description or "")[:60]
            yield TestResult(rule=rule.name, sample=shown, wanted=wanted, got=got, score=assessment.score)


def listing_of(sample: Sample) -> Listing:
    """A sample as a Listing; a price reads "400 USD"."""
    return Listing(
        marketplace="sample",
        listing_id=None,
        url="sample:",
        title=sample.title,
        description=sample.description,
        provenance=sample.provenance,
        location=sample.location,
        category=sample.category,
        attributes=dict(sample.attributes),
        price=_money(sample.price) if sample.price else None,
    )


def _money(text: str) -> Money:
    amount, _, currency = text.partition(" ")
    try:
        return Money(amount=Decimal(amount), currency=currency or None, kind=PriceKind.ASKING, raw=text)
    except InvalidOperation as error:
        raise UsageError(f"{text!r} is no price", where="a sample's price", remedy='write it as "400 USD"') from error


def _explained(assessment: Assessment) -> Iterator[str]:
    capped = f"{assessment.sum}, shown as {assessment.score}" if assessment.sum != assessment.score else str(assessment.score)
    yield f"{capped}  {assessment.band.value}  ({assessment.authenticity.value.replace('_', ' ')})"
    for signal in assessment.signals:
        span = signal.span
        quote = f'  "{span.quote}" in {span.field}' + (f" = {span.gloss}" if span.gloss else "") if span else ""
        yield f"{signal.points:+5d}  {signal.rule} [{signal.via}]{quote}"
        yield f"       {signal.because}"
        if signal.also:
            yield "       also: " + ", ".join(f'"{extra.quote}"' for extra in signal.also)
    for signal in assessment.shadow:
        yield f"       (shadow, not counted: {signal.points:+d} {signal.rule})"
    for claim in assessment.claims:
        years = f"{claim.from_year or ''}-{claim.to_year or ''}".strip("-") or "no year"
        yield f'  claim: {claim.kind.value}, {years}, {claim.place or "no place"}, {claim.support.value}: "{claim.span.quote}"'
    yield (
        f"  cultures: {', '.join(assessment.cultures) or '-'}; objects: {', '.join(assessment.object_types) or '-'}; "
        f"materials: {', '.join(assessment.materials) or '-'}"
    )
    yield f"  provenance: {assessment.provenance_grade.value}, support {assessment.provenance_support.value}"


# --- findings


def _company(config: Source) -> Iterator[Finding]:
    known = {*KINDS, "ancient", *config.lexicons}
    for name, lexicon in config.lexicons.items():
        for wanted in {*lexicon.needs, *(word for term in lexicon.terms for word in term.needs)}:
            if wanted not in known:
                yield _finding(
                    "lexicons", name, f"an ambiguous word needs the company of {wanted!r}, which is no kind and no lexicon", True
                )


def _twice(config: Source) -> Iterator[Finding]:
    for name, lexicon in config.lexicons.items():
        seen: dict[str, str] = {}
        for term in lexicon.terms:
            for language, form in term.forms():
                word = worded(form)
                if not word:
                    yield _finding("lexicons", name, f"{form!r} ({language}) has no letters and can never be found", True)
                elif seen.setdefault(word, term.gloss) != term.gloss:
                    message = f"{form!r} ({language}, {term.gloss}) stands already under {seen[word]!r}; the first counts"
                    yield _finding("lexicons", name, message, False)


def _excepted(config: Source) -> Iterator[Finding]:
    """Terms that the lexicon's own exceptions take away whole, and exceptions that hold none of its words."""
    for name, lexicon in config.lexicons.items():
        forms = {worded(form) for term in lexicon.terms for _, form in term.forms()}
        for phrase in lexicon.except_:
            if worded(phrase) in forms:
                yield _finding("lexicons", name, f"{phrase!r} is a term and an exception at once", True)


def _unused_lists(config: Source) -> Iterator[Finding]:
    named = {wanted for rule in config.rules.values() for _, kind, wanted in rule.references() if kind == "warninglist"}
    for name in config.warninglists:
        if name not in named:
            yield _finding("warninglists", name, "no rule names this list, so it changes nothing", False)
    for name, lexicon in config.lexicons.items():
        if not _reached(lexicon, config):
            yield _finding("lexicons", name, "no rule asks for this lexicon, its kind or its claim", False)


def _reached(lexicon: Lexicon, config: Source) -> bool:
    if lexicon.claim is not None or lexicon.kind in ("place", "period", "goods", "cue"):
        return True  # read by claims, dates and verdicts
    for rule in config.rules.values():
        for _, word, arguments in rule.when.conditions():
            if word == "terms" and (arguments.get("kind") == lexicon.kind or lexicon.name in str(arguments.get("lexicon", ""))):
                return True
    return False


def _thin_tests(config: Source) -> Iterator[Finding]:
    for name, rule in config.rules.items():
        if rule.tests.hit[0] == rule.tests.miss[0]:
            yield _finding("rules", name, "the first hit and the first miss are the same sample", True)
        if isinstance(rule.points, int) and rule.points == 0 and rule.status == "live":
            yield _finding("rules", name, "a live rule worth 0 points; make it a shadow rule", False)


def _remarked(config: Source) -> Iterator[Finding]:
    misses = {name: [(listing_of(sample), sample.context) for sample in rule.tests.miss] for name, rule in config.rules.items()}
    for remark in (*overlaps(config), *untested(config, compile_rulebook(_AllActive(config)), misses)):
        yield _finding(remark.folder, remark.name, remark.message, remark.serious, _line(config, remark))


def _line(config: Source, remark: Remark) -> int:
    """Of the place, or of what encloses it; 0 where the config was not read from files."""
    lines = getattr(config, "lines", {}).get(f"config/{remark.folder}/{remark.name}.yml", {})
    return next((lines[remark.place[:n]] for n in range(len(remark.place), -1, -1) if remark.place[:n] in lines), 0)


def _finding(folder: str, name: str, message: str, serious: bool, line: int = 0) -> Finding:
    return Finding(file=f"config/{folder}/{name}.yml", message=message, serious=serious, line=line)
