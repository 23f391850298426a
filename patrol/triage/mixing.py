"""How the queue's streams are drawn and mixed: pure functions over numbers, without ledger or index.

`queue` hands in candidates by stream and gets one order back; `indexing` writes each cluster's draw. The mix holds over a
day's work of one officer, not only over one page, so it goes on from what was decided already.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from patrol.config.settings import Mix

T = TypeVar("T")
DRAWS = 1 << 48  # draws are whole numbers from 0 to DRAWS - 1


class Stream(StrEnum):
    VALUE = "value"
    UNCERTAIN = "uncertain"
    AUDIT = "audit"


@dataclass(frozen=True, slots=True)
class Placed(Generic[T]):
    """A candidate at its place in the queue; `probability` is that of being in its stream at all."""

    candidate: T
    stream: Stream
    probability: float
    rank: int  # from 1


def draw_of(key: bytes, cluster_id: str) -> int:
    """The number drawn for a cluster: uniform, the same every time, and not to be foreseen without the key.

    A cluster is in the audit sample when its draw is among the highest `probability` of all draws. As the number never
    changes, each day's intake is sampled with exactly that probability, however long a listing stays or how often the queue
    is asked.
    """
    digest = hmac.digest(key, b"audit draw\0" + cluster_id.encode(), hashlib.sha256)
    return int.from_bytes(digest[:6], "big")


def drawn(draw: int, probability: float) -> bool:
    """True where a cluster with this draw is in a sample of that inclusion probability."""
    return draw >= lowest_drawn(probability)


def lowest_drawn(probability: float) -> float:
    """The draw from which on (up to DRAWS - 1) a cluster is in a sample of that inclusion probability."""
    return DRAWS * (1 - probability)


def uncertainty(score: int, edge: int) -> int:
    """1000 on the edge between passed over and flagged, falling evenly to 0 at a score of 0 (and as far above it)."""
    return round(1000 * max(0.0, 1 - abs(score - edge) / edge))


def mixed(streams: Mapping[Stream, Iterable[tuple[str, T, float]]], mix: Mix, done: Mapping[Stream, int]) -> Iterator[Placed[T]]:
    """One order out of the streams' own orders of (key, candidate, probability), each key once; no stream is read ahead.

    Every place goes to the stream that lags furthest behind its share, counting what was `done` today; a stream that has
    run dry leaves its places to the others, one with a share of 0 gets none. Ties go to value, then uncertain.
    """
    shares = {Stream.VALUE: mix.value, Stream.UNCERTAIN: mix.uncertain, Stream.AUDIT: mix.audit}
    waiting = {stream: iter(streams.get(stream, ())) for stream in Stream if shares[stream]}
    counts = {stream: done.get(stream, 0) for stream in Stream}
    taken: set[str] = set()
    while waiting:
        total = sum(counts.values()) + 1
        stream = max(waiting, key=lambda each: shares[each] * total / 100 - counts[each])
        found = _fresh(waiting[stream], taken)
        if found is None:
            del waiting[stream]
            continue
        key, candidate, probability = found
        taken.add(key)
        counts[stream] += 1
        yield Placed(candidate, stream, probability, len(taken))


def _fresh(candidates: Iterator[tuple[str, T, float]], taken: set[str]) -> tuple[str, T, float] | None:
    return next((candidate for candidate in candidates if candidate[0] not in taken), None)
