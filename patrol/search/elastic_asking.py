"""A question as searches of an Elasticsearch: one to count and one for a page, of each side and tier; and their hits, merged.

`elastic.py` sends the bodies within one point in time and hands back the answers; what a side and a tier are is said in
elastic_query.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from patrol.errors import UsageError
from patrol.search.elastic_facets import aggregations, required
from patrol.search.elastic_mapping import Json
from patrol.search.elastic_query import Side, Tier, at_least, leaves, scores, select, sides, sort_of, tiers, whole
from patrol.search.index import Order, Tally
from patrol.search.question import Cursor, Question
from patrol.search.tallies import of_facets


@dataclass(frozen=True, slots=True)
class Row:
    """One document of a page and where it stands in the order: tier, sort numbers (smallest first), key."""

    tier: int
    by: tuple[int, ...]
    key: str
    payload: bytes


def counting(question: Question, side: Side, tallies: Sequence[Tally]) -> Json:
    """One search of one side that counts what was found, and tallies it."""
    body: Json = {"query": whole(*_found(question, side)), "size": 0, "track_total_hits": True}
    aggs = aggregations(tallies, side)
    return body | {"aggs": aggs} if aggs else body


def _found(question: Question, side: Side) -> tuple[list[Json], list[Json]]:
    without = [{"terms": {"key": list(question.without)}}] if question.without else []
    within = [] if question.within is None else [{"terms": {"key": list(question.within)}}]
    return [side.filter, *within, select(question.tree, side)], without


class Asking:
    """A question as searches: one to count and one for a page, of each side and tier; and their hits, merged."""

    def __init__(self, question: Question, now: int, after: Cursor | None) -> None:
        self.question = question
        self.now = now
        self.after = after
        self.sides = sides(question.shelf, question.agency)
        self.ranked = question.order is Order.RELEVANCE and bool(leaves(question.tree))
        self.tiers = {side: tiers(question.order, side, now, question.hours, self.ranked) for side in self.sides}
        self.tallies = of_facets(question.facets, question.interval)
        required(self.tallies, self.sides[0])
        self.floors: dict[Side, int] = {}
        self.last = len(self.tiers[self.sides[0]]) - 1
        self.first = 0
        if after is not None:
            self.first, *values = after.values
            if not 0 <= self.first <= self.last or len(values) != len(self._tier(self.first).by):
                raise UsageError("this page mark belongs to another question", remedy="Start again from the first page")

    def _tier(self, number: int, side: Side | None = None) -> Tier:
        return self.tiers[side or self.sides[0]][number]

    def counts(self) -> list[Json]:
        return [counting(self.question, side, self.tallies) for side in self.sides]

    def ranks(self) -> list[Json]:
        """One search of each side for the relevance of the page's last row, if the question ranks. Asked without a sort, for
        that alone the server tells at once; of a later page, below the row that it follows. Not of beginnings of words: the
        server counts every word that begins so, each time it is named, and refuses too many."""
        if not self.ranked or any(leaf.prefix for leaf in leaves(self.question.tree)):
            return []
        tree, after = self.question.tree, self.after
        above = [] if after is None else [at_least(tree, -after.values[1])]
        return [self._ranking(side, never=above) | {"size": self.question.limit + 1, "_source": False} for side in self.sides]

    def floored(self, answers: Sequence[Mapping[str, Any]]) -> None:
        """From the answers to `counts` and `ranks`: no row of a side's page stands below its floor, where the page is full."""
        for side, answer in zip(self.sides, answers[len(self.sides) :], strict=False):
            hits = answer["hits"]["hits"]
            if len(hits) > self.question.limit and hits[-1]["_score"]:
                self.floors[side] = int(hits[-1]["_score"])

    def pages(self, number: int, size: int) -> list[Json]:
        return [self._body(side, number, size) for side in self.sides]

    def _ranking(self, side: Side, within: Sequence[Json] = (), never: Sequence[Json] = ()) -> Json:
        matching, without = _found(self.question, side)
        scored = scores(self.question.tree) if self.ranked else ()
        return {"query": whole([*matching, *within], [*without, *never], scored), "track_total_hits": False}

    def _body(self, side: Side, number: int, size: int) -> Json:
        tier = self._tier(number, side)
        within = [] if tier.within is None else [tier.within]
        if side in self.floors:
            within.append(at_least(self.question.tree, self.floors[side]))
        body = self._ranking(side, within) | {"sort": sort_of(tier, side), "size": size, "_source": ["payload"]}
        if self.after is not None and number == self.first:
            body["search_after"] = [*self._signed(tier, self.after.values[1:]), self.after.key]
        return body

    def merged(self, number: int, answers: Sequence[Mapping[str, Any]]) -> list[Row]:
        tier = self._tier(number)
        rows = [
            Row(
                number,
                tuple(self._signed(tier, [int(value) for value in hit["sort"][: len(tier.by)]])),
                hit["sort"][len(tier.by)],
                hit["_source"]["payload"].encode(),
            )
            for answer in answers
            for hit in answer["hits"]["hits"]
        ]
        return sorted(rows, key=lambda row: (row.by, row.key))

    @staticmethod
    def _signed(tier: Tier, values: Sequence[int]) -> list[int]:
        """Sort numbers of the server as those where the smallest comes first, and back."""
        return [-value if highest else value for value, (_, highest) in zip(values, tier.by, strict=True)]

    def cursor(self, row: Row) -> str:
        return Cursor(self.question.mark, self.now, (row.tier, *row.by), row.key).text()
