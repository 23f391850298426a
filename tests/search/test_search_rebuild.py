"""A rebuild while others read and write, on every backend: it holds what the ledger has, and loses nothing meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from search_backends import generations
from search_world import ANYONE, NL, cluster, key, listing, some_listings

from patrol.errors import StoreError
from patrol.search.documents import Document, ListingDocument, Shelf, Tombstone
from patrol.search.index import Index, Query, QueueQuery

Opens = Callable[[], Index]


def test_a_rebuild_holds_what_it_was_given_and_only_that(open_index: Opens) -> None:
    index, other = open_index(), open_index()
    index.write(
        [*some_listings(20), listing(500, title="orphan"), cluster(1), Tombstone(shelf=Shelf.LISTINGS, key=key(501), revision=3)]
    )
    assert other.search(Query(text="orphan"), ANYONE).total == 1
    given = some_listings(25)
    assert index.rebuild(iter([*given, cluster(2)])).kept == 26
    for one in (index, other):
        assert one.count() == 25
        assert one.search(Query(text="orphan"), ANYONE).total == 0
        assert [hit.view.members for hit in one.queue(QueueQuery(), ANYONE).hits] == [(key(2),)]
        assert (one.status().generation, one.status().tombstones) == (2, 0)
    assert other.write([listing(600, title="after")]).kept == 1
    assert index.search(Query(text="after"), ANYONE).total == 1
    assert generations(index) == 1


def test_what_is_written_while_a_rebuild_runs_is_in_the_new_index(open_index: Opens) -> None:
    index, crawler = open_index(), open_index()
    index.write([listing(number, title="before") for number in range(5)])

    def from_the_ledger() -> Iterator[Document]:
        for number in range(5):
            yield listing(number, title="before")
        crawler.write(
            [listing(1, 2, title="changed"), listing(9, title="fresh"), Tombstone(shelf=Shelf.LISTINGS, key=key(2), revision=2)]
        )
        assert crawler.search(Query(text="fresh"), ANYONE).total == 1
        yield listing(9, 1, title="fresh")
        yield listing(3, 4, title="newer in the ledger")
        crawler.write([listing(3, 3, title="late")])

    index.rebuild(from_the_ledger())
    for one in (index, crawler):
        totals = {word: one.search(Query(text=word), ANYONE).total for word in ("before", "changed", "fresh", "newer", "late")}
        assert totals == {"before": 2, "changed": 1, "fresh": 1, "newer": 1, "late": 0}
        assert one.get([key(2)], ANYONE) == []
        assert one.write([listing(2, 1, title="revived")]).refused == 1


def test_readers_and_writers_go_on_through_rebuilds_and_nothing_is_lost(open_index: Opens) -> None:
    ledger: dict[str, ListingDocument] = {one.key: one for one in some_listings(40)}
    held = open_index()
    held.write(list(ledger.values()))
    guard, done, faults = threading.Lock(), threading.Event(), []

    def noted(work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - handed to the test's own thread
            faults.append(error)

    def from_the_ledger() -> Iterator[Document]:
        with guard:
            snapshot = list(ledger.values())
        yield from snapshot

    def write(number: int) -> None:
        index = open_index()
        while not done.is_set():
            number += 1
            with guard:
                ledger[key(number)] = listing(number, title="meanwhile")
            index.write([ledger[key(number)]])
        index.close()

    def read() -> None:
        index, least = open_index(), 0
        while not done.is_set():
            total = index.search(Query(text="meanwhile"), NL).total
            assert total >= least  # what was once found is found for ever
            least = total
        index.close()

    threads = [threading.Thread(target=noted, args=(work,)) for work in (lambda: write(1000), lambda: write(20_000), read, read)]
    for thread in threads:
        thread.start()
    for _ in range(4):
        held.rebuild(from_the_ledger())
        time.sleep(0.05)
    done.set()
    for thread in threads:
        thread.join()
    assert faults == []
    assert held.revisions(list(ledger)) == dict.fromkeys(ledger, 1)
    assert held.count() == len(ledger)


def test_a_rebuild_that_dies_leaves_the_old_index_serving(open_index: Opens) -> None:
    index = open_index()
    index.write([listing(1, title="kept")])

    def dying() -> Iterator[Document]:
        yield listing(2)
        raise ConnectionError("the ledger went away")

    with pytest.raises(ConnectionError):
        index.rebuild(dying())
    assert index.search(Query(text="kept"), ANYONE).total == 1
    index.write([listing(3, title="kept")])
    index.rebuild([listing(1, title="kept"), listing(3, title="kept")])
    assert index.search(Query(text="kept"), ANYONE).total == 2
    assert generations(index) == 1


def test_two_rebuilds_at_once_are_refused(open_index: Opens) -> None:
    index = open_index()

    def second() -> Iterator[Document]:
        with pytest.raises(StoreError, match="another process is rebuilding"):
            open_index().rebuild([])
        yield listing(1)

    assert index.rebuild(second()).kept == 1
