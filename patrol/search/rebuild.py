"""A new generation of the embedded index beside the one that serves, and the swap: nothing written meanwhile is lost.

`embedded.py` hands over all documents, read from the ledger as they are asked for. What the old file takes while the new
one grows is copied over by revision: most of it while both go on, the last of it while the old file is held against
writers and the pointer is moved.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

from patrol.errors import StoreError
from patrol.search.documents import Document
from patrol.search.generation import Folder
from patrol.search.index import Written
from patrol.search.store import FORMAT, Words, changes, connect, create, guarded, meta, put

_BATCH = 1_000  # documents in one transaction
_CATCH_UP = 200  # changes that may be left for the moment in which the old file is held


def rebuild(folder: Folder, documents: Iterable[Document]) -> Written:
    """Raises StoreError where another process is at it; a rebuild that dies leaves the old generation serving."""
    folder.make()
    with folder.alone(wait=False):
        serving = _serving(folder)
        new = folder.highest() + 1
        folder.drop_others(serving or 0)
        create(folder.file(new))
        with guarded(folder.file(new)):
            written = _Rebuild(folder, serving, new).run(documents)
        folder.drop_others(new)
    return written


def _serving(folder: Folder) -> int | None:
    """The generation to catch up with: None where there is none, or none that this code could have written to."""
    try:
        generation = folder.current()
        if generation is None or not folder.file(generation).exists():
            return None
        connection = connect(folder.file(generation), write=False)
        try:
            return generation if meta(connection, "format") == FORMAT else None
        finally:
            connection.close()
    except sqlite3.OperationalError:
        raise  # busy or unreachable is no reason to leave out what it holds
    except (StoreError, sqlite3.DatabaseError):
        return None  # unreadable: the ledger has everything


class _Rebuild:
    def __init__(self, folder: Folder, serving: int | None, new: int) -> None:
        self.folder = folder
        self.new = new
        self.target = connect(folder.file(new), write=True)
        self.target.execute("PRAGMA synchronous = OFF")  # the file counts for nothing before it is whole
        self.words = Words(self.target)
        self.old = None if serving is None else connect(folder.file(serving), write=True)
        self.copied = 0 if self.old is None else int(meta(self.old, "seq") or 0)

    def run(self, documents: Iterable[Document]) -> Written:
        try:
            written = self.fill(documents)
            while self.copy(_BATCH) > _CATCH_UP:
                pass
            if self.old is not None:
                self.old.execute("BEGIN IMMEDIATE")
                while self.copy(_BATCH):
                    pass
            self.seal()
            self.folder.point(self.new)
            return written
        finally:
            self.target.close()
            if self.old is not None:
                self.old.close()

    def fill(self, documents: Iterable[Document]) -> Written:
        kept = refused = 0
        source = iter(documents)
        while batch := list(islice(source, _BATCH)):
            done = self.put(batch)
            kept, refused = kept + done.kept, refused + done.refused
        self.target.execute("INSERT INTO texts (texts) VALUES ('optimize')")
        return Written(kept=kept, refused=refused)

    def copy(self, most: int) -> int:
        """The next changes of the old file; how many there were."""
        if self.old is None:
            return 0
        self.copied, documents = changes(self.old, self.copied, most)
        if documents:
            self.put(documents)
        return len(documents)

    def put(self, documents: Sequence[Document]) -> Written:
        self.target.execute("BEGIN IMMEDIATE")
        written = put(self.target, self.words, documents)
        self.target.execute("COMMIT")
        return written

    def seal(self) -> None:
        """The log into the file, and the file onto the disk."""
        self.target.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        _synced(self.folder.file(self.new))


def _synced(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
