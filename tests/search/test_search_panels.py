"""Every shipped panel on every engine: the same numbers over the same listings, and each number is what its search finds."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from search_backends import BACKENDS, PARAMS, dropped
from search_world import ANYONE, DE, NL, NOW, some_listings

from patrol.config import load
from patrol.config.home import Home
from patrol.config.panel import Panel
from patrol.records import ProvenanceSupport
from patrol.search.documents import ListingDocument
from patrol.search.index import Everyone, Index, Query
from patrol.web.pages.search import asked
from patrol.web.panels import PanelView, counted, tally_of

ROOT = Path(__file__).resolve().parents[2]
PANELS = load(Home(ROOT)).panels
VIEWERS = {"nl": NL, "de": DE, "anyone": ANYONE}
NAMES = [panel.name for panel in PANELS]


def listings() -> list[ListingDocument]:
    """Some of every kind, in every field that a panel counts by."""
    rnd = random.Random(11)
    return [
        replace(
            one,
            object_types=tuple(rnd.sample(["coin", "relief", "sculpture"], rnd.randint(0, 2))),
            provenance_support=rnd.choice(list(ProvenanceSupport)),
            score=rnd.randint(0, 100),
            price_eur=rnd.choice([None, rnd.randint(0, 9_000_000), 4_999, 5_000]),
        )
        for one in some_listings(300, seed=21)
    ]


@pytest.fixture(scope="module", params=PARAMS)
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    place = tmp_path_factory.mktemp("panels")
    index = BACKENDS[request.param](place)
    index.write(listings())
    yield index
    index.close()
    if request.param == "elastic":
        dropped(place)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Index, Index]]:
    place = tmp_path_factory.mktemp("both")
    embedded, elastic = BACKENDS["embedded"](place), BACKENDS["elastic"](place)
    for index in (embedded, elastic):
        index.write(listings())
    yield embedded, elastic
    embedded.close()
    elastic.close()
    dropped(place)


@pytest.mark.elastic
@pytest.mark.parametrize("panel", PANELS, ids=NAMES)
@pytest.mark.parametrize("viewer", VIEWERS.values(), ids=VIEWERS)
def test_both_engines_count_the_same(both: tuple[Index, Index], panel: Panel, viewer: Everyone) -> None:
    embedded, elastic = both
    (one,), (other,) = (index.tally([tally_of(panel)], viewer) for index in (embedded, elastic))
    assert one == other
    assert sum(count.count for count in one) > 0


@pytest.mark.parametrize("viewer", VIEWERS.values(), ids=VIEWERS)
def test_each_number_is_what_its_search_finds(filled: Index, viewer: Everyone) -> None:
    views = counted(PANELS, filled, viewer, NOW)
    assert [view.panel.name for view in views] == NAMES
    for view in views:
        assert not view.empty, view.panel.name
        for mark in view.marks:
            assert found(filled, mark.href, viewer) == mark.count, (view.panel.name, mark)


@pytest.mark.parametrize("viewer", VIEWERS.values(), ids=VIEWERS)
def test_nothing_is_left_out_without_a_word(filled: Index, viewer: Everyone) -> None:
    """Dates and numbers: the columns, what is earlier and what has none make all that the panel is over."""
    for view in counted(PANELS, filled, viewer, NOW):
        asked_of = view.panel.aggregation
        if asked_of.kind not in ("dates", "numbers"):
            continue
        beside = sum(found(filled, href, viewer) for _, href in view.said if href)
        whole = filled.search(Query(where=asked_of.filters, limit=1), viewer).total
        assert sum(mark.count for mark in view.marks) + beside == whole, view.panel.name
        assert told(view) == beside


def found(index: Index, href: str, viewer: Everyone) -> int:
    """What the search page finds at a link's address."""
    pairs = parse_qsl(urlsplit(href).query)
    wanted = asked(dict(pairs).get("q", ""), [value for name, value in pairs if name == "f"], "value")
    return index.search(Query(text=wanted.text, where=wanted.where, limit=1, highlight=False), viewer).total


def told(view: PanelView) -> int:
    return sum(int(text.split()[0].replace("\u202f", "")) for text, href in view.said if href)
