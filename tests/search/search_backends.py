"""Every engine that keeps the promises of `patrol.search.index.Index`: a name, and how it is opened on an empty place.

The Elasticsearch that PATROL_TEST_ELASTICSEARCH names is shared: each place has a prefix of its own there, dropped afterwards.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from patrol.search.documents import Shelf
from patrol.search.elastic import ElasticIndex
from patrol.search.elastic_client import Address, Credentials, connect
from patrol.search.embedded import EmbeddedIndex
from patrol.search.index import Index


def elastic_address(place: Path) -> str:
    """The test server with a prefix for this place."""
    prefix = "test-" + hashlib.sha256(str(place).encode()).hexdigest()[:16]
    return f"{os.environ['PATROL_TEST_ELASTICSEARCH'].rstrip('/')}/{prefix}"


def dropped(place: Path) -> None:
    """Removes what a test left on the server."""
    address = Address.read(elastic_address(place))
    with connect(address, Credentials()) as client:
        found = client.indices.get(index=f"{address.prefix}-*", expand_wildcards="all", filter_path="*.aliases")
        for name in found.body:
            client.indices.delete(index=name, ignore_unavailable=True)


def _elastic(place: Path) -> Index:
    return ElasticIndex(Address.read(elastic_address(place)))


BACKENDS: dict[str, Callable[[Path], Index]] = {"elastic": _elastic, "embedded": lambda place: EmbeddedIndex(place / "index")}
PARAMS = [pytest.param(name, marks=pytest.mark.elastic) if name == "elastic" else name for name in sorted(BACKENDS)]


def generations(index: Index) -> int:
    """How many generations of the listings lie about: the one that serves, and what a rebuild left behind."""
    if isinstance(index, ElasticIndex):
        return len(index.places.generations(Shelf.LISTINGS))
    assert isinstance(index, EmbeddedIndex)
    return len(list(Path(index.status().place).glob("index-*.sqlite")))
