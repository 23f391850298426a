"""The desk while its index is away: it says so in plain words, and what needs the ledger alone goes on."""

from __future__ import annotations

import socket
import time
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


def test_every_page_that_goes_on_says_that_the_index_is_away_and_what_waits(away: World) -> None:
    away.listing("7", "A relief", index=False)
    client = away.signed("nl")
    for path in ("/leads", "/new", "/add", "/seen"):
        page = client.get(path)
        assert page.status_code == 200
        assert "The index does not answer" in page.text
        assert "1 change waits for it" in page.text
    health = client.get("/api/health").json()
    assert health["ok"] is False
    assert "The index does not answer" in health["says"]


def test_an_index_that_hangs_holds_no_page_up_for_long(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:  # takes the connection and never answers
        index = ElasticIndex(Address.read(f"http://127.0.0.1:{mute.getsockname()[1]}/patrol"))
        world.app.state.desk = replace(world.app.state.desk, index=index)
        client = world.signed("nl")
        started = time.monotonic()
        assert "does not answer within 2 s" in client.get("/leads").text
        assert time.monotonic() - started < 8
        started = time.monotonic()
        assert "does not answer" in client.get("/leads").text
        assert time.monotonic() - started < 1.5  # it was not asked again
        index.close()


def test_an_index_that_is_back_is_said_to_be_away_no_more(world: World) -> None:
    desk = world.app.state.desk
    gone = ElasticIndex(Address.read("http://127.0.0.1:9/patrol"))
    assert desk.pulse.fault(gone) is not None
    gone.close()
    assert desk.pulse.fault(world.index) is None
    assert "does not answer" not in world.signed("nl").get("/leads").text


def test_every_page_says_how_far_the_index_is_behind(world: World) -> None:
    world.fill(2)
    world.listing("7", "A relief", index=False)
    client = world.signed("nl")
    assert "not shown yet" not in client.get("/queue").text
    since = update(tables.outbox).values(since=datetime.now(UTC) - timedelta(hours=2))
    world.ledger.writer.run(lambda conn: conn.execute(since))
    for path in ("/queue", "/search", "/overview", "/leads"):
        page = client.get(path).text
        assert "The index is 2 h behind; 1 change not shown yet." in page
    assert client.get("/sign-in").text.count("not shown yet") == 0  # nobody is told who has not signed in


def test_a_long_backlog_is_said_however_young_it_is(world: World) -> None:
    settings = world.config.settings
    few = settings.model_copy(update={"desk": settings.desk.model_copy(update={"stale_changes": 2})})
    world.app.state.desk = replace(world.app.state.desk, config=replace(world.config, settings=few))
    client = world.signed("nl")
    for number in range(3):
        assert "not shown yet" not in client.get("/leads").text
        world.listing(str(number), f"Relief {number}", f"Words {number}", seller=f"s{number}", index=False)
    assert "3 changes not shown yet" in client.get("/leads").text
