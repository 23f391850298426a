"""The columns of one shelf in memory: what filters, facets and orders of the embedded engine are worked out on.

`reader.py` fills a Columns object from the index file and brings it up to date before each question with what was written
since, by any process; `select.py`, `order.py` and `facets.py` compute on its arrays. A changed document gets new rows and
its old ones die, so that arrays only ever grow until the next full load.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patrol.search.documents import LONGEST_KEY
from patrol.search.rows import Layout

Mask = NDArray[np.bool_]
KEY_WORDS = LONGEST_KEY // 8
EVERYONE = 0  # the audience code of rows that stand for all


class Growing:
    """An array that grows at its end; `view` shows what is filled."""

    def __init__(self, dtype: Any) -> None:
        self._buffer: NDArray[Any] = np.zeros(1024, dtype)
        self._filled = 0

    def extend(self, values: NDArray[Any]) -> None:
        needed = self._filled + len(values)
        if needed > len(self._buffer):
            grown = np.zeros(max(needed, len(self._buffer) * 2), self._buffer.dtype)
            grown[: self._filled] = self._buffer[: self._filled]
            self._buffer = grown
        self._buffer[self._filled : needed] = values
        self._filled = needed

    @property
    def view(self) -> NDArray[Any]:
        return self._buffer[: self._filled]


class Columns:
    """Rows of one shelf. `doc` is the document's number in the file, `audience` a word's code (0: everyone).

    `number`, `word` and `hash` columns have one value a row; a set has two arrays, the row and the word of each pair.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.doc = Growing(np.int64)
        self.alive = Growing(np.bool_)
        self.audience = Growing(np.int32)
        self.keys = [Growing(np.uint64) for _ in range(KEY_WORDS)]
        self._values = {name: Growing(np.int64) for name in (*layout.numbers, *layout.hashes)}
        self._values |= {name: Growing(np.int32) for name in layout.words}
        self._pair_rows = {name: Growing(np.int64) for name in layout.sets}
        self._pair_words = {name: Growing(np.int32) for name in layout.sets}
        self._rows_of: dict[int, list[int]] = {}
        self._visible: dict[int, Mask] = {}
        self.dead = 0

    def __len__(self) -> int:
        return len(self.doc.view)

    def put(self, docs: Sequence[int], keys: Sequence[str], records: Sequence[bytes], sets: Sequence[bytes]) -> None:
        """New state of these documents (numbers, keys, packed rows, packed sets); empty records: it is gone."""
        self._visible.clear()
        self._kill(docs)
        size = self.layout.record.itemsize
        counts = np.array([len(record) // size for record in records], np.int64)
        rows = np.frombuffer(b"".join(records), self.layout.record)
        base = len(self)
        of_doc = np.repeat(np.array(docs, np.int64), counts)
        self.doc.extend(of_doc)
        self.alive.extend(np.ones(len(rows), np.bool_))
        self.audience.extend(rows["audience"])
        for name, column in self._values.items():
            column.extend(rows[name])
        self._put_keys(keys, counts)
        self._put_sets(rows, np.frombuffer(b"".join(sets), "<i4"), base)
        for at, doc in enumerate(of_doc.tolist(), base):
            self._rows_of.setdefault(doc, []).append(at)

    def _kill(self, docs: Sequence[int]) -> None:
        if not self._rows_of:
            return
        old = [row for doc in docs for row in self._rows_of.pop(doc, ())]
        self.alive.view[old] = False
        self.dead += len(old)

    def _put_keys(self, keys: Sequence[str], counts: NDArray[np.int64]) -> None:
        padded = b"".join(key.encode().ljust(LONGEST_KEY, b"\0") for key in keys)
        words = np.frombuffer(padded, ">u8").reshape(-1, KEY_WORDS).astype(np.uint64)
        for column, word in zip(self.keys, words.T, strict=True):
            column.extend(np.repeat(word, counts))

    def _put_sets(self, rows: NDArray[Any], words: NDArray[Any], base: int) -> None:
        """The stored words stand row by row, and within a row set by set."""
        if not self.layout.sets or not len(rows):
            return
        lengths = np.stack([rows[f"{name}#"] for name in self.layout.sets], axis=1)
        which = np.repeat(np.tile(np.arange(len(self.layout.sets)), len(rows)), lengths.ravel())
        row = np.repeat(np.repeat(np.arange(base, base + len(rows)), len(self.layout.sets)), lengths.ravel())
        for at, name in enumerate(self.layout.sets):
            here = which == at
            self._pair_rows[name].extend(row[here])
            self._pair_words[name].extend(words[here])

    def value(self, name: str) -> NDArray[Any]:
        return self._values[name].view

    def pairs(self, name: str) -> tuple[NDArray[Any], NDArray[Any]]:
        """Of a set: the rows and the words of all pairs, those of dead rows too."""
        return self._pair_rows[name].view, self._pair_words[name].view

    def key(self, row: int) -> str:
        return b"".join(int(column.view[row]).to_bytes(8, "big") for column in self.keys).rstrip(b"\0").decode()

    def visible(self, agency: int) -> Mask:
        """The rows that an agency (by its word's code; EVERYONE for none) reads: its own, and the common ones beside."""
        if agency not in self._visible:
            audience, alive = self.audience.view, self.alive.view
            mask = alive & (audience == EVERYONE)
            own = alive & (audience == agency) if agency != EVERYONE else None
            if own is not None and own.any():
                mask = own | (mask & ~np.isin(self.doc.view, self.doc.view[own]))
            self._visible[agency] = mask
        return self._visible[agency]

    def of_docs(self, docs: NDArray[np.int64]) -> Mask:
        """The rows of these documents."""
        if not len(self):
            return np.zeros(0, np.bool_)
        flags = np.zeros(int(self.doc.view.max()) + 1, np.bool_)
        flags[docs[docs < len(flags)]] = True
        mask: Mask = flags[self.doc.view]
        return mask
