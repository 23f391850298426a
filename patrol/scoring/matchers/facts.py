"""`facts`: what can be read off without knowing words: when a thing was made, price, place, phone numbers, what is absent.

    facts: {dated: ancient}                    # ancient, between, modern: by the dates of making in the text
    facts: {old: true}                         # any word, period or date says that the thing is old
    facts: {absent: provenance}                # provenance, price, images, description
    facts: {price: {below: 30}}                # EUR by the context's rates, else the rulebook's; below, above
    facts: {place: source}                     # the listing's location lies in a source or transit country
    facts: {phone: ["92", "93", "855"]}        # a phone number with one of these country codes

All that is named must hold.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Literal

from pydantic import field_validator, model_validator

from patrol.config.model import Strict
from patrol.records import ClaimKind, Money, Span
from patrol.scoring.matchers import Condition, Match
from patrol.scoring.pieces import Pieces
from patrol.scoring.reading import Reading
from patrol.scoring.vocabulary import Hit

_PHONE = re.compile(r"(?:\+|\b00) ?(\d{1,3})[\d ()./-]{6,16}\d")


class Price(Strict):
    """Bounds in EUR, exclusive."""

    below: Decimal | None = None
    above: Decimal | None = None


class When(Strict):
    """At least one of the keys."""

    dated: Literal["ancient", "between", "modern"] | None = None
    old: bool | None = None
    absent: Literal["provenance", "price", "images", "description"] | None = None
    price: Price | None = None
    place: Literal["source", "transit", "market"] | None = None
    phone: tuple[str, ...] = ()

    @field_validator("phone", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        return tuple(str(code).lstrip("+") for code in value) if isinstance(value, (list, tuple)) else value

    @model_validator(mode="after")
    def _asks_something(self) -> When:
        if not self.model_fields_set:
            raise ValueError("names dated, old, absent, price, place or phone")
        return self


def prepare(when: When, pieces: Pieces) -> Condition:
    def check(reading: Reading) -> Match | None:
        marks: list[Hit | Span] = []
        via = "fact"
        if when.dated is not None:
            if reading.dating.dated != when.dated:
                return None
            marks += reading.dating.spans(when.dated)
        if when.old is not None and not _old(when.old, reading, marks):
            return None
        if when.absent is not None:
            if not _absent(when.absent, reading):
                return None
            via = "absent"
        if when.price is not None and not _priced(when.price, reading, pieces):
            return None
        if when.place is not None and not _placed(when.place, reading, marks):
            return None
        if when.phone and not _phoned(when.phone, reading, marks):
            return None
        return Match(via, tuple(marks)) if marks else Match("absent" if via == "absent" else "context")

    return Condition(check)


def _old(asked: bool, reading: Reading, marks: list[Hit | Span]) -> bool:
    if reading.dating.ancient != asked:
        return False
    if asked:
        marks += reading.of_kind("period")
        marks += [hit for hit in reading.of_claim("ancient") if hit.entry.weight != "weak" and reading.meant(hit)]
        marks += reading.dating.spans("ancient")
    return True


def _absent(what: str, reading: Reading) -> bool:
    listing = reading.listing
    if what == "provenance":
        return not listing.provenance and not reading.claims_of(ClaimKind.PROVENANCE)
    return not getattr(listing, what)


def _priced(bounds: Price, reading: Reading, pieces: Pieces) -> bool:
    amount = euros(reading.listing.price, reading, pieces)
    if amount is None:
        return False
    return (bounds.below is None or amount < bounds.below) and (bounds.above is None or amount > bounds.above)


def euros(money: Money | None, reading: Reading, pieces: Pieces) -> Decimal | None:
    """The price in EUR by the context's rates, else by the rulebook's; None where price, currency or rate is unknown."""
    if money is None or money.currency is None:
        return None
    if money.currency == "EUR":
        return money.amount
    rate = reading.context.rates.get(money.currency) or pieces.rates.eur.get(money.currency)
    return None if rate is None else money.amount * rate


def _placed(role: str, reading: Reading, marks: list[Hit | Span]) -> bool:
    found = [hit for hit in reading.hits if hit.entry.role == role and reading.root(hit) == "location"]
    marks += found
    return bool(found)


def _phoned(codes: tuple[str, ...], reading: Reading, marks: list[Hit | Span]) -> bool:
    found = [
        field.span(*match.span(), "fact")
        for field in reading.words.fields
        if "+" in field.folded.text or "00" in field.folded.text  # the pattern is dear
        for match in _PHONE.finditer(field.folded.text)
        if match[1].startswith(codes)
    ]
    marks += found
    return bool(found)
