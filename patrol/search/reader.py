"""The reading side of one generation: its columns in memory, full-text hits and documents, all of one moment.

`embedded.py` asks within `snapshot()`: the columns are first brought up to what the file holds at that moment, then every
further look sees the same state, whatever is written meanwhile.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from patrol.search.columns import EVERYONE, Columns
from patrol.search.documents import Shelf
from patrol.search.rows import LAYOUTS
from patrol.search.store import SHELVES, meta

_MANY = 500  # bound values in one statement
_WASTE = 20_000  # dead rows that are put up with


class Reader:
    """Not for several threads at once: the caller holds a lock around `snapshot()`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.state = 0  # grows whenever rows are added or renumbered: what was worked out for another state is worth nothing
        self.words: list[str] = [""]
        self._codes: dict[str, int] = {}
        self._lower: dict[str, list[int]] = {}
        self._load()

    def _load(self) -> None:
        self.columns = {shelf: Columns(layout) for shelf, layout in LAYOUTS.items()}
        self.seen = 0
        self.state += 1

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def snapshot(self, *, columns: bool) -> Iterator[None]:
        """With `columns` they are brought up to date first; documents by key can be had without."""
        self._connection.execute("BEGIN")
        try:
            if columns:
                self._refresh()
            yield
        finally:
            self._connection.execute("COMMIT")

    def _refresh(self) -> None:
        if any(columns.dead > max(_WASTE, len(columns) // 2) for columns in self.columns.values()):
            self._load()
        last = int(meta(self._connection, "seq") or 0)
        if last == self.seen:
            return
        self._learn_words()
        for shelf, columns in self.columns.items():
            found = self._connection.execute(
                "SELECT doc, key, records, sets FROM docs WHERE seq > ? AND +shelf = ?", (self.seen, SHELVES[shelf])
            ).fetchall()
            if found:
                columns.put(*zip(*found, strict=True))
        self.seen = last
        self.state += 1

    def _learn_words(self) -> None:
        """Codes are given in turn, so what is new stands behind what is known."""
        for code, word in self._connection.execute(
            "SELECT code, word FROM words WHERE code >= ? ORDER BY code", (len(self.words),)
        ):
            self.words.extend([""] * (code - len(self.words)))
            self.words.append(word)
            self._codes[word] = code
            self._lower.setdefault(word.lower(), []).append(code)

    # -----------------------------------------------------------------------------------------------------------------

    def audience(self, agency: str | None) -> int:
        """The code of an agency; that of everyone where no document knows it."""
        return EVERYONE if agency is None else self._codes.get(agency, EVERYONE)

    def codes(self, value: str, *, prefix: bool = False) -> list[int]:
        """The codes of a word, case aside, or of all words that begin so."""
        if not prefix:
            return self._lower.get(value, [])
        return [code for word, codes in self._lower.items() if word.startswith(value) for code in codes]

    def text_docs(self, match: str) -> NDArray[np.int64]:
        """The documents that an FTS5 expression finds. One joined string comes over five times faster than rows."""
        joined = self._connection.execute("SELECT group_concat(rowid) FROM texts WHERE texts MATCH ?", (match,)).fetchone()[0]
        return np.fromstring(joined, np.int64, sep=",") if joined else np.zeros(0, np.int64)

    def payloads(self, docs: Sequence[int]) -> dict[int, bytes]:
        found: dict[int, bytes] = {}
        for start in range(0, len(docs), _MANY):
            part = docs[start : start + _MANY]
            found.update(
                self._connection.execute(f"SELECT doc, json FROM payloads WHERE doc IN ({_marks(part)})", part)  # noqa: S608 - marks only
            )
        return found

    def by_key(self, shelf: Shelf, keys: Sequence[str]) -> dict[str, bytes]:
        """Documents as JSON by key, those that are gone left out."""
        found: dict[str, bytes] = {}
        for start in range(0, len(keys), _MANY):
            part = keys[start : start + _MANY]
            sql = f"SELECT key, json FROM docs JOIN payloads USING (doc) WHERE shelf = ? AND key IN ({_marks(part)})"  # noqa: S608 - marks only
            found.update(self._connection.execute(sql, (SHELVES[shelf], *part)))
        return found

    def revisions(self, keys: Sequence[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for start in range(0, len(keys), _MANY):
            part = keys[start : start + _MANY]
            sql = f"SELECT key, revision FROM docs WHERE shelf = 0 AND key IN ({_marks(part)})"  # noqa: S608 - marks only
            found.update(self._connection.execute(sql, part))
        return found

    def held(self) -> tuple[int, int, int, str | None]:
        """Listings, clusters, tombstones, and when anything was last written."""
        counts = {(0, 0): 0, (1, 0): 0}
        for shelf, gone, count in self._connection.execute("SELECT shelf, gone, count(*) FROM docs GROUP BY shelf, gone"):
            counts[shelf, gone] = count
        written = meta(self._connection, "written")
        return (
            counts[0, 0],
            counts[1, 0],
            counts.get((0, 1), 0) + counts.get((1, 1), 0),
            None if written is None else str(written),
        )


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
