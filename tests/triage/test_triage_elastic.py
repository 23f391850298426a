"""From outbox to a real Elasticsearch, through what can go wrong with it; after each fault ledger and index hold the same."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import TypeVar
from uuid import uuid4

import pytest
from desk_world import World
from elastic_server import Server, starter
from sqlalchemy import select

from patrol.config.settings import Bands
from patrol.errors import StoreError
from patrol.ledger import tables
from patrol.search.documents import Shelf
from patrol.search.elastic import ElasticIndex
from patrol.search.elastic_client import Address
from patrol.search.index import Everyone, Order, Page, Query, QueueQuery
from patrol.triage.documents import documents_of
from patrol.triage.indexing import Indexer, drain, making, rebuild

T = TypeVar("T")
pytestmark = pytest.mark.elastic
ANYONE = Everyone()


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    command = starter()
    if command is None:
        missing = "needs a command that starts an Elasticsearch (PATROL_START_ELASTICSEARCH)"
        if "elastic" in request.config.getoption("--require").split(","):
            pytest.fail(missing)
        pytest.skip(missing)
    server = Server(command, tmp_path_factory.mktemp("elasticsearch"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def world(database: str) -> Iterator[World]:
    with World(database) as world:
        yield world


@pytest.fixture
def opens(server: Server) -> Iterator[Callable[[], ElasticIndex]]:
    """One and the same index as often as it is called, as several processes would open it."""
    address = Address.read(f"{server.address}/test-{uuid4().hex[:12]}")
    opened: list[ElasticIndex] = []

    def once_more() -> ElasticIndex:
        opened.append(ElasticIndex(address))
        return opened[-1]

    yield once_more
    for index in opened:
        index.close()


@pytest.fixture
def index(opens: Callable[[], ElasticIndex]) -> ElasticIndex:
    return opens()


def until(holds: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.05)


def same(world: World, index: ElasticIndex) -> None:
    """The index holds what the ledger holds, each listing once, in the ledger's revision; nothing waits."""
    until(lambda: drain(world.ledger, index).away is None and world.ledger.outbox.backlog().count == 0)
    assert world.ledger.outbox.backlog().dead == 0
    rows = select(tables.listings.c.key, tables.listings.c.revision)
    revisions = world.ledger.writer.run(lambda conn: {row.key: row.revision for row in conn.execute(rows)})
    current = set(world.ledger.listings.current_keys())
    assert {key: revision for key, revision in index.revisions(list(revisions)).items() if key in current} == {
        key: revision for key, revision in revisions.items() if key in current
    }
    found = listed(lambda after: index.search(Query(order=Order.NEWEST, limit=100, after=after, highlight=False), world.nl))
    assert sorted(hit.document.key for hit in found) == sorted(current)
    assert index.search(Query(), world.nl).total == index.count() == world.ledger.listings.count() == len(current)
    clusters = listed(lambda after: index.queue(QueueQuery(bands=(), statuses=(), limit=100, after=after), world.nl))
    assert sorted(key for hit in clusters for key in hit.view.members) == sorted(current)


def listed(ask: Callable[[str | None], Page[T]]) -> list[T]:
    """All pages."""
    page = ask(None)
    found = list(page.hits)
    while page.next is not None:
        page = ask(page.next)
        found += page.hits
    return found


def many(world: World, first: int, count: int) -> list[str]:
    return [world.listing(str(number), title=f"Lot {number}") for number in range(first, first + count)]


def test_a_server_that_is_stopped_costs_nothing_but_time(world: World, index: ElasticIndex, server: Server) -> None:
    many(world, 0, 20)
    assert drain(world.ledger, index).listings == 20
    server.stop()
    many(world, 100, 5)
    done = drain(world.ledger, index)
    assert done.listings == done.failed == 0
    assert "the index is away" in (done.away or "")
    assert (world.ledger.outbox.backlog().count, world.ledger.outbox.backlog().dead) == (5, 0)
    for call in (index.count, index.status, lambda: index.search(Query(), ANYONE), lambda: index.queue(QueueQuery(), ANYONE)):
        with pytest.raises(StoreError, match="away"):
            call()
    server.start()
    same(world, index)


def test_a_server_that_is_killed_in_the_midst_of_writing(world: World, index: ElasticIndex, server: Server) -> None:
    told: list[str | None] = []
    indexer = Indexer(world.ledger, index, seconds=0.02, report=lambda done: told.append(done.away))
    indexer.start()
    try:
        keys = many(world, 0, 60)
        until(lambda: index.count() > 20)
        many(world, 100, 30)
        server.kill()
        keys += many(world, 200, 30)
        for key in keys[:10]:
            world.again(key, title="Changed while it was dead")
        until(lambda: any(told))
        server.start()
        indexer.wake()
        many(world, 300, 30)
        until(lambda: world.ledger.outbox.backlog().count == 0)
    finally:
        indexer.stop()
    same(world, index)
    assert index.search(Query(text='"changed while it was dead"'), ANYONE).total == 10


