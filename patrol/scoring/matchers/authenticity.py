"""`authenticity`: what the listing as a whole offers the object as.

    authenticity: [reproduction, modern]       # any of claimed_ancient, style_of, reproduction, modern, unknown

The words and dates that decided are the match's marks.
"""

from __future__ import annotations

from pydantic import Field, RootModel, field_validator

from patrol.records import Authenticity
from patrol.scoring.matchers import Condition, Match
from patrol.scoring.pieces import Pieces
from patrol.scoring.reading import Reading


class When(RootModel[tuple[Authenticity, ...]]):
    """One value or several, of which one must hold."""

    root: tuple[Authenticity, ...] = Field(min_length=1)

    @field_validator("root", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value


def prepare(when: When, _pieces: Pieces) -> Condition:
    def check(reading: Reading) -> Match | None:
        kind, evidence = reading.verdict
        if kind not in when.root:
            return None
        if not evidence:
            return Match("absent")
        return Match(getattr(evidence[0], "via", "fact"), evidence)

    return Condition(check)
