"""From outbox to index: what a document says, to whom, and that nothing is lost when the index is away or one row is bad."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from desk_world import NOON, World
from sqlalchemy import update

from patrol.errors import StoreError
from patrol.ledger import tables
from patrol.ledger.clusters import merge
from patrol.ledger.decisions import Shown, Verdict
from patrol.records import Money, PriceKind, Status
from patrol.search.documents import Amount, Document
from patrol.search.embedded import EmbeddedIndex
from patrol.search.index import Everyone, Query, QueueQuery, Written
from patrol.triage.indexing import Drained, Indexer, drain, rebuild

ALL = QueueQuery(bands=(), statuses=(), limit=500)
ANYONE = Everyone()


class Fragile(EmbeddedIndex):
    """A real index whose engine can be away, or lose its connection at the n-th document."""

    away = False
    written = 0

    def write(self, documents: Sequence[Document]) -> Written:
        if self.away:
            raise StoreError("the index does not answer", where="index")
        done = super().write(documents)
        self.written += done.kept
        return done


@pytest.fixture
def world(database: str) -> Iterator[World]:
    with World(database) as world:
        yield world


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Fragile]:
    index = Fragile(tmp_path / "index")
    yield index
    index.close()


def test_a_document_says_what_the_ledger_holds(world: World, index: Fragile) -> None:
    price = Money(amount=Decimal("480.50"), currency="EUR", kind=PriceKind.ASKING, raw="480,50 €")
    key = world.listing("7", score=72, title="Schist head", price=price, ends_at=NOON + timedelta(days=2))
    assert drain(world.ledger, index) == Drained(listings=1, kept=2)
    [hit] = index.search(Query(text="schist"), ANYONE).hits
    document = hit.document
    assert (document.key, document.score, document.band, document.rulebook) == (key, 72, "high", "r1")
    assert document.price == Amount(minor=48050, currency="EUR", kind=PriceKind.ASKING)
    assert document.price_eur == 48050
    assert document.cultures == ("gandhara",)
    assert document.cluster == world.cluster(key)
    assert "seller" not in repr(document).replace("seller_key", "")
    [cluster] = index.queue(ALL, ANYONE).hits
    assert (cluster.view.best, cluster.view.members, cluster.view.open_members) == (key, (key,), 1)
    assert cluster.view.next_end == NOON + timedelta(days=2)


def test_an_older_document_never_replaces_a_newer_one(world: World, index: Fragile) -> None:
    key = world.listing("1", title="First words")
    late = world.ledger.outbox.claim("slow worker", 10, 60)
    world.again(key, title="Second words")
    world.ledger.outbox.release("slow worker")
    drain(world.ledger, index)
    world.ledger.outbox.done(late)
    assert world.ledger.outbox.backlog().count == 0
    [hit] = index.get([key], ANYONE)
    assert hit.document.title == "Second words"


def test_lead_numbers_reach_only_those_who_may_find_them(world: World, index: Fragile) -> None:
    key = world.listing("1")
    strict = world.ledger.leads.open(world.nl, [key], "Ours")
    green = world.ledger.leads.open(world.nl, [key], "Everyone's", mark="GREEN")
    drain(world.ledger, index)
    for viewer, leads in ((world.nl, (strict.number, green.number)), (world.it, (green.number,)), (ANYONE, (green.number,))):
        assert index.get([key], viewer)[0].desk.leads == leads
        assert index.queue(ALL, viewer).hits[0].view.leads == leads
    world.ledger.leads.share(world.nl, strict.number, "Desk IT")
    drain(world.ledger, index)
    assert index.get([key], world.it)[0].desk.leads == (strict.number, green.number)
    world.ledger.leads.set_mark(world.nl, strict.number, "RED")
    drain(world.ledger, index)
    assert index.get([key], world.nl)[0].desk.leads == (green.number,)


def test_merged_clusters_and_erased_listings_are_found_no_more(world: World, index: Fragile) -> None:
    one, other = world.listing("1", title="One"), world.listing("2", title="Other")
    older, younger = world.cluster(one), world.cluster(other)
    drain(world.ledger, index)
    world.ledger.writer.run(lambda conn: merge(conn, older, younger, NOON, method="picture"))
    drain(world.ledger, index)
    [cluster] = index.queue(ALL, ANYONE).hits
    assert (cluster.key, sorted(cluster.view.members), cluster.view.reason) == (older, [one, other], "picture")
    world.ledger.listings.erase_listing(other, class_="unflagged")
    drain(world.ledger, index)
    assert index.get([other], ANYONE) == []
    [cluster] = index.queue(ALL, ANYONE).hits
    assert cluster.view.members == (one,)
    world.ledger.listings.erase_listing(one, class_="unflagged")
    drain(world.ledger, index)
    assert index.queue(ALL, ANYONE).hits == ()
    assert index.count() == 0


def test_a_cluster_is_open_while_one_member_is(world: World, index: Fragile) -> None:
    one = world.listing("1", score=90, title="One")
    two = world.listing("2", score=50, title="Two", same_as=one, same_by="near_twin")
    world.ledger.decisions.decide(world.nl, one, Verdict(kind="clear", reason=1), Shown())
    drain(world.ledger, index)
    [cluster] = index.queue(ALL, ANYONE).hits
    assert (cluster.view.status, cluster.view.open_members, cluster.view.flagged_members) == ("open", 1, 2)
    world.ledger.decisions.decide(world.nl, two, Verdict(kind="watch"), Shown())
    drain(world.ledger, index)
    assert index.queue(ALL, ANYONE).hits[0].view.status == "watch"
    world.again(two, status=Status.SOLD)
    drain(world.ledger, index)
    assert index.queue(ALL, ANYONE).hits[0].view.changed


def test_nothing_is_lost_while_the_index_is_away(world: World, index: Fragile) -> None:
    keys = [world.listing(str(n), title=f"Lot {n}") for n in range(5)]
    index.away = True
    done = drain(world.ledger, index, batch=2)
    assert (done.listings, done.kept, done.failed) == (0, 0, 0)
    assert "does not answer" in (done.away or "")
    backlog = world.ledger.outbox.backlog()
    assert (backlog.count, backlog.dead) == (5, 0)
    index.away = False
    done = drain(world.ledger, index, batch=2)  # at once: the documents were not to blame
    assert (done.listings, done.away) == (5, None)
    assert len(index.get(keys, ANYONE)) == 5


def test_one_bad_row_does_not_hold_up_the_others(world: World, index: Fragile) -> None:
    keys = [world.listing(str(n), title=f"Lot {n}", seller=f"s{n}") for n in range(4)]
    broken = {"title": 17}
    spoil = update(tables.payloads).where(tables.payloads.c.subject == keys[1], tables.payloads.c.kind == "version")
    world.ledger.writer.run(lambda conn: conn.execute(spoil.values(body=broken)))
    done = drain(world.ledger, index)
    assert (done.listings, done.failed, done.away) == (3, 1, None)
    assert {hit.document.key for hit in index.get(keys, ANYONE)} == {keys[0], keys[2], keys[3]}
    backlog = world.ledger.outbox.backlog()
    assert backlog.count + backlog.dead == 1


def test_a_rebuild_gives_the_same_index(world: World, index: Fragile) -> None:
    first = world.listing("0", title="The first offer")
    keys = [first, *(world.listing(str(n), title=f"Lot {n}", seller=f"s{n}") for n in range(1, 8))]
    world.listing("twin", title="The second offer", same_as=first, same_by="near_twin")
    world.ledger.leads.open(world.nl, keys[:2], "A lead")
    world.ledger.listings.erase_listing(keys[7], class_="unflagged")
    drain(world.ledger, index)
    before = (index.get(keys, world.nl), index.queue(ALL, world.nl).hits)
    rebuild(world.ledger, index)
    assert (index.get(keys, world.nl), index.queue(ALL, world.nl).hits) == before
    assert index.count() == 8
    assert index.status().tombstones == 0


def test_the_indexer_follows_backs_off_and_stops(world: World, index: Fragile) -> None:
    index.away = True
    told: list[str | None] = []
    indexer = Indexer(world.ledger, index, seconds=0.02, report=lambda done: told.append(done.away))
    key = world.listing("1")
    indexer.start()
    try:
        _until(lambda: bool(told))
        index.away = False
        indexer.wake()
        _until(lambda: bool(index.get([key], ANYONE)))
        world.again(key, title="Changed while it runs")
        _until(lambda: index.get([key], ANYONE)[0].document.title == "Changed while it runs")
    finally:
        indexer.stop()
    assert told[0] is not None
    assert told[-1] is None


def test_a_decision_is_in_the_index_within_a_second_however_seldom_the_indexer_looks(world: World, index: Fragile) -> None:
    key = world.listing("1")
    drain(world.ledger, index)
    drains: list[Drained] = []
    indexer = Indexer(world.ledger, index, seconds=3600, report=drains.append)
    indexer.start()
    try:
        time.sleep(0.2)  # its first look is over
        world.ledger.decisions.decide(world.nl, key, Verdict(kind="clear", reason=1), Shown())
        _until(lambda: index.get([key], ANYONE)[0].desk.status == "cleared", seconds=1)
        world.ledger.claims.claim(world.nl, world.cluster(key), minutes=10)  # nothing that the index tells of
        time.sleep(0.2)
    finally:
        indexer.stop()
    assert len(drains) == 1  # nor did its own work wake it
    world.ledger.decisions.decide(world.nl, key, Verdict(kind="watch"), Shown())  # nobody listens any more


class Faulty(Fragile):
    """An index with a fault of its own making in its first write."""

    faults = 1

    def write(self, documents: Sequence[Document]) -> Written:
        if self.faults:
            self.faults -= 1
            raise RuntimeError("nobody thought of this")
        return super().write(documents)


def test_a_fault_that_nobody_thought_of_does_not_end_the_indexer(world: World, tmp_path: Path) -> None:
    index = Faulty(tmp_path / "index")
    told: list[str | None] = []
    indexer = Indexer(world.ledger, index, seconds=0.02, report=lambda done: told.append(done.away))
    key = world.listing("1")
    indexer.start()
    try:
        _until(lambda: bool(index.get([key], ANYONE)))  # well before the lease of its first try ends
    finally:
        indexer.stop()
        index.close()
    assert told[0] == "RuntimeError: nobody thought of this"
    assert world.ledger.outbox.backlog().count == 0


def _until(holds: object, seconds: float = 5) -> None:
    assert callable(holds)
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.01)
