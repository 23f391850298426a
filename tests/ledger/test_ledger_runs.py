"""Runs: found again after a crash, counted, and chained when they end."""

from __future__ import annotations

import pytest
from crawl_world import MONDAY, SPACE, Crawl
from sqlalchemy import create_engine, text

from patrol.errors import StoreError
from patrol.ledger import chain
from patrol.ledger.engine import reading
from patrol.records import Capture, Fault, How, Outcome


def capture(crawl: Crawl, sequence: int) -> Capture:
    return Capture(
        id=f"urn:uuid:{sequence}",
        run_id=crawl.run.id,
        sequence=sequence,
        url=f"https://{SPACE}/{sequence}",
        time=MONDAY,
        kind="response",
        status=200,
        content_type="text/html",
        digest="sha256:d",
        headers_digest="sha256:h",
        card="card-1",
        previous="sha256:p",
        chain=f"sha256:{sequence}",
        file="2026/a.warc.gz",
        offset=3_000_000_000,
        length=100,
    )


def test_an_unfinished_run_is_found_by_what_it_was_asked(crawl: Crawl) -> None:
    runs = crawl.ledger.runs
    asked = {"query": ["schist head"], "max_listings": 5}
    run = runs.start(marketplace="m", card="c", how=How.CRAWL, pid=7, host="here", parameters=asked)
    found = runs.unfinished("m", {"max_listings": 5, "query": ["schist head"]})
    assert found == run
    assert runs.unfinished("m", {}) is None
    assert runs.unfinished("other", asked) is None
    runs.adopt(run.id, pid=8, host="there")
    assert (runs.get(run.id).pid, runs.get(run.id).host) == (8, "there")
    runs.finish(run.id, state="finished")
    assert runs.unfinished("m", asked) is None


def test_a_stopped_run_goes_on_until_its_chain_is_closed(crawl: Crawl) -> None:
    runs = crawl.ledger.runs
    run = runs.start(marketplace="m", card="c", how=How.CRAWL, pid=7, host="here")
    runs.finish(run.id, state="stopped")
    found = runs.unfinished("m", {})
    assert found is not None
    assert (found.id, found.state) == (run.id, "stopped")
    assert found.finished_at is not None
    runs.adopt(run.id, pid=8, host="here")
    assert (runs.get(run.id).state, runs.get(run.id).finished_at) == ("running", None)
    runs.finish(run.id, state="stopped", evidence_head="sha256:end")
    assert runs.unfinished("m", {}) is None


def test_recent_runs_come_with_counts_and_faults(crawl: Crawl) -> None:
    runs, run_id = crawl.ledger.runs, crawl.run.id
    crawl.ledger.writer.run(
        lambda conn: [runs.count(conn, run_id, Outcome.BLOCKED), runs.count(conn, run_id, Outcome.BLOCKED, 2)]
    )
    runs.fault(None, run_id, Fault(step="fetch", message="blocked", url="https://bazaar.example/1"), request="r1")
    [row] = runs.recent(5)
    assert (row.run.id, row.counts, row.faults) == (run_id, {Outcome.BLOCKED: 3}, 1)
    assert [(fault.step, fault.request_id) for fault in runs.faults(run_id)] == [("fetch", "r1")]


def test_captures_keep_their_order_and_their_tail(crawl: Crawl) -> None:
    runs = crawl.ledger.runs
    for sequence in (1, 2, 2):
        crawl.ledger.writer.run(lambda conn, sequence=sequence: runs.record(conn, capture(crawl, sequence)))
    assert runs.captures_of(crawl.run.id) == [capture(crawl, 1), capture(crawl, 2)]
    assert runs.tail(crawl.run.id) == runs.capture("urn:uuid:2") == capture(crawl, 2)
    assert runs.capture("urn:uuid:9") is None


def test_a_runs_head_enters_the_ledgers_chain_once(crawl: Crawl) -> None:
    runs = crawl.ledger.runs
    other = runs.start(marketplace="m", card="c", how=How.CRAWL, pid=7, host="here")
    runs.finish(crawl.run.id, state="finished", evidence_head="sha256:one")
    runs.finish(other.id, state="finished", evidence_head="sha256:two")
    runs.finish(other.id, state="finished", evidence_head="sha256:two")
    with reading(crawl.ledger.engine) as conn:
        assert chain.broken_links(conn) == []
        assert conn.execute(text("SELECT count(*) FROM ledger_chain")).scalar() == 2


def test_a_forged_link_is_found(crawl: Crawl) -> None:
    runs = crawl.ledger.runs
    for n in range(3):
        run = runs.start(marketplace="m", card="c", how=How.CRAWL, pid=n, host="here")
        runs.finish(run.id, state="finished", evidence_head=f"sha256:{n}")
    forger = create_engine(crawl.url)
    with forger.begin() as conn:
        conn.execute(
            text(f"DROP TRIGGER ledger_chain_no_update{' ON ledger_chain' if conn.dialect.name == 'postgresql' else ''}")
        )
        conn.execute(text("UPDATE ledger_chain SET head = 'sha256:forged' WHERE number = 2"))
    with reading(crawl.ledger.engine) as conn:
        assert chain.broken_links(conn) == [2]


def test_an_unknown_run_is_told(crawl: Crawl) -> None:
    with pytest.raises(StoreError, match="no such run"):
        crawl.ledger.runs.get("nothing")