def test_a_mapping_that_refuses_a_document_is_that_documents_fault(world: World, index: ElasticIndex) -> None:
    key, *others = many(world, 0, 5)
    drain(world.ledger, index)
    alias = index.places.names.alias(Shelf.LISTINGS)
    index.client.indices.put_settings(index=alias, settings={"index.mapping.nested_objects.limit": 1})
    lead = world.ledger.leads.open(world.nl, [key], "Seen by two agencies, so of two nested entries")
    world.ledger.leads.share(world.nl, lead.number, "Desk IT")
    for other in others:
        world.again(other, title="Changed")
    done = drain(world.ledger, index)
    assert (done.listings, done.failed, done.away) == (4, 1, None)
    assert index.search(Query(text="changed"), ANYONE).total == 4
    assert index.get([key], world.it)[0].desk.leads == ()
    reason = world.ledger.writer.run(lambda conn: conn.execute(select(tables.outbox.c.error)).scalar())
    assert "nested" in reason
    index.client.indices.put_settings(index=alias, settings={"index.mapping.nested_objects.limit": None})
    same(world, index)
    assert index.get([key], world.it)[0].desk.leads == (lead.number,)


def test_a_full_disk_is_one_clear_word_and_passes(world: World, index: ElasticIndex) -> None:
    many(world, 0, 5)
    drain(world.ledger, index)
    many(world, 10, 5)
    aliases = [index.places.names.alias(shelf) for shelf in Shelf]
    index.client.indices.put_settings(
        index=aliases, settings={"index.blocks.read_only_allow_delete": True}
    )  # what the server sets
    started = time.monotonic()
    done = drain(world.ledger, index)
    assert time.monotonic() - started < 5
    assert "disk is full" in (done.away or "")
    assert index.count() == 5
    assert world.ledger.outbox.backlog().count == 5
    index.client.indices.put_settings(index=aliases, settings={"index.blocks.read_only_allow_delete": None})
    same(world, index)


@pytest.mark.slow
def test_the_servers_own_flood_stage(world: World, index: ElasticIndex) -> None:
    disk = "cluster.routing.allocation.disk"
    marks = {"low": "900000gb", "high": "800000gb", "flood_stage": "700000gb"}
    settings = {f"{disk}.watermark.{name}": size for name, size in marks.items()}
    settings |= {f"{disk}.threshold_enabled": True, "cluster.info.update.interval": "10s"}
    many(world, 0, 5)
    drain(world.ledger, index)
    index.client.cluster.put_settings(persistent=settings)
    key = many(world, 10, 1)[0]

    def full() -> bool:
        world.again(key, title=f"At {time.monotonic()}")
        return "disk is full" in (drain(world.ledger, index).away or "")

    try:
        until(full, 90)
    finally:
        index.client.cluster.put_settings(persistent=dict.fromkeys(settings))
        index.client.cluster.put_settings(persistent={f"{disk}.threshold_enabled": False})
    aliases = [index.places.names.alias(shelf) for shelf in Shelf]
    index.client.indices.put_settings(index=aliases, settings={"index.blocks.read_only_allow_delete": None})
    same(world, index)


def test_two_indexers_at_once_and_documents_that_come_late(world: World, opens: Callable[[], ElasticIndex]) -> None:
    keys = many(world, 0, 30)
    early = documents_of(world.ledger.listings.document_rows(keys), making(world.ledger, Bands()))
    for key in keys:
        world.again(key, title="Second words")
    indexers = [Indexer(world.ledger, opens(), seconds=0.01) for _ in range(2)]
    for indexer in indexers:
        indexer.start()
    try:
        for number, key in enumerate(keys):
            world.again(key, title="Last words")
            world.listing(f"new {number}")
        until(lambda: world.ledger.outbox.backlog().count == 0)
    finally:
        for indexer in indexers:
            indexer.stop()
    index = opens()
    late = index.write(early)
    assert (late.kept, late.refused) == (0, len(early))
    assert index.search(Query(text='"last words"'), ANYONE).total == 30
    same(world, index)


def test_a_rebuild_while_the_crawl_goes_on(world: World, opens: Callable[[], ElasticIndex]) -> None:
    many(world, 0, 80)
    index = opens()
    drain(world.ledger, index)
    indexer = Indexer(world.ledger, opens(), seconds=0.01)
    done = threading.Event()

    def crawl() -> None:
        number = 1000
        while not done.is_set():
            number += 1
            key = world.listing(str(number))
            world.again(key, title="Changed at once")
            if number % 5 == 0:
                world.ledger.listings.erase_listing(key, class_="unflagged")

    crawler = threading.Thread(target=crawl)
    indexer.start()
    crawler.start()
    try:
        for _ in range(2):
            rebuild(world.ledger, index)
    finally:
        done.set()
        crawler.join()
        indexer.stop()
    assert indexer.last is None or indexer.last.away is None
    same(world, index)
    assert index.status().generation == 3


def test_an_erased_listing_that_is_written_late_is_not_revived(world: World, index: ElasticIndex) -> None:
    key, other = many(world, 0, 2)
    drain(world.ledger, index)
    late = documents_of(world.ledger.listings.document_rows([key]), making(world.ledger, Bands()))
    world.ledger.listings.erase_listing(key, class_="unflagged")
    drain(world.ledger, index)
    assert index.write(late).kept == 0
    assert index.get([key], world.nl) == []
    assert [hit.document.key for hit in index.search(Query(), world.nl).hits] == [other]
    same(world, index)
    rebuild(world.ledger, index)
    assert index.status().tombstones == 0
    same(world, index)
