"""Writing to an Elasticsearch: documents in bulk requests, each by its revision as external version, with patience.

`elastic.py` and `elastic_rebuild.py` hand over actions and the alias to write to. What is held already is refused by the
server (a replay is harmless), what the mapping refuses is that document's own fault, what is busy is tried again with
growing, jittered pauses; anything else is the engine's fault and a StoreError.
"""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import orjson
from elastic_transport import ConnectionError as Unreached
from elastic_transport import ConnectionTimeout
from elasticsearch import ApiError, Elasticsearch

from patrol.errors import StoreError
from patrol.search.documents import Shelf
from patrol.search.elastic_client import guarded, is_full, reason_of, remedy_of
from patrol.search.elastic_mapping import Action
from patrol.search.index import Unfit, Written

MOST_DOCUMENTS = 250  # of one request
AT_ONCE = 2  # requests under way
MOST_BYTES = 8_000_000
PATIENCE = 30.0  # seconds for an engine that says it is busy
UNREACHED = 3  # tries where nobody answers: the indexer has a patience of its own
HELD = 20.0  # seconds for a rebuild that holds the index for its swap
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 4.0
_BUSY = frozenset([429, 502, 503, 504])
_WRITE_BLOCK = "FORBIDDEN/8/"


@dataclass(slots=True)
class Tally:
    """What has become of the actions so far; `created` counts those of each shelf whose key was new."""

    kept: int = 0
    created: dict[Shelf, int] = field(default_factory=lambda: dict.fromkeys(Shelf, 0))
    refused: int = 0
    unfit: list[Unfit] = field(default_factory=list)

    def add(self, other: Tally) -> Tally:
        """Itself, with the other's counts."""
        self.kept += other.kept
        self.refused += other.refused
        self.unfit += other.unfit
        for shelf, number in other.created.items():
            self.created[shelf] += number
        return self

    def written(self) -> Written:
        return Written(kept=self.kept, refused=self.refused, unfit=tuple(self.unfit))


class Bulk:
    """Writes to the aliases that `target` names; `missing` is called where one is not there, `held` where it is held by a
    rebuild for too long: after either the write is tried again."""

    def __init__(
        self,
        client: Elasticsearch,
        place: object,
        target: Callable[[Shelf], str],
        *,
        missing: Callable[[], None],
        held: Callable[[], None],
    ) -> None:
        self._client = client.options(max_retries=0)  # tried again here, where it is known what has been done
        self._place = place
        self._target = target
        self._missing = missing
        self._held = held

    def write(self, actions: Iterable[Action]) -> Tally:
        """Taken as they come: the next are made while the server works on those before, on a few requests at a time. In which
        order they arrive is all the same, for each document is written by its revision."""
        tally = Tally()
        parts = _parts(actions)
        first = next(parts, [])
        second = next(parts, None)
        if second is None:
            return tally.add(self._sent(first))
        with ThreadPoolExecutor(AT_ONCE) as pool:
            under_way = deque(pool.submit(self._sent, part) for part in (first, second))
            for part in parts:
                while len(under_way) > AT_ONCE:  # one waits for a thread that gets free while the next is made
                    tally.add(under_way.popleft().result())
                under_way.append(pool.submit(self._sent, part))
            for sent in under_way:
                tally.add(sent.result())
        return tally

    def _sent(self, actions: list[Action]) -> Tally:
        tally = Tally()
        self._part(actions, tally)
        return tally

    def _part(self, actions: list[Action], tally: Tally) -> None:
        pauses = _Pauses(self._place)
        while actions:
            try:
                items = self._send(actions)
            except ApiError as error:
                if error.meta.status == 413 and len(actions) > 1:
                    half = len(actions) // 2
                    self._part(actions[:half], tally)
                    actions = actions[half:]
                    continue
                if error.meta.status not in _BUSY | {413}:
                    raise  # the whole request is refused: no document's fault
                items = [{"status": error.meta.status, "error": error.body}] * len(actions)
            except (Unreached, ConnectionTimeout) as error:
                pauses.unreached(error)
                continue
            again = [
                action for action, item in zip(actions, items, strict=True) if not self._settled(action, item, tally, pauses)
            ]
            if again:
                pauses.wait()
                self._mend(pauses)
            actions = again

    def _send(self, actions: Sequence[Action]) -> list[dict[str, Any]]:
        lines: list[Any] = []
        for action in actions:
            head = {"_index": self._target(action.shelf), "_id": action.key, "version": action.revision}
            lines += (orjson.dumps({"index": head | {"version_type": "external"}}), action.body)
        answer = self._client.bulk(
            operations=lines,
            require_alias=True,
            filter_path="items.index.status,items.index.error,items.index.result",
        )
        return [item["index"] for item in answer["items"]]

    def _settled(self, action: Action, item: dict[str, Any], tally: Tally, pauses: _Pauses) -> bool:
        """True of an action that needs no other try."""
        status = item["status"]
        if status < 300:
            tally.kept += 1
            tally.created[action.shelf] += item.get("result") == "created"
        elif status == 409:
            tally.refused += 1
        elif status in (400, 413):
            tally.unfit.append(Unfit(shelf=action.shelf, key=action.key, reason=reason_of(item)))
        else:
            pauses.because(status, reason_of(item))
            return False
        return True

    def _mend(self, pauses: _Pauses) -> None:
        if pauses.status == 404:
            self._missing()
        elif _WRITE_BLOCK in pauses.why and pauses.waited > HELD:
            self._held()


def _parts(actions: Iterable[Action]) -> Iterator[list[Action]]:
    part: list[Action] = []
    size = 0
    for action in actions:
        if part and (len(part) == MOST_DOCUMENTS or size + len(action.body) > MOST_BYTES):
            yield part
            part, size = [], 0
        part.append(action)
        size += len(action.body)
    if part:
        yield part


class _Pauses:
    """How long is waited for what; ends in a StoreError where waiting is of no use."""

    def __init__(self, place: object) -> None:
        self._place = place
        self._start = time.monotonic()
        self._pause = _FIRST_PAUSE
        self._unreached = 0
        self.status = 0
        self.why = ""

    @property
    def waited(self) -> float:
        return time.monotonic() - self._start

    def because(self, status: int, why: str) -> None:
        """Why an action was not taken; a StoreError where that will not pass by itself."""
        self.status, self.why = status, why
        passing = status in _BUSY or status == 404 or _WRITE_BLOCK in why
        if is_full(why) or not passing or self.waited > (HELD + PATIENCE if _WRITE_BLOCK in why else PATIENCE):
            raise StoreError(f"the index takes nothing ({status}): {why}", where=str(self._place), remedy=remedy_of(status, why))

    def unreached(self, error: Exception) -> None:
        self._unreached += 1
        if self._unreached >= UNREACHED:
            with guarded(self._place):
                raise error
        self.wait()

    def wait(self) -> None:
        """Up to twice as long as the last time, by chance, so that many writers don't come back at once."""
        time.sleep(self._pause * random.uniform(0.5, 1.0))
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)
