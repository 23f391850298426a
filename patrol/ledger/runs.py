"""Runs: one crawl, replay or by-hand batch each, with what came back, what went wrong and what was sealed.

Crawls and `patrol add` start and finish them; captures are recorded beside the outcomes. A run whose process died stays
`running`, one that a signal ended is `stopped` without a closing head: `unfinished` finds both, so that the next start goes
on with their queue. A process that helps has a run of its own, for its own evidence chain, which `joins` the run whose
queue it works on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Literal

import orjson
from sqlalchemy import Connection, Engine, Row, Select, and_, func, or_, select, update
from sqlalchemy import insert as plain_insert

from patrol.errors import StoreError
from patrol.ledger import bulk, chain
from patrol.ledger.engine import Insert, clock, insert_for, lock, patient, reading
from patrol.ledger.ids import uuid7
from patrol.ledger.tables import captures, run_counts, run_faults, runs
from patrol.ledger.writer import Writer
from patrol.records import Capture, Fault, How, Outcome

State = Literal["running", "finished", "stopped", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run; `parameters` are what it was asked to do, `evidence_head` the closing head of its evidence chain."""

    id: str
    marketplace: str
    card: str
    how: How
    pid: int
    host: str
    rulebook: str | None
    parameters: Mapping[str, Any]
    state: State
    started_at: datetime
    finished_at: datetime | None = None
    evidence_head: str | None = None
    place: str | None = None  # the evidence store that keeps its chain
    joins: str | None = None  # the run whose queue it works on, where that is not its own

    @property
    def queue(self) -> str:
        """The run under whose id the requests lie."""
        return self.joins or self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFault:
    at: datetime
    step: str
    message: str
    url: str | None
    listing_key: str | None
    request_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """A run with its counts per outcome and the number of its faults."""

    run: Run
    counts: Mapping[Outcome, int] = field(default_factory=dict)
    faults: int = 0


