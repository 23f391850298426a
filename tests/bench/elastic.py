"""The index on an Elasticsearch: documents/s of our indexer beside the client's own bulk helper, and how long questions take.

The same documents for both, in turns: ours come as records and leave as fields (token streams and all) in batches of the
indexer's size, each to be found at once; the helper gets ready-made fields and one refresh at the end. Questions are asked
of 100,000 listings, or of PATROL_BENCH_LISTINGS (1000000, say), filled by a rebuild; in milliseconds, at the client.
Needs PATROL_TEST_ELASTICSEARCH; without it one row says so.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from statistics import median, quantiles
from typing import Any
from uuid import uuid4

import orjson
from elasticsearch import helpers

from patrol.records import Band, Status
from patrol.search.documents import ClusterDocument, ClusterView, Desk, DeskStatus, Document, ListingDocument, Shelf
from patrol.search.elastic import ElasticIndex
from patrol.search.elastic_client import Address
from patrol.search.elastic_mapping import action_of
from patrol.search.index import Everyone, Order, Query, QueueQuery

NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)
NL = Everyone("agency-nl")
WORDS = [f"word{number}" for number in range(20_000)]
CULTURES = ("gandhara", "khmer", "bactria", "roman", "greek", "celtic", "indus", "benin")
SITES = tuple(f"site-{number}" for number in range(12))
DESCRIPTION = 80  # words
WRITTEN = 10_000  # documents of one turn
BATCH = 1_000
TURNS = 4
ASKED = 60
DEEP = 100  # pages
MOST = 100.0  # milliseconds
AIM = 0.8


def documents(count: int, seed: int = 5) -> Iterator[Document]:
    """Each listing and its cluster; a few are restricted to an agency, or seen differently by one."""
    rnd = random.Random(seed)
    often = list(accumulate(1 / (rank + 10) for rank in range(len(WORDS))))
    for number in range(count):
        yield from _pair(number, rnd.choices(WORDS, cum_weights=often, k=DESCRIPTION + 8), rnd)


def _pair(number: int, words: list[str], rnd: random.Random) -> Iterator[Document]:
    total = rnd.choice((0, 0, 0, 0, 0, 0, 25, 40, 55, 75, 90, 130))
    band = Band.NONE if total == 0 else Band.LOW if total < 40 else Band.REVIEW if total < 70 else Band.HIGH
    key = f"0192f000-{number >> 16:04x}-7000-8000-{number:012x}"
    cultures = tuple(rnd.sample(CULTURES, rnd.randint(0, 2)))
    site = rnd.choice(SITES)
    first = NOW - timedelta(minutes=rnd.randint(0, 500_000))
    end = NOW + timedelta(minutes=rnd.randint(-100_000, 20_000)) if rnd.random() < 0.5 else None
    secret = ("agency-nl",) if rnd.random() < 0.01 else ()
    own = {"agency-nl": Desk(status=DeskStatus.LEAD, leads=(f"L-2026-{number % 500:04d}",))} if rnd.random() < 0.02 else {}
    price = rnd.randint(100, 2_000_000)
    yield ListingDocument(
        key=key,
        revision=1,
        marketplace=site,
        url=f"https://{site}.test/item/{number}",
        listing_id=str(number),
        title=" ".join(words[:8]),
        description=" ".join(words[8:]) + (f" rare{number // 20}" if number % 2 else ""),
        language=rnd.choice(("en", "de", "fr")),
        seller_key=f"{rnd.randint(0, 20_000):08x}",
        status=Status.LIVE if end is None or end > NOW else Status.ENDED,
        price_eur=price,
        first_seen=first,
        last_seen=first + timedelta(days=3),
        ends_at=end,
        score=min(100, total),
        sum=total,
        band=band,
        rules=("one", "two") if total else (),
        cultures=cultures,
        cluster=f"c{key[1:]}",
        visible_to=secret,
        desk_for=own,
    )
    view = ClusterView(
        title=" ".join(words[:8]),
        best=key,
        score=min(100, total),
        sum=total,
        band=band,
        next_end=end if end is not None and end > NOW else None,
        first_seen=first,
        draw=rnd.getrandbits(40),
        uncertainty=rnd.randint(0, 1000),
        members=(key,),
        open_members=1,
        price_eur=price,
        marketplaces=(site,),
        cultures=cultures,
        languages=("en",),
    )
    mine = {"agency-nl": view} if secret or own else {}
    yield ClusterDocument(key=f"c{key[1:]}", revision=1, everyone=None if secret else view, agencies=mine)


# ---------------------------------------------------------------------------------------------------------------------
# writing


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


# ---------------------------------------------------------------------------------------------------------------------
# asking


def asking(address: str, count: int) -> Iterator[dict[str, Any]]:
    index = opened(address)
    try:
        started = time.perf_counter()
        written = index.rebuild(documents(count))
        yield {
            "what": "rebuild",
            "listings": count,
            "documents_per_second": round(written.kept / (time.perf_counter() - started)),
        }
        for name, times in _questions(index, count):
            p95 = quantiles(times, n=20)[-1]
            yield {
                "what": name,
                "listings": count,
                "p50_ms": round(median(times), 1),
                "p95_ms": round(p95, 1),
                "aim_ms": MOST,
                "aim_met": p95 < MOST,
            }
    finally:
        removed(index)


def _questions(index: ElasticIndex, count: int) -> Iterator[tuple[str, list[float]]]:
    rnd = random.Random(1)

    def times(ask: Callable[[], object]) -> list[float]:
        for _ in range(5):
            ask()
        return [_milliseconds(ask) for _ in range(ASKED)]

    def queue() -> object:
        cultures = rnd.sample(CULTURES, 2) if rnd.random() < 0.5 else ()
        return index.queue(QueueQuery(cultures=cultures, now=NOW, without=[f"c{rnd.random()}" for _ in range(20)]), NL)

    facets = ("marketplace", "culture", "band", "status", "desk", "lang", "rule", "first_seen", "price_eur")
    yield "queue page", times(queue)
    yield (
        "facet page",
        times(
            lambda: index.search(
                Query(text=f"culture:{rnd.choice(CULTURES)}", order=Order.VALUE, facets=facets, interval="month", now=NOW), NL
            )
        ),
    )
    yield "facet page of everything", times(lambda: index.search(Query(facets=facets, interval="month", now=NOW), NL))
    yield "rare word", times(lambda: index.search(Query(text=f"rare{rnd.randrange(count // 20)}"), NL))
    yield "common words", times(lambda: index.search(Query(text=f"word{rnd.randrange(4)} OR word{rnd.randrange(4, 8)}"), NL))
    yield "common phrase", times(lambda: index.search(Query(text=f'"word{rnd.randrange(4)} word{rnd.randrange(4)}"'), NL))
    yield "deep paging", list(_deep(index))


def _deep(index: ElasticIndex) -> Iterator[float]:
    query = Query(order=Order.NEWEST, limit=100, highlight=False, now=NOW)
    after = None
    for _ in range(DEEP):
        started = time.perf_counter()
        after = index.search(Query(order=query.order, limit=query.limit, after=after, highlight=False, now=NOW), NL).next
        yield (time.perf_counter() - started) * 1000
        if after is None:
            return


def _milliseconds(ask: Callable[[], object]) -> float:
    started = time.perf_counter()
    ask()
    return (time.perf_counter() - started) * 1000


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
    return [writing(address), *asking(address, int(os.environ.get("PATROL_BENCH_LISTINGS", "100000")))]
