"""The fields that a query may name: their names and aliases, what sort of value each takes, and the allowed words.

`query.py` reads this table to parse, every engine to look a field up in its own columns; the desk lists it as help.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from patrol.records import Authenticity, Band, ProvenanceGrade, ProvenanceSupport, Status
from patrol.search.documents import DeskStatus


class Kind(StrEnum):
    """How a field's value is read and compared."""

    TEXT = "text"  # tokens of text.py
    TERM = "term"  # one or several whole values, case aside; can be counted as a facet
    EXACT = "exact"  # an identifier: equality only
    NUMBER = "number"
    EURO = "euro"  # euro in the query, cents in the index
    DATE = "date"  # a day, month, year or moment in the query, milliseconds since 1970 in the index
    FLAG = "flag"  # yes or no


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of the grammar; `choices` are all allowed values (empty: any)."""

    name: str
    kind: Kind
    help: str
    aliases: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()


_LISTING_STATUS = tuple(Status)
_DESK_STATUS = tuple(DeskStatus)

_ALL = (
    Field(name="title", kind=Kind.TEXT, help="words of the title"),
    Field(name="description", kind=Kind.TEXT, help="words of the description", aliases=("desc",)),
    Field(name="provenance", kind=Kind.TEXT, help="words of the provenance section", aliases=("prov",)),
    Field(name="attributes", kind=Kind.TEXT, help="words of the attribute table", aliases=("attr",)),
    Field(name="category", kind=Kind.TEXT, help="words of the site's category"),
    Field(name="location", kind=Kind.TEXT, help="words of the place", aliases=("place",)),
    Field(name="marketplace", kind=Kind.TERM, help="name of the marketplace", aliases=("market",)),
    Field(name="culture", kind=Kind.TERM, help="culture found by the rulebook", aliases=("cultures",)),
    Field(name="type", kind=Kind.TERM, help="sort of object", aliases=("object_type", "object_types")),
    Field(name="material", kind=Kind.TERM, help="material", aliases=("materials",)),
    Field(name="band", kind=Kind.TERM, help="band of the score", choices=tuple(Band)),
    Field(
        name="status",
        kind=Kind.TERM,
        help="of the listing, or of the desk's work on it",
        choices=(*_LISTING_STATUS, *_DESK_STATUS),
    ),
    Field(name="desk", kind=Kind.TERM, help="what the desk made of it", choices=_DESK_STATUS),
    Field(name="lead", kind=Kind.TERM, help="number of a lead it belongs to", aliases=("leads",)),
    Field(name="lang", kind=Kind.TERM, help="language of the text: en, de, ar …", aliases=("language",)),
    Field(
        name="grade",
        kind=Kind.TERM,
        help="earliest provenance claimed",
        aliases=("provenance_grade",),
        choices=tuple(ProvenanceGrade),
    ),
    Field(
        name="support",
        kind=Kind.TERM,
        help="how far the claim is backed",
        aliases=("provenance_support",),
        choices=tuple(ProvenanceSupport),
    ),
    Field(name="authenticity", kind=Kind.TERM, help="what it is offered as", choices=tuple(Authenticity)),
    Field(name="rule", kind=Kind.TERM, help="a rule that fired", aliases=("rules",)),
    Field(name="currency", kind=Kind.TERM, help="ISO currency of the price"),
    Field(name="rulebook", kind=Kind.TERM, help="number of the rulebook that scored it: r41"),
    Field(name="seller", kind=Kind.TERM, help="key of the seller", aliases=("seller_key",)),
    Field(name="cluster", kind=Kind.EXACT, help="cluster it belongs to"),
    Field(name="id", kind=Kind.EXACT, help="the site's own number of the listing", aliases=("listing_id",)),
    Field(name="lot", kind=Kind.EXACT, help="lot number", aliases=("lot_number",)),
    Field(name="url", kind=Kind.EXACT, help="address of the page"),
    Field(name="key", kind=Kind.EXACT, help="our own number of the listing"),
    Field(name="score", kind=Kind.NUMBER, help="0 to 100"),
    Field(name="sum", kind=Kind.NUMBER, help="sum of points, unclipped"),
    Field(name="pictures", kind=Kind.NUMBER, help="number of pictures"),
    Field(name="price_eur", kind=Kind.EURO, help="price in euro, roughly", aliases=("price", "eur")),
    Field(name="first_seen", kind=Kind.DATE, help="day of the first sighting (UTC)"),
    Field(name="last_seen", kind=Kind.DATE, help="day of the last sighting (UTC)"),
    Field(name="ends_at", kind=Kind.DATE, help="end of the auction (UTC)", aliases=("ends",)),
    Field(name="changed", kind=Kind.FLAG, help="changed since it was decided"),
    Field(name="picture_match", kind=Kind.FLAG, help="its picture is known from elsewhere", aliases=("match",)),
)

FIELDS: dict[str, Field] = {field.name: field for field in _ALL}
BY_NAME: dict[str, Field] = FIELDS | {alias: field for field in _ALL for alias in field.aliases}
DATES = frozenset(field.name for field in _ALL if field.kind is Kind.DATE)
NUMBERS = frozenset(field.name for field in _ALL if field.kind in (Kind.NUMBER, Kind.EURO))
TEXT_FIELDS: tuple[str, ...] = tuple(field.name for field in _ALL if field.kind is Kind.TEXT)


def column_of(field: Field, value: str) -> str:
    """Where a value of `status` is looked up: the listing's own status, or the desk's."""
    return "desk" if field.name == "status" and value in _DESK_STATUS else field.name
