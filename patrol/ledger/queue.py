"""The crawl's request queue: a table, so that a killed crawl goes on where it was and several may share one.

The scheduler leases requests in batches; a request is done in the transaction that commits its last listing or its
outcome, and what it led to is queued in that same transaction. An expired lease is pending again. Duplicates of a
fingerprint within a run are ignored, which is all the seen-set there is.

All moments in the table are the server's, so that hosts whose clocks disagree do not take each other's leases; moments that
are handed in or out are this host's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, and_, bindparam, exists, func, or_, select, update
from sqlalchemy.sql.dml import ReturningInsert

from patrol.ledger import bulk, shares, slots
from patrol.ledger.engine import clock, insert_for, patient, reading
from patrol.ledger.ids import uuid7
from patrol.ledger.runs import Run
from patrol.ledger.tables import requests, runs
from patrol.ledger.writer import Writer
from patrol.records import Outcome

MEASURED = 60.0  # seconds for which the difference of two clocks is believed


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedRequest:
    """One address to ask. `kind`: search, results, listing, description; higher `priority` first, then the older."""

    url: str
    fingerprint: str
    kind: str
    priority: int = 0
    depth: int = 0
    meta: Mapping[str, Any] = field(default_factory=dict)
    attempts: int = 0  # retries asked for so far
    not_before: datetime | None = None
    id: str = field(default_factory=uuid7)


def owner_name(host: str, pid: int, mark: str = "") -> str:
    """How a worker signs its leases; `release_dead` reads host and process from it, `mark` tells equal ones apart."""
    return f"{host}:{pid}:{mark}" if mark else f"{host}:{pid}"


_DONE = (
    update(requests)
    .where(requests.c.id == bindparam("request_id"), requests.c.state != "done")
    .values(state="done")
    .returning(requests.c.run_id, requests.c.site)
    .execution_options(**bulk.BESIDE)
)


@cache
def _push(dialect: str) -> ReturningInsert[str]:
    fresh = insert_for(dialect, requests).on_conflict_do_nothing(index_elements=["run_id", "fingerprint"])
    return fresh.returning(requests.c.id)  # drivers disagree on how many rows a batch changed; returned rows can be counted


class RequestQueue:
    """Statements over `requests` and `site_slots`."""

    def __init__(self, engine: Engine, writer: Writer) -> None:
        self._engine = engine
        self._writer = writer
        self._ahead = _Skew()

    # -- filling and emptying -------------------------------------------------------------------------------------

    def push(self, run_id: str, site: str, rows: Sequence[QueuedRequest], conn: Connection | None = None) -> int:
        """Queues what this run has not asked yet; says how many were new."""
        if not rows:
            return 0
        if conn is None:
            return self._writer.run(lambda own: _insert(own, run_id, site, rows))
        return _insert(conn, run_id, site, rows)

    def lease(self, run_id: str, owner: str, n: int, seconds: float) -> list[QueuedRequest]:
        """Up to `n` requests that are this owner's alone for `seconds`; those due, highest priority and oldest first."""

        def work(conn: Connection) -> list[QueuedRequest]:
            now = clock(conn)
            due = (
                select(requests)
                .where(requests.c.run_id == run_id, requests.c.state == "pending")
                .where(or_(requests.c.not_before.is_(None), requests.c.not_before <= now))
                .order_by(requests.c.rank, requests.c.id)
                .limit(n)
                .with_for_update(skip_locked=True)
            )
            _give_back(conn, and_(requests.c.run_id == run_id, requests.c.leased_until <= now))
            found = [_queued(row) for row in conn.execute(due)]
            if found:
                lease = {"state": "leased", "owner": owner, "leased_until": now + timedelta(seconds=seconds)}
                mine = requests.c.id.in_([request.id for request in found])
                conn.execute(update(requests).where(mine).values(leases=requests.c.leases + 1, **lease))
            return found

        return self._writer.run(work)

    def done(self, conn: Connection, request_id: str, outcome: Outcome, children: Sequence[QueuedRequest] = ()) -> bool:
        """Ends a request and queues what it led to, in the caller's transaction; False where it was done already."""
        row = conn.execute(
            _DONE,
            {
                "request_id": request_id,
                "outcome": outcome.value,
                "done_at": datetime.now(UTC),
                "owner": None,
                "leased_until": None,
            },
        ).first()
        if row is not None and children:
            _insert(conn, row.run_id, row.site, children)
        return row is not None

    def retry(self, request_id: str, not_before: datetime | None, reason: str) -> None:
        """Puts a request back, not to be asked before that moment; counts as an attempt."""
        again = (
            update(requests)
            .where(requests.c.id == request_id, requests.c.state != "done")
            .values(state="pending", owner=None, leased_until=None, reason=reason, attempts=requests.c.attempts + 1)
        )

        def work(conn: Connection) -> None:
            conn.execute(again.values(not_before=None if not_before is None else not_before + self._ahead(conn)))

        self._writer.run(work)

    # -- leases ---------------------------------------------------------------------------------------------------

    def renew(self, run: Run, owner: str, seconds: float) -> int:
        """Prolongs all leases that an owner has in the run's queue; says how many. It is a sign of life of both runs."""
        held = update(requests).where(requests.c.run_id == run.queue, requests.c.state == "leased", requests.c.owner == owner)
        signs = update(runs).where(runs.c.id.in_((run.queue, run.id)))

        def work(conn: Connection) -> int:
            now = clock(conn)
            conn.execute(signs.values(seen_at=now))
            return conn.execute(held.values(leased_until=now + timedelta(seconds=seconds))).rowcount

        return self._writer.run(work)

    def release(self, run_id: str, owner: str) -> int:
        """Gives all leases of an owner back; says how many."""
        return self._writer.run(lambda conn: _give_back(conn, and_(requests.c.run_id == run_id, requests.c.owner == owner)))

    def release_dead(self, run_id: str, host: str, alive: Callable[[int], bool]) -> int:
        """Gives back what processes of this host held that live no more; says how many."""
        leased = and_(requests.c.run_id == run_id, requests.c.state == "leased")

        def work(conn: Connection) -> int:
            ours = requests.c.owner.startswith(f"{host}:", autoescape=True)
            held = conn.execute(select(requests.c.owner).where(leased, ours).distinct()).scalars()
            owners = [owner for owner in held if not lives(owner, host, alive)]
            return _give_back(conn, and_(leased, requests.c.owner.in_(owners))) if owners else 0

        return self._writer.run(work)

    # -- counting -------------------------------------------------------------------------------------------------

    @patient
    def pending(self, run_id: str) -> int:
        """Requests that wait, whether due or not; those that a lease lost count as waiting."""
        with reading(self._engine) as conn:
            lost = and_(requests.c.state == "leased", requests.c.leased_until <= clock(conn))
            wanted = select(func.count()).where(requests.c.run_id == run_id, or_(requests.c.state == "pending", lost))
            return conn.execute(wanted).scalar_one()

    @patient
    def unfinished(self, run_id: str) -> bool:
        """Whether anything of the run is not done: it waits, or somebody holds it."""
        left = [exists().where(requests.c.run_id == run_id, requests.c.state == state) for state in ("pending", "leased")]
        with reading(self._engine) as conn:
            return bool(conn.execute(select(or_(*left))).scalar())

    @patient
    def drained(self, run_id: str) -> bool:
        """Whether the run asked what it had to ask: there was something, and nothing of it is left."""
        begun = select(exists().where(requests.c.run_id == run_id))
        with reading(self._engine) as conn:
            if not conn.execute(begun).scalar():
                return False
        return not self.unfinished(run_id)

    @patient
    def next_due(self, run_id: str) -> datetime | None:
        """The earliest moment at which a waiting request is due; None where none waits for a moment."""
        wanted = select(func.min(requests.c.not_before)).where(requests.c.run_id == run_id, requests.c.state == "pending")
        with reading(self._engine) as conn:
            due = conn.execute(wanted).scalar()
            return None if due is None else due - self._ahead(conn)

    @patient
    def counts(self, run_id: str) -> dict[str, int]:
        """How many are pending, leased and done."""
        wanted = select(requests.c.state, func.count().label("n")).where(requests.c.run_id == run_id).group_by(requests.c.state)
        with reading(self._engine) as conn:
            found = {row.state: row.n for row in conn.execute(wanted)}
        return {state: found.get(state, 0) for state in ("pending", "leased", "done")}

    # -- the site's pace ------------------------------------------------------------------------------------------

    def reserve(self, site: str, *, delay: float, per_day: int | None) -> datetime | None:
        """The next moment at which the site may be asked; None where the day's budget is used up."""
        return next(iter(self.reserve_many(site, 1, delay=delay, per_day=per_day)), None)

    def reserve_many(self, site: str, n: int, *, delay: float, per_day: int | None) -> list[datetime]:
        """Up to `n` such moments in one go, for a batch of leased requests."""

        def work(conn: Connection) -> list[datetime]:
            found, ahead = slots.reserve(conn, site, n=n, delay=delay, per_day=per_day), self._ahead(conn)
            return [slot - ahead for slot in found]

        return self._writer.run(work)

    def give_back_slots(self, site: str, n: int) -> None:
        """Slots that were reserved and not used count no longer against the day's budget."""
        self._writer.run(lambda conn: slots.give_back(conn, site, n))

    def note_backoff(self, site: str, until: datetime) -> None:
        """The site asked for a pause: no slot before `until` for any process, and none that is reserved is used before."""
        self._writer.run(lambda conn: slots.hold_back(conn, site, until + self._ahead(conn)))

    @patient
    def paused(self, site: str) -> datetime | None:
        """Until when the site asked to be left alone, whichever process it told; None where that is over."""
        with reading(self._engine) as conn:
            until = slots.paused(conn, site)
            here = until - self._ahead(conn) if until is not None else None
            return here if here is not None and here > datetime.now(UTC) else None

    def share(
        self, site: str, owner: str, *, used: int, wanted: int, most: int, seconds: float, leaving: bool = False
    ) -> shares.Share:
        """How many requests this process may have under way at the site, of the `most` that all may have together."""
        return self._writer.run(
            lambda conn: shares.settle(conn, site, owner, used=used, wanted=wanted, most=most, seconds=seconds, leaving=leaving)
        )

    def drop_shares(self, owner: str) -> None:
        """This process asks nothing any more."""
        self._writer.run(lambda conn: shares.drop(conn, owner))

    @patient
    def used_today(self, site: str) -> int:
        """Requests of today's budget that are spent."""
        with reading(self._engine) as conn:
            return slots.used_today(conn, site)


