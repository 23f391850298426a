"""The one writer: batches, the guilty piece alone refused, a full disk told in plain words, nothing half-written."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, func, insert, select
from sqlalchemy.exc import IntegrityError

from patrol.errors import StoreError
from patrol.ledger import bulk
from patrol.ledger.engine import open_engine, reading
from patrol.ledger.schema import metadata
from patrol.ledger.tables import site_slots
from patrol.ledger.writer import Writer


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'ledger.db'}")
    metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def writer(engine: Engine) -> Iterator[Writer]:
    writer = Writer(engine)
    yield writer
    writer.close()


def add(site: str) -> object:
    row = {"site": site, "next_at": datetime.now(UTC), "day": "2026-11-02", "used": 0}
    return lambda conn: conn.execute(insert(site_slots).values(row)).rowcount


def sites(engine: Engine) -> int:
    with reading(engine) as conn:
        return conn.execute(select(func.count()).select_from(site_slots)).scalar_one()


def test_submitted_work_is_on_disk_when_its_future_resolves(engine: Engine, writer: Writer) -> None:
    futures = [writer.submit(add(f"s{n}")) for n in range(250)]
    assert [future.result(timeout=10) for future in futures] == [1] * 250
    assert sites(engine) == 250


def test_only_the_guilty_piece_of_a_batch_is_refused(engine: Engine, writer: Writer) -> None:
    writer.run(add("taken"))
    futures = [writer.submit(add("taken" if n == 7 else f"s{n}")) for n in range(20)]
    faults = [type(future.exception(timeout=10)) for future in futures]
    assert faults[7] is IntegrityError
    assert all(fault is type(None) for place, fault in enumerate(faults) if place != 7)
    assert sites(engine) == 20


def test_what_a_refused_piece_wrote_is_undone(engine: Engine, writer: Writer) -> None:
    def half(conn: Connection) -> None:
        add("half")(conn)
        raise LookupError("in the middle")

    good, bad, other = writer.submit(add("a")), writer.submit(half), writer.submit(add("b"))
    assert isinstance(bad.exception(timeout=10), LookupError)
    assert (good.result(), other.result(), sites(engine)) == (1, 1, 2)


def test_rows_that_wait_are_there_for_whoever_reads_them(engine: Engine, writer: Writer) -> None:
    row = {"site": "waiting", "next_at": datetime.now(UTC), "day": "2026-11-02", "used": 3}

    def work(conn: Connection) -> int:
        bulk.add(conn, site_slots, insert(site_slots), row)
        return conn.execute(select(site_slots.c.used).where(site_slots.c.site == "waiting")).scalar_one()

    assert writer.run(work) == 3


def test_rows_that_wait_do_not_outlive_a_rollback(engine: Engine, writer: Writer) -> None:
    row = {"site": "waiting", "next_at": datetime.now(UTC), "day": "2026-11-02", "used": 3}

    def work(conn: Connection) -> None:
        bulk.add(conn, site_slots, insert(site_slots), row)
        raise LookupError("after it")

    with pytest.raises(LookupError):
        writer.run(work)
    writer.run(add("next"))
    assert sites(engine) == 1


def test_rows_that_wait_go_with_a_savepoint_that_is_rolled_back(engine: Engine, writer: Writer) -> None:
    def row(site: str) -> dict[str, object]:
        return {"site": site, "next_at": datetime.now(UTC), "day": "2026-11-02", "used": 3}

    def fail_inside(conn: Connection) -> None:
        with conn.begin_nested():
            bulk.add(conn, site_slots, insert(site_slots), row("inside"))
            raise LookupError

    def work(conn: Connection) -> None:
        bulk.add(conn, site_slots, insert(site_slots), row("before"))
        with pytest.raises(LookupError):
            fail_inside(conn)
        bulk.add(conn, site_slots, insert(site_slots), row("after"))

    writer.run(work)
    with reading(engine) as conn:
        assert set(conn.execute(select(site_slots.c.site)).scalars()) == {"before", "after"}


def test_closing_writes_what_was_handed_over_and_then_refuses(engine: Engine) -> None:
    writer = Writer(engine, wait=60, lull=60)
    future = writer.submit(add("late"))
    writer.close()
    writer.close()
    assert future.result(timeout=1) == 1
    with pytest.raises(StoreError, match="closed"):
        writer.submit(add("too late"))


def test_run_inside_the_writers_thread_is_a_mistake_not_a_deadlock(writer: Writer) -> None:
    with pytest.raises(RuntimeError):
        writer.run(lambda _conn: writer.run(add("x")))


def test_a_full_disk_is_told_with_its_remedy_and_leaves_nothing_half_written(engine: Engine, writer: Writer) -> None:
    writer.run(add("before"))

    def fill(conn: Connection) -> None:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
        conn.exec_driver_sql(f"PRAGMA max_page_count = {pages}")  # the engine's own limit answers as a full disk does
        for n in range(5000):
            conn.execute(insert(site_slots).values(site=f"{n:0200}", next_at=datetime.now(UTC), day="2026-11-02", used=0))

    other = writer.submit(fill)
    fault = other.exception(timeout=30)
    assert isinstance(fault, StoreError)
    assert "disk is full" in str(fault)
    assert "free some space" in str(fault)
    assert sites(engine) == 1
    writer.run(lambda conn: conn.exec_driver_sql("PRAGMA max_page_count = 1000000") and None)
    writer.run(add("after"))
    assert sites(engine) == 2


def test_a_batch_on_a_full_disk_refuses_everybody_in_it(engine: Engine) -> None:
    writer = Writer(engine, wait=1, lull=1)
    block = "x" * 200

    def limit(conn: Connection) -> None:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
        conn.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    writer.run(limit)
    futures = [writer.submit(add(f"{n:04}{block}")) for n in range(99)]
    assert all(isinstance(future.exception(timeout=30), StoreError) for future in futures)
    assert sites(engine) == 0
    writer.close()


def test_two_processes_wait_for_each_other_instead_of_failing(engine: Engine, writer: Writer) -> None:
    other = sqlite3.connect(str(engine.url.database), isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.3, other.execute, ["COMMIT"]).start()
    assert writer.submit(add("patient")).result(timeout=10) == 1
    other.close()


def test_an_address_that_leads_nowhere_is_told() -> None:
    for url in ("nonsense", "mysterydb://x/y", "sqlite://"):
        with pytest.raises(StoreError):
            open_engine(url)


def test_a_file_that_is_no_ledger_is_told(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"this is a letter, not a database" * 100)
    engine = open_engine(f"sqlite:///{tmp_path / 'ledger.db'}")
    with pytest.raises(StoreError, match="not a ledger"), reading(engine) as conn:
        conn.exec_driver_sql("SELECT 1 FROM sqlite_master")
