"""The second opinion: a small model of this unit's own decisions that says how likely an officer would open a lead.

`patrol rules train` hands in decided listings and keeps the Opinion as JSON; `suggest` asks it which open listings it is least
sure of. It changes no score, band or visibility. It reads words and signals, never sellers, places of residence, numbers
or addresses: an n-gram enters only when listings of several sellers hold it, so that nobody's name can.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from patrol.records import Assessment, Listing
from patrol.text import fold, words
from patrol.wire import Json

REASONS = 5
_CONTACT = re.compile(r"\S*(?:@|://|www\.)\S*|\S*\d\S*", re.IGNORECASE)  # addresses, handles, and whatever holds a digit


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One decided listing; `seller` is an opaque key, used to count sellers and for nothing else."""

    listing: Listing
    assessment: Assessment
    truth: bool
    seller: str | None


class Reason(NamedTuple):
    """A word, pair of words or rule, and what it adds to the log-odds."""

    feature: str
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A calibrated probability with the contributions that made most of it, weightiest first."""

    probability: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """A linear model over features that are there or not; `slope` and `offset` calibrate its log-odds.

    `area` and `log_loss` were measured on decisions that the model hadn't seen, `before` is the area of the score itself.
    """

    weights: Mapping[str, float]
    intercept: float
    slope: float
    offset: float
    learnt_from: int
    area: float
    area_of_score: float
    log_loss: float
    rulebook: str

    def say(self, listing: Listing, assessment: Assessment) -> Said:
        found = [Reason(name, self.weights[name] * self.slope) for name in features(listing, assessment) if name in self.weights]
        odds = (self.intercept + sum(self.weights[name] for name, _ in found)) * self.slope + self.offset
        top = sorted(found, key=lambda reason: (-abs(reason.weight), reason.feature))[:REASONS]
        return Said(probability=1 / (1 + math.exp(-max(-50.0, min(50.0, odds)))), reasons=tuple(top))

    def to_json(self) -> Json:
        return {name: dict(self.weights) if name == "weights" else getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, row: Json) -> Opinion:
        return cls(**{name: row[name] for name in cls.__slots__})


def features(listing: Listing, assessment: Assessment) -> set[str]:
    """Words and pairs of words of title and texts, and the rules that fired."""
    found = {f"rule {signal.rule}" for signal in (*assessment.signals, *assessment.shadow)}
    for text in (listing.title, listing.description, listing.provenance):
        told = words(fold(_CONTACT.sub(" . ", text or "")))
        found.update(told)
        found.update(f"{one} {other}" for one, other in pairwise(told))
    return found
