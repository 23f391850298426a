"""The one query language of ours, parsed once and carried out by every engine.

Words must all be found (anywhere in the text); "phrases" in that order; -not; OR; prefix*; (groups); field:value, several
values by comma, field:* for "has a value"; score>=40, price_eur<500, first_seen>2026-11-01, score:40..69. Words go through
text.py, so case, accents and scripts compare as everywhere else. A fault raises QueryError with its place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from patrol.search.compare import CLOSING, OPENING, compare, words
from patrol.search.fields import BY_NAME, Field, Kind
from patrol.search.syntax import All, AnyOf, Node, Not, QueryError, Term, joined

LONGEST = 4_000  # characters
DEEPEST = 40  # groups and negations within each other

# ---------------------------------------------------------------------------------------------------------------------
# text -> pieces

_PIECE = re.compile(
    rf"""
    (?P<space>\s+)
  | (?P<group>[()])
  | (?P<phrase>[{OPENING}](?P<inside>[^{OPENING}{CLOSING}]*)[{CLOSING}]\*?)
  | (?P<lone>[{OPENING}{CLOSING}])
  | (?P<address>https?://[^\s{OPENING}{CLOSING}]+)
  | (?P<named>(?P<name>[A-Za-z_]+)(?P<op>>=|<=|[:=<>])
      (?P<value>[{OPENING}][^{OPENING}{CLOSING}]*[{CLOSING}]|[^\s(){OPENING}{CLOSING}]*))
  | (?P<minus>-(?=[^\s)]))
  | (?P<word>[^\s(){OPENING}{CLOSING}]+)
    """,
    re.VERBOSE,
)


def _pieces(text: str) -> list[re.Match[str]]:
    pieces = []
    for match in _PIECE.finditer(text):
        if match.lastgroup == "lone":
            raise QueryError("a quotation mark without its partner", position=match.start(), remedy="close the quotation")
        if match.lastgroup != "space":
            pieces.append(match)
    return pieces


# ---------------------------------------------------------------------------------------------------------------------
# pieces -> tree


def parse(text: str) -> Node:
    """The tree of a query; empty text matches everything (`All()`). Raises QueryError."""
    if len(text) > LONGEST:
        raise QueryError(f"the query is longer than {LONGEST} characters", position=LONGEST, remedy="shorten it")
    pieces = _pieces(text)
    if not pieces:
        return All()
    parser = _Parser(pieces, len(text))
    tree = parser.either(0)
    if parser.piece is not None:
        raise QueryError("a closing bracket without its partner", position=parser.piece.start(), remedy="remove or quote it")
    if tree is None:
        raise QueryError("nothing to look for: only punctuation", remedy="give at least one word")
    return tree


class _Parser:
    """Recursive descent over the pieces; `None` stands for a part that holds no word (lone punctuation)."""

    def __init__(self, pieces: list[re.Match[str]], end: int) -> None:
        self.pieces = pieces
        self.at = 0
        self.end = end

    @property
    def piece(self) -> re.Match[str] | None:
        return self.pieces[self.at] if self.at < len(self.pieces) else None

    def place(self) -> int:
        return self.end if self.piece is None else self.piece.start()

    def take(self, *words: str) -> bool:
        if self.piece is not None and self.piece.lastgroup in ("word", "group") and self.piece[0] in words:
            self.at += 1
            return True
        return False

    def negated(self) -> bool:
        if self.piece is not None and self.piece.lastgroup == "minus":
            self.at += 1
            return True
        return False

    def either(self, depth: int) -> Node | None:
        parts = [self.every(depth)]
        while self.take("OR"):
            parts.append(self.every(depth))
        return joined(AnyOf, parts)

    def every(self, depth: int) -> Node | None:
        start, before = self.place(), self.at
        parts = []
        while self.piece is not None and self.piece[0] not in (")", "OR"):
            parts.append(self.single(depth))
            if self.take("AND") and (self.piece is None or self.piece[0] in (")", "OR", "AND")):
                raise QueryError("AND needs something after it", position=self.place())
        if self.at == before:
            if depth == 0 and self.piece is not None and self.piece[0] == ")":
                raise QueryError("a closing bracket without its partner", position=start, remedy="Remove or quote it")
            raise QueryError("something is missing here, next to OR or inside brackets", position=start, remedy="add a word")
        return joined(All, parts)

    def single(self, depth: int) -> Node | None:
        start = self.place()
        if depth > DEEPEST:
            raise QueryError(f"brackets or negations go deeper than {DEEPEST}", position=start)
        if self.take("AND"):
            raise QueryError("AND needs something before it", position=start, remedy="quote it to look for the word")
        if self.take("NOT") or self.negated():
            if self.piece is None or self.piece[0] in (")", "OR", "AND"):
                raise QueryError("a negation needs something after it", position=self.place())
            part = self.single(depth + 1)
            return None if part is None else part.part if isinstance(part, Not) else Not(part)
        if self.take("("):
            tree = self.either(depth + 1)
            if not self.take(")"):
                raise QueryError("a bracket is not closed", position=start, remedy="add )")
            return tree
        return self.leaf()

    def leaf(self) -> Node | None:
        piece = self.pieces[self.at]
        self.at += 1
        if piece["phrase"] is not None:
            return words(piece["inside"] + ("*" if piece["phrase"].endswith("*") else ""), position=piece.start())
        if piece["address"] is not None:
            return Term("url", piece["address"])
        if piece["named"] is None:
            return words(piece[0], position=piece.start())
        field = BY_NAME.get(piece["name"].lower())
        if field is None:
            raise QueryError(
                f"there is no field {piece['name']!r}",
                position=piece.start(),
                remedy="quote the whole to look for the words; fields are " + ", ".join(sorted(BY_NAME)),
            )
        return compare(field, piece["op"], piece["value"], position=piece.start("value"))


# ---------------------------------------------------------------------------------------------------------------------
# ticked filters


def filtered(tree: Node, where: Mapping[str, Sequence[str]]) -> Node:
    """The tree with ticked filters added: any of a field's values, every field. Raises QueryError for unknown fields."""
    parts: list[Node | None] = [tree]
    for name, values in where.items():
        field = BY_NAME.get(name.lower())
        if field is None:
            raise QueryError(f"there is no field {name!r} to filter by", remedy="fields are " + ", ".join(sorted(BY_NAME)))
        if values:
            parts.append(joined(AnyOf, [compare(field, ":", _whole(field, value)) for value in values]) or All())
    return joined(All, parts) or All()


def _whole(field: Field, value: str) -> str:
    """A ticked value is one value, commas and all; only * and .. keep their meaning."""
    return f'"{value}"' if field.kind is Kind.TERM and "," in value else value
