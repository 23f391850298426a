"""The compiled rulebook: rules, lexicons, warning lists, laws and rates of one Config, ready for `engine.assess`.

`compile_rulebook` takes a Config; the ledger archives `canonical()` under `hash`, and `from_canonical` makes the very same
rulebook again, so that an old assessment can be replayed. Prose and tests travel in the archive but not in the hash.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import pkgutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from patrol.config.faults import faults_of
from patrol.config.memory import collector_paused
from patrol.config.rulebook import Law, Lexicon, Rates, Rule, WarningList
from patrol.config.yamlfile import Place, line_of
from patrol.errors import ConfigError, ConfigFault
from patrol.scoring import matchers
from patrol.scoring.asides import Asides
from patrol.scoring.cues import Cues
from patrol.scoring.matchers import Condition
from patrol.scoring.near import Near, split_by_chance
from patrol.scoring.pieces import Pieces
from patrol.scoring.scope import REACH
from patrol.scoring.vocabulary import Vocabulary, worded

ENGINE = 2  # raised when the golden set of assessments changes
MOST_COMBINATIONS = 20_000  # of lexicons, remembered with the rules they open
_PROSE = ("title", "because", "false_positives", "sources", "tests", "owner", "reason")
M = TypeVar("M", bound=BaseModel)
_QUERY_WEIGHTS = ("rare", "strong", "specific")


class Bands(Protocol):
    """Lower edges of the bands on the score."""

    @property
    def review(self) -> int: ...
    @property
    def high(self) -> int: ...


class _Settings(Protocol):
    @property
    def bands(self) -> Bands: ...


class Source(Protocol):
    """What of a Config is compiled."""

    @property
    def rules(self) -> Mapping[str, Rule]: ...
    @property
    def lexicons(self) -> Mapping[str, Lexicon]: ...
    @property
    def warninglists(self) -> Mapping[str, WarningList]: ...
    @property
    def laws(self) -> tuple[Law, ...]: ...
    @property
    def rates(self) -> Rates: ...
    @property
    def settings(self) -> _Settings: ...
    @property
    def lines(self) -> Mapping[str, Mapping[Place, int]]: ...


class Varied:
    """A config with some rules or lexicons in the place of others."""

    def __init__(
        self, config: Source, *, rules: Mapping[str, Rule] | None = None, lexicons: Mapping[str, Lexicon] | None = None
    ) -> None:
        self.rules = {**config.rules, **(rules or {})}
        self.lexicons = {**config.lexicons, **(lexicons or {})}
        self.warninglists = config.warninglists
        self.laws = config.laws
        self.rates = config.rates
        self.settings = config.settings
        self.lines = config.lines


class Edges(NamedTuple):
    """Lower edges of the bands `review` and `high`."""

    review: int
    high: int


class CompiledRule(NamedTuple):
    """A rule with its conditions; `gates`: of each set one lexicon must have hit, or the rule need not be asked."""

    rule: Rule
    all: tuple[Condition, ...]
    any: tuple[Condition, ...]
    none: tuple[Condition, ...]
    gates: tuple[frozenset[str], ...]


class Rulebook:
    """Frozen after it is made; `assess` reads it from as many threads as there are."""

    def __init__(
        self,
        rules: Mapping[str, Rule],
        lexicons: Mapping[str, Lexicon],
        warninglists: Mapping[str, WarningList],
        laws: tuple[Law, ...],
        rates: Rates,
        edges: Edges,
    ) -> None:
        vocabulary = Vocabulary(lexicons, warninglists, split_by_chance)
        cues = Cues(lexicons, REACH)
        self.pieces = Pieces(vocabulary, Near(vocabulary, lexicons), lexicons, warninglists, laws, rates, cues, Asides(lexicons))
        self.edges = edges
        active = {name: rules[name] for name in sorted(rules) if rules[name].status in ("live", "shadow")}
        self.rules = _compiled(active, self.pieces)
        gates = {gate for rule in self.rules for gate in rule.gates}
        opens = {lexicon: frozenset(gate for gate in gates if lexicon in gate) for lexicon in frozenset().union(*gates)}
        self._keys = list(dict.fromkeys(opens.values()))  # lexicons that open the same gates are as good as one
        self._key_of = {lexicon: self._keys.index(opened) for lexicon, opened in opens.items()}
        self._open: dict[frozenset[int], tuple[CompiledRule, ...]] = {}
        self._source = _source(active, self.pieces, edges)
        self.hash = "sha256:" + hashlib.sha256(_canonical(self._source["scored"])).hexdigest()

    def open_rules(self, present: Iterable[str]) -> tuple[CompiledRule, ...]:
        """The rules that can fire where these lexicons hit; remembered by combination."""
        keys = frozenset([self._key_of[lexicon] for lexicon in present if lexicon in self._key_of])
        rules = self._open.get(keys)
        if rules is None:
            opened = frozenset().union(*(self._keys[key] for key in keys))
            rules = tuple(rule for rule in self.rules if opened.issuperset(rule.gates))
            if len(self._open) < MOST_COMBINATIONS:
                self._open[keys] = rules
        return rules

    def canonical(self) -> bytes:
        """Canonical JSON of all that can change an assessment, and the rules' prose beside it."""
        return _canonical(self._source)

    @classmethod
    def from_canonical(cls, archived: bytes) -> Rulebook:
        """The rulebook again; its hash is the archived one as long as the engine is the same."""
        source = json.loads(archived)
        scored = source["scored"]

        def models(group: str, kind: type[M]) -> dict[str, M]:
            prose = source["prose"][group]
            return {name: kind.model_validate({**row, **prose[name], "name": name}) for name, row in scored[group].items()}

        return cls(
            models("rules", Rule),
            models("lexicons", Lexicon),
            models("warninglists", WarningList),
            tuple(Law.model_validate(row) for row in scored["laws"]),
            Rates.model_validate(scored["rates"]),
            Edges(**scored["bands"]),
        )

    def queries(self, lexicons: Sequence[str], languages: Sequence[str], most: int | None = None) -> list[str]:
        """Search phrases for a marketplace: the telling words of these lexicons in these languages, each lexicon in turn."""
        by_lexicon = [list(self._phrases(self.pieces.lexicons[name], languages)) for name in lexicons]
        longest = max(map(len, by_lexicon), default=0)
        turns = (phrases[turn] for turn in range(longest) for phrases in by_lexicon if turn < len(phrases))
        unique = list({worded(phrase): phrase for phrase in turns}.values())
        return unique if most is None else unique[:most]

    @staticmethod
    def _phrases(lexicon: Lexicon, languages: Sequence[str]) -> Iterator[str]:
        for weight in _QUERY_WEIGHTS:
            for term in lexicon.terms:
                if term.weight == weight:
                    yield from (form for language, form in term.forms() if language in (*languages, "xx"))


