"""A ledger on a server: what was committed is there once, whatever the server does; clocks, several writers, plain words."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import postmaster
import psycopg
import pytest
from crawl_world import MONDAY, RULEBOOK, SECRET, SPACE, Crawl
from sqlalchemy import Connection, func, insert, make_url, select
from sqlalchemy.exc import DBAPIError

from patrol.errors import StoreError
from patrol.ledger import Ledger, queue
from patrol.ledger.commits import Commits
from patrol.ledger.tables import listings, site_slots

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def server() -> Iterator[postmaster.Postmaster]:
    if postmaster.binaries() is None:
        pytest.skip("needs PostgreSQL's own programs (initdb, pg_ctl), for it is stopped and killed")
    running = postmaster.Postmaster()
    yield running
    running.close()


@pytest.fixture
def ledger(server: postmaster.Postmaster) -> Iterator[Ledger]:
    with Ledger(server.address, secret=SECRET, patience=30) as opened:
        opened.writer.run(lambda conn: conn.execute(site_slots.delete()).rowcount)
        yield opened


def add(conn: Connection, site: str) -> None:
    conn.execute(insert(site_slots).values(site=site, next_at=datetime.now(UTC), day="2026-11-02", used=0))


def sites(ledger: Ledger) -> list[str]:
    with ledger.engine.connect() as conn:
        return sorted(conn.execute(select(site_slots.c.site)).scalars())


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_a_server_restarted_in_the_middle_of_a_transaction(server: postmaster.Postmaster, ledger: Ledger, how: str) -> None:
    begun, back = threading.Event(), threading.Event()

    def work(conn: Connection) -> str:
        add(conn, "first")
        begun.set()
        back.wait(60)
        add(conn, "second")
        return "done"

    future = ledger.writer.submit(work)
    begun.wait(60)
    server.stop(how)
    back.set()
    later = ledger.writer.submit(lambda conn: add(conn, "later"))
    time.sleep(0.5)
    assert not future.done()
    server.start()
    assert future.result(60) == "done"
    later.result(60)
    assert sites(ledger) == ["first", "later", "second"]
    assert ledger.queue.used_today("nobody") == 0  # the pool of readers had connections from before, too


@pytest.mark.parametrize("took_place", [True, False])
def test_a_commit_whose_answer_is_lost_is_looked_up(ledger: Ledger, monkeypatch: pytest.MonkeyPatch, took_place: bool) -> None:
    ledger.writer.run(lambda conn: add(conn, "before"))
    commit, lost = ledger.engine.dialect.do_commit, []

    def broken(connection: object) -> None:
        if threading.current_thread().name != "ledger-writer" or lost:
            commit(connection)  # type: ignore[arg-type]
            return
        lost.append(True)
        if took_place:
            commit(connection)  # type: ignore[arg-type]
        connection.dbapi_connection.close()  # type: ignore[attr-defined]
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(ledger.engine.dialect, "do_commit", broken)
    calls = []

    def work(conn: Connection) -> None:
        calls.append(True)
        add(conn, f"{len(calls)}")

    ledger.writer.submit(work).result(60)
    assert lost
    assert len(calls) == (1 if took_place else 2)
    assert sites(ledger) == ["1", "before"] if took_place else ["2", "before"]


def test_a_server_that_stays_away_is_one_clear_error_and_work_goes_on_later(server: postmaster.Postmaster) -> None:
    address = make_url(server.address).set(password="hush-hush").render_as_string(hide_password=False)
    with Ledger(address, secret=SECRET, patience=1) as ledger:
        ledger.writer.run(lambda conn: add(conn, "here"))
        server.stop()
        started = time.monotonic()
        for attempt in (
            lambda: ledger.writer.run(lambda conn: add(conn, "lost")),
            lambda: ledger.queue.counts("none"),
            lambda: Ledger(address, secret=SECRET),
        ):
            with pytest.raises(StoreError, match="does not answer") as told:
                attempt()
            assert "PATROL_LEDGER_PASSWORD" in str(told.value)
            assert "hush-hush" not in str(told.value)
            assert "\n" not in str(told.value)
        assert time.monotonic() - started < 20
        server.start()
        ledger.writer.run(lambda conn: add(conn, "there"))
        assert "lost" not in sites(ledger)
        assert {"here", "there"} <= set(sites(ledger))


def test_a_broken_connection_is_noticed_before_it_is_used(ledger: Ledger) -> None:
    ledger.queue.used_today(SPACE)
    ledger.writer.run(lambda conn: add(conn, "one"))
    with psycopg.connect(str(make_url(ledger.engine.url).set(drivername="postgresql")), autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid != pg_backend_pid() AND backend_type = 'client backend'"
        )
    assert ledger.queue.used_today(SPACE) == 0
    ledger.writer.run(lambda conn: add(conn, "two"))
    assert sites(ledger) == ["one", "two"]


def test_a_writer_leaves_no_mark_behind(server: postmaster.Postmaster) -> None:
    from patrol.ledger.sharing_tables import writer_marks

    with Ledger(server.address, secret=SECRET) as ledger:
        before = ledger.writer.run(lambda conn: conn.execute(select(func.count()).select_from(writer_marks)).scalar_one())
        with Ledger(server.address, secret=SECRET) as other:
            other.writer.run(lambda conn: None)
        assert ledger.writer.run(lambda conn: conn.execute(select(func.count()).select_from(writer_marks)).scalar_one()) == before
    assert Commits(ledger.engine).close() is None


# -- several writers ------------------------------------------------------------------------------------------------


@pytest.fixture
def shared(database: str) -> Iterator[Crawl]:
    made = Crawl(database)
    yield made
    made.close()


def test_sixteen_claimers_share_requests_and_none_is_had_twice(shared: Crawl) -> None:
    rows = [shared.request(f"r{n}") for n in range(320)]
    shared.ledger.queue.push(shared.run.id, SPACE, rows)
    ledgers = [Ledger(shared.url, secret=SECRET) for _ in range(4)]

    def claim(n: int) -> list[str]:
        mine: list[str] = []
        while found := ledgers[n % 4].queue.lease(shared.run.id, f"here:{n}", 7, 600):
            mine += [request.id for request in found]
        return mine

    with ThreadPoolExecutor(16) as pool:
        claimed = [id_ for part in pool.map(claim, range(16)) for id_ in part]
    for ledger in ledgers:
        ledger.close()
    assert len(claimed) == len(set(claimed)) == 320


def test_two_processes_that_keep_the_same_listings_in_the_same_moment(shared: Crawl) -> None:
    """Equal listings, sellers and counts, each batch in another order: whoever is overtaken or sent back looks again."""
    ledgers = [Ledger(shared.url, secret=SECRET) for _ in range(3)]

    def keep(n: int) -> None:
        writer, store = ledgers[n].writer, ledgers[n].listings
        items = [shared.item(str(k), at=MONDAY + timedelta(hours=n), capture=f"urn:{n}:{k}") for k in range(40)]
        ordered = items if n % 2 else items[::-1]
        futures = [
            writer.submit(
                lambda conn, item=item: store.keep(conn, item, rulebook_hash=RULEBOOK, now=datetime.now(UTC), children=())
            )
            for item in ordered
        ]
        for future in futures:
            future.result(60)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(keep, range(3)))
    for ledger in ledgers:
        ledger.close()
    assert shared.ledger.listings.count() == 40
    with shared.ledger.engine.connect() as conn:
        assert set(conn.execute(select(listings.c.revision)).scalars()) == {3}


def test_leases_end_by_the_servers_clock(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Crawl(database)
    if made.ledger.engine.dialect.name == "sqlite":
        made.close()
        pytest.skip("a file has no clock but its host's")
    made.ledger.queue.push(made.run.id, SPACE, [made.request("a")])
    assert made.ledger.queue.lease(made.run.id, "here:1", 1, 600)

    class Fast(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:
            return datetime.now(UTC) + timedelta(hours=1)

    monkeypatch.setattr(queue, "datetime", Fast)
    with Ledger(database, secret=SECRET) as ahead:  # a host whose clock is an hour ahead
        assert ahead.queue.lease(made.run.id, "there:1", 1, 600) == []
        slot = ahead.queue.reserve(SPACE, delay=5, per_day=None)
        assert slot is not None
        assert abs((slot - Fast.now()).total_seconds()) < 3
        ahead.queue.note_backoff("other.example", Fast.now() + timedelta(seconds=60))
    monkeypatch.undo()
    paused = made.ledger.queue.paused("other.example")
    assert paused is not None
    assert 50 < (paused - datetime.now(UTC)).total_seconds() < 61
    made.close()


def test_another_homes_key_is_refused(shared: Crawl) -> None:
    with pytest.raises(StoreError, match="another home's key"):
        Ledger(shared.url, secret=b"a key of somebody else")


def test_a_statement_at_fault_is_not_tried_again(shared: Crawl) -> None:
    calls = []

    def work(conn: Connection) -> None:
        calls.append(True)
        conn.exec_driver_sql("NONSENSE")

    with pytest.raises(DBAPIError):
        shared.ledger.writer.run(work)
    assert len(calls) == 1
