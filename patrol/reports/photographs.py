"""What a lead's pages looked like: the sealed screenshots and PDFs of its listings, and taking those that are missing.

A crawl photographs what scores high; a lead may be made of anything, so the desk calls `photograph` when one opens. The
page is rendered from its sealed bytes and stored pictures, without any network, in a run of the desk's own.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection, or_, select

from patrol.errors import PatrolError
from patrol.evidence import Archive, RunSeal
from patrol.fetch.browser import require_chromium
from patrol.fetch.snapshot import Snapshot, View, seal_snapshot
from patrol.ledger import Ledger, StoredListing
from patrol.ledger.engine import reading
from patrol.ledger.tables import captures, runs
from patrol.records import Capture, Fault, How

DESK = "desk"  # the marketplace and card of runs that the desk itself seals
SCREENSHOT, PDF = "image/png", "application/pdf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Photographs:
    """The latest sealed screenshot and PDF of one listing's page; None where there is none."""

    screenshot: Capture | None = None
    pdf: Capture | None = None

    @property
    def whole(self) -> bool:
        return self.screenshot is not None and self.pdf is not None


def photographs(ledger: Ledger, stored: StoredListing) -> Photographs:
    """Those sealed with the listing's own run, or by the desk later."""
    own = or_(captures.c.run_id == stored.run_id, runs.c.marketplace == DESK)
    found = (
        select(captures)
        .join(runs, runs.c.id == captures.c.run_id)
        .where(own, captures.c.kind == "resource", captures.c.url == stored.listing.url)
        .where(captures.c.content_type.in_((SCREENSHOT, PDF)))
        .order_by(captures.c.time)
    )
    with reading(ledger.engine) as conn:
        latest = {row.content_type: Capture(**row._asdict()) for row in conn.execute(found)}
    return Photographs(screenshot=latest.get(SCREENSHOT), pdf=latest.get(PDF))


def photograph(
    ledger: Ledger, archive: Archive, version_ids: Iterable[str], environ: Mapping[str, str] | None = None
) -> list[Fault]:
    """Photographs those of the versions that have no photographs yet; what went wrong is recorded on the run and returned."""
    missing = [
        stored
        for version in version_ids
        if (stored := ledger.listings.version(version)) and not photographs(ledger, stored).whole
    ]
    views = [(stored, view) for stored in missing if (view := _view(ledger, archive, stored)) is not None]
    if not views:
        return []
    run = ledger.runs.start(
        marketplace=DESK, card=DESK, how=How.HAND, pid=os.getpid(), host=socket.gethostname(), place=archive.place()
    )
    seal = archive.open_run(run.id, DESK)
    faults: list[Fault] = []
    try:
        for stored, view in views:
            try:
                snapshot = _taken(view, seal, environ)
            except PatrolError as error:
                faults.append(Fault(step="snapshot", message=str(error), url=stored.listing.url))
                ledger.runs.fault(None, run.id, faults[-1], listing=stored.key)
                continue
            ledger.writer.run(partial(_record, ledger, snapshot))
    finally:
        ledger.runs.finish(run.id, state="failed" if faults else "finished", evidence_head=seal.close())
    return faults


def _taken(view: View, seal: RunSeal, environ: Mapping[str, str] | None) -> Snapshot:
    snapshot = seal_snapshot(view, seal=seal, chromium=require_chromium(environ), root=os.geteuid() == 0)
    seal.flush()
    return snapshot


def _record(ledger: Ledger, snapshot: Snapshot, conn: Connection) -> None:
    ledger.runs.record(conn, snapshot.screenshot)
    ledger.runs.record(conn, snapshot.pdf)


def _view(ledger: Ledger, archive: Archive, stored: StoredListing) -> View | None:
    """The sealed page with its stored pictures; None where what was sealed is no page (a picture, a text)."""
    capture = ledger.runs.capture(stored.capture_id or "")
    if capture is None:
        return None
    page = archive.page(capture)
    opening = page.body[:4096].lower()
    if b"<html" not in opening and b"<!doctype html" not in opening:
        return None
    held = ((picture.url, archive.picture(picture.sha256)) for picture in stored.pictures if picture.url)
    return View(capture=capture, page=page, pictures={url: body for url, body in held if url and body is not None})
