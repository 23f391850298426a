"""The writing side of the embedded index in one process: batches of documents into the generation that serves.

`embedded.py` hands over documents. Every transaction begins at once (BEGIN IMMEDIATE), so that several processes take
turns; after a rebuild the next batch of every process finds the pointer moved and goes to the new file.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from patrol.search.documents import Document
from patrol.search.generation import Folder
from patrol.search.index import Written
from patrol.search.store import Words, create, guarded, open_serving, put


class Writer:
    """One connection, one batch at a time."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._words: Words | None = None
        self._generation = 0

    def close(self) -> None:
        with self._lock:
            self._close()

    def write(self, documents: Sequence[Document]) -> Written:
        """One transaction: all or none."""
        if not documents:
            return Written(kept=0, refused=0)
        with self._lock, self._transaction() as (connection, words):
            return put(connection, words, documents)

    @contextmanager
    def _transaction(self) -> Iterator[tuple[sqlite3.Connection, Words]]:
        connection, words = self._begun()
        with guarded(self._folder.file(self._generation)):
            try:
                yield connection, words
                connection.execute("COMMIT")
            except BaseException:
                words.forget()
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _begun(self) -> tuple[sqlite3.Connection, Words]:
        """The write lock on the generation that serves: waited for, then checked, for a rebuild may have moved on."""
        while True:
            connection, words = self._opened()
            with guarded(self._folder.file(self._generation)):
                connection.execute("BEGIN IMMEDIATE")
            if self._folder.current() == self._generation:
                return connection, words
            connection.execute("ROLLBACK")

    def _opened(self) -> tuple[sqlite3.Connection, Words]:
        if self._folder.current() is None:
            first(self._folder)
        if self._connection is None or self._words is None or self._folder.current() != self._generation:
            self._close()
            self._generation, self._connection = open_serving(self._folder, write=True)
            self._words = Words(self._connection)
        return self._connection, self._words

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = self._words = None


def first(folder: Folder) -> None:
    """Makes the first, empty generation, where no other process did meanwhile."""
    folder.make()
    with folder.alone(wait=True):
        if folder.current() is None:
            folder.drop_others(0)
            create(folder.file(1))
            folder.point(1)
