"""Alerts of saved searches, on every pair of database and engine: news once, to whom may see it, and nothing is lost."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import databases
import pytest
from desk_world import NOON, World
from sqlalchemy import select

sys.path.insert(0, str(Path(__file__).parent.parent / "search"))  # search_backends.py

from search_backends import BACKENDS, dropped

from patrol.errors import RefusedError, StoreError
from patrol.ledger import Viewer
from patrol.ledger.decisions import Shown, Verdict
from patrol.ledger.search_tables import alert_backlog, search_matches
from patrol.ledger.searches import SavedSearch
from patrol.records import Status
from patrol.search.index import Hit, Index, Page, Query
from patrol.triage import alerting
from patrol.triage.indexing import Indexer, drain

PAIRS = [
    "sqlite+embedded",
    pytest.param("sqlite+elastic", marks=pytest.mark.elastic),
    pytest.param("postgres+embedded", marks=pytest.mark.postgres),
    pytest.param("postgres+elastic", marks=[pytest.mark.postgres, pytest.mark.elastic]),
]


@pytest.fixture(params=PAIRS)
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[World, Callable[[], Index]]]:
    kind, _, engine = request.param.partition("+")
    opened: list[Index] = []

    def opens() -> Index:
        opened.append(BACKENDS[engine](tmp_path))
        return opened[-1]

    with databases.database(kind, tmp_path) as address, World(address) as world:
        yield world, opens
    for index in opened:
        index.close()
    if engine == "elastic":
        dropped(tmp_path)


@pytest.fixture
def world(pair: tuple[World, Callable[[], Index]]) -> World:
    return pair[0]


@pytest.fixture
def index(pair: tuple[World, Callable[[], Index]]) -> Index:
    return pair[1]()


def watched(world: World, index: Index, viewer: Viewer, name: str, text: str = "", **filters: list[str]) -> SavedSearch:
    search = world.ledger.searches.save(viewer, name, text=text, filters=filters, order="relevance")
    alerting.watch(world.ledger, index, viewer, search.id)
    return search


def told(world: World, viewer: Viewer, *, unseen: bool = False) -> list[tuple[str, str]]:
    """The viewer's alerts, oldest first: which listing, by which search."""
    return [(news.listing_key, news.search) for news in reversed(world.ledger.alerts.news(viewer, unseen=unseen))]


def test_a_new_match_is_told_once_to_its_owner_alone(world: World, index: Index) -> None:
    old = world.listing("1", title="Khmer lintel, old")
    drain(world.ledger, index)
    watched(world, index, world.nl, "Lintels", "khmer lintel")
    watched(world, index, world.it, "Bowls", "bowl")
    new = world.listing("2", title="Khmer lintel, new", seller="other")
    world.listing("3", title="Oak chair", seller="third")
    done = drain(world.ledger, index)
    assert (done.alerts, done.away) == (1, None)
    assert told(world, world.nl) == [(new, "Lintels")]
    assert told(world, world.it) == []
    for key in (old, new):
        world.again(key, title=f"Khmer lintel, described better {key}")
        world.again(key, score=95, after=timedelta(hours=2))
    assert drain(world.ledger, index).alerts == 0
    assert told(world, world.nl) == [(new, "Lintels")]
    assert world.ledger.alerts.lag().count == 0


def test_a_changed_version_or_score_that_makes_it_a_match_is_news(world: World, index: Index) -> None:
    by_words = world.listing("1", title="A stone")
    by_score = world.listing("2", title="A lintel", score=30, seller="other")
    drain(world.ledger, index)
    watched(world, index, world.nl, "Khmer", "khmer")
    watched(world, index, world.nl, "High", band=["high"])
    world.again(by_words, title="A stone, Khmer", score=20)
    world.again(by_score, score=75)
    drain(world.ledger, index)
    assert sorted(told(world, world.nl)) == sorted([(by_words, "Khmer"), (by_score, "High")])
    world.again(by_score, score=20, after=timedelta(hours=2))
    drain(world.ledger, index)
    assert [news.matches for news in world.ledger.alerts.news(world.nl) if news.search == "High"] == [False]
    world.again(by_score, score=90, after=timedelta(hours=3))
    drain(world.ledger, index)
    assert [news.matches for news in world.ledger.alerts.news(world.nl) if news.search == "High"] == [True]
    assert world.ledger.alerts.unseen(world.nl) == 2
    assert len(told(world, world.nl)) == 2


