"""The clock: runs marketplaces' schedules and patrol weeks from the config, each crawl in a process of its own.

Config is the truth: at start, and whenever the config changed as a whole and validly, the stored jobs are compared with
it and only what differs is added, changed or removed, so a missed run is never lost by a restart. `patrol schedule` runs
one Clock; a lease row sees to it that there is one at a time.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.base import STATE_RUNNING
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import Column, DateTime, MetaData, String, Table, create_engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError, OperationalError

from patrol.config import Config, Home, load
from patrol.errors import CardError, ConfigError, RefusedError, StoreError
from patrol.tether import lives, tied

LEASE_SECONDS = 60
_metadata = MetaData()
_lease = Table(
    "scheduler_lease",
    _metadata,
    Column("name", String(20), primary_key=True),
    Column("owner", String(200)),
    Column("until", DateTime),
)
_children: dict[int, subprocess.Popen[bytes]] = {}
_stopping = threading.Event()


def run_crawl(home: str, marketplace: str, week: str) -> None:
    """The job: one crawl in a process of its own that is tied to this one, waited for.

    Module-level with string arguments, so that it can be stored."""
    if _stopping.is_set():
        return
    command = [sys.executable, "-m", "patrol.cli", "crawl", marketplace, "--home", home]
    if week:
        command += ["--week", week]
    child = tied(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    _children[child.pid] = child
    try:
        child.wait()
    finally:
        _children.pop(child.pid, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One wanted job; `expression` is a cron line of five fields, read in `zone`."""

    id: str
    marketplace: str
    week: str
    expression: str
    zone: str
    starts: date | None = None
    ends: date | None = None

    def trigger(self) -> CronTrigger:
        fields = CronTrigger.from_crontab(self.expression, timezone=self.zone)
        zone = ZoneInfo(self.zone)
        fields.start_date = datetime.combine(self.starts, datetime.min.time(), zone) if self.starts else None
        fields.end_date = (
            datetime.combine(self.ends + timedelta(days=1), datetime.min.time(), zone) - timedelta(seconds=1)
            if self.ends
            else None
        )
        return fields


def wanted_jobs(config: Config, today: date) -> tuple[dict[str, Job], list[str]]:
    """(job by id, remarks): what the config asks for; a schedule without a valid card is named and left out."""
    jobs: dict[str, Job] = {}
    remarks: list[str] = []
    zone = config.settings.clock.timezone or "UTC"
    rows: list[tuple[str, str, str, str | None, date | None, date | None]] = [
        (f"crawl:{name}", name, "", entry.schedule, None, None) for name, entry in config.marketplaces.items()
    ]
    for slug, week in config.weeks.items():
        rows += [
            (f"week:{slug}:{name}", name, slug, week.schedule, week.starts, week.ends)
            for name in week.marketplaces
            if week.ends >= today
        ]
    for id_, name, slug, expression, starts, ends in rows:
        if expression is None:
            continue
        try:
            config.marketplaces[name].require_valid_card(today)
            job = Job(id=id_, marketplace=name, week=slug, expression=expression, zone=zone, starts=starts, ends=ends)
            job.trigger()
        except CardError as error:
            remarks.append(f"{id_} is not scheduled: {error}")
        except ValueError as error:
            remarks.append(f"{id_} is not scheduled: {expression!r} is no cron line: {error}")
        else:
            jobs[id_] = job
    return jobs, remarks


class _Scheduler(BackgroundScheduler):  # type: ignore[misc]  # APScheduler ships no types
    """APScheduler's thread looks at its jobs once more after `shutdown`; a job that is due in that moment would be counted
    as run without having run. Ours looks only while it runs."""

    def _process_jobs(self) -> float | None:
        seconds: float | None = super()._process_jobs() if self.state == STATE_RUNNING else None
        return seconds


