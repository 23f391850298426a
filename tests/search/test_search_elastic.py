"""What only the Elasticsearch engine can get wrong: secrets, addresses, its lock, foreign formats, odd documents."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from search_backends import dropped, elastic_address
from search_world import ANYONE, NL, cluster, key, listing, some_listings

from patrol.config.settings import Stores
from patrol.errors import PatrolError, StoreError, UsageError
from patrol.search import open_index
from patrol.search.documents import Desk, Shelf, Tombstone
from patrol.search.elastic import ElasticIndex
from patrol.search.elastic_client import Address, Credentials
from patrol.search.embedded import EmbeddedIndex
from patrol.search.index import FACETS, Order, Query, QueueQuery

SECRET = "c2VjcmV0OnZlcnktc2VjcmV0"
NOWHERE = "http://127.0.0.1:9"  # the discard port: nobody listens


# ---------------------------------------------------------------------------------------------------------------------
# without a server


@pytest.mark.parametrize(
    ("text", "hosts", "prefix", "user"),
    [
        ("https://es.test", ("https://es.test:443",), "patrol", None),
        ("http://es.test/unit-nl", ("http://es.test:9200",), "unit-nl", None),
        ("https://me@a:9200,b:9201/x/", ("https://a:9200", "https://b:9201"), "x", "me"),
        ("http://[::1]:9200", ("http://[::1]:9200",), "patrol", None),
    ],
)
def test_addresses(text: str, hosts: tuple[str, ...], prefix: str, user: str | None) -> None:
    assert Address.read(text) == Address(hosts, prefix, user)


@pytest.mark.parametrize(
    "text", ["", "es.test:9200", "ftp://es.test", "https://", "https://es.test/Upper", "https://es.test/a?b=c"]
)
def test_wrong_addresses_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Address.read(text)


def test_a_password_in_the_address_is_refused_and_not_repeated() -> None:
    for read in (Address.read, lambda text: Stores(index=text)):
        with pytest.raises((UsageError, ValueError)) as refused:
            read(f"https://me:{SECRET}@es.test")
        assert "PATROL_INDEX_PASSWORD" in str(refused.value)
    with pytest.raises(UsageError) as refused:
        Address.read(f"https://me:{SECRET}@es.test")
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("environ", [{"PATROL_INDEX_API_KEY": SECRET}, {"PATROL_INDEX_PASSWORD": SECRET}, {}])
def test_no_secret_reaches_a_message_a_repr_or_a_log(
    environ: dict[str, str], tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "secret"
    file.write_text(SECRET + "\n")
    caplog.set_level(logging.DEBUG)
    stores = Stores(index=NOWHERE.replace("//", "//me@"), index_password_file=str(file))
    index = open_index(stores, tmp_path, environ)
    told = [repr(index), repr(Credentials.found(environ, password_file=str(file)))]
    for call in (index.count, lambda: index.write([listing(1)]), lambda: index.rebuild([]), index.status):
        with pytest.raises(StoreError, match="away") as away:
            call()
        told += [str(away.value), repr(away.value), repr(away.value.__cause__)]
    index.close()
    out, err = capfd.readouterr()
    assert SECRET not in "".join((*told, caplog.text, out, err))
    assert not err


def test_a_missing_secret_or_authority_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="PATROL_INDEX_PASSWORD"):
        open_index(Stores(index="http://me@es.test"), tmp_path, {})
    with pytest.raises(StoreError, match="cannot be read"):
        open_index(Stores(index="http://es.test", index_api_key_file=str(tmp_path / "none")), tmp_path, {})
    with pytest.raises(StoreError, match="authority"):
        open_index(Stores(index="https://es.test", index_ca=str(tmp_path / "none.pem")), tmp_path, {})


def test_the_settings_choose_the_engine(tmp_path: Path) -> None:
    index = open_index(Stores(), tmp_path, {})
    assert isinstance(index, EmbeddedIndex)
    index.close()
    with pytest.raises(ValueError, match="no address"):
        Stores(index="es.test:9200")


def test_the_client_is_loaded_only_where_it_is_used() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import sys, patrol.cli; print([name for name in sys.modules if name.startswith('elastic')])"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert told.stdout.strip() == "[]"


# ---------------------------------------------------------------------------------------------------------------------
# with one


@pytest.fixture
def opens(tmp_path: Path) -> Iterator[Callable[[], ElasticIndex]]:
    opened: list[ElasticIndex] = []

    def once_more() -> ElasticIndex:
        opened.append(ElasticIndex(Address.read(elastic_address(tmp_path))))
        return opened[-1]

    yield once_more
    for index in opened:
        index.close()
    dropped(tmp_path)


_DIES = """
import os, sys
from patrol.search.documents import ListingDocument
from patrol.search.elastic import ElasticIndex
from patrol.search.elastic_client import Address
index = ElasticIndex(Address.read(sys.argv[1]))
if sys.argv[2] == "held":
    index.places.swap = lambda new: os._exit(9)
