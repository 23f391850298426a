"""Counts over everything a question found, by Elasticsearch's aggregations: asked together in one query, read into Counts.

`elastic.py` puts the aggregations of each side (elastic_query.py) into its count, and hands back what came, to be added up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from patrol.errors import UsageError
from patrol.search.elastic_mapping import DATES, Json
from patrol.search.elastic_query import Side
from patrol.search.index import PRICE_EDGES, Count
from patrol.search.rows import LAYOUTS

MANY_VALUES = 10_000  # of one facet
INTERVALS = ("day", "week", "month")


def required(names: Sequence[str], interval: str, side: Side) -> None:
    """UsageError for a name or interval that is not known on this shelf."""
    if interval not in INTERVALS:
        raise UsageError(f"there is no interval {interval!r}", remedy="It is one of " + ", ".join(INTERVALS))
    layout = LAYOUTS[side.shelf]
    known = {*layout.words, *layout.sets, *(DATES & set(layout.numbers)), "price_eur"} - {"seller"}
    for name in names:
        if name not in known:
            raise UsageError(f"{name!r} cannot be counted here")


def aggregations(names: Sequence[str], interval: str, side: Side) -> Json:
    """By facet; what is missing is counted beside, under `<name>?`."""
    found: Json = {}
    for name in names:
        field = side.path(name)
        inner = {name: _one(name, field, interval)}
        if name == "price_eur" or name in DATES:
            inner[f"{name}?"] = {"missing": {"field": field}}
        found |= _within(name, inner, side)
    return found


def _within(name: str, inner: Json, side: Side) -> Json:
    """Among the agency's own entries, where the field is theirs."""
    if not side.nested(name):
        return inner
    return {f"{name}@": {"nested": {"path": "own"}, "aggs": {"mine": {"filter": side.mine(), "aggs": inner}}}}


def _one(name: str, field: str, interval: str) -> Json:
    if name == "price_eur":
        edges = [edge * 100 for edge in PRICE_EDGES]
        ranges = [
            {"key": str(edge)} | ({"from": low} if at else {}) | ({"to": high} if high is not None else {})
            for at, (edge, low, high) in enumerate(zip(PRICE_EDGES, edges, [*edges[1:], None], strict=True))
        ]
        return {"range": {"field": field, "ranges": ranges}}
    if name in DATES:
        return {"date_histogram": {"field": field, "calendar_interval": interval, "min_doc_count": 1}}
    return {"terms": {"field": field, "size": MANY_VALUES}}


# ---------------------------------------------------------------------------------------------------------------------
# what came back


def read(names: Sequence[str], answers: Sequence[Mapping[str, Any]]) -> dict[str, tuple[Count, ...]]:
    """The sides' answers added up: values by frequency, then alphabet; prices and dates by their edges."""
    found = {}
    for name in names:
        counts: Counter[str] = Counter()
        missing = 0
        for answer in answers:
            part = answer.get(f"{name}@", {}).get("mine", answer)
            for bucket in part[name]["buckets"]:
                counts[_value(name, bucket)] += bucket["doc_count"]
            missing += part.get(f"{name}?", {}).get("doc_count", 0)
        found[name] = _told(name, counts, missing)
    return found


def _value(name: str, bucket: Mapping[str, Any]) -> str:
    if name in DATES:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=bucket["key"])).date().isoformat()
    return str(bucket["key"])


def _told(name: str, counts: Counter[str], missing: int) -> tuple[Count, ...]:
    if name == "price_eur":
        return (*(Count(value=str(edge), count=counts[str(edge)]) for edge in PRICE_EDGES), Count(value="", count=missing))
    if name in DATES:
        told = [Count(value=value, count=count) for value, count in sorted(counts.items())]
        return (*told, Count(value="", count=missing)) if missing else tuple(told)
    return tuple(Count(value=v, count=n) for v, n in sorted(counts.items(), key=lambda one: (-one[1], one[0])))