class Clock:
    """One scheduler over one home. `say` gets a plain line for everything that happens."""

    def __init__(self, home: Home, say: Callable[[str], None]) -> None:
        self.home = home
        self.say = say
        self.owner = f"{socket.gethostname()}:{os.getpid()}"
        home.data.mkdir(parents=True, exist_ok=True)
        self.engine = create_engine(f"sqlite:///{home.data / 'jobs.sqlite'}", connect_args={"timeout": 10})
        _metadata.create_all(self.engine)
        self.scheduler = _Scheduler(
            jobstores={"default": SQLAlchemyJobStore(engine=self.engine)},
            executors={"default": ThreadPoolExecutor(16)},
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
            timezone=UTC,
        )

    # one at a time ---------------------------------------------------------------------------------------------------

    def take_lease(self) -> None:
        """RefusedError while another scheduler's lease lives; an expired one, or one of a dead process here, is taken over."""
        now = datetime.now(UTC).replace(tzinfo=None)
        with self.engine.begin() as conn:
            row = conn.execute(select(_lease.c.owner, _lease.c.until)).first()
            if row is not None and row.owner != self.owner and row.until > now and _alive(row.owner):
                raise RefusedError(
                    f"{row.owner} runs the schedule of this home already", remedy="Stop that one first, or let it go on"
                )
            conn.execute(delete(_lease))
            with suppress(IntegrityError):
                conn.execute(insert(_lease).values(name="clock", owner=self.owner, until=now + timedelta(seconds=LEASE_SECONDS)))

    def renew_lease(self) -> None:
        until = datetime.now(UTC).replace(tzinfo=None) + timedelta(seconds=LEASE_SECONDS)
        with self.engine.begin() as conn:
            renewed = conn.execute(update(_lease).where(_lease.c.owner == self.owner).values(until=until)).rowcount
        if not renewed:
            raise RefusedError("another scheduler took over this home", remedy="See which process runs `patrol schedule`")

    # config is the truth ---------------------------------------------------------------------------------------------

    def reconcile(self, jobs: Mapping[str, Job]) -> None:
        """Adds, changes and removes stored jobs until they are what the config asks for; equal ones keep their next run."""
        stored = {job.id: job for job in self.scheduler.get_jobs()}
        for id_ in stored.keys() - jobs.keys():
            self.scheduler.remove_job(id_)
            self.say(f"removed {id_}")
        for id_, job in jobs.items():
            arguments = (str(self.home.root), job.marketplace, job.week)
            trigger = job.trigger()
            if id_ not in stored:
                self.scheduler.add_job(run_crawl, trigger, args=arguments, id=id_, name=id_)
                self.say(f"added {id_}: {job.expression} ({job.zone})")
            elif _differs(stored[id_].trigger, trigger) or tuple(stored[id_].args) != arguments:
                self.scheduler.modify_job(id_, args=arguments)
                self.scheduler.reschedule_job(id_, trigger=trigger)
                self.say(f"changed {id_}: {job.expression} ({job.zone})")

    def reload(self) -> None:
        """The whole config anew; a broken one is said and the jobs stay as they are."""
        try:
            config = load(self.home)
        except ConfigError as error:
            self.say(f"the config has faults, the schedule stays as it was:\n{error}")
            return
        jobs, remarks = wanted_jobs(config, datetime.now(UTC).date())
        for remark in remarks:
            self.say(remark)
        self.reconcile(jobs)

    # running ---------------------------------------------------------------------------------------------------------

    def run(self, stop: threading.Event, *, every: float) -> None:
        """Jobs by the clock until `stop` is set; looks at the config every so many seconds. Ends running crawls cleanly."""
        self.take_lease()
        _stopping.clear()
        self.scheduler.start(paused=True)
        try:
            self.reload()
            self.scheduler.resume()
            for job in self.scheduler.get_jobs():
                self.say(f"next {job.id}: {job.next_run_time:%Y-%m-%d %H:%M %Z}")
            self._loop(stop, every)
        except OperationalError as error:
            raise StoreError(
                f"the job store does not answer: {error.orig}",
                where=str(self.home.data / "jobs.sqlite"),
                remedy="Free some space, or see who holds it",
            ) from error
        finally:
            self._end()

    def _loop(self, stop: threading.Event, every: float) -> None:
        stamp = _stamp(self.home.config)
        renewed = time.monotonic()
        while not stop.wait(every):
            if time.monotonic() - renewed > LEASE_SECONDS / 3:
                self.renew_lease()
                renewed = time.monotonic()
            if (now := _stamp(self.home.config)) != stamp:
                stamp = now
                self.say("the config changed")
                self.reload()

    def _end(self) -> None:
        _stopping.set()
        for child in list(_children.values()):
            with suppress(ProcessLookupError):
                child.send_signal(signal.SIGTERM)
        for child in list(_children.values()):
            try:
                child.wait(timeout=30)
            except subprocess.TimeoutExpired:
                child.kill()
                self.say(f"crawl process {child.pid} did not stop within 30 s and was ended; its requests go back to the queue")
        self.scheduler.shutdown(wait=True)
        with self.engine.begin() as conn:
            conn.execute(delete(_lease).where(_lease.c.owner == self.owner))
        self.engine.dispose()


def _alive(owner: str) -> bool:
    """Whether the owner may still run: a process of this host is looked at, one elsewhere is believed."""
    host, _, pid = owner.rpartition(":")
    return host != socket.gethostname() or lives(int(pid))


def _differs(stored: CronTrigger, wanted: CronTrigger) -> bool:
    def shape(trigger: CronTrigger) -> tuple[str, ...]:
        return (*(str(field) for field in trigger.fields), str(trigger.timezone), str(trigger.start_date), str(trigger.end_date))

    return shape(stored) != shape(wanted)


def _stamp(folder: Path) -> tuple[tuple[str, int], ...]:
    """What changes when any file below the folder does."""
    return tuple(sorted((str(path), path.stat().st_mtime_ns) for path in folder.rglob("*.yml") if path.exists()))
