"""Whether the index answers, known to every page of the desk without each asking it.

`stale` asks it for the pages' banner. The index is asked at most once in a few seconds, and not for longer than a moment,
however many pages are opened meanwhile.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

from patrol.errors import StoreError
from patrol.search.index import Index

SECONDS = 5.0  # for which an answer holds


class Pulse:
    """Whether one index answers; safe to share between threads: one asks, the others read what was last known."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked = -SECONDS
        self._index: Index | None = None
        self._fault: str | None = None
        self._since: datetime | None = None

    def fault(self, index: Index) -> tuple[str, datetime] | None:
        """Why it does not answer, and when that was first seen; None where it does."""
        if self._lock.acquire(blocking=self._index is not index):
            try:
                if self._index is not index or time.monotonic() - self._asked >= SECONDS:
                    self._ask(index)
            finally:
                self._lock.release()
        fault, since = self._fault, self._since
        return None if fault is None or since is None else (fault, since)

    def _ask(self, index: Index) -> None:
        self._index = index
        try:
            index.ping()
        except StoreError as error:
            self._since = self._since or datetime.now(UTC)
            self._fault = error.what
        else:
            self._fault = self._since = None
        self._asked = time.monotonic()
