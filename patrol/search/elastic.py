"""The index on an Elasticsearch: the same promises as the embedded one, for millions of listings and several machines.

`patrol.search.open_index` opens it where the settings give an address; any number of processes on any number of hosts share
it. A page is asked within one point in time, so its hits, total and facets are of one moment; the cursor between pages holds
the last row's values and key alone, so that it never expires and what was erased is not shown from an old view.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from elastic_transport import ConnectionTimeout, TransportError
from elasticsearch import ApiError, NotFoundError

from patrol.errors import StoreError
from patrol.search.documents import Document, Shelf, check
from patrol.search.elastic_asking import Asking, Row, counting
from patrol.search.elastic_bulk import Bulk
from patrol.search.elastic_client import Address, Credentials, connect, guarded, refusal
from patrol.search.elastic_facets import complete, read, required
from patrol.search.elastic_mapping import Json, Names, action_of, generation_of
from patrol.search.elastic_places import Places
from patrol.search.elastic_query import Side, sides
from patrol.search.elastic_rebuild import rebuild
from patrol.search.hits import cluster_hit, cluster_urgent, listing_hit, listing_urgent
from patrol.search.index import ClusterHit, Count, Hit, IndexStatus, Page, Query, QueueQuery, Tally, Viewer, Written
from patrol.search.payload import cluster_from, listing_from
from patrol.search.question import Cursor, Question

T = TypeVar("T")
_MANY = 500  # documents asked by key at once
_PAUSES = (0.1, 0.5, 2.0)  # seconds, about, between tries of a question
_HASTE = 2.0  # seconds for which a page waits to know whether the index answers
_ALIVE = "30s"  # of a point in time; it is closed after the page


@dataclass(frozen=True, slots=True)
class _Answer:
    rows: list[Row]
    now: int
    total: int
    next: str | None
    facets: dict[str, tuple[Count, ...]]


class _LateError(Exception):
    """The generation that was being read is gone: a rebuild swapped it away."""


class ElasticIndex:
    """The `Index` on a server. Safe to share between threads."""

    engine = "elasticsearch"

    def __init__(self, address: Address, credentials: Credentials | None = None) -> None:
        self.address = address
        self.client = connect(address, credentials or Credentials())
        self._names = Names(address.prefix)
        self.places = Places(self.client, self._names, address)
        self._bulk = Bulk(self.client, address, self._names.alias, missing=self._look_again, held=self.places.free_if_abandoned)

    def close(self) -> None:
        self.client.close()

    # ---- writing

    def write(self, documents: Sequence[Document]) -> Written:
        for document in documents:
            check(document)
        if not documents:
            return Written(kept=0, refused=0)
        with guarded(self.address):
            self._ready()
            now = datetime.now(UTC)
            written = self._bulk.write(action_of(document, now) for document in documents).written()
            self.client.indices.refresh(index=[self._names.alias(shelf) for shelf in Shelf])
            if written.unfit:
                self._look_again()  # an index of another format would refuse every document: no fault of theirs
        return written

    def rebuild(self, documents: Iterable[Document]) -> Written:
        return rebuild(self.places, documents)

    # ---- reading

    def search(self, query: Query, viewer: Viewer) -> Page[Hit]:
        question = Question.of_listings(query, viewer)
        answer = self._answer(question)
        hits = []
        for row in answer.rows:
            document = listing_from(row.payload)
            desk = document.seen_by(viewer.agency_id)
            if desk is not None:
                urgent = listing_urgent(document, desk, answer.now, question.hours)
                hits.append(listing_hit(document, viewer, urgent, question.tree if query.highlight else None))
        return Page(hits=tuple(hit for hit in hits if hit), total=answer.total, next=answer.next, facets=answer.facets)

    def queue(self, query: QueueQuery, viewer: Viewer) -> Page[ClusterHit]:
        question = Question.of_clusters(query, viewer)
        answer = self._answer(question)
        hits = []
        for row in answer.rows:
            document = cluster_from(row.payload)
            view = document.seen_by(viewer.agency_id)
            if view is not None:
                hits.append(cluster_hit(document, viewer, cluster_urgent(view, answer.now, question.hours)))
        return Page(hits=tuple(hit for hit in hits if hit), total=answer.total, next=answer.next, facets=answer.facets)

    def tally(self, tallies: Sequence[Tally], viewer: Viewer) -> list[tuple[Count, ...]]:
        both = sides(Shelf.LISTINGS, viewer.agency_id)
        required(tallies, both[0])
        alike: dict[Question, list[int]] = {}  # tallies over the same listings are one search
        for at, tally in enumerate(tallies):
            alike.setdefault(Question.of_tally(tally.where, viewer), []).append(at)
        groups = {question: [tallies[at] for at in places] for question, places in alike.items()}
        asked = [(question, side, group) for question, group in groups.items() for side in both]
        answers = self._asked(lambda: self._tallied(asked)) if asked else []
        found: dict[int, tuple[Count, ...]] = {}
        for at, (question, group) in enumerate(groups.items()):
            counts = read(group, both[0], answers[at * len(both) : (at + 1) * len(both)])
            found.update(zip(alike[question], counts, strict=True))
        return [found[at] for at in range(len(tallies))]

    def get(self, keys: Sequence[str], viewer: Viewer) -> list[Hit]:
        found = self._by_key(Shelf.LISTINGS, keys)
        hits = [listing_hit(listing_from(found[key]), viewer) for key in keys if key in found]
        return [hit for hit in hits if hit]

    def clusters(self, keys: Sequence[str], viewer: Viewer) -> list[ClusterHit]:
        found = self._by_key(Shelf.CLUSTERS, keys)
        hits = [cluster_hit(cluster_from(found[key]), viewer) for key in keys if key in found]
        return [hit for hit in hits if hit]

    def members(self, clusters: Sequence[str], viewer: Viewer) -> dict[str, list[Hit]]:
        views = {hit.key: hit.view.members for hit in self.clusters(clusters, viewer)}
        hits = {hit.document.key: hit for hit in self.get([key for members in views.values() for key in members], viewer)}
        return {cluster: [hits[key] for key in members if key in hits] for cluster, members in views.items()}

    def revisions(self, keys: Sequence[str]) -> dict[str, int]:
        return {found["_id"]: found["_version"] for found in self._held(Shelf.LISTINGS, keys, source=False)}

    def count(self) -> int:
        return self._counted(Shelf.LISTINGS, gone=False)

    def ping(self) -> None:
        hasty = self.client.options(request_timeout=_HASTE, max_retries=0)
        with guarded(self.address), suppress(NotFoundError):  # where nothing is there yet, the first question makes it
            try:
                hasty.search(index=self._names.alias(Shelf.LISTINGS), size=0, terminate_after=1, track_total_hits=False)
            except ConnectionTimeout as error:
                raise StoreError(f"the index does not answer within {_HASTE:.0f} s", where=str(self.address)) from error

    def status(self) -> IndexStatus:
        listings, clusters = (self._counted(shelf, gone=False) for shelf in Shelf)
        tombstones = sum(self._counted(shelf, gone=True) for shelf in Shelf)
        aliases = [self._names.alias(shelf) for shelf in Shelf]
        stats = self._asked(lambda: self.client.indices.stats(index=aliases, metric="store").body)
        last = self._asked(lambda: self.client.search(index=aliases, size=0, aggs={"last": {"max": {"field": "written"}}}).body)[
            "aggregations"
        ]["last"]["value"]
        return IndexStatus(
            engine=self.engine,
            generation=max(map(generation_of, stats["indices"]), default=0),
            listings=listings,
            clusters=clusters,
            tombstones=tombstones,
            bytes=stats["_all"]["total"]["store"]["size_in_bytes"],
            last_write=None if last is None else datetime.fromtimestamp(last / 1000, UTC),
            place=str(self.address),
        )

    # ---- how: by key

    def _by_key(self, shelf: Shelf, keys: Sequence[str]) -> dict[str, bytes]:
        held = self._held(shelf, keys, source=["payload"])
        return {one["_id"]: one["_source"]["payload"].encode() for one in held if "payload" in one["_source"]}

    def _held(self, shelf: Shelf, keys: Sequence[str], *, source: list[str] | bool) -> list[Json]:
        found: list[Json] = []
        wanted = [key for key in dict.fromkeys(keys) if key]
        for start in range(0, len(wanted), _MANY):
            part = wanted[start : start + _MANY]
            answer = self._asked(
                lambda part=part: self.client.mget(index=self._names.alias(shelf), ids=part, source=source).body  # type: ignore[misc]
            )
            found += [one for one in answer["docs"] if one.get("found")]
        return found

    def _counted(self, shelf: Shelf, *, gone: bool) -> int:
        alias = self._names.alias(shelf)
        return int(self._asked(lambda: self.client.count(index=alias, query={"term": {"gone": gone}}).body["count"]))

    # ---- how: by question

    def _answer(self, question: Question) -> _Answer:
        after = None if question.after is None else Cursor.read(question.after, question.mark)
        now = after.now if after else question.moment()
        asking = Asking(question, now, after)
        return self._asked(lambda: self._page(asking))

    def _page(self, asking: Asking) -> _Answer:
        question = asking.question
        rows: list[Row] = []
        ahead = [*asking.counts(), *asking.ranks()]  # asked beside the first page, or before it where the page has floors
        with self._moment(question.shelf) as pit:
            told: list[Mapping[str, Any]] = []
            if asking.ranked:
                told, ahead = self._all(pit, ahead), []
                asking.floored(told)
            for tier in range(asking.first, asking.last + 1):
                answers = self._all(pit, [*ahead, *asking.pages(tier, question.limit + 1 - len(rows))])
                told += answers[: len(ahead)]
                rows += asking.merged(tier, answers[len(ahead) :])
                ahead = []
                if len(rows) > question.limit:
                    break
            counts = told[: len(asking.sides)]
            self._complete(pit, asking.counts(), [(side, asking.tallies) for side in asking.sides], counts)
        return _Answer(
            rows=rows[: question.limit],
            now=asking.now,
            total=sum(answer["hits"]["total"]["value"] for answer in counts),
            next=asking.cursor(rows[question.limit - 1]) if len(rows) > question.limit else None,
            facets=dict(zip(question.facets, read(asking.tallies, asking.sides[0], counts), strict=True)),
        )

    def _tallied(self, asked: Sequence[tuple[Question, Side, Sequence[Tally]]]) -> list[Mapping[str, Any]]:
        bodies = [counting(question, side, tallies) for question, side, tallies in asked]
        with self._moment(Shelf.LISTINGS) as pit:
            answers = self._all(pit, bodies)
            self._complete(pit, bodies, [(side, tallies) for _, side, tallies in asked], answers)
        return answers

    def _complete(
        self,
        pit: str,
        bodies: Sequence[Json],
        asked: Sequence[tuple[Side, Sequence[Tally]]],
        answers: Sequence[Mapping[str, Any]],
    ) -> None:
        for body, (side, tallies), answer in zip(bodies, asked, answers, strict=True):
            complete(lambda body: self._all(pit, [body])[0], body, tallies, side, answer)

    def _all(self, pit: str, bodies: list[Json]) -> list[Mapping[str, Any]]:
        searches: list[Json] = []
        for body in bodies:
            searches += ({"allow_partial_search_results": False}, body | {"pit": {"id": pit, "keep_alive": _ALIVE}})
        answers: list[Mapping[str, Any]] = self.client.msearch(searches=searches)["responses"]
        for answer in answers:
            if "error" in answer:
                if answer.get("status") == 404:
                    raise _LateError
                raise refusal(answer["status"], answer, self.address)
        return answers

    @contextmanager
    def _moment(self, shelf: Shelf) -> Iterator[str]:
        """Everything that is asked within is of one moment."""
        pit = self.client.open_point_in_time(index=self._names.alias(shelf), keep_alive=_ALIVE)["id"]
        try:
            yield pit
        finally:
            with suppress(ApiError, TransportError):  # it ends by itself, too
                self.client.close_point_in_time(id=pit)

    def _asked(self, ask: Callable[[], T]) -> T:
        """Once more where a rebuild swapped the generation away while it was read, or nothing was there yet; and again, a
        little later, where the server has too much to do."""
        with guarded(self.address):
            self._ready()
            for pause in _PAUSES:
                try:
                    return ask()
                except (NotFoundError, _LateError):
                    self._look_again()
                except ApiError as error:
                    if error.meta.status != 429:
                        raise
                    time.sleep(pause * random.uniform(0.5, 1.0))
            return ask()

    def _ready(self) -> None:
        if not self.places.known:
            self.places.ensure()

    def _look_again(self) -> None:
        self.places.forget()
        self.places.ensure()
