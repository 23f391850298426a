"""The tree of a query as Elasticsearch's: what must match, how well, in which order, for one viewer.

What a viewer may find has two sides: the documents that show everyone the same, read by their top-level fields, and those
of which the viewer's agency sees more, read by its own nested entry. Each side is asked by itself and a document is on one
of them only, so nothing restricted is within reach of another agency's question. `elastic.py` merges the two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from patrol.search.documents import Shelf
from patrol.search.elastic_mapping import DESK, EXACT, FLAGS, Json, beginning, exact, tokens
from patrol.search.index import Order, QueueOrder
from patrol.search.rows import LAYOUTS, TEXTS, is_sign, sign
from patrol.search.syntax import All, AnyOf, Node, Not, Present, Range, Term, Words, sought

RANKED = 8  # words of a query that count for relevance, as in select.py
FAR = 2**62  # where a missing number is sorted
_EXPANSIONS = 1_000_000  # all words that begin so
_HOUR = 3_600_000


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: `agency` None is everyone's, and `but` the agency whose own documents are left out of it."""

    shelf: Shelf
    agency: str | None = None
    but: str | None = None

    @property
    def filter(self) -> Json:
        if self.agency is not None:
            return {"term": {"own_for": self.agency}}
        open_to_all: Json = {"term": {"everyone": True}}
        if self.but is None:
            return open_to_all
        return {"bool": {"filter": [open_to_all], "must_not": [{"term": {"own_for": self.but}}]}}

    def nested(self, name: str) -> bool:
        return self.agency is not None and (name in DESK or (self.shelf is Shelf.CLUSTERS and name != "key"))

    def path(self, name: str, low: bool = False) -> str:
        return ("own." if self.nested(name) else "") + ("low." if low else "") + name

    def mine(self) -> Json:
        """The agency's own among the nested entries."""
        return {"term": {"own.agency": self.agency}}

    def leaf(self, name: str, query: Json) -> Json:
        if not self.nested(name):
            return query
        return {"nested": {"path": "own", "query": {"bool": {"filter": [self.mine(), query]}}, "score_mode": "none"}}


def sides(shelf: Shelf, agency: str | None) -> list[Side]:
    common = Side(shelf, but=agency)
    return [common] if agency is None else [common, Side(shelf, agency)]


# ---------------------------------------------------------------------------------------------------------------------
# the tree


def select(tree: Node, side: Side) -> Json:
    """What must match, as a query without scores."""
    if isinstance(tree, All):
        return _all(tree.parts, side)
    if isinstance(tree, AnyOf):
        return any_of([select(part, side) for part in tree.parts])
    if isinstance(tree, Not):
        return {"bool": {"must_not": [select(tree.part, side)]}}
    if isinstance(tree, Words):
        return words(tree)
    if isinstance(tree, Range):
        return _range(tree.field, tree.low, tree.high, side)
    return _present(tree.field, side) if isinstance(tree, Present) else _term(tree, side)


def _all(parts: Sequence[Node], side: Side) -> Json:
    found = [select(part, side) for part in parts if not isinstance(part, Not)]
    never = [select(part.part, side) for part in parts if isinstance(part, Not)]
    if not parts:
        return {"match_all": {}}
    return {"bool": {name: queries for name, queries in (("filter", found), ("must_not", never)) if queries}}


def any_of(queries: list[Json]) -> Json:
    return queries[0] if len(queries) == 1 else {"bool": {"should": queries, "minimum_should_match": 1}}


def words(tree: Words) -> Json:
    """Adjacent tokens in one field, or in any. A single sign of a script that comes in pairs is looked up among the signs."""
    lone = len(tree.tokens) == 1
    if tree.field is not None:
        found = [_stands(tree, tree.field)]
        if lone and len(tree.tokens[0]) == 1 and is_sign(tree.tokens[0]):
            found.append({"term": {"text.signs": sign(tree.tokens[0], TEXTS.index(tree.field))}})
        return any_of(found)
    return _stands(tree, "all") if lone else any_of([_stands(tree, name) for name in (*TEXTS, "ids")])


def _stands(tree: Words, name: str) -> Json:
    field = f"text.{name}"
    last = beginning(tree.tokens[-1]) if tree.prefix else tokens(tree.tokens[-1])
    if len(tree.tokens) == 1:
        return {"prefix" if tree.prefix else "term": {field: {"value": last}}}
    phrase = " ".join((*map(tokens, tree.tokens[:-1]), last))
    if tree.prefix:
        return {"match_phrase_prefix": {field: {"query": phrase, "max_expansions": _EXPANSIONS}}}
    return {"match_phrase": {field: {"query": phrase}}}


def _range(name: str, low: int | None, high: int | None, side: Side) -> Json:
    if low is None and high is None:
        return _present(name, side)
    limits: Json = {sign: value for sign, value in (("gte", low), ("lt", high)) if value is not None}
    return side.leaf(name, {"range": {side.path(name): limits}})


def _term(tree: Term, side: Side) -> Json:
    if tree.field in FLAGS:
        return side.leaf(tree.field, {"term": {side.path(tree.field): True}})
    kind = "prefix" if tree.prefix else "term"
    return side.leaf(tree.field, {kind: {side.path(tree.field, low=True): {"value": exact(tree.value)}}})


