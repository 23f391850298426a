"""The embedded index: how long the questions take at 100,000 listings, or at PATROL_BENCH_LISTINGS.

Beyond 100,000 only the questions that a machine of its own must still answer at once have the aim: queue pages, deep paging
and rare words.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from patrol.search.embedded import EmbeddedIndex
from tests.bench.questions import asking, listings

WIDE = 100_000


def run() -> list[dict[str, Any]]:
    count = listings()
    with TemporaryDirectory(prefix="patrol-bench-") as folder:
        index = EmbeddedIndex(Path(folder) / "index")
        try:
            return list(asking(index, count, wide=count <= WIDE))
        finally:
            index.close()
