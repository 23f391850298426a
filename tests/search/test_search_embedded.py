"""The embedded index as files: several processes, and what can go wrong on a disk."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from search_world import ANYONE, listing, some_listings

from patrol.errors import StoreError
from patrol.search import store
from patrol.search.documents import Shelf
from patrol.search.embedded import EmbeddedIndex
from patrol.search.index import Query

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
