"""The overview: what is held by band, marketplace and desk, how the runs went, how far the index lags behind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from patrol.ledger.runs import RunRow
from patrol.records import Outcome
from patrol.search import index
from patrol.web.auth import Worker
from patrol.web.board import behind, queue_of
from patrol.web.desk import DeskOf
from patrol.web.render import page

router = APIRouter()
RUNS = 25
BANDS = ("high", "review", "low", "none")
IN_ORDER = tuple(
    map(Outcome, ["listing", "results", "blocked", "login", "removed", "empty", "unknown", "refused", "failed", "replayed"])
)


@dataclass(frozen=True, slots=True)
class Bar:
    name: str
    count: int
    share: float  # per cent of the largest
    href: str


@dataclass(frozen=True, slots=True)
class RunView:
    row: RunRow
    counts: tuple[tuple[str, int], ...]


@router.get("/overview")
def overview(request: Request, desk: DeskOf, signed: Worker) -> Response:
    now = datetime.now(UTC)
    found = desk.index.search(
        index.Query(limit=1, facets=("band", "marketplace", "desk", "culture"), highlight=False), signed.viewer
    )
    counts = {name: {count.value: count.count for count in values} for name, values in found.facets.items()}
    queue = queue_of(desk).page(signed.viewer, limit=1, now=now)
    return page(
        request,
        "overview.html",
        signed,
        held=desk.ledger.listings.count(),
        found=found,
        queue=queue,
        flagged=sum(counts.get("band", {}).get(band, 0) for band in ("high", "review")),
        bands=_bars("band", {band: counts.get("band", {}).get(band, 0) for band in BANDS}),
        markets=_bars("marketplace", counts.get("marketplace", {})),
        cultures=_bars("culture", dict(list(counts.get("culture", {}).items())[:10])),
        decided=counts.get("desk", {}),
        runs=[_run(row) for row in desk.ledger.runs.recent(RUNS)],
        notice=behind(desk, now),
        status=desk.index.status(),
        backlog=desk.ledger.outbox.backlog(),
        rulebooks=desk.ledger.rulebooks.numbers(),
        rulebook=desk.rulebook.hash,
    )


def _bars(field: str, counts: dict[str, int]) -> list[Bar]:
    most = max(counts.values(), default=0) or 1
    return [Bar(name, count, round(100 * count / most, 1), f"/search?f={field}:{name}") for name, count in counts.items() if name]


def _run(row: RunRow) -> RunView:
    return RunView(row, tuple((outcome.value, row.counts[outcome]) for outcome in IN_ORDER if row.counts.get(outcome)))
