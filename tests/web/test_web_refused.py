"""Listings that a real Elasticsearch refuses: the desk says which and why, and tries them again when it is told to."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update
from web_world import World

sys.path.insert(0, str(Path(__file__).parent.parent / "search"))  # search_backends.py

from search_backends import dropped, elastic_address

from patrol.ledger import tables
from patrol.ledger.outbox import MOST_ATTEMPTS
from patrol.search.documents import Shelf
from patrol.search.elastic import ElasticIndex
from patrol.search.elastic_client import Address

pytestmark = pytest.mark.elastic
LIMIT = "index.mapping.nested_objects.limit"


@pytest.fixture
def served(world: World, tmp_path: Path) -> Iterator[World]:
    """A desk whose index is an Elasticsearch."""
    world.index.close()
    index = ElasticIndex(Address.read(elastic_address(tmp_path)))
    world.index = index  # type: ignore[assignment]
    world.app.state.desk = replace(world.app.state.desk, index=index)
    yield world
    dropped(tmp_path)


def limited(world: World, limit: int | None) -> None:
    """How many nested entries the mapping allows a document: a lead shared with another agency needs two."""
    index = world.app.state.desk.index
    index.client.indices.put_settings(index=index.places.names.alias(Shelf.LISTINGS), settings={LIMIT: limit})


def test_a_refused_mapping_is_shown_with_its_reason_and_tried_again(served: World) -> None:
    served.person("it", "Desk IT")
    officer = served.people["nl"].viewer
    key, other = served.listing("1", "Gandharan relief"), served.listing("2", "Gandharan head", "Words", seller="b")
    limited(served, 1)
    lead = served.ledger.leads.open(officer, [key], "For two agencies")
    served.ledger.leads.share(officer, lead.number, "Desk IT")
    served.drain()
    client = served.signed("nl")
    page = client.get("/overview").text
    assert "Not in the index" in page
    assert "nested" in page
    assert "tried again" in page
    assert f"/listing/{other}" not in page.partition("Not in the index")[2]
    for _ in range(MOST_ATTEMPTS - 1):
        served.ledger.writer.run(lambda conn: conn.execute(update(tables.outbox).values(not_before=None)))
        served.drain()
    assert "given up" in client.get("/overview").text
    assert "1 listing could not be indexed" in client.get("/leads").text  # on every page, with the way to the reason
    [refused] = client.get("/api/index/refused").json()["refused"]
    assert (refused["key"], refused["attempts"], refused["dead"]) == (key, MOST_ATTEMPTS, True)
    assert "nested" in refused["reason"]
    assert client.post("/overview/retry", data={"key": key}).headers["location"] == "/overview#refused"
    served.drain()
    assert client.get("/api/index/refused").json()["refused"][0]["attempts"] == 1  # it was tried, and refused anew
    limited(served, None)
    assert client.post("/api/index/retry", json={}).json() == {"retried": 1}
    served.drain()
    assert "Not in the index" not in client.get("/overview").text
    assert client.get("/api/health").json()["ok"] is True
    assert served.signed("it").get("/api/search", params={"q": f"lead:{lead.number}"}).json()["total"] == 1
    assert client.post("/overview/retry", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
