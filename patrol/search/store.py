"""One generation of the embedded index: an SQLite file with packed rows, documents as JSON, and an FTS5 table of tokens.

`writer.py` puts documents in, within its transaction; `reader.py` reads packed rows, documents and full-text hits. FTS5
stands on its `ascii` tokenizer over streams that are folded and joined by spaces already: it splits at the spaces and takes
every letter beyond ASCII as it is, so text.py alone decides what a word is.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from patrol.errors import StoreError
from patrol.search.documents import Document, ListingDocument, Shelf, Tombstone, check, shelf_of
from patrol.search.generation import Folder
from patrol.search.index import Written
from patrol.search.payload import cluster_from, listing_from, packed
from patrol.search.rows import LAYOUTS, TEXT_COLUMNS, Layout, Row, fingerprint, rows_of, streams

FORMAT = 1  # raised when the file, the rows or the token stream change; the remedy is a rebuild
WAIT_SECONDS = 30.0
SHELVES = {Shelf.LISTINGS: 0, Shelf.CLUSTERS: 1}
_SCHEMA = f"""
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE words (code INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE);
CREATE TABLE docs (
    doc INTEGER PRIMARY KEY, shelf INTEGER NOT NULL, key TEXT NOT NULL, revision INTEGER NOT NULL, seq INTEGER NOT NULL,
    gone INTEGER NOT NULL, print BLOB, records BLOB NOT NULL, sets BLOB NOT NULL, UNIQUE (shelf, key)
);
CREATE INDEX docs_by_seq ON docs (seq);
CREATE TABLE payloads (doc INTEGER PRIMARY KEY, json BLOB NOT NULL);
CREATE VIRTUAL TABLE texts USING fts5 ({", ".join(TEXT_COLUMNS)}, tokenize='ascii', columnsize=0);
INSERT INTO meta VALUES ('format', {FORMAT}), ('seq', 0), ('written', NULL);
"""  # noqa: S608 - made of constants


@contextmanager
def guarded(place: Path) -> Iterator[None]:
    """SQLite's errors in the words of a person who has to do something about them."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"the index failed: {error}", where=str(place), remedy=_remedy(str(error))) from error


def _remedy(message: str) -> str:
    if "full" in message or "I/O" in message:
        return "Look for a full disk; the ledger keeps what is still to be indexed"
    if "locked" in message or "busy" in message:
        return "Another process has held it too long; try again"
    return "Run `patrol index rebuild`: the index is made anew from the ledger"


def connect(path: Path, *, write: bool) -> sqlite3.Connection:
    """A connection to a file that exists, in autocommit mode (transactions are begun by hand). Raises sqlite3.Error."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA cache_size = -32768")
    connection.execute("PRAGMA mmap_size = 1073741824")
    connection.execute("PRAGMA synchronous = FULL" if write else "PRAGMA query_only = 1")
    return connection


def create(path: Path) -> None:
    """An empty generation."""
    with guarded(path):
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("PRAGMA page_size = 8192")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(f"BEGIN; {_SCHEMA} COMMIT;")
        connection.close()


def open_serving(folder: Folder, *, write: bool) -> tuple[int, sqlite3.Connection]:
    """The serving generation and a connection to it; StoreError where there is none or it has another format."""
    while True:
        generation = folder.current()
        place = folder.root if generation is None else folder.file(generation)
        if generation is None:
            raise StoreError("there is no index yet", where=str(place), remedy="Run `patrol index rebuild`")
        with guarded(place):
            try:
                connection = connect(place, write=write)
            except sqlite3.OperationalError:
                if folder.current() != generation:
                    continue  # replaced between the two looks
                raise
            try:
                require_format(connection, place)
            except (StoreError, sqlite3.Error):
                connection.close()
                raise
        return generation, connection


def require_format(connection: sqlite3.Connection, place: Path) -> None:
    """Raises StoreError where the file was written by code that keeps rows or tokens differently."""
    found = meta(connection, "format")
    if found != FORMAT:
        raise StoreError(
            f"the index has format {found}, this Patrol reads {FORMAT}", where=str(place), remedy="run `patrol index rebuild`"
        )


def meta(connection: sqlite3.Connection, name: str) -> int | str | None:
    row = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return None if row is None else row[0]


# ---------------------------------------------------------------------------------------------------------------------
# writing: all within a transaction of the caller


class Words:
    """The file's dictionary as a writer knows it: each distinct value has one code."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._codes: dict[str, int] = {}

    def forget(self) -> None:
        """After a rollback: codes given since may not be in the file."""
        self._codes.clear()

    def code(self, word: str | None) -> int:
        if not word:
            return 0
        code = self._codes.get(word)
        if code is None:
            self._connection.execute("INSERT OR IGNORE INTO words (word) VALUES (?)", (str(word),))
            code = self._connection.execute("SELECT code FROM words WHERE word = ?", (str(word),)).fetchone()[0]
            self._codes[str(word)] = code
        return code


