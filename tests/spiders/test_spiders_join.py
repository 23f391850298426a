"""Several processes on one crawl: one queue, one site's manners, each its own evidence; whoever dies gives back what it held.

Each home stands for a machine: it has its own evidence store, and only the ledger is shared.
"""

import signal
import threading
import time
from functools import partial
from itertools import pairwise

import pytest
from spider_world import Unit, listing

from patrol.evidence import Known, verify
from patrol.ledger.chain import anchors


@pytest.fixture
def homes(tmp_path, site, database):
    """Makes homes over one ledger, whose processes are ended with the test."""
    begun = []

    class Home(Unit):
        def __init__(self, *words):
            super().__init__(*words)
            self.settings["manners"]["timeout"] = 30  # on a busy machine an answer takes its time

        def start(self, **order):
            begun.append(super().start(join=True, snapshots=False, **order))
            return begun[-1]

    yield lambda name: Home(tmp_path / name, site, database)
    for process in begun:
        if process.poll() is None:
            process.kill()
            process.communicate()


class Shop:
    """A market whose every listing takes its time, so that there is something to share, until `hurry` is called."""

    def __init__(self, site, count, seconds=2.0):
        self.seconds, self.most, self._running, self._lock = seconds, 0, 0, threading.Lock()
        site.market(count)
        for number in range(100000, 100000 + count):
            site.pages[f"/item/{number}.html"] = partial(self._answer, number)

    def _answer(self, number, _handler):
        with self._lock:
            self._running += 1
            self.most = max(self.most, self._running)
        time.sleep(self.seconds)
        with self._lock:
            self._running -= 1
        return listing(number)

    def hurry(self):
        self.seconds = 0.1


def working(unit, n):
    """Whether so many processes work on the crawl."""
    ledger = unit.ledger()
    try:
        return sum(row.run.state == "running" for row in ledger.runs.recent(10)) == n
    finally:
        ledger.close()


def sharing(unit, n):
    """Whether so many processes work on the crawl and each has kept a listing already."""
    ledger = unit.ledger()
    try:
        found = ledger.runs.recent(10)
        return len(found) == n and all(row.run.state == "running" and row.counts.get("listing") for row in found)
    finally:
        ledger.close()


def until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def items(site):
    return [path for path in site.paths() if path.startswith("/item/")]


def evidence(unit):
    """What is wrong with a home's evidence, and which runs it leaves to others."""
    found = anchors(unit.address)
    ours = unit.archive.known_place()
    elsewhere = {run: host for run, (place, host) in found.places.items() if place != ours}
    known = Known(heads=found.heads, reached=found.reached, whole=True, elsewhere=elsewhere)
    verdicts = list(verify(unit.archive.root, known))
    return [str(v) for v in verdicts if v.fault], [v for v in verdicts if v.state == "elsewhere"], found.broken


def test_three_machines_share_a_crawl_and_each_keeps_its_own_evidence(homes, site):
    shop = Shop(site, 120)
    units = [homes(f"home{n}") for n in range(3)]
    first = units[0].start()
    until(lambda: len(items(site)) > 3)
    others = [unit.start() for unit in units[1:]]
    until(lambda: sharing(units[0], 3))
    shop.hurry()
    said = [Unit.ended(process) for process in (first, *others)]
    assert [summary["exit"] for summary in said] == [0, 0, 0]
    assert sorted(items(site)) == sorted(set(items(site)))
    assert units[0].listings() == [str(number) for number in range(100000, 100120)]
    kept = [summary["outcomes"].get("listing", 0) for summary in said]
    assert sum(kept) == 120
    assert all(kept), kept
    assert [summary.get("joins") for summary in said] == [None, said[0]["run"], said[0]["run"]]
    assert shop.most <= 4
    for unit in units:
        faults, elsewhere, broken = evidence(unit)
        assert (faults, len(elsewhere), broken) == ([], 2, ())


