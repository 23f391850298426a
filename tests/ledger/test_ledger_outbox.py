"""The outbox and the snapshots that documents are made of: no change is missed, none is indexed as newer than it is."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from crawl_world import DAY, MONDAY, Crawl, assessment

from patrol.ledger.outbox import OutboxRow
from patrol.records import Outcome


def test_every_change_waits_once_under_its_latest_revision(crawl: Crawl) -> None:
    outbox = crawl.ledger.outbox
    key = crawl.add("1").key
    crawl.add("1", at=MONDAY + DAY)
    assert outbox.backlog().count == 1
    [row] = outbox.claim("indexer:1", 10, 60)
    assert row == OutboxRow(key, 2)
    assert outbox.claim("indexer:2", 10, 60) == []
    outbox.done([row])
    assert (outbox.backlog().count, outbox.backlog().oldest) == (0, None)


def test_a_change_during_indexing_is_not_lost(crawl: Crawl) -> None:
    outbox = crawl.ledger.outbox
    crawl.add("1")
    rows = outbox.claim("indexer:1", 10, 60)
    crawl.add("1", at=MONDAY + DAY)
    outbox.done(rows)
    assert [row.revision for row in outbox.claim("indexer:2", 10, 60)] == [2]


def test_what_changes_nothing_does_not_wait(crawl: Crawl) -> None:
    item = crawl.item("1")
    crawl.keep(item)
    crawl.ledger.outbox.done(crawl.ledger.outbox.claim("indexer:1", 10, 60))
    crawl.keep(item)
    crawl.ledger.writer.run(lambda conn: crawl.ledger.runs.count(conn, crawl.run.id, Outcome.EMPTY))
    assert crawl.ledger.outbox.backlog().count == 0


def test_leases_end_and_can_be_given_back(crawl: Crawl) -> None:
    outbox = crawl.ledger.outbox
    crawl.add("1")
    crawl.add("2")
    assert len(outbox.claim("dead:1", 1, 0.05)) == 1
    assert len(outbox.claim("here:1", 10, 60)) == 1
    outbox.release("here:1")
    time.sleep(0.1)
    assert len(outbox.claim("here:2", 10, 60)) == 2


def test_a_refused_document_waits_longer_and_is_given_up_on(crawl: Crawl) -> None:
    outbox = crawl.ledger.outbox
    crawl.add("1")
    [row] = outbox.claim("here:1", 10, 60)
    outbox.fail(row, "field too long", most=2)
    assert outbox.claim("here:1", 10, 60) == []
    assert outbox.backlog().count == 1
    outbox.fail(row, "field too long", most=2)
    assert (outbox.backlog().count, outbox.backlog().dead) == (0, 1)
    assert [(letter.error, letter.attempts, letter.dead) for letter in outbox.refused()] == [("field too long", 2, True)]
    assert outbox.revive() == 1
    assert outbox.claim("here:1", 10, 60) == [row]


def test_a_new_revision_revives_a_dead_row(crawl: Crawl) -> None:
    crawl.add("1")
    [row] = crawl.ledger.outbox.claim("here:1", 10, 60)
    crawl.ledger.outbox.fail(row, "refused", most=1)
    crawl.add("1", at=MONDAY + DAY)
    crawl.ledger.outbox.fail(row, "refused late", most=1)  # about a revision that is history by now
    assert [again.revision for again in crawl.ledger.outbox.claim("here:1", 10, 60)] == [2]


def test_several_indexers_share_the_rows(crawl: Crawl) -> None:
    for n in range(60):
        crawl.add(str(n))
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda n: crawl.ledger.outbox.claim(f"here:{n}", 10, 60), range(6)))
    keys = [row.listing_key for rows in found for row in rows]
    assert len(keys) == len(set(keys)) == 60


def test_a_snapshot_holds_the_listing_its_cluster_and_all_members(crawl: Crawl) -> None:
    one = crawl.add("1")
    two = crawl.add("2", same_as=one.key, same_by="relisting", assessed=assessment(40))
    snapshot = crawl.ledger.listings.document_rows([two.key])
    assert snapshot.wanted == (two.key,)
    assert set(snapshot.listings) == {one.key, two.key}
    [row] = snapshot.clusters.values()
    assert (row.members, row.reason, row.revision) == ((one.key, two.key), "relisting", 2)
    found = snapshot.listings[two.key]
    assert found.stored is not None
    assert (found.revision, found.rulebook, found.standing, found.leads) == (1, "r1", None, ())
    assert found.stored.listing.seller is None


def test_a_clusters_revision_only_grows(crawl: Crawl) -> None:
    one, two = crawl.add("1"), crawl.add("2")
    revisions: dict[str, list[int]] = {}

    def look() -> None:
        for row in crawl.ledger.listings.document_rows([one.key, two.key]).clusters.values():
            revisions.setdefault(row.id, []).append(row.revision)

    look()
    crawl.add("2", at=MONDAY + DAY)
    look()
    crawl.add("2", at=MONDAY + 2 * DAY, same_as=one.key, same_by="picture")
    look()
    crawl.ledger.listings.erase_listing(two.key, class_="test")
    look()
    assert sorted(len(seen) for seen in revisions.values()) == [4, 4]
    for seen in revisions.values():
        assert seen == sorted(seen)
        assert seen[1] < seen[2] < seen[3] or seen[0] < seen[2] < seen[3]


def test_an_erased_listing_comes_as_a_tombstone(crawl: Crawl) -> None:
    key = crawl.add("1").key
    crawl.ledger.outbox.done(crawl.ledger.outbox.claim("here:1", 10, 60))
    crawl.ledger.listings.erase_listing(key, class_="unflagged-30-days")
    [row] = crawl.ledger.outbox.claim("here:1", 10, 60)
    snapshot = crawl.ledger.listings.document_rows([row.listing_key])
    assert (row.revision, snapshot.listings[key].stored) == (2, None)
    assert [cluster.members for cluster in snapshot.clusters.values()] == [()]
