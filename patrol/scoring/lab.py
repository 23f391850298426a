"""The rule lab: `test` runs each rule's own samples, `explain` tells a score in plain lines, `with_drafts` shows drafts at work.

The command line and the desk's pages call these with a Config; nothing here opens the ledger. What is written and cannot
work is `checking`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from patrol import wire
from patrol.config.rulebook import Rule, Sample
from patrol.config.yamlfile import Place
from patrol.errors import UsageError
from patrol.records import Assessment, Context, Listing, Money, PriceKind
from patrol.scoring.engine import NO_CONTEXT, assess
from patrol.scoring.rulebook import Rulebook, Source, Varied, compile_rulebook


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    """One sample of one rule."""

    __test__ = False  # no test class, whatever its name says

    rule: str
    sample: str  # the sample's title, or the beginning of its description
    wanted: bool
    got: bool
    score: int
    file: str
    line: int = 0  # of the sample; 0 where the config was not read from files

    @property
    def passed(self) -> bool:
        return self.wanted == self.got


def test(config: Source, ids: Sequence[str]) -> list[TestResult]:
    """Every sample of the named rules (of all rules if none is named), draft ones included, each rule as if it were live."""
    unknown = [name for name in ids if name not in config.rules]
    if unknown:
        raise UsageError(f"no rule {', '.join(unknown)}", where="config/rules", remedy="`patrol rules check` lists what there is")
    rulebook = compile_rulebook(all_active(config))
    names = ids or sorted(config.rules)
    return [result for name in names for result in _samples(config.rules[name], rulebook, config.lines)]


def explain(listing: Listing, rulebook: Rulebook, context: Context = NO_CONTEXT) -> str:
    """An assessment in plain lines: the sum, each reason with its quote, the claims, what was not counted."""
    return "\n".join(_explained(assess(listing, rulebook, context)))


def all_active(config: Source) -> Source:
    """With every rule live and ungrouped, so that each can be seen alone."""
    return Varied(
        config, rules={name: rule.model_copy(update={"status": "live", "group": None}) for name, rule in config.rules.items()}
    )


def with_drafts(config: Source) -> Source:
    """With drafts as shadow rules: computed and shown in a backtest, and counting nothing."""
    drafts = {name: rule for name, rule in config.rules.items() if rule.status == "draft"}
    return Varied(config, rules={name: rule.model_copy(update={"status": "shadow"}) for name, rule in drafts.items()})


def _samples(rule: Rule, rulebook: Rulebook, lines: Mapping[str, Mapping[Place, int]]) -> Iterator[TestResult]:
    file = f"config/rules/{rule.name}.yml"
    for wanted, samples in ((True, rule.tests.hit), (False, rule.tests.miss)):
        for index, sample in enumerate(samples):
            line = lines.get(file, {}).get(("tests", "hit" if wanted else "miss", index), 0)
            assessment = assess(listing_of(sample), rulebook, wire.context_from_json(dict(sample.context)))
            got = any(signal.rule == rule.name for signal in assessment.signals)
            shown = sample.title or (sample.description or "")[:60]
            yield TestResult(rule=rule.name, sample=shown, wanted=wanted, got=got, score=assessment.score, file=file, line=line)


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
