"""The index on an Elasticsearch: documents/s of our indexer beside the client's own bulk helper, and the questions.

The same documents for both, in turns: ours come as records and leave as fields (token streams and all) in batches of the
indexer's size, each to be found at once; the helper gets ready-made fields and one refresh at the end.
Needs PATROL_TEST_ELASTICSEARCH; without it one row says so.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any
from uuid import uuid4

import orjson
from elasticsearch import helpers

from patrol.search.documents import Document, Shelf
from patrol.search.elastic import ElasticIndex
from patrol.search.elastic_client import Address
from patrol.search.elastic_mapping import action_of
from tests.bench.questions import asking, documents, listings

WRITTEN = 10_000  # documents of one turn
BATCH = 1_000
TURNS = 4
AIM = 0.8


def writing(address: str) -> dict[str, Any]:
    """Documents/s of both, the best of each side's turns."""
    some = list(islice(documents(WRITTEN), WRITTEN))
    ready = [action_of(document) for document in some]
    fields = [(action.shelf, action.key, orjson.loads(action.body)) for action in ready]
    ours, theirs = [], []
    for _ in range(TURNS):
        ours.append(len(some) / _timed(address, lambda index: _ours(index, some)))
        theirs.append(len(some) / _timed(address, lambda index: _theirs(index, fields)))
    ratio = max(ours) / max(theirs)
    return {
        "what": "writing",
        "documents_per_second": round(max(ours)),
        "bulk_helper": round(max(theirs)),
        "ratio": round(ratio, 2),
        "aim": AIM,
        "aim_met": ratio >= AIM,
    }


def _timed(address: str, work: Callable[[ElasticIndex], None]) -> float:
    index = opened(address)
    try:
        index.places.ensure()
        started = time.perf_counter()
        work(index)
        return time.perf_counter() - started
    finally:
        removed(index)


def _ours(index: ElasticIndex, some: Sequence[Document]) -> None:
    for start in range(0, len(some), BATCH):
        index.write(some[start : start + BATCH])


def _theirs(index: ElasticIndex, fields: Sequence[tuple[Shelf, str, dict[str, Any]]]) -> None:
    alias = index.places.names.alias
    helpers.bulk(index.client, ({"_index": alias(shelf), "_id": key, "_source": source} for shelf, key, source in fields))
    index.client.indices.refresh(index=[alias(shelf) for shelf in Shelf])


def opened(address: str) -> ElasticIndex:
    return ElasticIndex(Address.read(f"{address.rstrip('/')}/bench-{uuid4().hex[:12]}"))


def removed(index: ElasticIndex) -> None:
    index.places.drop_others(set())
    index.client.indices.delete(index=index.places.names.lock, ignore_unavailable=True)
    index.close()


def run() -> list[dict[str, Any]]:
    address = os.environ.get("PATROL_TEST_ELASTICSEARCH")
    if not address:
        return [{"what": "skipped", "why": "PATROL_TEST_ELASTICSEARCH gives no address"}]
    rows = [writing(address)]
    index = opened(address)
    try:
        return [*rows, *asking(index, listings())]
    finally:
        removed(index)
