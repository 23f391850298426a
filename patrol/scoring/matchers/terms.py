"""`terms`: a word of a lexicon, of a kind of lexicon, or of a warning list stands in the text.

    terms: {lexicon: khmer, in: [title, description]}
    terms: {kind: culture, tier: 1}
    terms: {claim: find}                 # words that make a claim count only where they are meant (not denied)
    terms: {warninglist: museum-shops}
    terms: {kind: place, role: source, weight: [strong]}

Looks at title, description, attributes and category unless `in` says otherwise. A warning list past its expiry is silent.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import field_validator, model_validator

from patrol.config.model import Strict
from patrol.config.rulebook import Lexicon, Weight
from patrol.scoring.matchers import Condition, Match
from patrol.scoring.pieces import Pieces
from patrol.scoring.reading import Reading
from patrol.scoring.vocabulary import Hit

Field = Literal["title", "description", "provenance", "attributes", "category", "condition", "location"]
_RANK = {"rare": 0, "specific": 0, "strong": 1, "plain": 2, "nation": 3, "ambiguous": 4, "weak": 5}


class When(Strict):
    """At least one of lexicon, kind, claim, warninglist; the others narrow it."""

    lexicon: tuple[str, ...] = ()
    kind: str | None = None
    claim: str | None = None
    warninglist: tuple[str, ...] = ()
    tier: Literal[1, 2] | None = None
    role: Literal["source", "transit", "market"] | None = None
    weight: tuple[Weight, ...] = ()
    in_: tuple[Field, ...] = ("title", "description", "attributes", "category")

    @model_validator(mode="before")
    @classmethod
    def _in(cls, value: object) -> object:
        if isinstance(value, dict) and "in" in value:
            return {("in_" if key == "in" else key): entry for key, entry in value.items()}
        return value

    @field_validator("lexicon", "warninglist", "in_", "weight", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _names_something(self) -> When:
        if not (self.lexicon or self.kind or self.claim or self.warninglist):
            raise ValueError("names a lexicon, a kind, a claim or a warninglist")
        return self


def prepare(when: When, pieces: Pieces) -> Condition:
    chosen = (
        frozenset(name for name, lexicon in pieces.lexicons.items() if _fits(when, lexicon))
        if _picks_lexicons(when)
        else frozenset()
    )
    lists = frozenset(when.warninglist)
    expiry = {name: pieces.warninglists[name].expires for name in lists if name in pieces.warninglists}
    fields = frozenset(when.in_)
    weights = frozenset(when.weight)
    wanted = chosen | lists
    asked = when.model_dump_json()

    def check(reading: Reading) -> Match | None:
        if asked not in reading.answers:  # several rules ask the same
            reading.answers[asked] = answer(reading)
        known: Match | None = reading.answers[asked]
        return known

    def answer(reading: Reading) -> Match | None:
        hits = [
            hit
            for name, found in reading.lexicons.items()
            if name in wanted
            for hit in found
            if name in (lists if hit.entry.kind == "warning" else chosen)
        ]
        if weights:
            hits = [hit for hit in hits if hit.entry.weight in weights]
        if not reading.words.roots <= fields:
            hits = [hit for hit in hits if reading.root(hit) in fields]
        hits = [hit for hit in hits if not hit.entry.claim or reading.meant(hit)]
        if lists and hits:
            hits = [hit for hit in hits if hit.entry.kind != "warning" or _holds(expiry.get(hit.entry.lexicon), reading)]
        if not hits:
            return None
        ordered = tuple(sorted(hits, key=_order)) if len(hits) > 1 else tuple(hits)
        return Match(ordered[0].via, ordered)

    return Condition(check, wanted)


def _picks_lexicons(when: When) -> bool:
    return bool(when.lexicon or when.kind or when.claim)


def _fits(when: When, lexicon: Lexicon) -> bool:
    return (
        (not when.lexicon or lexicon.name in when.lexicon)
        and (when.kind is None or lexicon.kind == when.kind)
        and (when.claim is None or lexicon.claim == when.claim)
        and (when.tier is None or lexicon.tier == when.tier)
        and (when.role is None or lexicon.role == when.role)
    )


def _order(hit: Hit) -> tuple[int, int]:
    return _RANK.get(hit.entry.weight, 9), hit.first


def _holds(expires: date | None, reading: Reading) -> bool:
    now = reading.context.as_of
    return expires is None or now is None or now.date() <= expires
