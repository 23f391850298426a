"""The overview: the panels of dashboards/ as charts, how the runs went, how far the index lags behind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from patrol.ledger import StoredListing
from patrol.ledger.outbox import DeadLetter
from patrol.ledger.runs import RunRow
from patrol.records import Outcome
from patrol.web.auth import Worker
from patrol.web.board import queue_of
from patrol.web.charts import bars, columns
from patrol.web.desk import Desk, DeskOf
from patrol.web.panels import counted
from patrol.web.render import page
from patrol.web.saying import Veil

router = APIRouter()
RUNS = 25
DRAWN = {"bars": bars, "columns": columns}
MOST_LETTERS = 50
IN_ORDER = tuple(
    map(Outcome, ["listing", "results", "blocked", "login", "removed", "empty", "unknown", "refused", "failed", "replayed"])
)


@dataclass(frozen=True, slots=True)
class RunView:
    row: RunRow
    counts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class LetterView:
    """A listing that the index refused, its title without contacts."""

    row: DeadLetter
    title: str


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
        status=desk.index.status(),
        backlog=desk.ledger.outbox.backlog(),
        letters=_letters(desk),
        alerts=desk.ledger.alerts.lag(),
        rulebooks=desk.ledger.rulebooks.numbers(),
        rulebook=desk.rulebook.hash,
    )


@router.post("/overview/retry")
def retry(desk: DeskOf, signed: Worker, key: Annotated[str, Form()] = "") -> Response:  # noqa: ARG001 - the sign-in counts
    """Gives what the index refused another chance at once: one listing, or all."""
    desk.ledger.outbox.revive(key or None)
    return RedirectResponse("/overview#refused", status_code=303)


def _letters(desk: Desk) -> list[LetterView]:
    found = desk.ledger.outbox.refused(MOST_LETTERS)
    held = desk.ledger.listings.current_many([letter.listing_key for letter in found], with_seller=True) if found else {}
    return [LetterView(letter, _title(held.get(letter.listing_key))) for letter in found]


def _title(stored: StoredListing | None) -> str:
    if stored is None:
        return "An erased listing"
    return Veil(stored, lifted=False)(stored.listing.title or "Untitled")


def _run(row: RunRow) -> RunView:
    return RunView(row, tuple((outcome.value, row.counts[outcome]) for outcome in IN_ORDER if row.counts.get(outcome)))