@collector_paused()
def compile_rulebook(config: Source) -> Rulebook:
    """The Config's rulebook; ConfigError with every condition that no matcher understands."""
    bands = config.settings.bands
    _check_conditions(config)
    return Rulebook(
        config.rules, config.lexicons, config.warninglists, config.laws, config.rates, Edges(bands.review, bands.high)
    )


def matcher_names() -> tuple[str, ...]:
    """The words that a condition may start with: the modules beside `matchers`."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(matchers.__path__)))


def _prepared(word: str, arguments: Any, pieces: Pieces) -> Condition:
    module = importlib.import_module(f"{matchers.__name__}.{word}")
    condition: Condition = module.prepare(module.When.model_validate(arguments), pieces)
    return condition


def _compiled(rules: Mapping[str, Rule], pieces: Pieces) -> tuple[CompiledRule, ...]:
    found = []
    for rule in rules.values():
        parts = {
            part: tuple(
                _prepared(word, arguments, pieces)
                for condition in getattr(rule.when, part)
                for word, arguments in condition.items()
            )
            for part in ("all", "any", "none")
        }
        gates = [condition.gate for condition in parts["all"] if condition.gate is not None]
        if parts["any"] and all(condition.gate is not None for condition in parts["any"]):
            gates.append(frozenset().union(*(condition.gate or () for condition in parts["any"])))
        found.append(CompiledRule(rule, parts["all"], parts["any"], parts["none"], tuple(sorted(gates, key=len))))
    return tuple(found)


def _check_conditions(config: Source) -> None:
    """All faults of all conditions at once, with the line where the Config knows it."""
    known = matcher_names()
    faults = []
    for name, rule in sorted(config.rules.items()):
        file = f"config/rules/{name}.yml"
        for place, word, arguments in rule.when.conditions():
            for where, message in _condition_faults(word, arguments, known):
                line = line_of(config.lines.get(file, {}), (*place, *where))
                faults.append(ConfigFault(file=file, line=line, message=f"{'.'.join(map(str, (*place[:-1], word)))}: {message}"))
    if faults:
        raise ConfigError(faults)


def _condition_faults(word: str, arguments: Any, known: Iterable[str]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if word not in known:
        yield (), f"no matcher {word!r}; there are: {', '.join(known)}"
        return
    module = importlib.import_module(f"{matchers.__name__}.{word}")
    try:
        module.When.model_validate(arguments)
    except ValidationError as error:
        for place, message in faults_of(error, module.When, arguments):
            yield tuple("in" if part == "in_" else part for part in place), message


def _canonical(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _source(rules: Mapping[str, Rule], pieces: Pieces, edges: Edges) -> dict[str, Any]:
    groups: dict[str, Mapping[str, Any]] = {"rules": rules, "lexicons": pieces.lexicons, "warninglists": pieces.warninglists}
    scored: dict[str, Any] = {"engine": ENGINE, "bands": edges._asdict()}
    prose: dict[str, Any] = {}
    for group, models in groups.items():
        rows = {name: _plain(model) for name, model in models.items()}
        scored[group] = {name: {key: value for key, value in row.items() if key not in _PROSE} for name, row in rows.items()}
        prose[group] = {name: {key: value for key, value in row.items() if key in _PROSE} for name, row in rows.items()}
    scored["laws"] = [_plain(law) for law in pieces.laws]
    scored["rates"] = _plain(pieces.rates)
    return {"scored": scored, "prose": prose}


def _plain(model: BaseModel) -> dict[str, Any]:
    return model.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude={"name"})
