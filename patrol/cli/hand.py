"""`patrol add`: what an officer brings by hand, from the command line."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path
from typing import Annotated, Any

import typer

from patrol.cli.options import HomeOption, address
from patrol.cli.out import as_json, note, safe, say
from patrol.cli.stores import bring_up_to_date, open_stores
from patrol.errors import ReadError, UsageError
from patrol.pipelines.bring import Brought, BroughtFile, split
from patrol.pipelines.hand import Hand
from patrol.records import Outcome
from patrol.wire import assessment_to_json


def _read(path: Path) -> BroughtFile:
    try:
        return BroughtFile(name=path.name, body=path.read_bytes())
    except OSError as error:
        raise ReadError(f"cannot be read: {error.strerror}", where=str(path), remedy="Check the path") from error


def add(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE", help="saved pages, screenshots, pictures, texts (.txt)")
    ] = None,
    url: Annotated[str | None, typer.Option("--url", help="the address it stands at, if known")] = None,
    note_: Annotated[str | None, typer.Option("--note", metavar="TEXT", help="how it was obtained")] = None,
    json: Annotated[bool, typer.Option("--json")] = False,
    home: HomeOption = None,
) -> None:
    """Add what you found yourself: first the answer to "seen before?", then it is sealed, scored and queued."""
    if not files and not url:
        raise UsageError("nothing to add", remedy="Name files, or an address with --url")
    url = address(url) if url is not None else None
    bringings = split([_read(path) for path in files or ()], url=url, note=note_)
    with open_stores(home) as stores:
        hand = Hand(stores.ledger, stores.archive, stores.rulebook, stores.config, pid=os.getpid(), host=socket.gethostname())
        answers = asyncio.run(hand.bring_all(bringings))
        bring_up_to_date(stores)
        for answer in answers:
            if json:
                as_json(_as_row(answer))
            else:
                _show(answer)
    if any(answer.item is None for answer in answers):
        raise typer.Exit(1)


def _as_row(answer: Brought) -> dict[str, Any]:
    item = answer.item
    seen = [{"key": s.key, "marketplace": s.marketplace, "title": s.title, "url": s.url, "by": s.by} for s in answer.seen]
    return {
        "name": answer.name,
        "outcome": answer.outcome,
        "seen_before": seen,
        "key": item.listing_key if item else None,
        "assessment": assessment_to_json(item.assessment) if item and item.assessment else None,
        "warnings": list(answer.warnings),
    }


def _show(answer: Brought) -> None:
    item = answer.item
    say(f"{answer.name}: {answer.outcome}")
    if answer.outcome is Outcome.LISTING:
        say("  seen before: " + ("yes" if answer.seen else "no"))
    for seen in answer.seen:
        say(f"    by {seen.by}: {safe(seen.title)} ({seen.marketplace}, first seen {seen.first_seen:%Y-%m-%d}, {seen.key})")
    if item is not None and item.assessment is not None:
        say(f"  kept as {item.listing_key}: {safe(item.listing.title)}")
        say(f"  {item.assessment.score} {item.assessment.band}")
        for signal in item.assessment.signals:
            say(f"    {signal.points:+d} {signal.rule}: {signal.because}")
    for fault in (*answer.warnings, *(fault.message for fault in (item.faults if item else ()))):
        note(f"  {answer.name}: {safe(fault)}")


COMMANDS = {"add": add}