def put(connection: sqlite3.Connection, words: Words, documents: Sequence[Document]) -> Written:
    """Writes what is newer than what is held."""
    seq = int(meta(connection, "seq") or 0)
    kept = 0
    for document in documents:
        check(document)
        if _put_one(connection, words, document, seq + kept + 1):
            kept += 1
    if kept:
        connection.execute("UPDATE meta SET value = ? WHERE name = 'seq'", (seq + kept,))
        connection.execute("UPDATE meta SET value = ? WHERE name = 'written'", (datetime.now(UTC).isoformat(),))
    return Written(kept=kept, refused=len(documents) - kept)


def _put_one(connection: sqlite3.Connection, words: Words, document: Document, seq: int) -> bool:
    shelf = shelf_of(document)
    held = connection.execute(
        "SELECT doc, revision, print FROM docs WHERE shelf = ? AND key = ?", (SHELVES[shelf], document.key)
    ).fetchone()
    if held is not None and held[1] >= document.revision:
        return False
    gone = isinstance(document, Tombstone)
    records, sets = (b"", b"") if isinstance(document, Tombstone) else _packed_rows(words, LAYOUTS[shelf], rows_of(document))
    print_ = fingerprint(document) if isinstance(document, ListingDocument) else None
    if held is None:
        doc = connection.execute(
            "INSERT INTO docs (shelf, key, revision, seq, gone, print, records, sets) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (SHELVES[shelf], document.key, document.revision, seq, gone, print_, records, sets),
        ).lastrowid
    else:
        doc = held[0]
        connection.execute(
            "UPDATE docs SET revision = ?, seq = ?, gone = ?, print = ?, records = ?, sets = ? WHERE doc = ?",
            (document.revision, seq, gone, print_, records, sets, doc),
        )
    assert doc is not None
    _put_payload(connection, doc, document)
    if print_ != (held and held[2]):
        _put_texts(connection, doc, document, replace=held is not None and held[2] is not None)
    return True


def _put_payload(connection: sqlite3.Connection, doc: int, document: Document) -> None:
    if isinstance(document, Tombstone):
        connection.execute("DELETE FROM payloads WHERE doc = ?", (doc,))
    else:
        connection.execute("INSERT OR REPLACE INTO payloads VALUES (?, ?)", (doc, packed(document)))


def _put_texts(connection: sqlite3.Connection, doc: int, document: Document, *, replace: bool) -> None:
    if replace:
        connection.execute("DELETE FROM texts WHERE rowid = ?", (doc,))
    if isinstance(document, ListingDocument):
        marks = ", ".join("?" * (len(TEXT_COLUMNS) + 1))
        connection.execute(f"INSERT INTO texts (rowid, {', '.join(TEXT_COLUMNS)}) VALUES ({marks})", (doc, *streams(document)))  # noqa: S608 - constant names


@cache
def _packer(layout: Layout) -> struct.Struct:
    """The same bytes as `layout.record`."""
    return struct.Struct(f"<i{len(layout.numbers) + len(layout.hashes)}q{len(layout.words) + len(layout.sets)}i")


def _packed_rows(words: Words, layout: Layout, rows: Sequence[Row]) -> tuple[bytes, bytes]:
    records: list[bytes] = []
    codes: list[int] = []
    for row in rows:
        sets = [sorted({words.code(word) for word in row.sets[name] if word}) for name in layout.sets]
        records.append(
            _packer(layout).pack(
                words.code(row.audience),
                *(row.numbers[name] for name in layout.numbers),
                *(row.hashes[name] for name in layout.hashes),
                *(words.code(row.words[name]) for name in layout.words),
                *map(len, sets),
            )
        )
        codes.extend(code for one in sets for code in one)
    return b"".join(records), struct.pack(f"<{len(codes)}i", *codes)


# ---------------------------------------------------------------------------------------------------------------------
# reading back whole documents


def changes(connection: sqlite3.Connection, after: int, most: int) -> tuple[int, list[Document]]:
    """Up to `most` documents and tombstones written after the sequence number, in order, and the number of the last."""
    found = connection.execute(
        "SELECT seq, shelf, key, revision, gone, json FROM docs LEFT JOIN payloads USING (doc)"
        " WHERE seq > ? ORDER BY seq LIMIT ?",
        (after, most),
    ).fetchall()
    return (found[-1][0] if found else after), [_document(*row[1:]) for row in found]


def _document(shelf: int, key: str, revision: int, gone: int, json: bytes) -> Document:
    if gone:
        return Tombstone(shelf=Shelf.CLUSTERS if shelf else Shelf.LISTINGS, key=key, revision=revision)
    return cluster_from(json) if shelf else listing_from(json)
