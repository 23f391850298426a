"""A crawl that dies at any moment goes on where it was: no listing is lost, none is there twice, the evidence stays whole."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import processes
import pytest
from sqlalchemy import text

from patrol.market import serve

DEADLY = Path(__file__).with_name("deadly.py")


@pytest.fixture(scope="module")
def market():
    with serve() as running:
        yield running


@pytest.fixture
def unit(unit, market):
    unit.market(market.ports)
    return unit


def readable(market, site):
    """The ids that a crawl of everything must find."""
    return sorted(good.number for good in market.goods if good.site == site and good.status != "removed")


def killed(process):
    _, err = process.communicate(timeout=processes.PATIENCE)
    return process.returncode == -signal.SIGKILL, err.decode()


def dies(unit, point, times, *words):
    """Starts a command that dies at a point; says whether it did (or ended before)."""
    process = subprocess.Popen(
        [sys.executable, DEADLY, point, str(times), "--", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=unit.root,
        env=unit.env,
    )
    dead, err = killed(process)
    assert "Traceback" not in err, err
    return dead


def one(ledger, statement):
    with ledger.engine.connect() as conn:
        return conn.execute(text(statement)).scalar()


def assert_whole(unit, market, site):
    """Everything that the market serves is in ledger, index and evidence once, and nothing else."""
    ledger = unit.ledger()
    try:
        keys = list(ledger.listings.current_keys())
        found = [stored.listing.listing_id for stored in ledger.listings.current_many(keys).values()]
        assert sorted(found) == readable(market, site)
        for table in ("versions", "sightings"):
            assert one(ledger, f"SELECT count(*) FROM {table}") == len(found), f"{table} of one crawl: one a listing"
        (run,) = ledger.runs.recent()
        assert run.run.state == "finished"
        assert ledger.queue.counts(run.run.id)["pending"] == ledger.queue.counts(run.run.id)["leased"] == 0
        asked = one(ledger, "SELECT count(*) FROM requests")
        assert sum(run.counts.values()) == asked, "each request has one outcome"
        assert run.counts["listing"] == len(found)
        captures = ledger.runs.captures_of(run.run.id)
        assert [capture.sequence for capture in captures] == sorted({capture.sequence for capture in captures})
        for capture in captures:
            unit.archive.read(capture)  # raises where a byte differs
        assert ledger.outbox.backlog().count == 0
    finally:
        ledger.close()
    assert unit.broken() == []
    status = unit.run("index", "status", "--json").clear(0).last
    assert (status["listings"], status["ledger"], status["backlog"], status["dead"]) == (len(found), len(found), 0, 0)
    assert unit.run("evidence", "verify", "data/evidence").clear(0).err.endswith(" 0 changed or missing\n")
    twice = Counter(found) - Counter(set(found))
    assert not twice


def test_killed_at_the_worst_points(unit, market):
    words = ("crawl", "practice-bazaar")
    points = [
        ("between record and chain", 2),
        ("in the middle of a chain line", 60),
        ("before a commit", 12),
        ("between record and chain", 90),
        ("after a commit", 150),
        ("in the middle of a chain line", 1),
        ("before the chain is closed", 1),
        ("before the run is finished", 1),
    ]
    deaths = [dies(unit, point, times, *words) for point, times in points]
    assert sum(deaths) >= 7, deaths
    told = unit.run(*words).clear(0)
    assert told.last["resumed"] is True
    assert told.last["state"] == "finished"
    assert_whole(unit, market, "bazaar")


def test_killed_at_moments_that_nobody_chose(unit, market):
    chance = random.Random(time.time_ns())
    moments = sorted(chance.uniform(0.02, 0.95) for _ in range(5))
    total = 3 * len(readable(market, "hammer"))  # pages and pictures, about
    for moment in moments:
        before = market.asked("hammer")
        process = unit.start("crawl", "practice-hammer")
        until = time.monotonic() + processes.PATIENCE
        while market.asked("hammer") - before < moment * total / 5 and process.poll() is None and time.monotonic() < until:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        killed(process)
    told = unit.run("crawl", "practice-hammer").clear(0)
    assert told.last["state"] == "finished", moments
    assert_whole(unit, market, "hammer")


def test_killed_between_index_and_outbox(unit, market):
    """What the index took and the outbox did not hear of is told again, and changes nothing."""
    words = ("crawl", "practice-bazaar", "--max-listings", "12")
    assert dies(unit, "between index and outbox", 1, *words)
    status = unit.run("index", "status", "--json").clear(0).last
    assert status["backlog"] == status["listings"] == status["ledger"] == 12
    told = unit.run(*words).clear(0).last
    assert (told["resumed"], told["outcomes"]["listing"]) == (False, 12)
    held = told["listings_held"]  # more than 12 where the second run met others first
    status = unit.run("index", "status", "--json").clear(0).last
    assert (status["backlog"], status["listings"], status["ledger"]) == (0, held, held)