def documents():
    yield ListingDocument(key="k", revision=1, marketplace="m", url="u", title="half made")
    if sys.argv[2] == "filling":
        os._exit(9)
index.rebuild(documents())
"""


@pytest.mark.elastic
@pytest.mark.parametrize("when", ["filling", "held"])
def test_a_rebuild_that_is_killed_holds_nobody_up(
    opens: Callable[[], ElasticIndex], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    monkeypatch.setattr("patrol.search.elastic_bulk.HELD", 0.5)
    index = opens()
    index.write([listing(1, title="kept")])
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    died = subprocess.run([sys.executable, "-c", _DIES, elastic_address(tmp_path), when], env=environment, check=False)
    assert died.returncode == 9
    assert index.search(Query(text="kept"), ANYONE).total == 1
    assert index.search(Query(text="half"), ANYONE).total == 0
    assert index.write([listing(2, title="kept")]).kept == 1
    assert index.rebuild([listing(1, title="kept"), listing(2, title="kept")]).kept == 2
    assert index.search(Query(text="kept"), ANYONE).total == 2
    assert len(index.places.generations(Shelf.LISTINGS)) == 1


@pytest.mark.elastic
def test_an_index_that_another_process_makes_at_that_moment_is_found(
    opens: Callable[[], ElasticIndex], monkeypatch: pytest.MonkeyPatch
) -> None:
    index, other = opens(), opens()
    asked = index.places.generations

    def late(shelf: Shelf) -> list[str]:
        other.places.ensure()
        return asked(shelf)

    monkeypatch.setattr(index.places, "generations", late)
    assert index.count() == 0
    assert index.write([listing(1)]).kept == 1


@pytest.mark.elastic
def test_a_writer_waits_out_the_swap(opens: Callable[[], ElasticIndex]) -> None:
    index, other = opens(), opens()
    index.write([listing(1)])
    alias = index.places.names.alias(Shelf.LISTINGS)
    index.places.hold(alias)
    writing = threading.Thread(target=lambda: other.write([listing(2)]))
    writing.start()
    time.sleep(0.5)
    assert writing.is_alive()
    index.places.let_go(alias)
    writing.join(10)
    assert index.count() == 2


@pytest.mark.elastic
def test_an_index_of_another_format_says_so_and_is_rebuilt(opens: Callable[[], ElasticIndex]) -> None:
    old = opens()
    old.write([listing(1)])
    name = old.places.serving(Shelf.LISTINGS)
    assert name is not None
    old.client.indices.put_mapping(index=name, meta={"format": 0})
    index = opens()
    for call in (index.count, lambda: index.write([listing(2)]), lambda: index.search(Query(), ANYONE)):
        with pytest.raises(StoreError, match="index rebuild"):
            call()
    index.rebuild([listing(3)])
    assert index.count() == 1


@pytest.mark.elastic
def test_a_lost_alias_is_said_and_never_filled_with_emptiness(opens: Callable[[], ElasticIndex]) -> None:
    index = opens()
    index.write([listing(1)])
    alias, name = index.places.names.alias(Shelf.LISTINGS), index.places.serving(Shelf.LISTINGS)
    assert name is not None
    index.client.indices.delete_alias(index=name, name=alias)
    for call in (index.count, lambda: index.write([listing(2)]), lambda: index.get([key(1)], ANYONE)):
        with pytest.raises(StoreError, match="index rebuild"):
            call()
    index.rebuild([listing(1), listing(2)])
    assert index.count() == 2


@pytest.mark.elastic
def test_a_rebuild_leaves_the_index_of_a_longer_prefix_alone(opens: Callable[[], ElasticIndex], tmp_path: Path) -> None:
    other = ElasticIndex(Address.read(elastic_address(tmp_path) + "-listings-nl"))
    try:
        other.write([listing(1, title="theirs")])
        opens().rebuild([listing(2)])
        assert other.search(Query(text="theirs"), ANYONE).total == 1
    finally:
        other.close()


@pytest.mark.elastic
def test_a_rebuilt_index_that_lacks_something_is_not_swapped_in(
    opens: Callable[[], ElasticIndex], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("patrol.search.elastic_rebuild._BATCH", 500)
    index = opens()
    index.write([listing(1, title="kept")])

    def documents() -> Iterator[object]:
        yield listing(1, title="kept")
        yield from (listing(number) for number in range(2, 2000))
        lost = index.places.generations(Shelf.LISTINGS)[-1]
        index.client.indices.refresh(index=lost)
        index.client.delete_by_query(index=lost, query={"term": {"key": key(5)}}, refresh=True)

    with pytest.raises(StoreError, match="old one goes on serving"):
        index.rebuild(documents())  # type: ignore[arg-type]
    assert index.search(Query(text="kept"), ANYONE).total == 1
    assert index.write([listing(3)]).kept == 1
    assert len(index.places.generations(Shelf.LISTINGS)) == 1


@pytest.mark.elastic
def test_very_long_words_and_values_are_kept_and_found(opens: Callable[[], ElasticIndex]) -> None:
    index, plain = opens(), listing(1, title="schist", url="https://shop.test/" + "u" * 40_000)
    odd = listing(2, title="a" * 3_900 + " head", description="b" * 20_000, rules=("r" * 40_000,), marketplace="m" * 2_000)
    assert index.write([plain, odd]).unfit == ()
    assert index.search(Query(text="a" * 3_900), ANYONE).total == 1
    assert index.search(Query(text='"' + "a" * 3_900 + ' head"'), ANYONE).total == 1
    assert index.search(Query(text="title:aaaa* head"), ANYONE).total == 1
    assert index.search(Query(text="a" * 3_800), ANYONE).total == 0
    assert index.search(Query(where={"marketplace": ["M" * 2_000]}), ANYONE).total == 1
    assert index.get([key(1)], ANYONE)[0].document == plain


@pytest.mark.elastic
def test_questions_of_any_size_are_answered_or_refused_plainly(opens: Callable[[], ElasticIndex]) -> None:
    index = opens()
    index.write(some_listings(20))
    wide = "schist OR " + " OR ".join(f"w{number}" for number in range(500))
    assert index.search(Query(text=wide[:3_990].rpartition(" OR")[0]), NL).total > 0
    deep = "schist"
    for number in range(38):
        deep = f"({deep} {'OR' if number % 2 else ''} coin)"
    for text in (deep, "-(" * 38 + "schist coin" + ")" * 38):
        try:
            assert index.search(Query(text=text), NL).total >= 0
        except PatrolError as error:
            assert isinstance(error, UsageError)  # noqa: PT017 - either is right
    many = [f"c-{number}" for number in range(5_000)]
    assert index.queue(QueueQuery(without=many), NL).total == 0
    with pytest.raises(UsageError):
        index.search(Query(text="marketplace:\ud800x", order=Order.VALUE, after="x"), NL)
    assert index.search(Query(text="marketplace:\ud800x"), NL).total == 0


@pytest.mark.elastic
def test_what_an_agency_alone_may_see_is_no_top_level_field(opens: Callable[[], ElasticIndex]) -> None:
    """So that a count over top-level fields, in Kibana say, tells nothing of the desk's work on what is restricted."""
    index = opens()
    index.write(
        [
            listing(1, visible_to=("agency-nl",), desk=Desk(leads=("L-2026-0009",))),
            listing(2, desk_for={"agency-nl": Desk(leads=("L-2026-0008",))}),
            cluster(3),
            Tombstone(shelf=Shelf.LISTINGS, key=key(4), revision=2),
        ]
    )
    found = index.client.search(index=index.places.names.alias(Shelf.LISTINGS), query={"exists": {"field": "lead"}})
    assert found["hits"]["total"]["value"] == 0
    (gone,) = index.client.search(index=index.places.names.alias(Shelf.LISTINGS), query={"term": {"gone": True}})["hits"]["hits"]
    assert set(gone["_source"]) == {"key", "revision", "written", "gone"}
    page = index.search(Query(facets=FACETS), NL)
    assert {count.value for count in page.facets["lead"]} == {"L-2026-0009", "L-2026-0008"}


@pytest.mark.elastic
@pytest.mark.parametrize("text", ["head OR schist", "head", "head schist", '"schist head" OR gandhara', "head OR sch*"])
def test_pages_by_relevance_are_the_whole_order_cut_up(opens: Callable[[], ElasticIndex], text: str) -> None:
    """A page that knows how relevant its last row is looks at nothing below; a page that holds everything needs no such floor."""
    index = opens()
    titles = ("schist head", "head of schist", "head", "kettle", "gandhara", "schist head gandhara")
    told = (None, "schist", "a head", "gandhara schist head")
    mine = {True: ("agency-nl",), False: ()}
    index.write(
        [
            listing(
                number,
                title=titles[number % 6],
                description=told[number // 6 % 4],
                sum=number % 5,
                visible_to=mine[number % 7 == 0],
            )
            for number in range(180)
        ]
    )
    whole = index.search(Query(text=text, limit=200), NL)
    assert whole.next is None
    assert whole.total > 20
    after, found = None, []
    while True:
        page = index.search(Query(text=text, limit=7, after=after), NL)
        assert page.total == whole.total
        found += [hit.document.key for hit in page.hits]
        if (after := page.next) is None:
            break
    assert found == [hit.document.key for hit in whole.hits]
