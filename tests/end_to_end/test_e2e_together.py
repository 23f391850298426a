"""Several processes on one home: crawls that know of each other, an indexer beside them, signals that end them cleanly."""

import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import processes
import pytest

from patrol.config import Home
from patrol.market import serve
from patrol.schedule import Clock


@pytest.fixture(scope="module")
def market():
    with serve() as running:
        yield running


@pytest.fixture
def unit(unit, market):
    unit.market(market.ports)
    unit.run("index", "status").clear(0)
    return unit


def readable(market, site):
    return sorted(good.number for good in market.goods if good.site == site and good.status != "removed")


def held(unit):
    """marketplace -> ids, each as often as it is kept."""
    ledger = unit.ledger()
    try:
        found = {}
        for stored in ledger.listings.current_many(list(ledger.listings.current_keys())).values():
            found.setdefault(stored.listing.marketplace, []).append(stored.listing.listing_id)
        return {name: sorted(ids) for name, ids in found.items()}
    finally:
        ledger.close()


def until(condition, process=None):
    end = time.monotonic() + processes.PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        assert process is None or process.poll() is None, process.communicate()
        time.sleep(0.01)


def test_two_crawls_of_one_marketplace_and_an_end_by_signal(unit, market):
    first = unit.start("crawl", "practice-bazaar")
    until(lambda: market.asked("bazaar") > 30, first)
    told = unit.run("crawl", "practice-bazaar").clear(2)
    assert "practice-bazaar: this crawl is running already" in told.err
    assert f"process {first.pid}" in told.err
    assert told.err.count("\n") == 1
    first.send_signal(signal.SIGTERM)
    stopped = processes.ended(first).clear(0)
    assert stopped.last["state"] == "stopped"
    assert 0 < stopped.last["outcomes"]["listing"] < len(readable(market, "bazaar"))
    assert unit.broken() == []
    told = unit.run("crawl", "practice-bazaar").clear(0)
    assert (told.last["run"], told.last["resumed"], told.last["state"]) == (stopped.last["run"], True, "finished")
    assert held(unit) == {"practice-bazaar": readable(market, "bazaar")}
    assert unit.broken() == []


def test_crawls_of_two_marketplaces_and_an_indexer_at_once(unit, market):
    """As on a working day: the desk serves and indexes while two sites are crawled; nothing waits for ever, nothing is lost."""
    desk = unit.start("serve", "--port", "0")
    try:
        address = desk.stdout.readline().decode()
        assert "http://127.0.0.1:" in address, desk.stderr.read()
        crawls = [unit.start("crawl", f"practice-{site}") for site in ("bazaar", "hammer")]
        for crawl in crawls:
            assert processes.ended(crawl).clear(0).last["state"] == "finished"
        assert held(unit) == {f"practice-{site}": readable(market, site) for site in ("bazaar", "hammer")}
        total = sum(map(len, held(unit).values()))
        until(lambda: unit.run("index", "status", "--json").clear(0).last["backlog"] == 0, desk)
        status = unit.run("index", "status", "--json").clear(0).last
        assert (status["listings"], status["dead"]) == (total, 0)
    finally:
        desk.send_signal(signal.SIGTERM)
        told = processes.ended(desk)
    told.clear(0)
    assert told.out.splitlines() == ["the desk has stopped"]
    assert unit.broken() == []


def test_several_marketplaces_in_one_command(unit, market):
    told = unit.run("crawl", "practice-bazaar", "practice-hammer", "--max-listings", "8").clear(0)
    assert told.out.count("\n") == 1
    assert told.last["outcomes"]["listing"] == 16
    assert [line["marketplace"] for line in told.last["marketplaces"]] == ["practice-bazaar", "practice-hammer"]
    assert {name: len(ids) for name, ids in held(unit).items()} == {"practice-bazaar": 8, "practice-hammer": 8}


def gone(pid):
    return subprocess.run(["kill", "-0", pid], capture_output=True, check=False).returncode != 0


def below(pid):
    return subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout.split()


