"""The crawl side's ledger for each test, on every database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from crawl_world import Crawl


@pytest.fixture
def crawl(database: str) -> Iterator[Crawl]:
    """One run over an empty ledger."""
    crawl = Crawl(database)
    yield crawl
    crawl.close()
