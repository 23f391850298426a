"""Generations of an index on an Elasticsearch: which serves, making the first, the lock of rebuilds, the swap of aliases.

`elastic.py` asks before it reads and writes by alias; `elastic_rebuild.py` makes the next generation beside the serving one.
Both shelves move together, by one change of aliases, which the server carries out as a whole.
"""

from __future__ import annotations

import os
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from elasticsearch import ApiError, BadRequestError, ConflictError, Elasticsearch, NotFoundError

from patrol.errors import StoreError
from patrol.search.documents import Shelf
from patrol.search.elastic_client import guarded
from patrol.search.elastic_mapping import FORMAT, Json, Names, generation_of, mapping
from patrol.tether import lives

LEASE = 300.0  # seconds after which a rebuild that gave no sign counts as dead
_LOCK_ID = "rebuild"


class Places:
    """The indices of one prefix on one server."""

    def __init__(self, client: Elasticsearch, names: Names, place: object) -> None:
        self.client = client
        self.names = names
        self.place = place
        self._sound: set[str] = set()

    def ensure(self) -> None:
        """Both shelves serve, in this code's format; the first generation is made where there is none. StoreError else."""
        for shelf in Shelf:
            serving = self.serving(shelf)
            if serving is None:
                self._first(shelf)
            elif serving not in self._sound:
                self._require_format(serving)

    def forget(self) -> None:
        """What was known may have changed."""
        self._sound.clear()

    @property
    def known(self) -> bool:
        return bool(self._sound)

    def serving(self, shelf: Shelf) -> str | None:
        """The index behind a shelf's alias."""
        try:
            found = list(self.client.indices.get_alias(name=self.names.alias(shelf)))
        except NotFoundError:
            return None
        if len(found) != 1:
            raise StoreError(
                f"the alias {self.names.alias(shelf)} stands for {len(found)} indices",
                where=str(self.place),
                remedy="Leave it the newest one alone, then run `patrol index rebuild`",
            )
        return str(found[0])

    def generations(self, shelf: Shelf) -> list[str]:
        """Every index of a shelf, the serving one and what a rebuild that died left behind."""
        found = self.client.indices.get(index=self.names.every(shelf), expand_wildcards="all", filter_path="*.aliases")
        # the whole name: another unit's prefix may begin with ours
        mine = (name for name in found.body if name == self.names.index(shelf, generation_of(name)))
        return sorted(mine, key=generation_of)

    def _first(self, shelf: Shelf) -> None:
        if self.generations(shelf):
            if self.serving(shelf) is not None:
                return  # another process made it between the two questions; its format is looked at with the next one
            raise StoreError(
                f"the alias {self.names.alias(shelf)} is gone, its index is not",
                where=str(self.place),
                remedy="Run `patrol index rebuild`",
            )
        self.make(shelf, 1, self.names.alias(shelf), {})
        self._sound.add(self.names.index(shelf, 1))

    def make(self, shelf: Shelf, generation: int, alias: str, extra: Json) -> str:
        """An empty generation behind an alias; one that another process just made is as good. Shards and replicas are left to
        the server's defaults or its index templates; `extra` are further settings."""
        name = self.names.index(shelf, generation)
        try:
            self.client.indices.create(index=name, settings=extra, mappings=mapping(shelf), aliases={alias: {}})
        except BadRequestError as error:
            if error.error != "resource_already_exists_exception":
                raise
        return name

    def format_of(self, index: str) -> int | None:
        found = self.client.indices.get_mapping(index=index).body
        meta = found[index]["mappings"].get("_meta", {})
        return meta.get("format") if isinstance(meta, dict) else None

    def _require_format(self, index: str) -> None:
        found = self.format_of(index)
        if found != FORMAT:
            raise StoreError(
                f"the index has format {found}, this Patrol reads {FORMAT}",
                where=f"{self.place}, {index}",
                remedy="run `patrol index rebuild`",
            )
        self._sound.add(index)

    def swap(self, new: dict[Shelf, str]) -> None:
        """The new generation serves from now on: one change for both shelves."""
        actions: list[Json] = []
        for shelf, name in new.items():
            old = self.serving(shelf)
            if old is not None:
                actions.append({"remove": {"index": old, "alias": self.names.alias(shelf)}})
            actions.append({"add": {"index": name, "alias": self.names.alias(shelf)}})
            actions.append({"remove": {"index": name, "alias": self.names.building(shelf, generation_of(name))}})
        self.client.indices.update_aliases(actions=actions)
        self._sound |= set(new.values())

    def drop_others(self, keep: set[str]) -> None:
        """Removes every generation that is not to be kept."""
        for shelf in Shelf:
            for name in self.generations(shelf):
                if name not in keep:
                    self.client.indices.delete(index=name, ignore_unavailable=True)

    def hold(self, index: str) -> None:
        """No write gets in any more, and those under way are done when this returns."""
        self.client.indices.add_block(index=index, block="write")

    def let_go(self, index: str) -> None:
        self.client.options(ignore_status=404).indices.put_settings(index=index, settings={"index.blocks.write": None})

    # ---- the lock of rebuilds

    @contextmanager
    def alone(self) -> Iterator[Lock]:
        """One rebuild at a time: StoreError where another one is at it. That of a dead process is taken over."""
        lock = Lock(self.client, self.names.lock, self.place)
        if lock.take():
            self.release_holds()
        try:
            yield lock
        finally:
            lock.give_back()

    def free_if_abandoned(self) -> None:
        """Lets go of what a rebuild held for its swap and died over; what a person holds stays held."""
        with guarded(self.place):
            if Lock(self.client, self.names.lock, self.place).abandoned():
                self.release_holds()

    def release_holds(self) -> None:
        for shelf in Shelf:
            serving = self.serving(shelf)
            if serving is not None:
                self.let_go(serving)


