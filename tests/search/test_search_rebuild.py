"""The embedded index as files: rebuilds while others read and write, several processes, and what can go wrong on a disk."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from search_world import ANYONE, NL, cluster, key, listing, some_listings

from patrol.errors import StoreError
from patrol.search import store
from patrol.search.documents import Document, ListingDocument, Shelf, Tombstone
from patrol.search.embedded import EmbeddedIndex
from patrol.search.index import Query, QueueQuery


def files(place: Path) -> list[str]:
    return sorted(path.name for path in place.glob("index-*.sqlite"))


def test_a_rebuild_holds_what_it_was_given_and_only_that(tmp_path: Path) -> None:
    index, other = EmbeddedIndex(tmp_path / "i"), EmbeddedIndex(tmp_path / "i")
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
    assert files(tmp_path / "i") == ["index-2.sqlite"]


def test_what_is_written_while_a_rebuild_runs_is_in_the_new_index(tmp_path: Path) -> None:
    index, crawler = EmbeddedIndex(tmp_path / "i"), EmbeddedIndex(tmp_path / "i")
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


def test_readers_and_writers_go_on_through_rebuilds_and_nothing_is_lost(tmp_path: Path) -> None:
    place = tmp_path / "i"
    ledger: dict[str, ListingDocument] = {one.key: one for one in some_listings(40)}
    held = EmbeddedIndex(place)
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
        index = EmbeddedIndex(place)
        while not done.is_set():
            number += 1
            with guard:
                ledger[key(number)] = listing(number, title="meanwhile")
            index.write([ledger[key(number)]])
        index.close()

    def read() -> None:
        index, least = EmbeddedIndex(place), 0
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


def test_a_rebuild_that_dies_leaves_the_old_index_serving(tmp_path: Path) -> None:
    index = EmbeddedIndex(tmp_path / "i")
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
    assert len(files(tmp_path / "i")) == 1


def test_two_rebuilds_at_once_are_refused(tmp_path: Path) -> None:
    index = EmbeddedIndex(tmp_path / "i")

    def second() -> Iterator[Document]:
        with pytest.raises(StoreError, match="another process is rebuilding"):
            EmbeddedIndex(tmp_path / "i").rebuild([])
        yield listing(1)

    assert index.rebuild(second()).kept == 1


_WRITES = """
import sys
from pathlib import Path
from patrol.search.documents import ListingDocument
from patrol.search.embedded import EmbeddedIndex
index = EmbeddedIndex(Path(sys.argv[1]))
for number in range(40):
    key, name = f"{sys.argv[2]}-{number}", sys.argv[2]
    index.write([ListingDocument(key=key, revision=1, marketplace="m", url="u", title="schist " + name, rules=(name,))])
"""


def test_several_processes_write_at_once(tmp_path: Path) -> None:
    running = [subprocess.Popen([sys.executable, "-c", _WRITES, str(tmp_path / "i"), name]) for name in ("one", "two")]
    assert [process.wait(60) for process in running] == [0, 0]
    index = EmbeddedIndex(tmp_path / "i")
    page = index.search(Query(text="schist", facets=("rule",)), ANYONE)
    assert [(count.value, count.count) for count in page.facets["rule"]] == [("one", 40), ("two", 40)]


def test_an_index_of_another_format_says_so_and_is_rebuilt(tmp_path: Path) -> None:
    old = EmbeddedIndex(tmp_path / "i")
    old.write([listing(1)])
    old.close()
    connection = store.connect(tmp_path / "i" / "index-1.sqlite", write=True)
    connection.execute("UPDATE meta SET value = 0 WHERE name = 'format'")
    connection.close()
    index = EmbeddedIndex(tmp_path / "i")
    for call in (lambda: index.count(), lambda: index.write([listing(2)]), lambda: index.search(Query(), ANYONE)):
        with pytest.raises(StoreError, match="index rebuild"):
            call()
    index.rebuild([listing(3)])
    assert index.count() == 1


def test_a_damaged_index_says_so_and_is_rebuilt(tmp_path: Path) -> None:
    index = EmbeddedIndex(tmp_path / "i")
    index.write(some_listings(30))
    index.close()
    for left in ("index-1.sqlite-wal", "index-1.sqlite-shm"):
        (tmp_path / "i" / left).unlink(missing_ok=True)
    (tmp_path / "i" / "index-1.sqlite").write_bytes(b"no database at all" * 1000)
    for call in (lambda: index.count(), lambda: index.write([listing(2)])):
        with pytest.raises(StoreError, match="index rebuild"):
            call()
    index.rebuild(some_listings(10))
    assert index.count() == 10


def test_a_full_disk_is_one_clear_error_and_loses_nothing(tmp_path: Path) -> None:
    index = EmbeddedIndex(tmp_path / "i")
    index.write([listing(1, title="before")])
    connection, _ = index._writer._opened()
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="full disk"):
        index.write([listing(number, title="after", description="word " * 2000) for number in range(2, 50)])
    assert index.search(Query(text="after"), ANYONE).total == 0
    connection.execute("PRAGMA max_page_count = 1000000")
    index.write([listing(2, title="after", cultures=("khmer",))])
    assert index.search(Query(text="after", facets=("culture",)), ANYONE).facets["culture"][0].value == "khmer"


def test_columns_shed_dead_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("patrol.search.reader._WASTE", 10)
    index = EmbeddedIndex(tmp_path / "i")
    documents = some_listings(20)
    for revision in range(1, 6):
        index.write([listing(one, revision, title="schist", cultures=("khmer",)) for one in range(len(documents))])
        for _ in range(2):  # the second time from what is remembered, over rows that were numbered anew
            page = index.search(Query(text="schist", facets=("culture",)), ANYONE)
            assert (page.total, page.facets["culture"][0].count, len(page.hits)) == (20, 20, 20)
    assert index._reader is not None
    assert len(index._reader.columns[Shelf.LISTINGS]) < 60
