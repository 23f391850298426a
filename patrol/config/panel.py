"""One panel of the overview, `dashboards/<name>.yml`: the question it answers, what it counts, and how that is drawn.

The loader in `patrol.config` fills these models; the desk draws them and `patrol dashboards export` turns them into Kibana's
objects, both through the one counting interface of `patrol.search`. What may be counted and filtered is named here, so that a
misspelt field is found with its file and line, before any engine is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from patrol.config.model import Strict
from patrol.config.yamlfile import Place
from patrol.records import Authenticity, Band, ProvenanceGrade, ProvenanceSupport, Status

TermField = Literal[
    "marketplace", "culture", "type", "material", "band", "status", "desk", "authenticity", "grade", "support", "lang", "rule",
    "currency", "lead",
]  # fmt: skip
DateField = Literal["first_seen", "last_seen", "ends_at"]
NumberField = Literal["score", "sum", "pictures", "price_eur"]
FilterField = Literal[TermField, "changed", "picture_match"]
Interval = Literal["day", "week", "month"]

_PATTERN = re.compile(r'[*"“„»«”]')  # the search would read more into these than a value
YES_NO = ("yes", "no")
CHOICES: dict[str, tuple[str, ...]] = {
    "band": tuple(Band),
    "status": tuple(Status),
    "desk": ("open", "lead", "cleared", "unsure", "watch"),
    "authenticity": tuple(Authenticity),
    "grade": tuple(ProvenanceGrade),
    "support": tuple(ProvenanceSupport),
    "changed": YES_NO,
    "picture_match": YES_NO,
}  # all that a field can be; fields that are not here take any word
NAMED = {"culture": "lexicon", "marketplace": "marketplace", "rule": "rule"}  # filters whose values are names of other files


class _Counting(Strict):
    """What is counted: listings that hold any of the values of every field of `where` (empty: all)."""

    where: dict[FilterField, tuple[Annotated[str, Field(min_length=1)], ...]] = Field(default_factory=dict)

    @field_validator("where")
    @classmethod
    def _values_that_exist(cls, where: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for name, values in where.items():
            if not values:
                raise ValueError(f"{name} names no value")
            for value in values:
                if _PATTERN.search(value):
                    raise ValueError(f"{name}: {value!r} is no whole value; it holds one of {_PATTERN.pattern}")
                if name in CHOICES and value not in CHOICES[name]:
                    raise ValueError(f"{name} is never {value!r}; it is one of {', '.join(CHOICES[name])}")
        return where

    @property
    def filters(self) -> Mapping[str, tuple[str, ...]]:
        """`where` as a query of the search takes it."""
        return {str(name): values for name, values in self.where.items()}


class Total(_Counting):
    """How many there are."""

    kind: Literal["count"]


class Terms(_Counting):
    """How many hold each value of a field; the `most` frequent ones are shown."""

    kind: Literal["terms"]
    field: TermField
    most: int = Field(12, ge=1, le=50)


class Dates(_Counting):
    """How many fall into each day, week (from Monday) or month, in UTC; the latest `most` of them are shown."""

    kind: Literal["dates"]
    field: DateField
    interval: Interval = "week"
    most: int = Field(26, ge=2, le=120)


class Numbers(_Counting):
    """How many fall between edges: each is the lower edge of a step, the last one is open, and what lies below the first
    belongs to it. `price_eur` is in euro."""

    kind: Literal["numbers"]
    field: NumberField
    edges: tuple[int, ...] = Field(min_length=2, max_length=40)

    @field_validator("edges")
    @classmethod
    def _ascending(cls, edges: tuple[int, ...]) -> tuple[int, ...]:
        for low, high in pairwise(edges):
            if low >= high:
                raise ValueError(f"must ascend, and {high} stands after {low}")
        return edges


Aggregation = Annotated[Total | Terms | Dates | Numbers, Field(discriminator="kind")]


class Panel(Strict):
    """One panel; `place` puts it in order (the lowest first). A `figure` is one number, `bars` lie (for names), `columns`
    stand (for what has an order of its own: dates and numbers)."""

    name: str = ""  # the file's stem, set by the loader
    place: int = Field(ge=0)
    title: str = Field(min_length=1)
    question: str = Field(min_length=1)
    aggregation: Aggregation
    chart: Literal["figure", "bars", "columns"]

    @model_validator(mode="after")
    def _a_chart_that_fits(self) -> Panel:
        fitting = {"count": ("figure",), "terms": ("bars",), "dates": ("columns",), "numbers": ("columns", "bars")}
        if self.chart not in fitting[self.aggregation.kind]:
            raise ValueError(
                f"{self.aggregation.kind} cannot be drawn as {self.chart}, only as {' or '.join(fitting[self.aggregation.kind])}"
            )
        return self

    def references(self) -> Iterator[tuple[Place, str, str]]:
        """Names of other files that the filters stand on: (place, sort, name)."""
        for field, values in self.aggregation.where.items():
            if field in NAMED:
                for at, value in enumerate(values):
                    yield ("aggregation", "where", field, at), NAMED[field], value
