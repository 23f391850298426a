"""Counts over everything a question found, by Elasticsearch's aggregations: asked together in one query, read into Counts.

`elastic.py` puts the aggregations of each side (elastic_query.py) into its count, and hands back what came, to be added up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from patrol.search.elastic_mapping import Json
from patrol.search.elastic_query import Side
from patrol.search.index import Count, Tally
from patrol.search.rows import LAYOUTS
from patrol.search.tallies import Sort, inner_edges, sort_of

MANY_VALUES = 10_000  # of one facet


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
        parts = answer["aggregations"]
        part = parts[f"{number}@"]["mine"] if f"{number}@" in parts else parts
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