def missed(unit):
    """A clock that has missed a crawl, so that it begins one at once; the crawl is a slow one. Gives the process."""
    path = unit.config("marketplaces/practice-bazaar.yml")
    path.write_text(path.read_text().replace("delay: 0", "delay: 0.3") + 'schedule: "30 2 * * *"\n')
    clock = Clock(Home(unit.root), lambda _: None)
    clock.scheduler.start(paused=True)
    clock.reload()
    clock.scheduler.modify_job("crawl:practice-bazaar", next_run_time=datetime.now(UTC) - timedelta(hours=3))
    clock.scheduler.shutdown()
    clock.engine.dispose()
    return unit.start("schedule")


def test_the_clock_makes_up_for_a_missed_run_and_takes_its_crawl_along_when_it_ends(unit, market):
    before = market.asked("bazaar")
    process = missed(unit)
    until(lambda: market.asked("bazaar") > before + 5, process)
    children = below(process.pid)
    assert children
    process.send_signal(signal.SIGTERM)
    told = processes.ended(process, seconds=60).clear(0)
    assert told.out.splitlines()[-1] == "the schedule has stopped"
    assert all(map(gone, children))
    ledger = unit.ledger()
    (run,) = ledger.runs.recent()
    assert run.run.state == "stopped"
    assert ledger.queue.counts(run.run.id)["leased"] == 0
    ledger.close()
    assert unit.broken() == []


def test_a_clock_that_is_killed_takes_its_crawl_along_too(unit, market):
    before = market.asked("bazaar")
    process = missed(unit)
    until(lambda: market.asked("bazaar") > before + 5, process)
    children = below(process.pid)
    assert children
    process.kill()
    process.communicate()
    until(lambda: all(map(gone, children)))
    ledger = unit.ledger()
    (run,) = ledger.runs.recent()
    assert run.run.state == "stopped"
    ledger.close()
    path = unit.config("marketplaces/practice-bazaar.yml")
    path.write_text(path.read_text().replace("delay: 0.3", "delay: 0"))
    told = unit.run("crawl", "practice-bazaar").clear(0)
    assert (told.last["run"], told.last["resumed"]) == (run.run.id, True)
    assert held(unit) == {"practice-bazaar": readable(market, "bazaar")}


def test_crawls_of_a_demo_that_is_killed_end(tmp_path):
    demo = subprocess.Popen(
        [sys.executable, "-m", "patrol.market.demo", "--once", "--home", tmp_path / "demo"],
        env=processes.environment(tmp_path),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        until(lambda: len(list((tmp_path / "demo").glob("data/evidence/runs/*"))) >= 1, demo)
        children = below(demo.pid)
        assert children
    finally:
        demo.kill()
    until(lambda: all(map(gone, children)))
    assert "Traceback" not in demo.communicate()[1].decode()


def test_the_clock_ends_by_a_signal_and_its_lease_is_free(unit):
    path = unit.config("marketplaces/practice-bazaar.yml")
    path.write_text(path.read_text() + 'schedule: "30 2 * * *"\n')
    clock = unit.start("schedule")
    assert "added crawl:practice-bazaar: 30 2 * * * (UTC)" in clock.stdout.readline().decode()
    second = unit.run("schedule").clear(1)
    assert "runs the schedule of this home already" in second.err
    clock.send_signal(signal.SIGTERM)
    told = processes.ended(clock, seconds=60).clear(0)
    assert told.out.splitlines()[-1] == "the schedule has stopped"
    third = unit.start("schedule")
    assert "next crawl:practice-bazaar" in third.stdout.readline().decode()
    third.send_signal(signal.SIGINT)
    processes.ended(third, seconds=60).clear(0)


def test_a_site_that_is_not_there_is_named(unit, market):
    """Exit 1, each address that could not be asked, and the next crawl begins anew."""
    with serve() as other:
        unit.market(other.ports)
    settings = unit.config("patrol.yml")
    settings.write_text(settings.read_text().replace("retries: 4", "retries: 1"))
    told = unit.run("crawl", "practice-bazaar").clear(1)
    assert told.last["outcomes"].keys() == {"failed"}
    named = [line for line in told.err.splitlines() if not line.startswith("crawling ")]
    assert len(named) == told.last["outcomes"]["failed"]
    assert all("the site cannot be reached" in line and other.origins["bazaar"] in line for line in named)
    unit.market(market.ports)
    told = unit.run("crawl", "practice-bazaar", "--max-listings", "5").clear(0)
    assert told.last["outcomes"]["listing"] == 5
