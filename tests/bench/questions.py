"""The stated mix of questions of an index of any engine: queue page, facet pages, rare and common words, deep paging.

Asked of 100,000 listings, or of PATROL_BENCH_LISTINGS (1000000, say), filled by a rebuild; in milliseconds, at the caller.
A question with words in it is asked with other words each time, so that what an engine remembers helps as little here as
there; the facets of everything, which every overview asks, are the same question again and again.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from statistics import median, quantiles
from typing import Any

from patrol.records import Band, Status
from patrol.search.documents import ClusterDocument, ClusterView, Desk, DeskStatus, Document, ListingDocument
from patrol.search.index import Everyone, Index, Order, Query, QueueQuery

NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)
NL = Everyone("agency-nl")
WORDS = [f"word{number}" for number in range(20_000)]
CULTURES = ("gandhara", "khmer", "bactria", "roman", "greek", "celtic", "indus", "benin")
SITES = tuple(f"site-{number}" for number in range(12))
DESCRIPTION = 80  # words
ASKED = 60
DEEP = 100  # pages
MOST = 100.0  # milliseconds


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


def listings() -> int:
    """How many the questions are asked of."""
    return int(os.environ.get("PATROL_BENCH_LISTINGS", "100000"))


def asking(index: Index, count: int, *, wide: bool = True) -> Iterator[dict[str, Any]]:
    """One row for the rebuild and one a question. `wide`: whether questions with more than 10,000 hits have the aim too."""
    started = time.perf_counter()
    written = index.rebuild(documents(count))
    seconds = time.perf_counter() - started
    yield {"what": "rebuild", "listings": count, "documents_per_second": round(written.kept / seconds)}
    for name, narrow, times in _questions(index, count):
        p95 = quantiles(times, n=20)[-1]
        row = {"what": name, "listings": count, "p50_ms": round(median(times), 1), "p95_ms": round(p95, 1)}
        yield row | ({"aim_ms": MOST, "aim_met": p95 < MOST} if wide or narrow else {})


def _questions(index: Index, count: int) -> Iterator[tuple[str, bool, list[float]]]:
    """Name, whether its totals stay small or do not matter, milliseconds of each asking."""
    rnd = random.Random(1)

    def times(ask: Callable[[], object]) -> list[float]:
        for _ in range(5):
            ask()
        return [_milliseconds(ask) for _ in range(ASKED)]

    def queue() -> object:
        cultures = rnd.sample(CULTURES, 2) if rnd.random() < 0.5 else ()
        return index.queue(QueueQuery(cultures=cultures, now=NOW, without=[f"c{rnd.random()}" for _ in range(20)]), NL)

    facets = ("marketplace", "culture", "band", "status", "desk", "lang", "rule", "first_seen", "price_eur")
    yield "queue page", True, times(queue)
    yield (
        "facet page",
        False,
        times(
            lambda: index.search(
                Query(text=f"culture:{rnd.choice(CULTURES)}", order=Order.VALUE, facets=facets, interval="month", now=NOW), NL
            )
        ),
    )
    yield "facet page of everything", False, times(lambda: index.search(Query(facets=facets, interval="month", now=NOW), NL))
    yield "rare word", True, times(lambda: index.search(Query(text=f"rare{rnd.randrange(count // 20)}"), NL))
    yield (
        "common words",
        False,
        times(lambda: index.search(Query(text=f"word{rnd.randrange(4)} OR word{rnd.randrange(4, 8)}"), NL)),
    )
    yield "common phrase", False, times(lambda: index.search(Query(text=f'"word{rnd.randrange(4)} word{rnd.randrange(4)}"'), NL))
    yield "deep paging", True, list(_deep(index))


def _deep(index: Index) -> Iterator[float]:
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
