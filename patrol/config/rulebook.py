"""What scoring is made of, as an investigator writes it: rules, lexicons, warning lists, laws and reference rates.

The loader in `patrol.config` fills these models from YAML; `patrol.scoring` compiles them into a rulebook. The
conditions inside a rule's `when` belong to the matcher of the same name, which checks them when the rulebook is compiled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, field_validator, model_validator

from patrol.config.faults import at, meant
from patrol.config.model import Strict
from patrol.config.yamlfile import Place
from patrol.errors import ReadError
from patrol.records import Context
from patrol.wire import context_from_json

LANGUAGES = (
    "en",
    "de",
    "fr",
    "es",
    "it",
    "nl",
    "ar",
    "fa",
    "ur",
    "ps",
    "ru",
    "uk",
    "tr",
    "zh",
    "ja",
    "th",
    "km",
    "hi",
    "el",
    "xx",
)
KINDS = ("culture", "object", "material", "place", "period", "claim", "goods", "cue")
CLAIMS = (
    "acquired", "collection", "sale", "licence", "inventory", "find", "genuine", "certificate", "ancient",
    "replica", "style", "modern", "negation", "condition", "evasion", "decoration",
)  # fmt: skip
Weight = Literal["rare", "strong", "nation", "ambiguous", "specific", "plain", "weak"]
Text = Annotated[str, Field(min_length=1)]
Forms = tuple[Text, ...]


class Term(Strict):
    """One idea in several languages. `gloss` is its English meaning and what the desk shows beside a foreign form.

    Weights: `rare` (no other meaning; misspellings are looked for), `strong`, `nation` (also the name of a living people
    or state), `ambiguous` (counts only in company of the kinds or lexicons that `needs` names), `specific` and `plain`
    (objects, materials), `weak`. `unless`: words anywhere in the listing that cancel it. `place`: the country's English name.
    """

    gloss: Text
    weight: Weight = "strong"
    needs: Forms = ()
    unless: Forms = ()
    place: str | None = None
    inflect: bool = True
    en: Forms = ()
    de: Forms = ()
    fr: Forms = ()
    es: Forms = ()
    it: Forms = ()
    nl: Forms = ()
    ar: Forms = ()
    fa: Forms = ()
    ur: Forms = ()
    ps: Forms = ()
    ru: Forms = ()
    uk: Forms = ()
    tr: Forms = ()
    zh: Forms = ()
    ja: Forms = ()
    th: Forms = ()
    km: Forms = ()
    hi: Forms = ()
    el: Forms = ()
    xx: Forms = ()  # the same in every language

    def forms(self) -> Iterator[tuple[str, str]]:
        """Every (language, form) as written in the file."""
        for language in LANGUAGES:
            for form in getattr(self, language):
                yield language, form

    @model_validator(mode="after")
    def _has_forms(self) -> Term:
        if not any(True for _ in self.forms()):
            raise ValueError(f"{self.gloss!r} has no form in any language; write `en: [{self.gloss}]`")
        return self


class Lexicon(Strict):
    """One vocabulary, `config/lexicons/<name>.yml`.

    `kind` says what its words are; `claim` lexicons also say which `claim` they make. Cultures carry `tier` (1 at risk,
    2 classical and European), `basis`, `countries` (source countries) and `sources`. `except` are longer phrases in
    which its words mean something else ("khmer rouge"), `near` are words that only look like one of its rare terms.
    """

    name: str = ""  # the file's stem, set by the loader
    title: Text
    kind: Literal["culture", "object", "material", "place", "period", "claim", "goods", "cue"]
    claim: str | None = None
    role: Literal["source", "transit", "market"] | None = None  # places: where objects come from, pass, are sold
    tier: Literal[1, 2] | None = None
    basis: Literal["red_list", "us_agreement", "sanctions", "national_law"] | None = None
    countries: Forms = ()
    needs: Forms = ("object", "material", "period", "ancient")  # the company of its ambiguous terms
    except_: Forms = Field((), alias="except")
    unless: Forms = ()
    near: Forms = ()
    sources: Forms = ()
    terms: tuple[Term, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _whole(self) -> Lexicon:
        if self.kind == "culture":
            self._culture()
        if (self.kind == "claim") != (self.claim is not None):
            raise at("claim", f"a lexicon of kind claim, and no other, says which `claim` its words make: {', '.join(CLAIMS)}")
        if self.claim is not None and self.claim not in CLAIMS:
            raise at("claim", f"no claim {self.claim!r}; there are: {', '.join(CLAIMS)}")
        if (self.kind == "place") != (self.role is not None):
            raise at("role", "a lexicon of kind place, and no other, has a role: source, transit or market")
        if self.kind == "place" and any(term.place is None for term in self.terms):
            raise at("terms", "every term of a place lexicon names its country under `place`")
        return self

    def _culture(self) -> None:
        if self.tier is None:
            raise at("tier", "a culture names its tier: add `tier: 1` (at risk) or `tier: 2` (classical)")
        if not self.sources:
            raise at("sources", 'a culture names its sources: add `sources: ["the list, law or agreement, and its year"]`')
        if self.tier == 1 and self.basis is None:
            raise at("basis", "a culture of tier 1 names its basis: red_list, us_agreement, sanctions or national_law")


class WarningList(Strict):
    """Known harmless (or known dubious) patterns, `config/warninglists/<name>.yml`; a rule says what they are worth."""

    name: str = ""  # the file's stem, set by the loader
    title: Text
    owner: Text
    reason: Text
    expires: date | None = None  # from the day after, the list no longer counts (by the context's as_of)
    sources: Forms = ()
    patterns: Forms = Field(min_length=1)


class Sample(Strict):
    """A listing in a rule's own tests: whatever fields matter; the rest is absent."""

    title: str | None = None
    description: str | None = None
    provenance: str | None = None
    location: str | None = None
    category: Forms = ()
    attributes: Mapping[str, str] = Field(default_factory=dict)
    price: str | None = None  # "400 USD"
    context: Mapping[str, Any] = Field(default_factory=dict)  # in the JSON shape of a context

    @field_validator("price")
    @classmethod
    def _priced(cls, price: str | None) -> str | None:
        if price is not None and not re.fullmatch(r"\d+(\.\d+)? [A-Z]{3}", price):
            raise ValueError(f'{price!r} is no price: write it as "400 USD", the currency in three capitals')
        return price

    @field_validator("context")
    @classmethod
    def _known_context(cls, context: Mapping[str, Any]) -> Mapping[str, Any]:
        for key in context:
            if key not in Context.__slots__:
                raise ValueError(f"unknown key {key!r}; {meant(str(key), Context.__slots__)}")
        try:
            context_from_json(context)
        except ReadError as error:
            raise ValueError(str(error)) from error
        return context

    @model_validator(mode="after")
    def _says_something(self) -> Sample:
        if not self.model_fields_set:
            raise ValueError('an empty sample shows nothing: write at least `{title: "…"}`')
        return self