def _present(name: str, side: Side) -> Json:
    layout = LAYOUTS[side.shelf]
    if name in TEXTS:
        return {"term": {"has": name}}
    if name in FLAGS:
        return side.leaf(name, {"term": {side.path(name): True}})
    low = name in layout.words or name in layout.sets or name in EXACT
    return side.leaf(name, {"exists": {"field": side.path(name, low=low)}})


# ---------------------------------------------------------------------------------------------------------------------
# order


@dataclass(frozen=True, slots=True)
class Tier:
    """One stretch of an order: which of the found stand in it (None: all), and the numbers that they are sorted by."""

    within: Json | None
    by: tuple[tuple[str, bool], ...]  # name and whether the highest comes first; `_score` is relevance


def tiers(order: Order | QueueOrder, side: Side, now: int, hours: float, ranked: bool) -> list[Tier]:
    """The stretches of an order, first to last; every one ends with the key."""
    if order in (Order.URGENCY, QueueOrder.UNCERTAIN) or order is QueueOrder.VALUE:  # which Order.VALUE equals
        by = (("uncertainty" if order is QueueOrder.UNCERTAIN else "sum", True),)
        soon = urgent(side, now, hours)
        return [Tier(soon, by), Tier({"bool": {"must_not": [soon]}}, by)]
    if order in (Order.ENDS, QueueOrder.ENDS):
        none = {"bool": {"must_not": [_present("ends_at", side)]}}
        to_come, past = _range("ends_at", now, None, side), _range("ends_at", None, now, side)
        return [Tier(to_come, (("ends_at", False),)), Tier(none, ()), Tier(past, (("ends_at", True),))]
    if order is Order.RELEVANCE:
        return [Tier(None, (("_score", True), ("sum", True)) if ranked else (("sum", True),))]
    plain: Mapping[Order | QueueOrder, tuple[str, bool]] = {
        Order.NEWEST: ("first_seen", True),
        QueueOrder.NEWEST: ("first_seen", True),
        Order.PRICE_UP: ("price_eur", False),
        Order.PRICE_DOWN: ("price_eur", True),
        QueueOrder.DRAW: ("draw", True),
    }
    return [Tier(None, (plain.get(order, ("sum", True)),))]


def urgent(side: Side, now: int, hours: float) -> Json:
    """Ends within the hours (and is not over), picture known from elsewhere, or changed since decided."""
    soon = _range("ends_at", now, now + round(hours * _HOUR) + 1, side)
    if side.shelf is Shelf.LISTINGS:
        soon = {"bool": {"filter": [soon], "must_not": [{"term": {"over": True}}]}}
    return any_of([soon, *(_term(Term(name, "yes"), side) for name in ("picture_match", "changed"))])


def sort_of(tier: Tier, side: Side) -> list[Json]:
    return [*(_sorted(name, highest, side) for name, highest in tier.by), {"key": {"order": "asc"}}]


def _sorted(name: str, highest: bool, side: Side) -> Json:
    if name == "_score":
        return {"_score": {"order": "desc"}}
    how: Json = {"order": "desc" if highest else "asc", "missing": -FAR if highest else FAR}
    if side.nested(name):
        how |= {"nested": {"path": "own", "filter": side.mine()}}
    return {side.path(name): how}


# ---------------------------------------------------------------------------------------------------------------------
# relevance


def leaves(tree: Node) -> list[Words]:
    """The words that count for relevance."""
    return list(dict.fromkeys(sought(tree)))[:RANKED]


def scores(tree: Node) -> list[Json]:
    """What each word that counts for relevance adds: whole numbers that depend on the document alone, as select.py has them."""
    return [{"constant_score": {"filter": query, "boost": worth}} for query, worth in _worths(tree)]


def at_least(tree: Node, floor: int) -> Json:
    """What is found with a relevance of the floor or more, as words of which so many must stand there: the server passes over
    the rest without a look, which it does not when it sorts by a relevance and then by a number."""
    worths = _worths(tree)
    if floor == sum(worth for _, worth in worths):
        return {"bool": {"filter": [query for query, _ in worths]}}
    return {"bool": {"should": [query for query, worth in worths for _ in range(worth)], "minimum_should_match": floor}}


def _worths(tree: Node) -> list[tuple[Json, int]]:
    """Three for each word in the title, and one anywhere where words are optional."""
    optional = isinstance(tree, AnyOf) or (isinstance(tree, All) and any(isinstance(part, AnyOf) for part in tree.parts))
    found: list[tuple[Json, int]] = []
    for leaf in leaves(tree):
        if leaf.field in (None, "title"):
            found.append((words(Words(leaf.tokens, leaf.prefix, "title")), 3))
        if optional:
            found.append((words(leaf), 1))
    return found


def whole(matching: Sequence[Json], never: Sequence[Json] = (), scored: Sequence[Json] = ()) -> Json:
    """One query of all parts; `scored` ones need not match."""
    query: dict[str, Any] = {"filter": list(matching)}
    if never:
        query["must_not"] = list(never)
    if scored:
        query |= {"should": list(scored), "minimum_should_match": 0}
    return {"bool": query}
