"""The desk while its index is away: it says so in plain words, and what needs the ledger alone goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from web_world import World

from patrol.ledger import tables
from patrol.search.elastic import ElasticIndex
from patrol.search.elastic_client import Address


@pytest.fixture
def away(world: World) -> Iterator[World]:
    """A desk whose Elasticsearch does not answer."""
    index = ElasticIndex(Address.read("http://127.0.0.1:9/patrol"))  # the discard port: nobody listens
    world.app.state.desk = replace(world.app.state.desk, index=index)
    yield world
    index.close()


@pytest.mark.parametrize("path", ["/queue", "/search?q=schist", "/overview"])
def test_a_page_that_needs_the_index_says_that_it_is_away(away: World, path: str) -> None:
    answer = away.signed("nl").get(path)
    assert answer.status_code == 503
    assert "A store is away" in answer.text
    assert "the index is away" in answer.text
    assert "Traceback" not in answer.text


def test_a_program_is_told_the_same(away: World) -> None:
    answer = away.signed("nl").get("/api/search", params={"q": "schist"})
    assert answer.status_code == 503
    assert "the index is away" in answer.text


def test_the_leads_need_no_index(away: World) -> None:
    assert away.signed("nl").get("/leads").status_code == 200


def test_the_queue_says_how_far_the_index_is_behind(world: World) -> None:
    world.fill(2)
    world.listing("7", "A relief", index=False)
    since = update(tables.outbox).values(since=datetime.now(UTC) - timedelta(hours=2))
    world.ledger.writer.run(lambda conn: conn.execute(since))
    page = world.signed("nl").get("/queue").text
    assert "not shown yet" in page