def test_what_comes_back_as_it_was_is_no_news(world: World, index: Index) -> None:
    watched(world, index, world.nl, "Live ones", "lintel", status=["live"])
    watched(world, index, world.nl, "Open ones", "lintel", desk=["open"])
    key = world.listing("1", title="Khmer lintel")
    drain(world.ledger, index)
    ids = [news.id for news in world.ledger.alerts.news(world.nl)]
    assert world.ledger.alerts.mark_seen(world.nl, ids) == 2
    world.again(key, status=Status.REMOVED)
    decided = world.ledger.decisions.decide(world.nl, key, Verdict(kind="clear", reason=1), Shown())
    drain(world.ledger, index)
    assert [news.matches for news in world.ledger.alerts.news(world.nl)] == [False, False]
    world.again(key, status=Status.LIVE, after=timedelta(hours=2))
    world.ledger.decisions.undo(world.nl, decided)
    drain(world.ledger, index)
    assert [(news.id, news.matches) for news in world.ledger.alerts.news(world.nl)] == [(one, True) for one in ids]
    assert world.ledger.alerts.unseen(world.nl) == 0
    again = world.listing("2", title="Khmer lintel", same_as=key, same_by="relisting", at=NOON + timedelta(days=2))
    twin = world.listing("3", title="Khmer lintel, its twin", same_as=key, same_by="near_twin", at=NOON + timedelta(days=2))
    drain(world.ledger, index)
    assert {news.listing_key for news in world.ledger.alerts.news(world.nl, unseen=True)} == {twin}
    assert again not in {news.listing_key for news in world.ledger.alerts.news(world.nl)}


def test_a_search_finds_what_its_owners_agency_may_find(world: World, index: Index) -> None:
    key = world.listing("1")
    drain(world.ledger, index)
    for viewer in (world.nl, world.it):
        watched(world, index, viewer, "In a lead", "lead:*")
    lead = world.ledger.leads.open(world.nl, [key], "Ours alone")
    drain(world.ledger, index)
    assert told(world, world.nl) == [(key, "In a lead")]
    assert told(world, world.it) == []
    world.ledger.leads.share(world.nl, lead.number, "Desk IT")
    drain(world.ledger, index)
    assert told(world, world.it) == [(key, "In a lead")]
    world.ledger.leads.unshare(world.nl, lead.number, "Desk IT")
    drain(world.ledger, index)
    assert told(world, world.it) == []
    assert told(world, world.nl) == [(key, "In a lead")]


def test_an_erased_listing_leaves_the_list(world: World, index: Index) -> None:
    watched(world, index, world.nl, "All")
    keys = [world.listing(str(number), seller=f"s{number}") for number in range(3)]
    drain(world.ledger, index)
    assert len(told(world, world.nl)) == 3
    world.ledger.listings.erase_listing(keys[1], class_="unflagged")
    assert {key for key, _ in told(world, world.nl)} == {keys[0], keys[2]}
    assert world.ledger.alerts.unseen(world.nl) == 2
    drain(world.ledger, index)
    assert {key for key, _ in told(world, world.nl)} == {keys[0], keys[2]}


class Deaf:
    """The index behind it, but questions within a batch fail: all of them, or those of one search."""

    def __init__(self, index: Index, of: str | None = None) -> None:
        self._index = index
        self._of = of

    def __getattr__(self, name: str) -> object:
        return getattr(self._index, name)

    def search(self, query: Query, viewer: Viewer) -> Page[Hit]:
        if self._of is None or query.text == self._of:
            raise StoreError("the index does not answer", where="index")
        return self._index.search(query, viewer)


def test_a_run_that_fails_is_made_up_for(world: World, index: Index) -> None:
    watched(world, index, world.nl, "Lintels", "lintel")
    watched(world, index, world.it, "Khmer", "khmer")
    keys = [world.listing(str(number), title="Khmer lintel", seller=f"s{number}") for number in range(5)]
    done = drain(world.ledger, Deaf(index), batch=2)  # type: ignore[arg-type]
    assert "does not answer" in (done.away or "")
    assert index.count() == 2  # the index took them, the searches were not asked
    assert world.ledger.alerts.lag().count == 2
    assert told(world, world.nl) == []
    with world.another() as later:  # another process, another day
        assert drain(later, index, batch=2).alerts == 10
    assert sorted(told(world, world.nl)) == sorted((key, "Lintels") for key in keys)
    assert world.ledger.alerts.lag().count == 0


