"""A question to the queue as a tree of the query language: what both engines filter clusters by.

The desk's filters come as a QueueQuery; clusters have the fields of their layout (rows.py), not those of listings.
"""

from __future__ import annotations

from collections.abc import Sequence

from patrol.search.documents import DeskStatus
from patrol.search.index import QueueQuery
from patrol.search.syntax import All, AnyOf, Node, Range, Term, joined


def queue_tree(query: QueueQuery) -> Node:
    """Every filter that is set must hold, each by any of its values."""
    status = _any("status", query.statuses)
    if query.changed_too and DeskStatus.OPEN in query.statuses:
        status = joined(AnyOf, [status, Term("changed", "yes")])
    parts = [
        _any("marketplace", query.marketplaces),
        _any("culture", query.cultures),
        _any("culture", query.themes),
        _any("type", query.object_types),
        _any("material", query.materials),
        _any("lang", query.languages),
        _any("band", query.bands),
        _any("rule", query.rules),
        status,
        None if query.seller_key is None else Term("seller", query.seller_key.lower()),
        None if query.min_sum is None else Range("sum", query.min_sum, None),
    ]
    return joined(All, parts) or All()


def _any(field: str, values: Sequence[str]) -> Node | None:
    return joined(AnyOf, [Term(field, value.lower()) for value in values])
