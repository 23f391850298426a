"""`context`: what is known beside the text: relistings, the same picture elsewhere, registers, the week's themes.

    context: {register_matches: 1}             # at least so many records of stolen objects that match
    context: {picture_matches: 1}              # at least so many pictures that also stand elsewhere
    context: {relistings: 2}
    context: {price_drops: 2}
    context: {seller_flagged: 3}
    context: {theme: true}                     # a culture named in the text is a theme of the patrol week

All that is named must hold.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from pydantic import Field, model_validator

from patrol.config.model import Strict
from patrol.records import Context
from patrol.scoring.matchers import Condition, Match
from patrol.scoring.pieces import Pieces
from patrol.scoring.reading import Reading

AtLeast = Annotated[int, Field(ge=1)]


COUNTS: dict[str, Callable[[Context], int]] = {
    "register_matches": lambda context: (
        len(context.register_matches) + sum(match.kind == "register" for match in context.picture_matches)
    ),
    "picture_matches": lambda context: len(context.picture_matches),
    "relistings": lambda context: context.relistings,
    "price_drops": lambda context: context.price_drops,
    "seller_flagged": lambda context: context.seller_flagged,
}


class When(Strict):
    """At least one of the keys."""

    register_matches: AtLeast | None = None
    picture_matches: AtLeast | None = None
    relistings: AtLeast | None = None
    price_drops: AtLeast | None = None
    seller_flagged: AtLeast | None = None
    theme: bool | None = None

    @model_validator(mode="after")
    def _asks_something(self) -> When:
        if not self.model_fields_set:
            raise ValueError(f"names one of {', '.join(type(self).model_fields)}")
        return self


def prepare(when: When, _pieces: Pieces) -> Condition:
    asked = [(name, getattr(when, name)) for name in COUNTS if getattr(when, name) is not None]
    via = "image" if when.picture_matches is not None else "context"

    def check(reading: Reading) -> Match | None:
        context = reading.context
        if any(COUNTS[name](context) < least for name, least in asked):
            return None
        if when.theme is not None and when.theme != (not set(context.themes).isdisjoint(reading.cultures)):
            return None
        return Match(via)

    return Condition(check)