def test_delay_and_budget_hold_for_all_machines_together(homes, site):
    site.market(30)
    units = [homes("one"), homes("two")]
    for unit in units:
        unit.card["manners"] = {"delay": 0.25, "concurrency": 2, "requests_per_day": 12}
    said = [Unit.ended(process) for process in [unit.start() for unit in units]]
    times = sorted(at for at, _, _ in site.asked)
    assert len(times) == 12
    gaps = [after - before for before, after in pairwise(times)]
    assert min(gaps) > 0.15, gaps  # the moment at which a request arrives wavers on a busy machine
    assert sum(summary["outcomes"].get("refused", 0) for summary in said) > 0


def test_one_at_a_time_means_one_of_all_machines(homes, site):
    shop = Shop(site, 16, 0.1)
    units = [homes("one"), homes("two")]
    for unit in units:
        unit.card["manners"] = {"delay": 0, "concurrency": 1}
    said = [Unit.ended(process) for process in [unit.start() for unit in units]]
    assert shop.most == 1
    assert sum(summary["outcomes"].get("listing", 0) for summary in said) == 16


def test_a_pause_that_one_machine_is_told_holds_for_the_others(homes, site):
    Shop(site, 40, 0.02)
    told = []

    def busy(_handler):
        if told:
            return listing(100005)
        told.append(time.monotonic())
        return 429, {"Retry-After": "4"}, "later"

    site.pages["/item/100005.html"] = busy
    units = [homes("one"), homes("two")]
    for unit in units:
        unit.card["manners"] = {"delay": 0.1, "concurrency": 2}
        unit.settings["manners"]["retries"] = 5
    said = [Unit.ended(process) for process in [unit.start() for unit in units]]
    within = [at - told[0] for at, _, _ in site.asked if 0.5 < at - told[0] < 3.8]
    assert within == []
    assert sum(summary["outcomes"].get("listing", 0) for summary in said) == 40


def test_a_worker_killed_gives_its_requests_back(homes, site):
    shop = Shop(site, 60)
    units = [homes("one"), homes("two")]
    first = units[0].start()
    until(lambda: len(items(site)) > 3)
    second = units[1].start()
    until(lambda: working(units[0], 2))
    before = len(items(site))
    until(lambda: len(items(site)) > before + 6)
    shop.hurry()
    second.send_signal(signal.SIGKILL)
    second.communicate()
    summary = Unit.ended(first)  # both run on this machine, so that it sees the other's death before the lease ends
    assert summary["exit"] == 0
    assert units[0].listings() == [str(number) for number in range(100000, 100060)]
    assert len(items(site)) <= 60 + 8  # what the dead one had under way was asked again, nothing else
    faults, _, broken = evidence(units[0])
    assert (faults, broken) == ([], ())


def test_helpers_end_what_the_first_one_left_and_its_machine_closes_its_chain(homes, site):
    shop = Shop(site, 60)
    units = [homes("one"), homes("two")]
    first = units[0].start()
    until(lambda: len(items(site)) > 3)
    second = units[1].start()
    until(lambda: working(units[0], 2))
    shop.hurry()
    first.send_signal(signal.SIGKILL)
    first.communicate()
    summary = Unit.ended(second)
    assert summary["exit"] == 0
    assert units[1].listings() == [str(number) for number in range(100000, 100060)]
    again = Unit.ended(units[0].start())
    assert (again["resumed"], again["run"]) == (True, summary["joins"])
    for unit in units:
        faults, elsewhere, broken = evidence(unit)
        assert (faults, len(elsewhere), broken) == ([], 1, ())


def test_without_join_the_same_order_elsewhere_is_refused_and_says_what_to_do(homes, site, tmp_path, database):
    Shop(site, 20)
    homes("one").start()
    until(lambda: len(items(site)) > 1)
    told = Unit(tmp_path / "two", site, database).crawl()
    assert told["error"] == "UsageError"
    assert "running already" in told["message"]
    assert "--join" in told["message"]
