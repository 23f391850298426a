"""The second opinion: a small model of this unit's own decisions that says how likely an officer would open a lead.

`learning` makes an Opinion from decided listings, `triage.second` keeps it as JSON and asks it at the queue. It changes no
score, band or visibility. It reads words and signals, never sellers, places of residence, numbers or addresses: an n-gram
enters only when listings of several sellers hold it, so that nobody's name can.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from patrol.records import Assessment, Listing, Seller, Signal
from patrol.text import fold, words
from patrol.wire import Json

REASONS = 5
RULE = "rule:"  # no word holds a colon
FEATURES = 2  # raised whenever `features` reads a listing otherwise: an opinion learnt before that is refused
_CONTACT = re.compile(r"\S*(?:@|://|www\.)\S*|\S*\d\S*", re.IGNORECASE)  # addresses, handles, and whatever holds a digit
_PHONE = re.compile(r"(?:\d[^\w\s]?\s?){7}")
_OF_THE_SELLER = ("location", "seller")  # fields that say where somebody lives or who they are


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One decided listing; `seller` is an opaque key, used to count sellers and for nothing else.

    `private` are words of the seller's names and places, folded; none of them is learnt from this listing.
    """

    listing: Listing
    assessment: Assessment
    truth: bool
    seller: str | None
    private: frozenset[str] = frozenset()


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

    `area` and `log_loss` were measured on decisions that the model hadn't seen, `area_of_score` is the area of the score
    itself. `rulebook` and `features` say what it was learnt under: it fits nothing else.
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
    features: int = FEATURES

    def say(self, listing: Listing, assessment: Assessment) -> Said:
        found = [Reason(name, self.weights[name] * self.slope) for name in features(listing, assessment) if name in self.weights]
        odds = (self.intercept + sum(self.weights[name] for name, _ in found)) * self.slope + self.offset
        top = sorted(found, key=lambda reason: (-abs(reason.weight), reason.feature))[:REASONS]
        return Said(probability=1 / (1 + math.exp(-max(-50.0, min(50.0, odds)))), reasons=tuple(top))

    def to_json(self) -> Json:
        return {name: dict(self.weights) if name == "weights" else getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, row: Json) -> Opinion:
        """The opinion again; ValueError names what is no part of one. Nothing but names and finite numbers is taken."""
        weights, rulebook = row.get("weights"), row.get("rulebook")
        numbers = {name: row.get(name) for name in cls.__slots__ if name not in ("weights", "rulebook")}
        known = (*numbers.items(), *(weights.items() if isinstance(weights, dict) else [("weights", None)]))
        wrong = [name for name, value in known if not _number(value)] + ["rulebook"] * (not isinstance(rulebook, str))
        if wrong:
            raise ValueError(f"{wrong[0][:40]!r} is missing or of another type")
        return cls(**{name: row[name] for name in cls.__slots__})


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def features(listing: Listing, assessment: Assessment, private: Collection[str] = ()) -> set[str]:
    """Words and pairs of words of title and texts, and the rules that fired; nothing of the seller, and no `private` word."""
    hidden = {*private, *personal(listing.seller), *words(fold(listing.location or ""))}
    found = {f"{RULE}{signal.rule}" for signal in (*assessment.signals, *assessment.shadow) if _of_the_object(signal)}
    for text in (listing.title, listing.description, listing.provenance):
        for run in _runs(text or "", hidden):
            found.update(run)
            found.update(f"{one} {other}" for one, other in pairwise(run))
    return found


def personal(seller: Seller | None) -> set[str]:
    """The folded words of a seller's names and place."""
    known = (seller.name, seller.id, seller.location) if seller else ()
    return {word for text in known if text for word in words(fold(text))}


def _runs(text: str, hidden: Collection[str]) -> Iterator[list[str]]:
    """The folded words in unbroken runs: where a contact or a hidden word stood, no pair reaches across."""
    for part in _CONTACT.split(text):
        run: list[str] = []
        for word in words(fold(part)):
            if word in hidden:
                yield run
                run = []
            else:
                run.append(word)
        yield run


def _of_the_object(signal: Signal) -> bool:
    """Whether a signal speaks of the object: none that stands on a phone number, an address or where the seller is."""
    spans = [*((signal.span,) if signal.span else ()), *signal.also]
    return not any(
        span.field.partition(".")[0] in _OF_THE_SELLER or _PHONE.search(span.quote) or "@" in span.quote for span in spans
    )