class Samples(Strict):
    """`hit` must give the rule's signal, `miss` must not."""

    hit: tuple[Sample, ...] = Field(min_length=1)
    miss: tuple[Sample, ...] = Field(min_length=1)


class When(Strict):
    """Conditions, each `{matcher: arguments}`; all of `all`, at least one of `any`, none of `none`."""

    all: tuple[Mapping[str, Any], ...] = ()
    any: tuple[Mapping[str, Any], ...] = ()
    none: tuple[Mapping[str, Any], ...] = ()

    @field_validator("all", "any", "none")
    @classmethod
    def _one_word_each(cls, conditions: tuple[Mapping[str, Any], ...]) -> tuple[Mapping[str, Any], ...]:
        for condition in conditions:
            if len(condition) != 1:
                found = ", ".join(condition) or "none"
                raise ValueError(
                    f"each condition is one matcher with its arguments, this has {found}: begin each after its own `- `"
                )
        return conditions

    @model_validator(mode="after")
    def _says_something(self) -> When:
        if not self.all and not self.any:
            raise ValueError("needs at least one condition under all or any")
        return self

    def conditions(self) -> Iterator[tuple[Place, str, Any]]:
        """(place in the rule's file, matcher, arguments) of every condition."""
        for part in ("all", "any", "none"):
            for index, condition in enumerate(getattr(self, part)):
                for word, arguments in condition.items():
                    yield ("when", part, index, word), word, arguments


class Rule(Strict):
    """One rule, `config/rules/<id>.yml`: a page for people that a machine can run."""

    name: str = ""  # the file's stem, set by the loader
    status: Literal["draft", "shadow", "live", "retired"]
    title: Text
    because: Text
    points: int | Mapping[Weight, int]
    group: str | None = None
    when: When
    false_positives: Forms = Field(min_length=1)
    sources: Forms = ()
    tests: Samples

    @field_validator("points", mode="before")
    @classmethod
    def _within_bounds(cls, points: object) -> object:
        values = points.values() if isinstance(points, Mapping) else (points,)
        weights = get_args(Weight)
        if isinstance(points, Mapping) and (unknown := [str(weight) for weight in points if weight not in weights]):
            raise ValueError(f"{unknown[0]!r} is no weight class; {meant(unknown[0], weights)}")
        if not values or any(
            isinstance(value, bool) or not isinstance(value, int) or not -100 <= value <= 100 for value in values
        ):
            raise ValueError(
                "points lie between -100 and 100: write a whole number, or one by weight like {rare: 33, strong: 31}"
            )
        return points

    def references(self) -> Iterator[tuple[Place, str, str]]:
        """(place, `lexicon`, `warninglist`, `kind` or `claim`, name) of all that the rule names beyond itself."""
        for place, _, arguments in self.when.conditions():
            if not isinstance(arguments, Mapping):
                continue
            for kind in ("lexicon", "warninglist", "kind", "claim"):
                names = arguments.get(kind, ())
                if isinstance(names, str):
                    yield (*place, kind), kind, names
                elif isinstance(names, (list, tuple)):
                    yield from (((*place, kind, index), kind, name) for index, name in enumerate(names))


class Law(Strict):
    """One row of `config/laws.yml`. `country` None: holds everywhere. `gate`: provenance is held against this date."""

    regime: str
    country: str | None = None
    rule: str  # what it asks, in one sentence
    valid_from: date
    valid_to: date | None = None
    gate: bool = False
    source: str
    checked: Literal["C", "U"]  # confirmed in a public source, or to be confirmed before it is shown as law
    checked_on: date | None = None


class Laws(Strict):
    """`config/laws.yml` as a whole."""

    laws: tuple[Law, ...] = Field(min_length=1)

    @field_validator("laws")
    @classmethod
    def _has_a_general_gate(cls, laws: tuple[Law, ...]) -> tuple[Law, ...]:
        if not any(law.gate and law.country is None for law in laws):
            raise ValueError("one row with `gate: true` and no country must hold for countries without a row of their own")
        return laws


class Rates(Strict):
    """`config/rates.yml`: EUR for one unit of each currency on `date`; for comparing prices, never shown as the price."""

    date: date
    source: str
    eur: Mapping[str, Decimal]

    @field_validator("eur")
    @classmethod
    def _positive(cls, eur: Mapping[str, Decimal]) -> Mapping[str, Decimal]:
        for code, rate in eur.items():
            if len(code) != 3 or not code.isupper() or rate <= 0:
                raise ValueError(f"{code!r}: {rate} is no rate; write e.g. USD: 0.92")
        return eur
