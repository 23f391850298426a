"""Counts for panels: every engine gives the numbers of a plain reading, and nothing of another agency is in any of them."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from search_world import ANYONE, DE, NL, NOW, counted, holds, listing, ms, seen, some_listings

from patrol.errors import UsageError
from patrol.records import Band
from patrol.search.documents import Desk, DeskStatus, ListingDocument
from patrol.search.index import FACETS, Count, Everyone, Index, Query, Tally
from patrol.search.query import filtered, parse

FLAGGED = {"band": ("review", "high")}


def rows(documents: list[ListingDocument], viewer: Everyone, where: dict[str, tuple[str, ...]]) -> list[Any]:
    tree = filtered(parse(""), where)
    return [row for row in seen(documents, viewer.agency_id) if holds(tree, *row)]


def start_of(moment: datetime, interval: str) -> str:
    day = moment.astimezone(UTC).date()
    if interval == "week":
        day -= timedelta(days=day.weekday())
    return (day.replace(day=1) if interval == "month" else day).isoformat()


@pytest.mark.parametrize(
    "where", [{}, FLAGGED, {"band": ("high",), "desk": ("open",)}, {"culture": ("khmer",), "changed": ("no",)}]
)
def test_counts_are_those_of_a_plain_reading(index: Index, where: dict[str, tuple[str, ...]]) -> None:
    documents = some_listings(150, seed=4)
    index.write(documents)
    for viewer in (NL, DE, ANYONE):
        expected = rows(documents, viewer, where)
        for interval in ("day", "week", "month"):
            (found,) = index.tally([Tally(by="first_seen", where=where, interval=interval)], viewer)
            days = Counter(start_of(one.first_seen, interval) for one, _ in expected if one.first_seen)
            missing = sum(one.first_seen is None for one, _ in expected)
            assert [(c.value, c.count) for c in found] == [*sorted(days.items()), *([("", missing)] if missing else [])]
        edges = (-5, 0, 40, 41, 100)
        total, sums, prices = index.tally(
            [
                Tally(where=where),
                Tally(by="sum", where=where, edges=edges),
                Tally(by="price_eur", where=where, edges=(0, 50, 100)),
            ],
            viewer,
        )
        assert total == (Count(value="", count=len(expected)),)
        steps = Counter(max((edge for edge in edges if one.sum >= edge), default=edges[0]) for one, _ in expected)
        assert [(c.value, c.count) for c in sums] == [*((str(edge), steps[edge]) for edge in edges), ("", 0)]
        cents = [one.price_eur for one, _ in expected]
        assert [c.count for c in prices] == [
            sum(c is not None and c < 5000 for c in cents),
            sum(c is not None and 5000 <= c < 10000 for c in cents),
            sum(c is not None and c >= 10000 for c in cents),
            cents.count(None),
        ]


def test_tallies_of_different_filters_are_answered_in_their_order(index: Index) -> None:
    documents = some_listings(90, seed=6)
    index.write(documents)
    asked = [Tally(by=name, where=where) for name in FACETS for where in ({}, FLAGGED, {"marketplace": ("souk",)})]
    together = index.tally(asked, NL)
    assert together == [index.tally([one], NL)[0] for one in asked]
    assert index.tally([], NL) == []
    for one, found in zip(asked, together, strict=True):
        for count in found:
            assert count.count == len(rows(documents, NL, {**one.where, one.by: (count.value,)})), (one, count)


def test_another_agencys_listings_and_decisions_are_in_no_count(index: Index) -> None:
    mine = Desk(status=DeskStatus.LEAD, leads=("L-2026-0001",))
    open_to_all = listing(1, band=Band.HIGH, cultures=("khmer",), first_seen=NOW, price_eur=100, desk_for={"agency-nl": mine})
    restricted = listing(
        2,
        band=Band.HIGH,
        cultures=("secret",),
        first_seen=NOW,
        price_eur=100,
        visible_to=("agency-nl",),
        desk_for={"agency-nl": mine},
    )
    index.write([open_to_all, restricted])
    asked = [
        Tally(where=FLAGGED),
        Tally(by="culture", where=FLAGGED),
        Tally(by="desk"),
        Tally(by="lead"),
        Tally(by="first_seen"),
        Tally(by="price_eur", edges=(0, 50)),
        Tally(where={"desk": ("lead",)}),
    ]
    for viewer in (DE, ANYONE):
        total, culture, desk, lead, weeks, prices, leads = index.tally(asked, viewer)
        assert [total[0].count, leads[0].count] == [1, 0]
        assert [(c.value, c.count) for c in (*culture, *desk, *lead)] == [("khmer", 1), ("open", 1)]
        assert [c.count for c in weeks] == [1]
        assert [c.count for c in prices] == [1, 0, 0]
    total, culture, desk, lead, weeks, prices, leads = index.tally(asked, NL)
    assert [total[0].count, leads[0].count, weeks[0].count, prices[0].count] == [2, 2, 2, 2]
    assert [(c.value, c.count) for c in (*culture, *desk, *lead)] == [
        ("khmer", 1),
        ("secret", 1),
        ("lead", 2),
        ("L-2026-0001", 2),
    ]


@pytest.mark.parametrize(
    "tally",
    [
        Tally(by="seller"),
        Tally(by="title"),
        Tally(by="nothing"),
        Tally(by="first_seen", interval="year"),
        Tally(by="score"),
        Tally(by="score", edges=(10, 10)),
        Tally(by="band", where={"nothing": ("x",)}),
        Tally(by="band", where={"band": ("tall",)}),
    ],
)
def test_what_cannot_be_counted_is_said(index: Index, tally: Tally) -> None:
    with pytest.raises(UsageError):
        index.tally([tally], ANYONE)


def test_an_empty_index_counts_nothing(index: Index) -> None:
    found = index.tally([Tally(), Tally(by="band"), Tally(by="first_seen"), Tally(by="score", edges=(0, 50))], ANYONE)
    assert [[(c.value, c.count) for c in counts] for counts in found] == [[("", 0)], [], [], [("0", 0), ("50", 0), ("", 0)]]


def test_a_time_just_before_midnight_stays_on_its_day(index: Index) -> None:
    late = datetime(2026, 11, 8, 23, 59, 59, 999000, tzinfo=UTC)  # a Sunday
    index.write([listing(1, first_seen=late), listing(2, first_seen=late + timedelta(milliseconds=1))])
    assert ms(late) is not None
    (weeks,) = index.tally([Tally(by="first_seen", interval="week")], ANYONE)
    assert [(c.value, c.count) for c in weeks] == [("2026-11-02", 1), ("2026-11-09", 1)]


def test_a_field_of_more_values_than_one_answer_holds_is_counted_whole(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every value and its number, also of what an agency alone may see; the engine's answers are made small for it."""
    monkeypatch.setattr("patrol.search.elastic_facets.MANY_VALUES", 7)
    documents = [
        listing(
            number,
            rules=(f"rule-{number % 40}", "all"),
            marketplace=f"site-{number % 3}",
            desk=Desk(leads=(f"L-{number % 11:02d}",)),
            desk_for={"agency-nl": Desk(leads=(f"L-{number % 30:02d}", f"M-{number:03d}"))} if number % 2 else {},
            visible_to=("agency-de",) if number % 5 == 0 else (),
        )
        for number in range(130)
    ]
    index.write(documents)
    for viewer in (NL, DE, ANYONE):
        found = index.search(Query(limit=1, facets=("rule", "lead", "marketplace")), viewer).facets
        tallied = index.tally([Tally(by="lead"), Tally(by="rule"), Tally(by="band")], viewer)
        expected = counted(seen(documents, viewer.agency_id), ("rule", "lead", "marketplace"))
        for name, counts in found.items():
            assert {count.value: count.count for count in counts} == expected[name], (name, viewer)
            assert [(-count.count, count.value) for count in counts] == sorted((-count.count, count.value) for count in counts)
        assert [found["lead"], found["rule"]] == tallied[:2]
