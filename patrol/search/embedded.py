"""The index on SQLite: full text by FTS5, filters, facets and orders on columns in memory, all in one folder.

It keeps the promises of index.py for one machine and up to about a million listings. Any number of processes may open the
same folder; each keeps the columns of its own reads up to date from what the others wrote.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from patrol.search.columns import Columns, Mask
from patrol.search.documents import Document, Shelf
from patrol.search.facets import count, counted
from patrol.search.generation import Folder
from patrol.search.hits import cluster_hit, listing_hit
from patrol.search.index import ClusterHit, Count, Hit, IndexStatus, Order, Page, Query, QueueQuery, Tally, Viewer, Written
from patrol.search.order import Moment, page, sort_columns
from patrol.search.payload import cluster_from, listing_from
from patrol.search.question import Cursor, Question
from patrol.search.reader import Reader
from patrol.search.rebuild import rebuild
from patrol.search.rows import hashed
from patrol.search.select import relevance, select
from patrol.search.store import guarded, open_serving
from patrol.search.writer import Writer, first

_REMEMBERED = 32  # results of queries, kept while nothing is written


@dataclass(frozen=True, slots=True)
class _Answer:
    payloads: list[bytes]
    urgent: list[bool]
    now: int
    total: int
    next: str | None
    facets: dict[str, tuple[Count, ...]]


class EmbeddedIndex:
    """The `Index` in a folder of its own, made where there is none. Safe to share between threads."""

    engine = "embedded"

    def __init__(self, path: Path) -> None:
        self._folder = Folder(Path(path))
        self._writer = Writer(self._folder)
        self._lock = threading.RLock()
        self._reader: Reader | None = None
        self._stamp = (0, 0)
        self._generation = 0
        self._remembered: OrderedDict[tuple[object, ...], tuple[Mask, NDArray[np.int64] | None]] = OrderedDict()

    def close(self) -> None:
        self._writer.close()
        with self._lock:
            self._forget()

    # ---- writing

    def write(self, documents: Sequence[Document]) -> Written:
        return self._writer.write(documents)

    def rebuild(self, documents: Iterable[Document]) -> Written:
        return rebuild(self._folder, documents)

    # ---- reading

    def search(self, query: Query, viewer: Viewer) -> Page[Hit]:
        question = Question.of_listings(query, viewer)
        answer = self._answer(question)
        marked = question.tree if query.highlight else None
        hits = [
            listing_hit(listing_from(payload), viewer, urgent, marked)
            for payload, urgent in zip(answer.payloads, answer.urgent, strict=True)
        ]
        return Page(hits=tuple(hit for hit in hits if hit), total=answer.total, next=answer.next, facets=answer.facets)

    def queue(self, query: QueueQuery, viewer: Viewer) -> Page[ClusterHit]:
        answer = self._answer(Question.of_clusters(query, viewer))
        hits = [
            cluster_hit(cluster_from(payload), viewer, urgent)
            for payload, urgent in zip(answer.payloads, answer.urgent, strict=True)
        ]
        return Page(hits=tuple(hit for hit in hits if hit), total=answer.total, next=answer.next, facets=answer.facets)

    def tally(self, tallies: Sequence[Tally], viewer: Viewer) -> list[tuple[Count, ...]]:
        asked = [Question.of_tally(tally.where, viewer) for tally in tallies]
        with self._snapshot(columns=True) as reader:
            columns = reader.columns[Shelf.LISTINGS]
            return [
                counted(one, self._found(question, reader, columns)[0], reader, columns)
                for question, one in zip(asked, tallies, strict=True)
            ]

    def get(self, keys: Sequence[str], viewer: Viewer) -> list[Hit]:
        with self._snapshot() as reader:
            found = reader.by_key(Shelf.LISTINGS, list(dict.fromkeys(keys)))
        hits = [listing_hit(listing_from(found[key]), viewer) for key in keys if key in found]
        return [hit for hit in hits if hit]

    def clusters(self, keys: Sequence[str], viewer: Viewer) -> list[ClusterHit]:
        with self._snapshot() as reader:
            found = reader.by_key(Shelf.CLUSTERS, list(dict.fromkeys(keys)))
        hits = [cluster_hit(cluster_from(found[key]), viewer) for key in keys if key in found]
        return [hit for hit in hits if hit]

    def members(self, clusters: Sequence[str], viewer: Viewer) -> dict[str, list[Hit]]:
        views = {hit.key: hit.view.members for hit in self.clusters(clusters, viewer)}
        hits = {hit.document.key: hit for hit in self.get([key for members in views.values() for key in members], viewer)}
        return {cluster: [hits[key] for key in members if key in hits] for cluster, members in views.items()}

    def revisions(self, keys: Sequence[str]) -> dict[str, int]:
        with self._snapshot() as reader:
            return reader.revisions(keys)

    def count(self) -> int:
        with self._snapshot() as reader:
            return reader.held()[0]

    def ping(self) -> None:
        with self._snapshot():
            pass

    def status(self) -> IndexStatus:
        with self._snapshot() as reader:
            listings, clusters, tombstones, written = reader.held()
            generation = self._generation
        size = sum(path.stat().st_size for path in self._folder.root.glob("index-*"))
        return IndexStatus(
            engine=self.engine,
            generation=generation,
            listings=listings,
            clusters=clusters,
            tombstones=tombstones,
            bytes=size,
            last_write=None if written is None else datetime.fromisoformat(written),
            place=self._folder.root,
        )

    # ---- how

    @contextmanager
    def _snapshot(self, *, columns: bool = False) -> Iterator[Reader]:
        """The reader of the serving generation, at one moment, for this thread alone."""
        with self._lock:
            reader = self._current_reader()
            with guarded(self._folder.file(self._generation)), reader.snapshot(columns=columns):
                yield reader

    def _current_reader(self) -> Reader:
        stamp = self._folder.stamp()
        if self._reader is None or stamp != self._stamp:
            self._forget()
            if stamp == (0, 0):
                first(self._folder)
                stamp = self._folder.stamp()
            self._generation, connection = open_serving(self._folder, write=False)
            self._reader, self._stamp = Reader(connection), stamp
        return self._reader

    def _forget(self) -> None:
        self._remembered.clear()
        if self._reader is not None:
            self._reader.close()
        self._reader = None

    def _answer(self, question: Question) -> _Answer:
        mark = question.mark
        after = None if question.after is None else Cursor.read(question.after, mark)
        now = after.now if after else question.moment()
        moment = Moment(now, question.hours)
        with self._snapshot(columns=True) as reader:
            columns = reader.columns[question.shelf]
            found, rank = self._found(question, reader, columns)
            rows = np.flatnonzero(found)
            by = sort_columns(question.order, columns, rows, moment, rank)
            places = page(columns, rows, by, after, question.limit + 1)
            shown = rows[places[: question.limit]]
            docs = columns.doc.view[shown].tolist()
            payloads = reader.payloads(docs)
            following = None
            if len(places) > question.limit:
                last = places[question.limit - 1]
                following = Cursor(mark, now, tuple(int(values[last]) for values in by), columns.key(int(rows[last]))).text()
            return _Answer(
                [payloads[doc] for doc in docs],
                moment.urgent(columns, shown).tolist(),
                now,
                len(rows),
                following,
                count(question.facets, question.interval, found, reader, columns),
            )

    def _found(self, question: Question, reader: Reader, columns: Columns) -> tuple[Mask, NDArray[np.int64] | None]:
        """The rows that the viewer may see and the query finds, and their relevance; remembered while nothing is written."""
        ranked = question.order is Order.RELEVANCE
        key = (reader.state, question.shelf, question.agency, question.tree, ranked)
        if key not in self._remembered:
            found = select(question.tree, reader, columns) & columns.visible(reader.audience(question.agency))
            self._remembered[key] = found, relevance(question.tree, reader, columns) if ranked else None
            while len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        self._remembered.move_to_end(key)
        found, rank = self._remembered[key]
        if question.without:
            found = found & ~np.isin(columns.value("key"), [hashed(key) for key in question.without])
        if question.within is not None:
            found = found & np.isin(columns.value("key"), [hashed(key.lower()) for key in question.within])
        return found, rank
