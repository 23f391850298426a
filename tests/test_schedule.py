"""The clock: config is the truth, a restart loses no missed run, one clock at a time, and SIGTERM ends it cleanly."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import text

from patrol.config import load
from patrol.config.home import Home
from patrol.errors import RefusedError
from patrol.schedule import Clock, Job, wanted_jobs

CARD = """\
title: A cleared shop
card:
  legal_basis: cleared
  approved_by: the unit's adviser
  approved_on: 2026-01-01
  expires: {expires}
  contact_label: research contact
  retention_days: 30
hosts: [127.0.0.1]
schedule: "{cron}"
"""


def write_shop(home: Path, cron: str = "30 2 * * *", expires: str = "2099-01-01") -> None:
    (home / "config" / "marketplaces" / "shop.yml").write_text(CARD.format(cron=cron, expires=expires))


@pytest.fixture
def clock(home: Path) -> Clock:
    write_shop(home)
    return Clock(Home(home), lambda _: None)


def job(expression: str = "30 2 * * *") -> Job:
    return Job(id="crawl:shop", marketplace="shop", week="", expression=expression, zone="UTC")


def next_runs(clock: Clock) -> dict[str, datetime]:
    return {entry.id: entry.next_run_time for entry in clock.scheduler.get_jobs()}


def test_only_what_differs_is_touched(home: Path) -> None:
    """A missed run survives a restart: the stored next run of an unchanged job is not computed anew."""
    first = Clock(Home(home), lambda _: None)
    first.scheduler.start(paused=True)
    first.reconcile({"crawl:shop": job()})
    missed = datetime.now(UTC) - timedelta(hours=3)
    first.scheduler.modify_job("crawl:shop", next_run_time=missed)
    first.scheduler.shutdown()
    said: list[str] = []
    second = Clock(Home(home), said.append)
    second.scheduler.start(paused=True)
    second.reconcile({"crawl:shop": job()})
    assert next_runs(second)["crawl:shop"] == missed
    assert said == []
    second.reconcile({"crawl:shop": job("45 2 * * *")})
    assert next_runs(second)["crawl:shop"] > datetime.now(UTC)
    second.reconcile({})
    assert next_runs(second) == {}
    assert [line.split()[0] for line in said] == ["changed", "removed"]
    second.scheduler.shutdown()


def test_missed_runs_coalesce_into_one(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = threading.Event()
    count: list[str] = []

    def record(home: str, marketplace: str, week: str) -> None:
        count.append(marketplace)
        ran.set()

    clock = Clock(Home(home), lambda _: None)
    clock.scheduler.start(paused=True)
    clock.scheduler.add_job(
        record_run, CronTrigger.from_crontab("0 * * * *", timezone="UTC"), args=("h", "shop", ""), id="crawl:shop"
    )
    monkeypatch.setattr(sys.modules[__name__], "RECORD", record)
    clock.scheduler.modify_job("crawl:shop", next_run_time=datetime.now(UTC) - timedelta(hours=9))
    clock.scheduler.resume()
    assert ran.wait(10)
    clock.scheduler.shutdown(wait=True)
    assert count == ["shop"]


def RECORD(home: str, marketplace: str, week: str) -> None:
    raise AssertionError("replaced by the test")


def record_run(home: str, marketplace: str, week: str) -> None:
    """Module-level, as every stored job is."""
    sys.modules[__name__].RECORD(home, marketplace, week)


def test_the_config_says_what_is_wanted(home: Path) -> None:
    write_shop(home)
    shutil.copy(home / "config" / "marketplaces" / "shop.yml", home / "config" / "marketplaces" / "expired.yml")
    write_text = CARD.format(cron="0 3 * * *", expires="2026-02-01")
    (home / "config" / "marketplaces" / "expired.yml").write_text(write_text)
    (home / "config" / "weeks").mkdir(exist_ok=True)
    (home / "config" / "weeks" / "xi.yml").write_text(
        "title: Week XI\nstarts: 2026-11-23\nends: 2026-11-27\nmarketplaces: [shop]\nthemes: [khmer]\nschedule: '*/30 * * * *'\n"
    )
    jobs, remarks = wanted_jobs(load(Home(home)), date(2026, 11, 22))
    assert {"crawl:shop", "week:xi:shop"} <= jobs.keys()
    assert "crawl:expired" not in jobs
    assert any("crawl:expired is not scheduled" in remark and "expired on 2026-02-01" in remark for remark in remarks)
    trigger = jobs["week:xi:shop"].trigger()
    before_end = datetime(2026, 11, 27, 23, 45, tzinfo=UTC)
    assert trigger.get_next_fire_time(None, datetime(2026, 11, 20, tzinfo=UTC)) == datetime(2026, 11, 23, tzinfo=UTC)
    assert trigger.get_next_fire_time(before_end, before_end) is None
    assert "week:xi:shop" not in wanted_jobs(load(Home(home)), date(2026, 11, 28))[0]


def test_a_broken_config_leaves_the_schedule_as_it_was(clock: Clock, home: Path) -> None:
    said: list[str] = []
    clock.say = said.append
    clock.scheduler.start(paused=True)
    clock.reload()
    before = next_runs(clock)
    assert "crawl:shop" in before
    (home / "config" / "patrol.yml").write_text("dsek: {}\n")
    clock.reload()
    assert next_runs(clock) == before
    assert "unknown key 'dsek'" in said[-1]
    clock.scheduler.shutdown()


def test_a_line_that_is_no_cron_is_named(home: Path) -> None:
    write_shop(home, cron="every day")
    jobs, remarks = wanted_jobs(load(Home(home)), date(2026, 11, 22))
    assert "crawl:shop" not in jobs
    assert any("is no cron line" in remark for remark in remarks)


def test_one_clock_at_a_time(clock: Clock, home: Path) -> None:
    clock.take_lease()
    other = Clock(Home(home), lambda _: None)
    other.owner = f"{clock.owner.rpartition(':')[0]}:{os.getppid()}"
    with pytest.raises(RefusedError, match="already"):
        other.take_lease()
    with clock.engine.begin() as conn:  # the holder died without a word
        gone = subprocess.Popen([sys.executable, "-c", ""])
        gone.wait()
        conn.execute(text("UPDATE scheduler_lease SET owner = :owner"), {"owner": f"{clock.owner.rpartition(':')[0]}:{gone.pid}"})
    other.take_lease()
    with pytest.raises(RefusedError, match="took over"):
        clock.renew_lease()
