"""The tree of a query: what `query.py` parses, what every engine carries out, and how it is written again as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from patrol.errors import UsageError
from patrol.search.fields import FIELDS, Kind


class QueryError(UsageError):
    """A query that cannot be understood; `position` is the 0-based place of the fault in the text."""

    def __init__(self, what: str, *, position: int = 0, remedy: str | None = None) -> None:
        self.position = position
        super().__init__(what, where=f"query, character {position + 1}", remedy=remedy)


@dataclass(frozen=True, slots=True)
class Words:
    """Adjacent tokens in one text field (None: in any); with `prefix` the last may go on."""

    tokens: tuple[str, ...]
    prefix: bool = False
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """A TERM, EXACT or FLAG field that equals the value, or begins with it where `prefix`."""

    field: str
    value: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Range:
    """A number, money or date field with low <= value < high, in the index's own units; None is open."""

    field: str
    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class Present:
    """A field that has any value."""

    field: str


@dataclass(frozen=True, slots=True)
class Not:
    part: Node


@dataclass(frozen=True, slots=True)
class All:
    """Every part must hold; without parts everything does."""

    parts: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Node, ...]


Node = Words | Term | Range | Present | Not | All | AnyOf


def joined(kind: type[All] | type[AnyOf], parts: Sequence[Node | None]) -> Node | None:
    """One node of all parts that say something; nested nodes of the same kind are drawn in."""
    flat: list[Node] = []
    for part in parts:
        if isinstance(part, kind):
            flat.extend(part.parts)
        elif part is not None:
            flat.append(part)
    flat = list(dict.fromkeys(flat))
    return None if not flat else flat[0] if len(flat) == 1 else kind(tuple(flat))


def sought(tree: Node) -> Iterator[Words]:
    """The words that a hit may hold: those to highlight and to rank by (nothing below a negation)."""
    if isinstance(tree, Words):
        yield tree
    elif isinstance(tree, All | AnyOf):
        for part in tree.parts:
            yield from sought(part)


def shown(tree: Node) -> str:
    """The tree as a query that parses to the same tree: for saved searches and for saying how a query was understood."""
    if isinstance(tree, All | AnyOf):
        between = " " if isinstance(tree, All) else " OR "
        return between.join(f"({shown(part)})" if isinstance(part, All | AnyOf) else shown(part) for part in tree.parts)
    if isinstance(tree, Not):
        return f"-({shown(tree.part)})" if isinstance(tree.part, All | AnyOf) else f"-{shown(tree.part)}"
    if isinstance(tree, Words):
        name = f"{tree.field}:" if tree.field else ""
        star = "*" if tree.prefix else ""
        return f'{name}"{" ".join(tree.tokens)}{star}"' if tree.field else f'"{" ".join(tree.tokens)}"{star}'
    return _shown_comparison(tree)


def _shown_comparison(tree: Term | Range | Present) -> str:
    if isinstance(tree, Present):
        return f"{tree.field}:*"
    if isinstance(tree, Term):
        return f"{tree.field}:{tree.value}*" if tree.prefix else f'{tree.field}:"{tree.value}"'
    low = "" if tree.low is None else _unit(tree.field, tree.low)
    high = "" if tree.high is None else _unit(tree.field, tree.high - 1)
    return f"{tree.field}:{low}..{high}"


def _unit(field: str, value: int) -> str:
    """A bound in the words of the grammar: euro for cents, a moment for milliseconds."""
    kind = FIELDS[field].kind
    if kind is Kind.EURO:
        return format(Decimal(value).scaleb(-2), "f")
    if kind is Kind.DATE:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=value)).isoformat(timespec="milliseconds")
    return str(value)
