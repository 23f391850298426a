"""`provenance`: what the text claims of ownership, held against dates, places and the laws.

    provenance: {grade: [none, vague]}         # the earliest date claimed
    provenance: {support: [cited]}             # how it is backed
    provenance: {before_law: true}             # cited, outside the source country, before the date that laws.yml names
    provenance: {from_source: true}            # acquired in the source country when its law asked for a licence
    provenance: {left_late: true}              # bought in or exported from there later than the text has it outside
    provenance: {found_elsewhere: true}        # found in a country where none of the cultures named was at home
    provenance: {claims: [find, export_licence]}

All that is named must hold.
"""

from __future__ import annotations

from pydantic import field_validator, model_validator

from patrol.config.model import Strict
from patrol.records import ClaimKind, ProvenanceGrade, ProvenanceSupport
from patrol.scoring.claims import Statement
from patrol.scoring.matchers import Condition, Match
from patrol.scoring.pieces import Pieces
from patrol.scoring.reading import Reading

FACTS = ("before_law", "from_source", "left_late", "found_elsewhere")  # keys that are asked of the Ownership by their name


class When(Strict):
    """At least one of the keys."""

    grade: tuple[ProvenanceGrade, ...] = ()
    support: tuple[ProvenanceSupport, ...] = ()
    before_law: bool | None = None
    from_source: bool | None = None
    left_late: bool | None = None
    found_elsewhere: bool | None = None
    claims: tuple[ClaimKind, ...] = ()

    @field_validator("grade", "support", "claims", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _asks_something(self) -> When:
        if not self.model_fields_set:
            raise ValueError("names grade, support, before_law, from_source, left_late, found_elsewhere or claims")
        return self


def prepare(when: When, _pieces: Pieces) -> Condition:
    def check(reading: Reading) -> Match | None:
        if when.claims:
            return _match([s for kind in when.claims for s in reading.claims_of(kind)])
        owned = reading.ownership
        if when.grade and owned.grade not in when.grade:
            return None
        if when.support and owned.support not in when.support:
            return None
        for key in FACTS:
            asked = getattr(when, key)
            if asked is not None and asked != bool(getattr(owned, key)):
                return None
        asked_for = [statement for key in FACTS if getattr(when, key) for statement in getattr(owned, key)]
        shown = asked_for or [*owned.before_law, *owned.from_source] or reading.claims_of(ClaimKind.PROVENANCE)
        return _match(shown) or Match("absent")

    return Condition(check)


def _match(statements: list[Statement]) -> Match | None:
    return Match("claim", tuple(statement.claim.span for statement in statements)) if statements else None
