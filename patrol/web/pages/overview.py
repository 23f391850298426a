"""The overview: what is held by band, marketplace and desk, how the runs went, how far the index lags behind."""

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
from patrol.search import index
from patrol.web.auth import Worker
from patrol.web.board import queue_of
from patrol.web.desk import Desk, DeskOf
from patrol.web.render import page
from patrol.web.saying import Veil

router = APIRouter()
RUNS = 25
MOST_LETTERS = 50
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


@dataclass(frozen=True, slots=True)
class LetterView:
    """A listing that the index refused, its title without contacts."""

    row: DeadLetter
    title: str


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


def _bars(field: str, counts: dict[str, int]) -> list[Bar]:
    most = max(counts.values(), default=0) or 1
    return [Bar(name, count, round(100 * count / most, 1), f"/search?f={field}:{name}") for name, count in counts.items() if name]


def _run(row: RunRow) -> RunView:
    return RunView(row, tuple((outcome.value, row.counts[outcome]) for outcome in IN_ORDER if row.counts.get(outcome)))
