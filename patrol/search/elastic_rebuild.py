"""A new generation on an Elasticsearch beside the one that serves, and the swap: nothing written meanwhile is lost.

`elastic.py` hands over all documents, read from the ledger as they are asked for. What the old generation takes while the new
one grows is copied over by its sequence numbers: most of it while both go on, the last of it while the old one is held
against writers, who wait and then find the alias moved. Counts and a sample are compared before the swap.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

import orjson
from elastic_transport import TransportError
from elasticsearch import ApiError

from patrol.errors import StoreError
from patrol.search.documents import Document, Shelf, check
from patrol.search.elastic_bulk import Bulk, Tally
from patrol.search.elastic_client import guarded
from patrol.search.elastic_mapping import FORMAT, Action, action_of, generation_of
from patrol.search.elastic_places import Lock, Places
from patrol.search.index import Written

_BATCH = 5_000  # documents at a time
_CATCH_UP = 200  # changes that may be left for the moment in which the old generation is held
_SAMPLE = 100
_BUILDING = {"refresh_interval": "-1"}


def rebuild(places: Places, documents: Iterable[Document]) -> Written:
    """StoreError where another process is at it, or where the new index does not hold what was written to it; the old
    generation goes on serving then."""
    with guarded(places.place), places.alone() as lock:
        for shelf in Shelf:
            if places.serving(shelf) is None and not places.generations(shelf):
                places.ensure()
        serving = {shelf: name for shelf in Shelf if (name := places.serving(shelf)) is not None}
        places.drop_others(set(serving.values()))
        job = _Rebuild(places, lock, serving)
        try:
            written = job.run(documents)
        except BaseException:
            job.abandon()
            raise
        places.drop_others(set(job.new.values()))
    return written


class _Rebuild:
    def __init__(self, places: Places, lock: Lock, serving: dict[Shelf, str]) -> None:
        self.places = places
        self.client = places.client
        self.lock = lock
        self.old = {shelf: name for shelf, name in serving.items() if places.format_of(name) == FORMAT}
        self.serving = serving
        generation = 1 + max((generation_of(name) for name in serving.values()), default=0)
        names = places.names
        self.new = {shelf: places.make(shelf, generation, names.building(shelf, generation), dict(_BUILDING)) for shelf in Shelf}
        self.bulk = Bulk(
            self.client,
            places.place,
            lambda shelf: names.building(shelf, generation),
            missing=self._lost,
            held=lambda: None,
        )
        self.copied = {(shelf, shard): last for shelf in self.old for shard, last in self._settled(shelf).items()}
        self.tally = Tally()
        self.sample: list[Action] = []
        self.seen = 0

    def run(self, documents: Iterable[Document]) -> Written:
        self.fill(documents)
        written = self.tally.written()
        while self.copy() > _CATCH_UP:
            pass
        self.verify()
        self.lock.renew()
        for name in self.serving.values():
            self.places.hold(name)
        self.copy(held=True)
        self.client.indices.put_settings(index=list(self.new.values()), settings={"index.refresh_interval": None})
        self.client.indices.refresh(index=list(self.new.values()))
        self.places.swap(self.new)
        return written

    def abandon(self) -> None:
        """The old generation goes on; the half-made one goes, if the server still answers (else with the next rebuild)."""
        with suppress(ApiError, TransportError, StoreError):
            for shelf in Shelf:
                if self.places.serving(shelf) != self.new[shelf]:
                    self.client.indices.delete(index=self.new[shelf], ignore_unavailable=True)
            self.places.release_holds()

    def _lost(self) -> None:
        raise StoreError("the index that is being rebuilt was removed", where=str(self.places.place), remedy="Rebuild again")

    # ---- filling

    def fill(self, documents: Iterable[Document]) -> None:
        source = iter(documents)
        while batch := list(islice(source, _BATCH)):
            for document in batch:
                check(document)
            self.put(action_of(document) for document in batch)
            self.lock.renew()

    def put(self, actions: Iterable[Action]) -> None:
        self.tally.add(self.bulk.write(map(self._remembered, actions)))

    def _remembered(self, action: Action) -> Action:
        """Into a fair sample of all that came by."""
        self.seen += 1
        if len(self.sample) < _SAMPLE:
            self.sample.append(action)
        elif (at := random.randrange(self.seen)) < _SAMPLE:
            self.sample[at] = action
        return action

    # ---- what the old generation takes meanwhile

    def _settled(self, shelf: Shelf) -> dict[str, int]:
        """By shard, the sequence number up to which every write is done: a later one may be there while an earlier is not."""
        found = self.client.indices.stats(index=self.old[shelf], level="shards", metric="docs").body
        shards = found["indices"][self.old[shelf]]["shards"]
        return {number: copy["seq_no"]["global_checkpoint"] for number, copies in shards.items() for copy in copies[:1]}

    def copy(self, *, held: bool = False) -> int:
        """The changes of the old generation since the last look; how many there were. `held`: no write is under way."""
        count = 0
        for shelf, name in self.old.items():
            upto = self._settled(shelf)
            self.client.indices.refresh(index=name)
            for shard, last in upto.items():
                count += self._copy(shelf, shard, None if held else last)
                self.copied[shelf, shard] = max(last, self.copied[shelf, shard])
        return count

    def _copy(self, shelf: Shelf, shard: str, upto: int | None) -> int:
        count, after = 0, self.copied[shelf, shard]
        while True:
            hits = self._changes(shelf, shard, {"gt": after} | ({} if upto is None else {"lte": upto}))
            if not hits:
                return count
            self.put(_actions(shelf, hits))
            count += len(hits)
            after = hits[-1]["sort"][0]

    def _changes(self, shelf: Shelf, shard: str, limits: dict[str, int]) -> list[dict[str, Any]]:
        found = self.client.search(
            index=self.old[shelf],
            preference=f"_shards:{shard}",
            query={"range": {"_seq_no": limits}},
            sort=[{"_seq_no": "asc"}],
            size=1_000,
            track_total_hits=False,
            allow_partial_search_results=False,
        )
        hits: list[dict[str, Any]] = found["hits"]["hits"]
        return hits

    # ---- is it whole?

    def verify(self) -> None:
        """What the new generation holds against what it said it kept, and a sample against what was sent."""
        self.client.indices.refresh(index=list(self.new.values()))
        for shelf, name in self.new.items():
            held = self.client.count(index=name)["count"]
            if held != self.tally.created[shelf]:
                self._unlike(f"{held} of {self.tally.created[shelf]} {shelf}")
        unfit = {(one.shelf, one.key) for one in self.tally.unfit}
        asked = [action for action in self.sample if (action.shelf, action.key) not in unfit]
        if not asked:
            return
        answer = self.client.mget(docs=[{"_index": self.new[action.shelf], "_id": action.key} for action in asked])
        for action, found in zip(asked, answer["docs"], strict=True):
            if not found.get("found") or found["_version"] < action.revision:
                self._unlike(f"{action.key} is not in it")
            if found["_version"] == action.revision and _said(found["_source"]) != _said(orjson.loads(action.body)):
                self._unlike(f"{action.key} is not as it was written")

    def _unlike(self, how: str) -> None:
        raise StoreError(
            f"the rebuilt index is not what was written: {how}; the old one goes on serving",
            where=str(self.places.place),
            remedy="Rebuild again; if it stays so, look at Elasticsearch's log",
        )


def _said(source: dict[str, Any]) -> dict[str, Any]:
    """All but the time of writing: the same revision may come from the ledger and from the old generation."""
    return {name: value for name, value in source.items() if name != "written"}


def _actions(shelf: Shelf, hits: Iterable[dict[str, Any]]) -> Iterator[Action]:
    """Documents of the old generation as they are: both have the same format."""
    for hit in hits:
        yield Action(shelf, hit["_id"], hit["_source"]["revision"], orjson.dumps(hit["_source"]))
