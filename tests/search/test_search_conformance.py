"""The promises of `patrol.search.index.Index`, kept by every backend."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from search_backends import BACKENDS, PARAMS, dropped
from search_world import ANYONE, DE, NL, NOW, VOCABULARY, cluster, counted, holds, in_order, key, listing, seen, some_listings

from patrol.errors import StoreError, UsageError
from patrol.records import Band, PriceKind, Status
from patrol.search.documents import (
    Amount,
    ClusterDocument,
    ClusterView,
    Desk,
    DeskStatus,
    ListingDocument,
    Shelf,
    Tombstone,
    major_units,
    minor_units,
)
from patrol.search.index import FACETS, Everyone, Index, Order, Query, QueueOrder, QueueQuery
from patrol.search.query import filtered, parse

QUERIES = (
    "",
    "schist",
    "schist head",
    '"schist head"',
    "GANDHARA",
    "tete",
    "будда",
    "-schist",
    "schist OR bronze",
    "(schist OR bronze) -coin",
    "佛",
    "佛像",
    "title:玉佛",
    "title:佛",
    "หัวพระ",
    "رأس",
    "gand*",
    "title:schist",
    "title:*",
    "-provenance:*",
    "location:koln",
    "A17",
    "culture:khmer",
    "culture:khmer,roman band:high",
    "culture:*",
    "-culture:*",
    "marketplace:HAMMER",
    "marketplace:ha*",
    "score>=40",
    "sum<0",
    "sum:40..75",
    "price_eur<50",
    "price_eur:49.99",
    "price_eur:*",
    "-price_eur:*",
    "first_seen>2026-11-10",
    "first_seen:2026-11",
    "ends_at<=2026-11-10",
    "last_seen:2026-11-09..2026-11-11",
    "changed:yes",
    "changed:no status:live",
    "desk:lead",
    "status:cleared",
    "lead:l-2026-0007",
    "lead:*",
    "seller:ab12",
    "lang:de,en",
    "currency:jpy",
    "id:a17",
    "https://shop.test/17",
    "grade:pre1970",
    "match:yes",
    "rule:r-one rule:r-two",
    "-(culture:khmer OR band:none) pictures>1",
    "category:antiquities attr:material",
    "coin NOT head",
    "nothere",
)


def keys(page: object) -> list[str]:
    return [hit.document.key for hit in page.hits]  # type: ignore[attr-defined]


def everything(index: Index, query: Query, viewer: Everyone) -> list[str]:
    found: list[str] = []
    while True:
        page = index.search(query, viewer)
        found += keys(page)
        if page.next is None:
            assert page.total == len(found)
            return found
        query = replace(query, after=page.next)


@pytest.fixture(scope="module", params=PARAMS)
def held(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Index, list[ListingDocument]]]:
    """One index for all examples of a property."""
    place = tmp_path_factory.mktemp("held")
    index = BACKENDS[request.param](place)
    documents = some_listings(60, seed=9)
    index.write(documents)
    yield index, documents
    index.close()
    if request.param == "elastic":
        dropped(place)


def test_membership_totals_facets_and_orders_are_those_of_a_plain_reading(index: Index) -> None:
    documents = some_listings(110)
    index.write(documents)
    rnd = random.Random(3)
    for text in QUERIES:
        for viewer in (NL, DE, ANYONE):
            order = rnd.choice([order for order in Order if order is not Order.RELEVANCE])
            expected = [row for row in seen(documents, viewer.agency_id) if holds(parse(text), *row)]
            query = Query(text=text, order=order, now=NOW, limit=40, facets=FACETS, highlight=False)
            page = index.search(query, viewer)
            assert everything(index, query, viewer) == list(in_order(expected, order)), (text, viewer, order)
            assert page.total == len(expected)
            told = {name: {count.value: count.count for count in counts} for name, counts in page.facets.items()}
            assert told == counted(expected, FACETS), (text, viewer)
            for counts in page.facets.values():
                assert list(counts) == sorted(counts, key=lambda one: (-one.count, one.value))
            assert sorted(everything(index, replace(query, order=Order.RELEVANCE), viewer)) == sorted(
                one.key for one, _ in expected
            )


_WORDS = st.sampled_from(
    [*VOCABULARY, "nothere", "佛", "gand*", '"schist head"', "title:head", "culture:khmer", "changed:yes", "score>=40", "lead:*"]
)
_TREES = st.recursive(
    _WORDS,
    lambda part: st.one_of(
        part.map(lambda one: f"-({one})"),
        st.tuples(part, part).map(" ".join),
        st.tuples(part, part).map(lambda two: f"({two[0]} OR {two[1]})"),
    ),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@given(text=_TREES)
def test_any_combination_means_what_a_plain_reading_makes_of_it(held: tuple[Index, list[ListingDocument]], text: str) -> None:
    index, documents = held
    expected = [row for row in seen(documents, "agency-nl") if holds(parse(text), *row)]
    for order in (Order.VALUE, Order.RELEVANCE):
        page = index.search(Query(text=text, order=order, limit=100, highlight=False), NL)
        assert page.total == len(expected)
        assert sorted(keys(page)) == sorted(one.key for one, _ in expected)


def test_the_questions_reach_something(index: Index) -> None:
    index.write(some_listings(110))
    empty = [text for text in QUERIES if index.search(Query(text=text), NL).total == 0]
    assert empty == ["nothere"]


@pytest.mark.parametrize("order", list(Order))
def test_every_order_pages_without_gap_or_double(index: Index, order: Order) -> None:
    documents = some_listings(90)
    index.write(documents)
    found = everything(index, Query(order=order, limit=7, now=NOW, text="-nothere"), NL)
    assert len(found) == len(set(found)) == len(seen(documents, "agency-nl"))
    if order is not Order.RELEVANCE:
        assert found == list(in_order(seen(documents, "agency-nl"), order))


def test_pages_neither_skip_nor_repeat_what_did_not_change_while_others_write(index: Index) -> None:
    documents = some_listings(120)
    index.write(documents)
    untouched = {one.key for one in documents[:80]}
    rnd = random.Random(5)
    for order in Order:
        found: list[str] = []
        after = None
        while True:
            page = index.search(Query(text="schist OR -schist", order=order, limit=9, after=after, now=NOW), NL)
            found += keys(page)
            moved = rnd.choice(documents[80:])
            index.write(
                [
                    replace(
                        moved,
                        revision=rnd.randint(2, 10**6),
                        sum=rnd.randint(0, 150),
                        price_eur=rnd.randint(0, 10**6),
                        title="schist",
                    ),
                    listing(rnd.randint(1000, 10**6), title="new schist", sum=rnd.randint(0, 150)),
                ]
            )
            after = page.next
            if after is None:
                break
        kept = [one for one in found if one in untouched]
        assert sorted(kept) == sorted(one.key for one, _ in seen(documents[:80], "agency-nl")), order


def test_relevance_puts_the_title_first(index: Index) -> None:
    index.write(
        [
            listing(1, title="coin", description="a schist head", sum=100),
            listing(2, title="schist head", sum=0),
            listing(3, title="schist block", description="head of it", sum=50),
        ]
    )
    assert keys(index.search(Query(text="schist head"), ANYONE)) == [key(2), key(3), key(1)]
    assert keys(index.search(Query(text="schist OR coin OR head"), ANYONE))[0] == key(2)


def test_a_write_is_found_by_the_next_read_of_another_process(open_index: Callable[[], Index]) -> None:
    one, other = open_index(), open_index()
    for number in range(5):
        one.write([listing(number, title=f"schist {number}", cultures=(f"culture-{number}",))])
        page = other.search(Query(text="schist", facets=("culture",)), ANYONE)
        assert page.total == number + 1
        assert len(page.facets["culture"]) == number + 1
        other.write([listing(100 + number, title="coin")])
        assert one.search(Query(text="coin"), ANYONE).total == number + 1


def test_an_older_or_equal_revision_never_replaces_a_newer(index: Index) -> None:
    assert index.write([listing(1, 5, title="five")]).kept == 1
    for revision in (5, 4, 1):
        done = index.write([listing(1, revision, title="older")])
        assert (done.kept, done.refused) == (0, 1)
    assert index.search(Query(text="five"), ANYONE).total == 1
    assert index.search(Query(text="older"), ANYONE).total == 0
    assert index.write([listing(1, 6, title="six"), listing(1, 7, title="seven"), listing(1, 6, title="late")]).refused == 1
    assert [index.search(Query(text=word), ANYONE).total for word in ("five", "six", "seven", "late")] == [0, 0, 1, 0]
    assert index.revisions([key(1), key(2)]) == {key(1): 7}


def test_writing_again_changes_nothing(index: Index) -> None:
    documents = [*some_listings(30), *[cluster(number) for number in range(10)]]
    index.write(documents)
    before = [index.search(Query(limit=100, facets=FACETS), NL), index.queue(QueueQuery(), NL)]
    assert index.write(documents).kept == 0
    assert [index.search(Query(limit=100, facets=FACETS), NL), index.queue(QueueQuery(), NL)] == before


def test_a_batch_is_all_or_none(index: Index) -> None:
    with pytest.raises(StoreError, match="time zone"):
        index.write([listing(1, title="good"), listing(2, first_seen=datetime(2026, 1, 1))])
    assert index.count() == 0
    with pytest.raises(StoreError, match="beyond"):
        index.write([listing(1, title="good"), listing(2, price_eur=10**20)])
    with pytest.raises(StoreError, match="Unicode"):
        index.write([listing(1, title="good"), listing(2, attributes={"a": "\ud800"})])
    with pytest.raises(StoreError, match="longer"):
        index.write([listing(1, title="good"), replace(listing(2), key="k" * 41)])
    index.write([listing(1, title="good")])
    assert index.search(Query(text="good"), ANYONE).total == 1


def test_what_was_erased_is_nowhere_and_stays_so(index: Index) -> None:
    index.write(
        [listing(1, title="schist", cultures=("khmer",)), listing(2, title="schist"), cluster(1, members=(key(1), key(2)))]
    )
    index.write([Tombstone(shelf=Shelf.LISTINGS, key=key(1), revision=2)])
    page = index.search(Query(text="schist", facets=("culture",)), ANYONE)
    assert (page.total, keys(page), page.facets["culture"]) == (1, [key(2)], ())
    assert index.get([key(1)], ANYONE) == []
    assert [hit.document.key for hit in index.members([f"c-{key(1)}"], ANYONE)[f"c-{key(1)}"]] == [key(2)]
    assert index.write([listing(1, 1, title="schist late")]).refused == 1
    assert index.count() == 1
    assert index.status().tombstones == 1
    index.write([Tombstone(shelf=Shelf.CLUSTERS, key=f"c-{key(1)}", revision=2)])
    assert index.queue(QueueQuery(), ANYONE).total == 0
    assert index.write([Tombstone(shelf=Shelf.LISTINGS, key=key(9), revision=3), listing(9, 2)]).kept == 1
    assert index.get([key(9)], ANYONE) == []


# ---------------------------------------------------------------------------------------------------------------------
# who may see what


def test_a_restricted_listing_is_in_no_page_total_facet_or_histogram_of_another_agency(index: Index) -> None:
    secret = listing(
        1,
        title="schist secret",
        cultures=("khmer",),
        visible_to=("agency-nl",),
        price_eur=100,
        first_seen=NOW,
        listing_id="S1",
        marketplace="hidden",
        desk=Desk(status=DeskStatus.LEAD, leads=("L-2026-0001",)),
    )
    index.write([secret, listing(2, title="schist open", cultures=("roman",))])
    wanted = (*FACETS, "first_seen", "price_eur")
    for viewer in (DE, ANYONE, Everyone("agency-new")):
        for text in (
            "",
            "schist",
            "secret",
            "culture:khmer",
            "id:s1",
            "lead:*",
            "-nothing",
            "marketplace:hidden",
            "https://shop.test/1",
            f"key:{key(1)}",
        ):
            page = index.search(Query(text=text, facets=wanted), viewer)
            assert key(1) not in keys(page)
            assert page.total == len(keys(page))
            told = {count.value for counts in page.facets.values() for count in counts if count.count}
            assert not told & {"khmer", "hidden", "L-2026-0001", "lead"}
        assert index.get([key(1), key(2)], viewer)[0].document.key == key(2)
    assert index.search(Query(text="secret", facets=wanted), NL).facets["culture"][0].value == "khmer"


def test_each_agency_finds_and_counts_by_what_it_may_know_of_the_desk(index: Index) -> None:
    index.write(
        [
            listing(1, desk_for={"agency-nl": Desk(status=DeskStatus.LEAD, leads=("L-2026-0001",), changed=True)}),
            listing(2, desk=Desk(status=DeskStatus.CLEARED), desk_for={"agency-de": Desk(status=DeskStatus.WATCH)}),
        ]
    )

    def desks(viewer: Everyone) -> dict[str, int]:
        return {count.value: count.count for count in index.search(Query(facets=("desk",)), viewer).facets["desk"]}

    assert desks(NL) == {"lead": 1, "cleared": 1}
    assert desks(DE) == {"open": 1, "watch": 1}
    assert desks(ANYONE) == {"open": 1, "cleared": 1}
    for text in ("lead:L-2026-0001", "desk:lead", "changed:yes", "lead:*", "-desk:open -desk:cleared"):
        assert index.search(Query(text=text), NL).total == 1
        assert key(1) not in keys(index.search(Query(text=text), DE))
    assert keys(index.search(Query(text="-lead:*", order=Order.VALUE), DE)) == [key(1), key(2)]
    hit = index.get([key(1)], DE)[0]
    assert (hit.desk, hit.document.desk, dict(hit.document.desk_for)) == (Desk(), Desk(), {})
    assert "agency-nl" not in repr(index.search(Query(), DE)) + repr(hit)


def test_a_cluster_shows_each_agency_its_own_view(index: Index) -> None:
    view = ClusterView(
        title="relief",
        best=key(1),
        band=Band.HIGH,
        sum=90,
        members=(key(1), key(2)),
        cultures=("khmer",),
        marketplaces=("bazaar",),
    )
    index.write(
        [
            ClusterDocument(
                key="c1",
                revision=1,
                everyone=replace(view, sum=45, band=Band.REVIEW, members=(key(2),), cultures=()),
                agencies={"agency-nl": view},
            ),
            ClusterDocument(key="c2", revision=1, everyone=None, agencies={"agency-nl": view}),
            listing(1, visible_to=("agency-nl",)),
            listing(2),
        ]
    )
    facets = QueueQuery(facets=("culture", "band"))
    mine, other = index.queue(facets, NL), index.queue(facets, DE)
    assert [(hit.key, hit.view.sum) for hit in mine.hits] == [("c1", 90), ("c2", 90)]
    assert [(hit.key, hit.view.sum, hit.view.members) for hit in other.hits] == [("c1", 45, (key(2),))]
    assert (other.total, other.facets["culture"], other.facets["band"][0].value) == (1, (), "review")
    assert index.queue(QueueQuery(cultures=("khmer",)), DE).total == 0
    assert index.queue(QueueQuery(bands=("high",)), DE).total == 0
    assert [hit.key for hit in index.clusters(["c2", "c1"], DE)] == ["c1"]
    assert [hit.document.key for hit in index.members(["c1", "c2"], NL)["c2"]] == [key(1), key(2)]
    assert {name: len(hits) for name, hits in index.members(["c1", "c2"], DE).items()} == {"c1": 1}
    index.write([ClusterDocument(key="c2", revision=2, everyone=view, agencies={})])
    assert index.queue(QueueQuery(), DE).total == 2


# ---------------------------------------------------------------------------------------------------------------------
# the queue


def test_the_queue_filters_by_each_of_its_fields(index: Index) -> None:
    index.write(
        [
            cluster(1, marketplaces=("bazaar", "souk"), cultures=("khmer",), seller_key="ab", materials=("stone",), sum=90),
            cluster(
                2,
                marketplaces=("hammer",),
                cultures=("gandhara",),
                object_types=("coin",),
                languages=("de",),
                rules=("r",),
                sum=60,
            ),
            cluster(3, status=DeskStatus.CLEARED),
            cluster(4, status=DeskStatus.CLEARED, changed=True),
            cluster(5, band=Band.LOW, sum=20),
        ]
    )

    def found(**asked: object) -> set[str]:
        page = index.queue(QueueQuery(**asked), NL)  # type: ignore[arg-type]
        assert page.total == len(page.hits)
        return {hit.view.members[0] for hit in page.hits}

    assert found() == {key(1), key(2), key(4)}
    assert found(changed_too=False) == {key(1), key(2)}
    assert found(marketplaces=("souk", "none")) == {key(1)}
    assert found(cultures=("khmer", "gandhara"), themes=("gandhara",)) == {key(2)}
    assert found(object_types=("coin",)) == found(languages=("de",)) == found(rules=("r",)) == {key(2)}
    assert found(materials=("stone",)) == found(seller_key="ab") == {key(1)}
    assert found(bands=("low",)) == {key(5)}
    assert found(bands=(), statuses=()) == {key(number) for number in range(1, 6)}
    assert found(statuses=("cleared",)) == {key(3), key(4)}
    assert found(min_sum=61) == {key(1), key(4)}
    assert found(without=(f"c-{key(1)}", f"c-{key(4)}")) == {key(2)}
    page = index.queue(QueueQuery(facets=("marketplace", "status", "culture")), NL)
    assert {count.value: count.count for count in page.facets["marketplace"]} == {"bazaar": 1, "souk": 1, "hammer": 1}


def test_urgent_clusters_go_ahead_and_urgency_is_measured_against_the_first_page(index: Index) -> None:
    index.write(
        [
            cluster(1, sum=100),
            cluster(2, sum=50, next_end=NOW + timedelta(hours=23)),
            cluster(3, sum=60, next_end=NOW + timedelta(hours=30)),
            cluster(4, sum=45, picture_match=True),
            cluster(5, sum=44, changed=True),
            cluster(6, sum=120, next_end=NOW - timedelta(hours=1)),
        ]
    )
    numbers = {f"c-{key(number)}": number for number in range(1, 7)}
    page = index.queue(QueueQuery(now=NOW, limit=2), NL)
    assert [(numbers[hit.key], hit.urgent) for hit in page.hits] == [(2, True), (4, True)]
    rest = index.queue(QueueQuery(now=NOW + timedelta(hours=10), limit=9, after=page.next), NL)
    assert [numbers[hit.key] for hit in rest.hits] == [5, 6, 1, 3]
    later = index.queue(QueueQuery(now=NOW + timedelta(hours=10)), NL)
    assert [numbers[hit.key] for hit in later.hits] == [3, 2, 4, 5, 6, 1]


@pytest.mark.parametrize("order", list(QueueOrder))
def test_the_queue_pages_stably_in_every_order_while_others_write(index: Index, order: QueueOrder) -> None:
    rnd = random.Random(11)
    made = [
        cluster(
            number,
            sum=rnd.choice([40, 70, 70, 90]),
            uncertainty=rnd.choice([1, 5, 5]),
            draw=rnd.randint(0, 3),
            changed=rnd.random() < 0.2,
            first_seen=rnd.choice([None, NOW]),
            next_end=rnd.choice([None, NOW + timedelta(hours=rnd.randint(-30, 30))]),
        )
        for number in range(60)
    ]
    index.write(made)
    whole = [hit.key for hit in index.queue(QueueQuery(order=order, now=NOW, limit=100), NL).hits]
    found: list[str] = []
    after = None
    while True:
        page = index.queue(QueueQuery(order=order, now=NOW, limit=7, after=after), NL)
        found += [hit.key for hit in page.hits]
        index.write(
            [
                cluster(rnd.randint(100, 10**6), sum=rnd.choice([40, 90])),
                replace(rnd.choice(made[50:]), revision=rnd.randint(2, 10**6)),
            ]
        )
        after = page.next
        if after is None:
            break
    old = [one for one in found if one in whole]
    assert old == whole


# ---------------------------------------------------------------------------------------------------------------------
# values


def test_documents_come_back_as_they_went_in(index: Index) -> None:
    zone = timezone(timedelta(hours=5, minutes=30))
    document = listing(
        1,
        title="Köpfe “Gandhāra” 佛像 \U0001f600",
        description=None,
        attributes={"Größe": "3½ cm", "": "x"},
        category=("A, b", "ü"),
        price=Amount(minor=minor_units(Decimal("1234.5"), "KWD"), currency="KWD", kind=PriceKind.HAMMER),
        price_eur=0,
        language=None,
        estimate_low=Amount(minor=60000, currency="USD"),
        first_seen=datetime(2026, 3, 1, 4, 5, 6, 789123, tzinfo=zone),
        ends_at=NOW,
        status=Status.SOLD,
        cluster="c1",
        picture="ab" * 32,
        rulebook="r41",
    )
    index.write([document])
    (hit,) = index.search(Query(text="gandhara"), ANYONE).hits
    assert hit.document == document
    assert hit.document.price is not None
    assert major_units(hit.document.price) == Decimal("1234.500")
    assert index.get([key(1)], ANYONE)[0].document == document
    view = ClusterView(
        title="x",
        next_end=NOW,
        first_seen=NOW,
        members=(key(1),),
        leads=("L-2026-0001",),
        reason="picture",
        price_eur=5,
        band=Band.HIGH,
    )
    index.write([ClusterDocument(key="c1", revision=1, everyone=view)])
    assert index.clusters(["c1"], ANYONE)[0].view == view


@pytest.mark.parametrize(
    ("amount", "currency", "minor"), [("115.00", "GBP", 11500), ("480", "JPY", 480), ("1.234", "KWD", 1234), ("-0.01", None, -1)]
)
def test_money_goes_into_minor_units_and_back(amount: str, currency: str | None, minor: int) -> None:
    assert minor_units(Decimal(amount), currency) == minor
    assert major_units(Amount(minor=minor, currency=currency)) == Decimal(amount)


def test_days_are_those_of_utc_whatever_zone_a_time_came_in(index: Index) -> None:
    tokyo = timezone(timedelta(hours=9))
    index.write(
        [
            listing(1, first_seen=datetime(2026, 11, 1, 3, tzinfo=tokyo)),  # still 31 October in UTC
            listing(2, first_seen=datetime(2026, 11, 1, 0, 0, tzinfo=UTC)),
            listing(3, first_seen=datetime(2026, 11, 30, 23, 59, 59, 999000, tzinfo=UTC)),
            listing(4),
        ]
    )
    asked = {
        "first_seen:2026-10-31": 1,
        "first_seen:2026-11": 2,
        "first_seen>2026-11": 0,
        "first_seen>=2026-11": 2,
        "first_seen<2026-11": 1,
        "first_seen<=2026-11-01": 2,
        "first_seen:2026-10-31..2026-11-01": 2,
        "first_seen:2026": 3,
        "first_seen>=2026-11-01T00:00+09:00": 3,
        "-first_seen:*": 1,
        "first_seen<2026-11-01T00:00Z": 1,
    }
    assert {text: index.search(Query(text=text), ANYONE).total for text in asked} == asked
    by_day = index.search(Query(facets=("first_seen",)), ANYONE).facets["first_seen"]
    assert [(count.value, count.count) for count in by_day] == [("2026-10-31", 1), ("2026-11-01", 1), ("2026-11-30", 1), ("", 1)]
    by_week = index.search(Query(facets=("first_seen",), interval="week"), ANYONE).facets["first_seen"]
    assert [(count.value, count.count) for count in by_week] == [("2026-10-26", 2), ("2026-11-30", 1), ("", 1)]
    by_month = index.search(Query(facets=("first_seen",), interval="month"), ANYONE).facets["first_seen"]
    assert [(count.value, count.count) for count in by_month] == [("2026-10-01", 1), ("2026-11-01", 2), ("", 1)]


def test_the_price_histogram_counts_by_its_edges(index: Index) -> None:
    index.write([listing(number, price_eur=cents) for number, cents in enumerate([0, 4999, 5000, 99_999, 100_000, 10**9, None])])
    counts = index.search(Query(facets=("price_eur",)), ANYONE).facets["price_eur"]
    assert {count.value: count.count for count in counts if count.count} == {
        "0": 2,
        "50": 1,
        "500": 1,
        "1000": 1,
        "50000": 1,
        "": 1,
    }


def test_ticked_filters_are_any_within_and_all_between(index: Index) -> None:
    documents = some_listings(80)
    index.write(documents)
    where = {"culture": ["khmer", "gandhara"], "marketplace": ["hammer", "souk"], "score": [">=25"]}
    expected = {one.key for one, desk in seen(documents, None) if holds(filtered(parse("-coin"), where), one, desk)}
    assert {*keys(index.search(Query(text="-coin", where=where, limit=100), ANYONE))} == expected
    assert expected
    with pytest.raises(UsageError, match="colour"):
        index.search(Query(where={"colour": ["red"]}), ANYONE)


def test_a_question_within_some_keys_means_what_a_plain_reading_makes_of_it(index: Index) -> None:
    documents = some_listings(80)
    index.write(documents)
    some = [one.key for one in documents[::3]] + ["a key that nobody has"]
    for viewer, agency in ((ANYONE, None), (NL, NL.agency_id), (DE, DE.agency_id)):
        for text in ("", "-coin", "lead:*"):
            tree = parse(text)
            expected = {one.key for one, desk in seen(documents, agency) if one.key in some and holds(tree, one, desk)}
            page = index.search(Query(text=text, within=some, limit=100, facets=("band",)), viewer)
            assert set(keys(page)) == expected
            assert page.total == len(expected) == sum(count.count for count in page.facets["band"])
    assert index.search(Query(within=()), ANYONE).total == 0


def test_wrong_questions_are_refused_plainly(index: Index) -> None:
    index.write(some_listings(30))
    page = index.search(Query(text="schist", order=Order.VALUE, limit=2), NL)
    assert page.next is not None
    for query in (
        Query(after="rubbish"),
        Query(text="coin", order=Order.VALUE, limit=2, after=page.next),
        Query(text="schist", order=Order.NEWEST, limit=2, after=page.next),
        Query(limit=0),
        Query(limit=10_000),
        Query(facets=("colour",)),
        Query(facets=("first_seen",), interval="fortnight"),
    ):
        with pytest.raises(UsageError):
            index.search(query, NL)


def test_an_empty_index_answers(index: Index) -> None:
    assert index.search(Query(text="schist OR culture:khmer", facets=(*FACETS, "first_seen", "price_eur")), NL).total == 0
    assert index.queue(QueueQuery(facets=("culture",)), NL).hits == ()
    assert (index.get(["x"], NL), index.members(["x"], NL), index.count(), index.write([]).kept) == ([], {}, 0, 0)
    status = index.status()
    assert (status.listings, status.clusters, status.tombstones, status.last_write) == (0, 0, 0, None)


def test_many_threads_read_while_one_writes(index: Index) -> None:
    faults: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        try:
            while not done.is_set():
                page = index.search(Query(text="schist", facets=("culture",), limit=20), NL)
                assert page.facets["culture"][0].count == page.total
        except BaseException as error:  # noqa: BLE001 - handed to the test's own thread
            faults.append(error)

    index.write([listing(0, title="schist", cultures=("khmer",))])
    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(1, 60):
        index.write([listing(number, title="schist", cultures=("khmer",))])
    done.set()
    for thread in threads:
        thread.join()
    assert faults == []
    assert index.search(Query(text="schist"), NL).total == 60
