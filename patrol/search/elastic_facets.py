"""Counts over everything a question found, by Elasticsearch's aggregations: asked together in one query, read into Counts.

`elastic.py` puts the aggregations of each side (elastic_query.py) into its count, and hands back what came, to be added up. A
field with more values than one answer holds is asked for the rest, page by page, before that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from patrol.search.elastic_mapping import Json
from patrol.search.elastic_query import Side
from patrol.search.index import Count, Tally
from patrol.search.rows import LAYOUTS
from patrol.search.tallies import Sort, inner_edges, sort_of

MANY_VALUES = 10_000  # of one facet in one answer; the server builds no more than 65,536 buckets at once


def required(tallies: Sequence[Tally], side: Side) -> None:
    """UsageError for one that cannot be counted on this shelf."""
    for tally in tallies:
        sort_of(tally, LAYOUTS[side.shelf])


def aggregations(tallies: Sequence[Tally], side: Side) -> Json:
    """By the tally's number; what is missing is counted beside, under `<number>?`. A mere total needs none."""
    found: Json = {}
    for number, tally in enumerate(tallies):
        sort = sort_of(tally, LAYOUTS[side.shelf])
        if tally.by is None:
            continue
        field = side.path(tally.by)
        inner = {str(number): _one(tally, sort, field)}
        if sort is not Sort.WORDS:
            inner[f"{number}?"] = {"missing": {"field": field}}
        found |= _within(number, tally.by, inner, side)
    return found


def _within(number: int, name: str, inner: Json, side: Side) -> Json:
    """Among the agency's own entries, where the field is theirs."""
    if not side.nested(name):
        return inner
    return {f"{number}@": {"nested": {"path": "own"}, "aggs": {"mine": {"filter": side.mine(), "aggs": inner}}}}


def _one(tally: Tally, sort: Sort, field: str) -> Json:
    if sort is Sort.NUMBERS:
        edges = inner_edges(tally)
        ranges = [
            {"key": str(edge)} | ({"from": low} if at else {}) | ({"to": high} if high is not None else {})
            for at, (edge, low, high) in enumerate(zip(tally.edges, edges, [*edges[1:], None], strict=True))
        ]
        return {"range": {"field": field, "ranges": ranges}}
    if sort is Sort.DATES:
        return {"date_histogram": {"field": field, "calendar_interval": tally.interval, "min_doc_count": 1}}
    return {"terms": {"field": field, "size": MANY_VALUES}}


# ---------------------------------------------------------------------------------------------------------------------
# more values than one answer holds

Ask = Callable[[Json], Mapping[str, Any]]


def complete(ask: Ask, body: Json, tallies: Sequence[Tally], side: Side, answer: Mapping[str, Any]) -> None:
    """Puts all values into an answer that was cut short; `body` is what it answered, `ask` asks once more of the same moment."""
    for number, tally in enumerate(tallies):
        found = _part(number, answer)[str(number)] if tally.by is not None else {}
        if found.get("sum_other_doc_count"):
            found["buckets"] = _every(ask, body, number, tally, side)


def _every(ask: Ask, body: Json, number: int, tally: Tally, side: Side) -> list[Json]:
    """All values of a field in the order of the alphabet, a page at a time."""
    assert tally.by is not None
    values: Json = {"size": MANY_VALUES, "sources": [{"value": {"terms": {"field": side.path(tally.by)}}}]}
    buckets: list[Json] = []
    while True:
        aggs = _within(number, tally.by, {str(number): {"composite": values}}, side)
        found = _part(number, ask(body | {"aggs": aggs, "track_total_hits": False}))[str(number)]
        buckets += [{"key": one["key"]["value"], "doc_count": one["doc_count"]} for one in found["buckets"]]
        if "after_key" not in found:
            return buckets
        values["after"] = found["after_key"]


def _part(number: int, answer: Mapping[str, Any]) -> Json:
    """Where the buckets of a tally stand."""
    parts: Json = answer["aggregations"]
    part: Json = parts[f"{number}@"]["mine"] if f"{number}@" in parts else parts
    return part


# ---------------------------------------------------------------------------------------------------------------------
# what came back


def read(tallies: Sequence[Tally], side: Side, answers: Sequence[Mapping[str, Any]]) -> list[tuple[Count, ...]]:
    """The sides' whole answers added up, by tally: values by frequency, then alphabet; numbers and dates by their edges."""
    return [_read(number, tally, sort_of(tally, LAYOUTS[side.shelf]), answers) for number, tally in enumerate(tallies)]


def _read(number: int, tally: Tally, sort: Sort, answers: Sequence[Mapping[str, Any]]) -> tuple[Count, ...]:
    if sort is Sort.TOTAL:
        return (Count(value="", count=sum(answer["hits"]["total"]["value"] for answer in answers)),)
    counts: Counter[str] = Counter()
    missing = 0
    for answer in answers:
        part = _part(number, answer)
        for bucket in part[str(number)]["buckets"]:
            counts[_value(sort, bucket)] += bucket["doc_count"]
        missing += part.get(f"{number}?", {}).get("doc_count", 0)
    return _told(tally, sort, counts, missing)


def _value(sort: Sort, bucket: Mapping[str, Any]) -> str:
    if sort is Sort.DATES:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=bucket["key"])).date().isoformat()
    return str(bucket["key"])


def _told(tally: Tally, sort: Sort, counts: Counter[str], missing: int) -> tuple[Count, ...]:
    if sort is Sort.NUMBERS:
        return (*(Count(value=str(edge), count=counts[str(edge)]) for edge in tally.edges), Count(value="", count=missing))
    if sort is Sort.DATES:
        told = [Count(value=value, count=count) for value, count in sorted(counts.items())]
        return (*told, Count(value="", count=missing)) if missing else tuple(told)
    return tuple(Count(value=v, count=n) for v, n in sorted(counts.items(), key=lambda one: (-one[1], one[0])))
