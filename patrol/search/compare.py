"""One comparison of a query: a field, an operator and a value become a node, or a QueryError that says what would do.

`query.py` hands over what it found in the text and in the ticked filters; the nodes go to the engines in their own units.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from patrol.search.fields import Field, Kind, column_of
from patrol.search.syntax import AnyOf, Node, Not, Present, QueryError, Range, Term, Words, joined
from patrol.text import stream

OPENING = '"“„»«'
CLOSING = '"”“«»'
SHORTEST_PREFIX = 3  # letters of ASCII; other scripts say more with one sign
_YES = frozenset(["yes", "true", "1"])
_NO = frozenset(["no", "false", "0"])
_LARGEST = 2**62  # beyond any value the index holds


def words(raw: str, field: str | None = None, *, position: int = 0) -> Words | None:
    """The tokens of a word or phrase, a final * making the last a prefix; None where there is no letter or digit."""
    prefix = raw.endswith("*")
    tokens = tuple(stream(raw.rstrip("*") if prefix else raw).split())
    if not tokens:
        return None
    if prefix and len(tokens[-1]) < SHORTEST_PREFIX and tokens[-1].isascii():
        raise QueryError(f"{raw!r} is too short a beginning", position=position, remedy=f"give {SHORTEST_PREFIX} letters or more")
    return Words(tokens, prefix, field)


# ---------------------------------------------------------------------------------------------------------------------
# field, operator, value


def compare(field: Field, op: str, raw: str, *, position: int = 0) -> Node | None:
    """The node of one comparison; `=` is the same as `:`. Raises QueryError for a value that the field cannot have."""
    quoted = len(raw) >= 2 and raw[0] in OPENING
    value = raw[1:-1] if quoted else raw
    if not value.strip():
        raise QueryError(f"{field.name} needs a value right after {op}", position=position, remedy=_example(field))
    if op in (":", "=") and value == "*" and not quoted:
        return Present(field.name)
    if field.kind is Kind.TEXT or op not in (":", "="):
        return _text_or_bound(field, op, value, position)
    parts = [value] if quoted or field.kind is Kind.EXACT else [part.strip() for part in value.split(",") if part.strip()]
    if not parts:
        raise QueryError(f"{field.name} needs a value right after {op}", position=position, remedy=_example(field))
    if field.kind in (Kind.TERM, Kind.EXACT, Kind.FLAG):
        return joined(AnyOf, [_term(field, part, quoted, position) for part in parts])
    return joined(AnyOf, [_range(field, ":", part, position) for part in parts])


def _text_or_bound(field: Field, op: str, value: str, position: int) -> Node | None:
    if field.kind is Kind.TEXT:
        if op not in (":", "="):
            raise QueryError(
                f"{field.name} holds words and cannot be compared by {op}", position=position, remedy=_example(field)
            )
        return words(value, field.name, position=position)
    if field.kind in (Kind.TERM, Kind.EXACT, Kind.FLAG):
        raise QueryError(f"{field.name} has no order and cannot be compared by {op}", position=position, remedy=_example(field))
    return _range(field, op, value, position)


def _term(field: Field, value: str, quoted: bool, position: int) -> Node:
    if field.kind is Kind.FLAG:
        lower = value.lower()
        if lower not in _YES | _NO:
            raise QueryError(f"{field.name} is yes or no, not {value!r}", position=position)
        return Term(field.name, "yes") if lower in _YES else Not(Term(field.name, "yes"))
    if field.kind is Kind.EXACT:
        return Term(field.name, value if field.name == "url" else value.lower())
    prefix = value.endswith("*") and not quoted
    lower = value.rstrip("*").lower() if prefix else value.lower()
    if prefix and not lower:
        return Present(field.name)
    if field.choices:
        return _choice(field, lower, prefix, position)
    return Term(field.name, lower, prefix)


def _choice(field: Field, lower: str, prefix: bool, position: int) -> Node:
    """Only the allowed words; a beginning stands for all of them that begin so."""
    chosen = [choice for choice in field.choices if choice == lower or (prefix and choice.startswith(lower))]
    if not chosen:
        raise QueryError(f"{field.name} is never {lower!r}", position=position, remedy="it is one of " + ", ".join(field.choices))
    node = joined(AnyOf, [Term(column_of(field, choice), choice) for choice in chosen])
    assert node is not None
    return node


def _range(field: Field, op: str, value: str, position: int) -> Range:
    """`:` is equality (of a date: within that day, month or year), `low..high` takes both ends in."""
    if op == ":" and ".." in value:
        low, _, high = value.partition("..")
        if not low and not high:
            raise QueryError(f"{field.name} needs a value on one side of ..", position=position, remedy=_example(field))
        return Range(
            field.name,
            _edges(field, low, position)[0] if low else None,
            _edges(field, high, position)[1] if high else None,
        )
    leading = re.match(r">=|<=|>|<", value) if op == ":" else None
    if leading:
        op, value = leading[0], value[leading.end() :]
    start, after = _edges(field, value, position)
    low_of = {":": start, "=": start, ">=": start, ">": after}
    high_of = {":": after, "=": after, "<": start, "<=": after}
    return Range(field.name, low_of.get(op), high_of.get(op))


def _edges(field: Field, value: str, position: int) -> tuple[int, int]:
    """First value that the words stand for, and the first after them, in the index's units."""
    if field.kind is Kind.DATE:
        return _moment_edges(field, value, position)
    try:
        number = Decimal(value)
        if not number.is_finite() or abs(number) > _LARGEST // 1000:
            raise InvalidOperation  # infinity, nan, and what no integer column holds
        if field.kind is Kind.EURO:
            number = number.scaleb(2)
        whole = int(number)
    except InvalidOperation:
        raise QueryError(f"{field.name} needs a number, not {value!r}", position=position, remedy=_example(field)) from None
    if whole != number:
        raise QueryError(f"{field.name} takes no such fraction as {value}", position=position, remedy=_example(field))
    return whole, whole + 1


def _moment_edges(field: Field, value: str, position: int) -> tuple[int, int]:
    """A year, month, day or moment (ISO 8601; without a zone it is UTC)."""
    try:
        if match := re.fullmatch(r"(\d{4})(?:-(\d{1,2}))?", value, re.ASCII):
            year, month = int(match[1]), int(match[2] or 1)
            start = datetime(year, month, 1, tzinfo=UTC)
            months = year * 12 + month - 1 + (1 if match[2] else 12)
            return _ms(start), _ms(datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC))
        moment = datetime.fromisoformat(value)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        length = (
            timedelta(days=1) if len(value) <= 10 else timedelta(minutes=1) if len(value) <= 16 else timedelta(milliseconds=1)
        )
        return _ms(moment), _ms(moment + length)
    except (ValueError, OverflowError):
        raise QueryError(f"{field.name} needs a date, not {value!r}", position=position, remedy=_example(field)) from None


def _ms(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def _example(field: Field) -> str:
    value = {
        Kind.TEXT: ":word",
        Kind.TERM: ":" + (field.choices[0] if field.choices else "value"),
        Kind.EXACT: ":value",
        Kind.NUMBER: ">=40",
        Kind.EURO: "<499.99",
        Kind.DATE: ">=2026-11-01",
        Kind.FLAG: ":yes",
    }[field.kind]
    return f"write for instance {field.name}{value}"
