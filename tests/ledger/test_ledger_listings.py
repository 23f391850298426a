"""Keeping listings: versions only for new content, sightings for what ticks, nothing twice, history field by field."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from crawl_world import DAY, MONDAY, RULEBOOK, SPACE, Crawl, assessment, images, money, picture
from sqlalchemy import Table, func, select

from patrol.errors import StoreError
from patrol.ledger.engine import reading
from patrol.ledger.tables import assessments, captures, listings, payloads, run_faults, sellers, sightings, versions
from patrol.records import Estimate, Fault, Image, Outcome, PriceKind, Seller, Status


def rows(crawl: Crawl, table: Table) -> int:
    with reading(crawl.ledger.engine) as conn:
        return conn.execute(select(func.count()).select_from(table)).scalar_one()


def test_a_listing_comes_back_as_it_was_kept(crawl: Crawl) -> None:
    item = crawl.item(
        estimate=Estimate(low=money("600").amount, high=None, currency="USD"),
        prices=(money("90.00", PriceKind.STARTING, "USD"),),
        ends_at=MONDAY + DAY,
        bid_count=3,
        status=Status.LIVE,
        category=("Antiquities", "Asia"),
        provenance="Bought in Peshawar in the 1960s; بشاور",
        images=images("a", "b"),
        pictures=[picture("a", url="https://img.example/p/a.jpg"), picture("b", url="https://img.example/p/b.jpg")],
        note="sent by the customs desk",
    )
    kept = crawl.keep(item)
    stored = crawl.ledger.listings.current(kept.key, with_seller=True)
    assert stored is not None
    assert stored.listing == item.listing
    assert (stored.number, stored.versions, stored.current, stored.note) == (1, 1, True, "sent by the customs desk")
    assert stored.assessed is not None
    assert stored.assessed.assessment == item.assessment
    assert [one.sha256 for one in stored.pictures] == [one.sha256 for one in item.pictures]
    assert stored.fields["title"].raw == "Schist head"


def test_the_seller_stands_apart(crawl: Crawl) -> None:
    kept = crawl.add()
    stored = crawl.ledger.listings.current(kept.key)
    assert stored is not None
    assert stored.listing.seller is None
    assert "seller" not in stored.fields
    assert stored.seller_key
    with reading(crawl.ledger.engine) as conn:
        words = " ".join(str(row.body) for row in conn.execute(select(payloads)))
    assert "Kabir" not in words
    assert "kabir" not in words


def test_an_erased_seller_stays_nameless_when_seen_again(crawl: Crawl) -> None:
    kept = crawl.add()
    key = crawl.ledger.listings.current(kept.key).seller_key  # type: ignore[union-attr]
    assert crawl.ledger.listings.erase_seller(key, class_="request")
    assert not crawl.ledger.listings.erase_seller(key, class_="request")
    again = crawl.add(at=MONDAY + DAY)
    assert not again.new_version
    stored = crawl.ledger.listings.current(kept.key, with_seller=True)
    assert stored is not None
    assert stored.listing.seller is None
    with reading(crawl.ledger.engine) as conn:
        assert conn.execute(select(sellers.c.name, sellers.c.id_hash)).all() == [(None, None)]


def test_the_same_page_again_is_a_sighting_only(crawl: Crawl) -> None:
    first = crawl.add()
    again = crawl.add(at=MONDAY + DAY)
    assert (again.key, again.version_id, again.new_version, again.revision) == (first.key, first.version_id, False, 2)
    assert (rows(crawl, versions), rows(crawl, sightings)) == (1, 2)
    stored = crawl.ledger.listings.current(first.key)
    assert stored is not None
    assert (stored.first_seen, stored.last_seen) == (MONDAY, MONDAY + DAY)


@pytest.mark.parametrize(
    "ticks",
    [
        {"bid_count": 9},
        {"ends_at": MONDAY + 2 * DAY},
        {"status": Status.ENDED},
        {"price": money("500.00"), "prices": (money("555.00", PriceKind.CURRENT),)},
        {"images": images("a", query="?signature=2")},
        {"title": "  Schist head of\u00a0a   bodhisattva "},
        {"captured_at": MONDAY + 3 * DAY},
        {"attributes": {"Height": "12 cm", "Material": "schist"}},
    ],
    ids=lambda ticks: next(iter(ticks)),
)
def test_what_ticks_makes_no_version(crawl: Crawl, ticks: dict[str, object]) -> None:
    crawl.add(price=money("500.00"), images=images("a", query="?signature=1"))
    fields = {"price": money("500.00"), "images": images("a", query="?signature=1")} | ticks
    assert not crawl.add(at=MONDAY + DAY, **fields).new_version


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Schist torso of a bodhisattva"},
        {"description": None},
        {"price": money("450.00")},
        {"price": money("500.00", currency="GBP")},
        {"estimate": Estimate(low=money("1").amount, high=None, currency="EUR")},
        {"seller": Seller(name="Somebody else", id="else")},
        {"location": "Riverton"},
        {"category": ("Antiquities",)},
        {"condition": "restored"},
        {"lot_number": "12"},
        {"provenance": "none known"},
        {"attributes": {"Material": "limestone"}},
        {"images": images("a", "b")},
        {"images": images("c")},
    ],
    ids=lambda change: next(iter(change)),
)
def test_new_content_makes_a_version(crawl: Crawl, change: dict[str, object]) -> None:
    base = {"price": money("500.00"), "images": images("a")}
    first = crawl.add(**base)
    second = crawl.add(at=MONDAY + DAY, **base | change)
    assert second.new_version
    assert crawl.ledger.listings.current(first.key).number == 2  # type: ignore[union-attr]
    back = crawl.add(at=MONDAY + 2 * DAY, **base)
    assert (back.new_version, back.version_id) == (False, first.version_id)
    stored = crawl.ledger.listings.current(first.key)
    assert stored is not None
    assert (stored.number, stored.versions) == (1, 2)


def test_knowing_a_pictures_bytes_or_not_does_not_change_the_version(crawl: Crawl) -> None:
    """The states of knowledge that one and the same page goes through: fetched, not fetched, new address of known bytes."""
    known = [picture("a", url="https://img.example/p/a.jpg"), picture("b", url="https://img.example/p/b.jpg")]
    moved = (Image(url="https://img.example/moved/a.jpg", sha256=images("a")[0].sha256), images("b", known=False)[0])
    readings = [
        {"images": images("a", "b", known=False)},
        {"images": images("a", known=True) + images("b", known=False), "pictures": known[:1]},
        {"images": images("a", "b"), "pictures": known},
        {"images": images("b", "a", known=False, query="?expires=9")},
        {"images": moved, "pictures": [picture("a", url="https://img.example/moved/a.jpg")]},
        {"images": (replace(moved[0], sha256=None), moved[1])},
    ]
    kept = [crawl.add(at=MONDAY + place * DAY, **fields) for place, fields in enumerate(readings)]
    assert [one.new_version for one in kept] == [True, False, False, False, False, False]


def test_other_bytes_under_the_same_address_are_a_version(crawl: Crawl) -> None:
    address = "https://img.example/p/1.jpg"
    first = images("a")[0].sha256
    crawl.add(images=(Image(url=address, sha256=first),), pictures=[picture("a", url=address)])
    other = images("z")[0].sha256
    assert crawl.add(at=MONDAY + DAY, images=(Image(url=address, sha256=other),)).new_version


def test_keeping_the_same_item_again_changes_nothing(crawl: Crawl) -> None:
    item = crawl.item(images=images("a"), pictures=[picture("a", url="https://img.example/p/a.jpg")])
    first, again = crawl.keep(item), crawl.keep(item)
    assert (again.key, again.revision, again.new_version) == (first.key, 1, False)
    assert (rows(crawl, versions), rows(crawl, sightings), rows(crawl, assessments)) == (1, 1, 1)
    without = replace(item, capture=None, listing=replace(item.listing, listing_id="2"))
    crawl.keep(without)
    crawl.keep(without)
    assert rows(crawl, sightings) == 2


def test_the_same_listing_twice_in_one_batch_is_one_listing(crawl: Crawl) -> None:
    items = [crawl.item("1"), crawl.item("1", at=MONDAY + DAY, title="Another title"), crawl.item("2"), crawl.item("1")]

    def work(item: object) -> object:
        return lambda conn: crawl.ledger.listings.keep(conn, item, rulebook_hash=RULEBOOK, now=MONDAY)  # type: ignore[arg-type]

    futures = [crawl.ledger.writer.submit(work(item)) for item in items]  # type: ignore[arg-type]
    kept = [future.result(timeout=10) for future in futures]
    assert [one.new_listing for one in kept] == [True, False, True, False]  # type: ignore[attr-defined]
    assert (rows(crawl, listings), rows(crawl, versions), rows(crawl, sightings)) == (2, 3, 3)


def test_older_evidence_fills_the_history_and_leaves_the_present(crawl: Crawl) -> None:
    crawl.add(at=MONDAY, price=money("450.00"))
    kept = crawl.add(at=MONDAY - 5 * DAY, price=money("500.00"))
    assert kept.new_version
    stored = crawl.ledger.listings.current(kept.key)
    assert stored is not None
    assert stored.listing.price == money("450.00")
    assert (stored.first_seen, stored.last_seen) == (MONDAY - 5 * DAY, MONDAY)
    [first, fell] = crawl.ledger.listings.history(kept.key)
    assert (first.kind, first.at) == ("first", MONDAY - 5 * DAY)
    assert (fell.field, fell.before["amount"], fell.after["amount"]) == ("price", "500.00", "450.00")


def test_a_listing_without_an_id_is_known_by_its_address(crawl: Crawl) -> None:
    first = crawl.add(None, url="https://bazaar.example/schist-head")
    again = crawl.add(None, url="https://bazaar.example/schist-head", at=MONDAY + DAY)
    other = crawl.add(None, url="https://bazaar.example/other-head")
    assert first.key == again.key != other.key
    assert crawl.ledger.listings.identify(None, SPACE, None, "https://bazaar.example/other-head") == other.key
    assert crawl.ledger.listings.identify(None, SPACE, "1", "https://bazaar.example/other-head") is None


def test_an_id_means_something_in_its_own_space_only(crawl: Crawl) -> None:
    assert crawl.add("1").key != crawl.add("1", space="other.example").key
    assert crawl.ledger.listings.count() == 2


def test_the_request_is_done_with_the_listing_and_counted_once(crawl: Crawl) -> None:
    queue = crawl.ledger.queue
    queue.push(crawl.run.id, SPACE, [crawl.request("1")])
    [request] = queue.lease(crawl.run.id, "here:1", 1, 60)
    fault = Fault(step="images", message="404", url="https://img.example/p/a.jpg")
    item = replace(crawl.item(request_id=request.id), faults=(fault,))
    crawl.keep(item, children=[crawl.request("description")])
    crawl.keep(item, children=[crawl.request("description")])
    assert queue.counts(crawl.run.id) == {"pending": 1, "leased": 0, "done": 1}
    row = crawl.ledger.runs.row(crawl.run.id)
    assert (row.counts, row.faults) == ({Outcome.LISTING: 1}, 1)


def test_an_item_that_cannot_be_kept_leaves_nothing_behind(crawl: Crawl) -> None:
    queue = crawl.ledger.queue
    queue.push(crawl.run.id, SPACE, [crawl.request("1")])
    [request] = queue.lease(crawl.run.id, "here:1", 1, 60)
    broken = replace(crawl.item(request_id=request.id), run_id="no such run")
    good = crawl.item("2")
    futures = [
        crawl.ledger.writer.submit(
            lambda conn, item=item: crawl.ledger.listings.keep(conn, item, rulebook_hash=RULEBOOK, now=MONDAY)
        )
        for item in (good, broken, crawl.item("3"))
    ]
    assert [future.exception(timeout=10) is None for future in futures] == [True, False, True]
    assert (rows(crawl, listings), rows(crawl, payloads), rows(crawl, run_faults), rows(crawl, captures)) == (2, 2, 0, 0)
    assert queue.counts(crawl.run.id)["leased"] == 1


def test_an_assessment_needs_its_rulebook_archived(crawl: Crawl) -> None:
    with pytest.raises(StoreError, match="not archived"):
        crawl.ledger.writer.run(
            lambda conn: crawl.ledger.listings.keep(conn, crawl.item(), rulebook_hash="sha256:unknown", now=MONDAY)
        )


def test_rulebooks_are_archived_once_under_running_numbers(crawl: Crawl) -> None:
    books = crawl.ledger.rulebooks
    numbers = [
        crawl.ledger.writer.run(lambda conn, name=name: crawl.ledger.listings.rulebook(conn, name, name.encode()))
        for name in ("sha256:b", "sha256:c", "sha256:b", RULEBOOK)
    ]
    assert numbers == [2, 3, 2, 1]
    assert books.get("r3").canonical == b"sha256:c" == books.get("sha256:c").canonical
    with pytest.raises(StoreError):
        books.get("r9")


def test_the_current_assessment_is_replaced_until_somebody_saw_it(crawl: Crawl) -> None:
    key = crawl.add().key
    ledger = crawl.ledger

    def again(score: int) -> bool:
        found = assessment(score)
        return ledger.writer.run(lambda conn: ledger.listings.assess_again(conn, key, found, crawl.item().context))

    assert not again(75)
    assert again(40)
    assert rows(crawl, assessments) == 1
    shown = ledger.listings.current(key).assessed.id  # type: ignore[union-attr]
    ledger.writer.run(lambda conn: ledger.listings.pin(conn, [shown]))
    assert again(60)
    assert rows(crawl, assessments) == 2
    assert again(61)
    assert rows(crawl, assessments) == 2
    stored = ledger.listings.current(key)
    assert stored is not None
    assert stored.assessed is not None
    assert (stored.assessed.assessment.score, stored.assessed.id != shown) == (61, True)


def test_gone_pages_are_sightings_and_come_back(crawl: Crawl) -> None:
    key = crawl.add().key
    mark = crawl.ledger.listings.mark
    for _ in range(2):
        crawl.ledger.writer.run(
            lambda conn: mark(conn, key, Status.REMOVED, run_id=crawl.run.id, capture_id="urn:gone", at=MONDAY + DAY)
        )
    gone = crawl.ledger.listings.current(key)
    assert gone is not None
    assert (gone.status, gone.last_seen, gone.listing.price) == (Status.REMOVED, MONDAY, money("480.00"))
    assert rows(crawl, sightings) == 2
    crawl.add(at=MONDAY + 2 * DAY, price=money("300.00"))
    back = crawl.ledger.listings.current(key)
    assert back is not None
    assert (back.status, back.price_drops) == (Status.LIVE, 1)
    told = [(row.kind, row.before, row.after) for row in crawl.ledger.listings.history(key) if row.kind == "status"]
    assert told == [("status", "live", "removed"), ("status", "removed", "live")]


def test_history_tells_each_field(crawl: Crawl) -> None:
    key = crawl.add(images=images("a")).key
    crawl.add(at=MONDAY + DAY, images=images("a"), price=money("480.00"), bid_count=1)
    crawl.add(at=MONDAY + 2 * DAY, images=images("a", "b"), title="Head, schist", seller=Seller(name="New", id="new"))
    found = [(row.kind, row.field) for row in crawl.ledger.listings.history(key)]
    expected = [("first", None), ("field", "bid_count"), ("field", "title"), ("field", "bid_count")]
    assert sorted(found, key=str) == sorted([*expected, ("seller", "seller"), ("pictures", "images")], key=str)


def test_a_version_can_be_read_as_it_was_shown(crawl: Crawl) -> None:
    first = crawl.add(bid_count=1)
    crawl.add(at=MONDAY + DAY, bid_count=2)
    crawl.add(at=MONDAY + 2 * DAY, title="Changed", assessed=assessment(40))
    old = crawl.ledger.listings.version(first.version_id)
    assert old is not None
    assert (old.listing.title, old.listing.bid_count, old.current) == ("Schist head of a bodhisattva", 2, False)
    assert crawl.ledger.listings.version("nothing") is None


def test_an_erased_listing_is_gone_and_a_new_sighting_is_a_new_reading(crawl: Crawl) -> None:
    kept = crawl.add()
    assert crawl.ledger.listings.erase_listing(kept.key, class_="unflagged-30-days")
    assert crawl.ledger.listings.current(kept.key) is None
    assert crawl.ledger.listings.version(kept.version_id) is None
    assert crawl.ledger.listings.count() == 0
    with reading(crawl.ledger.engine) as conn:
        words = [*conn.execute(select(payloads.c.body)).scalars(), *conn.execute(select(assessments.c.body)).scalars()]
        assert words == [None, None]
        assert conn.execute(select(listings.c.title, listings.c.url)).one() == (None, "")
    assert [(row.kind, row.after) for row in crawl.ledger.listings.history(kept.key)][-1] == ("erased", "unflagged-30-days")
    again = crawl.add(at=MONDAY + DAY)
    assert (again.key, again.new_version) == (kept.key, True)
    assert crawl.ledger.listings.current(kept.key) is not None


def test_keys_are_walked_in_order_while_others_write(crawl: Crawl) -> None:
    keys = [crawl.add(str(n), at=MONDAY + n * timedelta(hours=1)).key for n in range(6)]
    walk = crawl.ledger.listings.current_keys()
    assert next(walk) == keys[0]
    crawl.add("later")
    assert list(crawl.ledger.listings.current_keys(MONDAY + timedelta(hours=4)))[:2] == keys[4:]
