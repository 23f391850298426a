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

from typing import Annotated

from pydantic import Field, model_validator

from patrol.config.model import Strict
from patrol.scoring.matchers import Condition, Match
from patrol.scoring.pieces import Pieces
from patrol.scoring.reading import Reading

AtLeast = Annotated[int, Field(ge=1)]


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
    def check(reading: Reading) -> Match | None:
        context = reading.context
        known = {
            "register_matches": len(context.register_matches)
            + sum(match.kind == "register" for match in context.picture_matches),
            "picture_matches": len(context.picture_matches),
            "relistings": context.relistings,
            "price_drops": context.price_drops,
            "seller_flagged": context.seller_flagged,
        }
        for name, count in known.items():
            asked = getattr(when, name)
            if asked is not None and count < asked:
                return None
        if when.theme is not None and when.theme != (not set(context.themes).isdisjoint(reading.cultures)):
            return None
        only_pictures = when.picture_matches is not None
        return Match("image" if only_pictures else "context")

    return Condition(check)
