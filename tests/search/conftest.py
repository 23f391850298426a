"""Every backend of the index under the same tests, on an empty place of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from search_backends import BACKENDS, PARAMS, dropped

from patrol.search.index import Index


@pytest.fixture(params=PARAMS)
def open_index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Index]]:
    """Opens one and the same index as often as it is called, as several processes would."""
    opened: list[Index] = []

    def once_more() -> Index:
        opened.append(BACKENDS[request.param](tmp_path))
        return opened[-1]

    yield once_more
    for index in opened:
        index.close()
    if request.param == "elastic":
        dropped(tmp_path)


@pytest.fixture
def index(open_index: Callable[[], Index]) -> Index:
    return open_index()
