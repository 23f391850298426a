"""What decided listings suggest to change: each suggestion is YAML to paste, with its file and place and what it would move.

`patrol rules suggest` hands in decisions and a Config. `phrases` mines clear reasons, `variants` the leads, `reweighing` both;
whatever they propose is tried on every decided listing before it is told, and nothing is ever applied by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from patrol.config.rulebook import Lexicon
from patrol.config.yamlfile import Place, line_of
from patrol.records import Assessment
from patrol.scoring.decided import Decided
from patrol.scoring.engine import assess
from patrol.scoring.rulebook import Rulebook, Source, Varied, compile_rulebook

MOST_TRIED = 8  # proposals of a kind that are tried out; each costs a compilation


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One decided listing whose sum would be another; `edge` is the lower edge of review."""

    key: str
    title: str | None
    truth: bool
    before: int
    now: int
    edge: int

    @property
    def crosses(self) -> bool:
        return (self.before >= self.edge) != (self.now >= self.edge)

    @property
    def better(self) -> bool:
        """Whether it goes to the side where it belongs."""
        return (self.now > self.before) is self.truth


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """`yaml` goes into `file` at `place` (in words) and `line`; `effects` are the decided listings that it would move."""

    kind: str  # exception, term, variant, points
    file: str
    place: str
    line: int
    yaml: str
    why: str
    effects: tuple[Effect, ...]

    @property
    def gain(self) -> int:
        """Listings that would come to the right side of the edge, less those that would leave it."""
        return sum((1 if effect.better else -1) for effect in self.effects if effect.crosses)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Decided listings beside what today's rulebook makes of them; what is tried is compared with it."""

    config: Source
    rulebook: Rulebook
    cases: tuple[Decided, ...]
    today: Mapping[str, Assessment] = field(repr=False)

    @classmethod
    def of(cls, decided: Iterable[Decided], config: Source) -> Bench:
        cases = tuple(case for case in decided if case.truth is not None)
        rulebook = compile_rulebook(config)
        return cls(
            config=config,
            rulebook=rulebook,
            cases=cases,
            today={case.key: assess(case.listing, rulebook, case.context) for case in cases},
        )

    @property
    def true(self) -> list[Decided]:
        return [case for case in self.cases if case.truth]

    def flagged(self, case: Decided) -> bool:
        return self.today[case.key].flagged

    def tried(self, lexicon: Lexicon, cases: Sequence[Decided]) -> tuple[Effect, ...]:
        """What the cases would score with this lexicon in the place of the one of its name."""
        rulebook = compile_rulebook(Varied(self.config, lexicons={lexicon.name: lexicon}))
        return self.effects((case, assess(case.listing, rulebook, case.context).sum) for case in cases)

    def effects(self, sums: Iterable[tuple[Decided, int]]) -> tuple[Effect, ...]:
        """Those whose sum differs from today's, who crosses the edge first, then by how far they move."""
        found = [
            Effect(
                key=case.key,
                title=case.listing.title,
                truth=bool(case.truth),
                before=self.today[case.key].sum,
                now=now,
                edge=self.rulebook.edges.review,
            )
            for case, now in sums
            if now != self.today[case.key].sum
        ]
        return tuple(sorted(found, key=lambda one: (not one.crosses, -abs(one.now - one.before), one.key)))

    def line(self, file: str, place: Place) -> int:
        """Of the place, or of what encloses it; 0 where the config was not read from files."""
        return line_of(self.config.lines.get(file, {}), place)


def written(value: Any) -> str:
    """A value as one line of YAML, quoted where it must be."""
    text: str = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=1_000_000)
    return text.removesuffix("\n").removesuffix("\n...")


def file_of(lexicon: str) -> str:
    return f"config/lexicons/{lexicon}.yml"


def new_term(bench: Bench, name: str, term: Mapping[str, Any], *, kind: str, why: str, cases: Sequence[Decided]) -> Suggestion:
    """One more term at the end of a lexicon."""
    lexicon = bench.config.lexicons[name]
    row = lexicon.model_dump(by_alias=True)
    grown = Lexicon.model_validate({**row, "terms": [*row["terms"], dict(term)]})
    return Suggestion(
        kind=kind,
        file=file_of(name),
        place="a new line at the end of `terms:`",
        line=bench.line(file_of(name), ("terms",)),
        yaml=f"  - {written(dict(term))}",
        why=why,
        effects=bench.tried(grown, cases),
    )