def parameters_digest(parameters: Mapping[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(dict(parameters), option=orjson.OPT_SORT_KEYS)).hexdigest()


_FAULT = plain_insert(run_faults)


@cache
def _count(dialect: str) -> Insert:
    row = insert_for(dialect, run_counts)
    return row.on_conflict_do_update(index_elements=["run_id", "outcome"], set_={"n": run_counts.c.n + row.excluded.n})


@cache
def _record(dialect: str) -> Insert:
    return insert_for(dialect, captures).on_conflict_do_nothing(index_elements=["id"])


class Runs:
    """Statements over `runs`, `run_counts`, `run_faults` and `captures`."""

    def __init__(self, engine: Engine, writer: Writer) -> None:
        self._engine = engine
        self._writer = writer

    def start(
        self,
        *,
        marketplace: str,
        card: str,
        how: How,
        pid: int,
        host: str,
        rulebook: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        place: str | None = None,
        joins: str | None = None,
    ) -> Run:
        """A new run in state `running`, committed before this returns."""
        run = _new(marketplace, card, how, pid, host, rulebook, parameters, place, joins)
        self._writer.run(lambda conn: _enter(conn, run))
        return run

    def start_after(self, former: Run | None, **values: Any) -> Run | None:
        """Like `start`; None where another process began the same order since `former` was found unfinished (or none was)."""
        run = _new(**values)

        def work(conn: Connection) -> bool:
            lock(conn, f"order:{run.marketplace}:{parameters_digest(run.parameters)}")
            row = conn.execute(_unfinished(run.marketplace, run.parameters)).first()
            if (row.id if row else None) != (former.id if former else None):
                return False
            _enter(conn, run)
            return True

        return run if self._writer.run(work) else None

    @patient
    def unfinished(self, marketplace: str, parameters: Mapping[str, Any]) -> Run | None:
        """The latest run of these parameters that can go on: its process died (or still lives: the caller must look), or it
        was stopped and its evidence chain has not been closed."""
        with reading(self._engine) as conn:
            row = conn.execute(_unfinished(marketplace, parameters)).first()
        return _run(row) if row else None

    @patient
    def alive(self, run: Run, seconds: float) -> bool:
        """Whether anybody who works on this run's queue gave a sign of life in the last `seconds`."""
        with reading(self._engine) as conn:
            seen = conn.execute(select(runs.c.seen_at).where(runs.c.id == run.queue)).scalar()
            return seen is not None and clock(conn) - seen < timedelta(seconds=seconds)

    @patient
    def left_open(self, place: str, seconds: float) -> list[Run]:
        """Helpers that sealed at this place, gave no sign of life for `seconds` and never closed their chain."""
        with reading(self._engine) as conn:
            silent = or_(runs.c.seen_at.is_(None), runs.c.seen_at < clock(conn) - timedelta(seconds=seconds))
            wanted = select(runs).where(runs.c.joins.is_not(None), runs.c.place == place, runs.c.evidence_head.is_(None), silent)
            return [_run(row) for row in conn.execute(wanted)]

    def adopt(self, run_id: str, *, pid: int, host: str) -> None:
        """Hands an unfinished run to the process that goes on with it."""
        again = update(runs).where(runs.c.id == run_id).values(pid=pid, host=host, state="running", finished_at=None)
        self._writer.run(lambda conn: conn.execute(again.values(seen_at=clock(conn))) and None)

    @patient
    def get(self, run_id: str) -> Run:
        with reading(self._engine) as conn:
            row = conn.execute(select(runs).where(runs.c.id == run_id)).first()
        if row is None:
            raise StoreError("no such run", where=run_id, remedy="`patrol doctor` lists the latest runs")
        return _run(row)

    def finish(self, run_id: str, *, state: State, evidence_head: str | None = None) -> None:
        """Ends the run and appends its head to the ledger's chain; a run that may go on is `stopped` without a head."""
        now = datetime.now(UTC)

        def work(conn: Connection) -> None:
            conn.execute(
                update(runs).where(runs.c.id == run_id).values(state=state, finished_at=now, evidence_head=evidence_head)
            )
            if evidence_head is not None:
                chain.append(conn, kind="run", subject=run_id, head=evidence_head, at=now)

        self._writer.run(work)

    def count(self, conn: Connection, run_id: str, outcome: Outcome, n: int = 1) -> None:
        """Adds `n` to the run's count of an outcome."""
        bulk.add(conn, run_counts, _count(conn.dialect.name), {"run_id": run_id, "outcome": outcome.value, "n": n})

    def fault(
        self, conn: Connection | None, run_id: str, fault: Fault, *, listing: str | None = None, request: str | None = None
    ) -> None:
        """Records what went wrong; without a connection it is committed before this returns."""
        if conn is None:
            self._writer.run(lambda own: self.fault(own, run_id, fault, listing=listing, request=request))
            return
        row = asdict(fault) | {"run_id": run_id, "at": datetime.now(UTC), "listing_key": listing, "request_id": request}
        bulk.add(conn, run_faults, _FAULT, row)

    @patient
    def faults(self, run_id: str, limit: int = 100) -> list[RunFault]:
        """The run's faults, latest first."""
        wanted = select(run_faults).where(run_faults.c.run_id == run_id).order_by(run_faults.c.id.desc()).limit(limit)
        with reading(self._engine) as conn:
            return [
                RunFault(
                    at=row.at,
                    step=row.step,
                    message=row.message,
                    url=row.url,
                    listing_key=row.listing_key,
                    request_id=row.request_id,
                )
                for row in conn.execute(wanted)
            ]

    @patient
    def recent(self, limit: int = 20) -> list[RunRow]:
        """The latest runs with their counts, latest first."""
        with reading(self._engine) as conn:
            found = [
                _run(row) for row in conn.execute(select(runs).order_by(runs.c.started_at.desc(), runs.c.id.desc()).limit(limit))
            ]
            return self._rows(conn, found)

    @patient
    def row(self, run_id: str) -> RunRow:
        """One run with its counts."""
        run = self.get(run_id)
        with reading(self._engine) as conn:
            return self._rows(conn, [run])[0]

    def _rows(self, conn: Connection, found: Sequence[Run]) -> list[RunRow]:
        ids = [run.id for run in found]
        counts: dict[str, dict[Outcome, int]] = {run_id: {} for run_id in ids}
        for row in conn.execute(select(run_counts).where(run_counts.c.run_id.in_(ids))):
            counts[row.run_id][Outcome(row.outcome)] = row.n
        per_run = (
            select(run_faults.c.run_id, func.count().label("n")).where(run_faults.c.run_id.in_(ids)).group_by(run_faults.c.run_id)
        )
        faults = {row.run_id: row.n for row in conn.execute(per_run)}
        return [RunRow(run=run, counts=counts[run.id], faults=faults.get(run.id, 0)) for run in found]

    # -- what was sealed ------------------------------------------------------------------------------------------

    def record(self, conn: Connection, capture: Capture) -> None:
        """Enters a sealed record; entering it again changes nothing."""
        bulk.add(conn, captures, _record(conn.dialect.name), asdict(capture))

    @patient
    def capture(self, capture_id: str) -> Capture | None:
        with reading(self._engine) as conn:
            row = conn.execute(select(captures).where(captures.c.id == capture_id)).first()
        return Capture(**row._asdict()) if row else None

    @patient
    def captures_of(self, run_id: str) -> list[Capture]:
        """All captures of a run in the order of its chain."""
        wanted = select(captures).where(captures.c.run_id == run_id).order_by(captures.c.sequence)
        with reading(self._engine) as conn:
            return [Capture(**row._asdict()) for row in conn.execute(wanted)]

    @patient
    def tail(self, run_id: str) -> Capture | None:
        """The last capture of a run that the ledger knows; evidence files may hold later ones after a crash."""
        wanted = select(captures).where(captures.c.run_id == run_id).order_by(captures.c.sequence.desc()).limit(1)
        with reading(self._engine) as conn:
            row = conn.execute(wanted).first()
        return Capture(**row._asdict()) if row else None


def _new(
    marketplace: str,
    card: str,
    how: How,
    pid: int,
    host: str,
    rulebook: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    place: str | None = None,
    joins: str | None = None,
) -> Run:
    return Run(
        id=uuid7(),
        marketplace=marketplace,
        card=card,
        how=how,
        pid=pid,
        host=host,
        rulebook=rulebook,
        parameters=dict(parameters or {}),
        state="running",
        started_at=datetime.now(UTC),
        place=place,
        joins=joins,
    )


def _unfinished(marketplace: str, parameters: Mapping[str, Any]) -> Select[*tuple[Any, ...]]:
    stopped = and_(runs.c.state == "stopped", runs.c.evidence_head.is_(None))
    return (
        select(runs)
        .where(
            runs.c.marketplace == marketplace,
            runs.c.joins.is_(None),
            or_(runs.c.state == "running", stopped),
            runs.c.parameters_digest == parameters_digest(parameters),
        )
        .order_by(runs.c.started_at.desc())
        .limit(1)
    )


def _enter(conn: Connection, run: Run) -> None:
    row = asdict(run) | {"how": run.how.value, "parameters_digest": parameters_digest(run.parameters)}
    conn.execute(plain_insert(runs).values(row | {"seen_at": clock(conn)}))


def _run(row: Row[Any]) -> Run:
    values = row._asdict()
    del values["parameters_digest"], values["seen_at"]
    return Run(**values | {"how": How(row.how)})
