"""The overview: the panels of dashboards/ as charts, how the runs went, how far the index lags behind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from patrol.ledger.runs import RunRow
from patrol.records import Outcome
from patrol.web.auth import Worker
from patrol.web.board import behind, queue_of
from patrol.web.charts import bars, columns
from patrol.web.desk import DeskOf
from patrol.web.panels import counted
from patrol.web.render import page

router = APIRouter()
RUNS = 25
DRAWN = {"bars": bars, "columns": columns}
IN_ORDER = tuple(
    map(Outcome, ["listing", "results", "blocked", "login", "removed", "empty", "unknown", "refused", "failed", "replayed"])
)


@dataclass(frozen=True, slots=True)
class RunView:
    row: RunRow
    counts: tuple[tuple[str, int], ...]


@router.get("/overview")
def overview(request: Request, desk: DeskOf, signed: Worker) -> Response:
    now = datetime.now(UTC)
    views = counted(desk.config.panels, desk.index, signed.viewer, now)
    return page(
        request,
        "overview.html",
        signed,
        figures=[view for view in views if view.panel.chart not in DRAWN],
        panels=[(view, DRAWN[view.panel.chart](view.marks)) for view in views if view.panel.chart in DRAWN],
        queue=queue_of(desk).page(signed.viewer, limit=1, now=now),
        runs=[_run(row) for row in desk.ledger.runs.recent(RUNS)],
        notice=behind(desk, now),
        status=desk.index.status(),
        backlog=desk.ledger.outbox.backlog(),
        rulebooks=desk.ledger.rulebooks.numbers(),
        rulebook=desk.rulebook.hash,
    )


def _run(row: RunRow) -> RunView:
    return RunView(row, tuple((outcome.value, row.counts[outcome]) for outcome in IN_ORDER if row.counts.get(outcome)))