class _Skew:
    """By how much the ledger's clock is ahead of this host's; measured now and then, so that distances keep their length."""

    def __init__(self) -> None:
        self._found = timedelta(0)
        self._until = 0.0

    def __call__(self, conn: Connection) -> timedelta:
        if conn.dialect.name != "sqlite" and time.monotonic() >= self._until:
            before = datetime.now(UTC)
            there = clock(conn)
            self._found = there - (before + (datetime.now(UTC) - before) / 2)
            self._until = time.monotonic() + MEASURED
        return self._found


def _insert(conn: Connection, run_id: str, site: str, rows: Sequence[QueuedRequest]) -> int:
    values = [
        {
            "id": row.id,
            "run_id": run_id,
            "site": site,
            "fingerprint": row.fingerprint,
            "url": row.url,
            "kind": row.kind,
            "rank": -row.priority,
            "depth": row.depth,
            "meta": dict(row.meta),
            "state": "pending",
            "attempts": row.attempts,
            "leases": 0,
            "not_before": row.not_before,
        }
        for row in rows
    ]
    return len(conn.execute(_push(conn.dialect.name), values).all())


def _give_back(conn: Connection, which: ColumnElement[bool]) -> int:
    freed = update(requests).where(requests.c.state == "leased", which)
    return conn.execute(freed.values(state="pending", owner=None, leased_until=None)).rowcount


def lives(owner: str, host: str, alive: Callable[[int], bool]) -> bool:
    """Whether the process of this host that signed so is still there; what names no process is believed."""
    pid = owner.removeprefix(f"{host}:").partition(":")[0]
    return not pid.isdigit() or alive(int(pid))


def _queued(row: Any) -> QueuedRequest:
    return QueuedRequest(
        id=row.id,
        url=row.url,
        fingerprint=row.fingerprint,
        kind=row.kind,
        priority=-row.rank,
        depth=row.depth,
        meta=row.meta,
        attempts=row.attempts,
        not_before=row.not_before,
    )