def test_one_search_that_fails_holds_up_no_other(world: World, index: Index) -> None:
    watched(world, index, world.nl, "Lintels", "lintel")
    watched(world, index, world.it, "Khmer", "khmer")
    key = world.listing("1", title="Khmer lintel")
    drain(world.ledger, Deaf(index, of="lintel"))  # type: ignore[arg-type]
    assert told(world, world.it) == [(key, "Khmer")]
    assert told(world, world.nl) == []
    drain(world.ledger, index)
    assert told(world, world.nl) == [(key, "Lintels")]
    assert told(world, world.it) == [(key, "Khmer")]


def test_two_indexers_at_once_tell_each_listing_once(pair: tuple[World, Callable[[], Index]]) -> None:
    world, opens = pair
    index = opens()
    searches = [watched(world, index, viewer, "All") for viewer in (world.nl, world.it)]
    keys = [world.listing(str(number), seller=f"s{number}") for number in range(40)]
    ledgers = [world.another() for _ in range(2)]
    threads = [threading.Thread(target=drain, args=(ledger, opens()), kwargs={"batch": 7}) for ledger in ledgers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    drain(world.ledger, index)
    for ledger in ledgers:
        ledger.close()
    for viewer in (world.nl, world.it):
        assert sorted(news.listing_key for news in world.ledger.alerts.news(viewer, limit=500)) == sorted(keys)
    rows = world.ledger.writer.run(lambda conn: conn.execute(select(search_matches)).all())
    assert len(rows) == len(searches) * len(keys)
    assert world.ledger.writer.run(lambda conn: conn.execute(select(alert_backlog)).all()) == []


def test_alerts_go_off_on_and_with_the_search(world: World, index: Index) -> None:
    search = watched(world, index, world.nl, "Lintels", "lintel")
    first = world.listing("1", title="A lintel")
    drain(world.ledger, index)
    world.ledger.searches.without_alerts(world.nl, search.id)
    world.listing("2", title="Another lintel", seller="other")
    drain(world.ledger, index)
    assert world.ledger.alerts.lag().count == 0  # nobody has alerts on
    alerting.watch(world.ledger, index, world.nl, search.id)
    third = world.listing("3", title="A third lintel", seller="third")
    drain(world.ledger, index)
    assert told(world, world.nl) == [(first, "Lintels"), (third, "Lintels")]
    with pytest.raises(RefusedError):
        world.ledger.searches.remove(world.it, search.id)
    with pytest.raises(RefusedError):
        alerting.watch(world.ledger, index, world.it, search.id)
    assert world.ledger.alerts.mark_seen(world.it, [news.id for news in world.ledger.alerts.news(world.nl)]) == 0
    world.ledger.searches.remove(world.nl, search.id)
    assert told(world, world.nl) == []
    assert world.ledger.searches.list(world.nl) == ()


def test_what_came_while_alerts_were_turned_on_is_told(world: World, index: Index) -> None:
    """Indexed after the search was asked what it finds already, and before its alerts were on."""
    search = world.ledger.searches.save(world.nl, "Lintels", text="lintel", filters={}, order="relevance")
    old = world.listing("1", title="A lintel")
    drain(world.ledger, index)
    between = world.listing("2", title="A lintel of that moment", seller="other")
    drain(world.ledger, index)
    world.ledger.alerts.watch(world.nl, search.id, [old])
    drain(world.ledger, index)
    assert told(world, world.nl) == [(between, "Lintels")]


def test_a_search_too_wide_or_of_a_closed_account_gives_none(world: World, index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerting, "WIDEST", 2)
    for number in range(3):
        world.listing(str(number), seller=f"s{number}")
    drain(world.ledger, index)
    with pytest.raises(RefusedError, match="finds 3 listings"):
        watched(world, index, world.nl, "All")
    watched(world, index, world.it, "Lintels", "lintel")
    world.ledger.people.set_active(world.people["it"].id, False)
    world.listing("9", title="A lintel", seller="s9")
    drain(world.ledger, index)
    assert told(world, world.it) == []
    assert world.ledger.alerts.lag().count == 0


def test_the_indexer_beside_the_desk_gives_them(world: World, index: Index) -> None:
    watched(world, index, world.nl, "Lintels", "lintel")
    heard = threading.Event()
    indexer = Indexer(world.ledger, index, seconds=3600, report=lambda done: heard.set() if done.alerts else None)
    indexer.start()
    try:
        key = world.listing("1", title="A lintel")
        assert heard.wait(10)
    finally:
        indexer.stop()
    assert told(world, world.nl) == [(key, "Lintels")]