class Lock:
    """A document that says who rebuilds and until when; taken and renewed by its sequence number, so only one can win."""

    def __init__(self, client: Elasticsearch, index: str, place: object) -> None:
        self._client = client
        self._index = index
        self._place = place
        self._mark: Json = {}
        self._renewed = 0.0

    def take(self) -> bool:
        """True where it was taken over from a dead process."""
        self._make()
        while True:
            try:
                self._mark = _mark(self._client.create(index=self._index, id=_LOCK_ID, document=self._entry()).body)
                return False
            except ConflictError:
                found = self._held()
            if found is None:
                continue  # given back between the two looks
            if not _over(found["_source"]):
                raise StoreError("another process is rebuilding the index", where=str(self._place), remedy="Wait for it")
            self._mark = _mark(self._put(_mark(found)).body)
            return True

    def renew(self) -> None:
        """Now and then while the rebuild runs; StoreError where another process took over."""
        if time.monotonic() - self._renewed > LEASE / 10:
            self._mark = _mark(self._put(self._mark).body)

    def abandoned(self) -> bool:
        """True where who took it is dead and did not give it back."""
        found = self._held()
        return found is not None and _over(found["_source"])

    def give_back(self) -> None:
        try:
            self._client.delete(index=self._index, id=_LOCK_ID, **self._mark)
        except (ConflictError, NotFoundError):
            return  # it is another's by now

    def _put(self, mark: Json) -> Any:
        try:
            return self._client.index(index=self._index, id=_LOCK_ID, document=self._entry(), **mark)
        except ConflictError as error:
            raise StoreError("another process is rebuilding the index", where=str(self._place), remedy="Wait for it") from error

    def _entry(self) -> Json:
        self._renewed = time.monotonic()
        return {"host": socket.gethostname(), "pid": os.getpid(), "until": time.time() + LEASE, "token": uuid.uuid4().hex}

    def _held(self) -> Json | None:
        try:
            found: Json = self._client.get(index=self._index, id=_LOCK_ID).body
        except NotFoundError:
            return None
        return found

    def _make(self) -> None:
        try:
            self._client.indices.create(index=self._index, mappings={"dynamic": False})
        except ApiError as error:
            if error.error != "resource_already_exists_exception":
                raise


def _mark(found: Json) -> Json:
    return {"if_seq_no": found["_seq_no"], "if_primary_term": found["_primary_term"]}


def _over(entry: Json) -> bool:
    """True of a lock whose time is up, or whose process on this very host is gone."""
    return entry["until"] < time.time() or (entry["host"] == socket.gethostname() and not lives(entry["pid"]))
