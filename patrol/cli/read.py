"""`patrol extract` and `patrol assess`: a saved page or a stream of listings in, JSON out; no store is opened."""

from __future__ import annotations

import gzip
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import orjson
import typer

from patrol.cli.out import as_json, note
from patrol.cli.stores import HomeOption, home_of
from patrol.config import Config, load
from patrol.errors import PatrolError, ReadError, UsageError
from patrol.extract import read
from patrol.pipelines.bring import BroughtFile, marketplace_for, unpacked
from patrol.scoring import Rulebook, assess, compile_rulebook
from patrol.wire import assessment_to_json, context_from_json, extraction_to_json, listing_from_json


def register(app: typer.Typer) -> None:
    app.command("extract")(extract)
    app.command("assess")(assess_command)


def extract(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="a saved page or API answer: HTML or JSON, plain or .gz")],
    url: Annotated[str, typer.Option("--url", help="the address it was saved from")],
    marketplace: Annotated[
        str | None, typer.Option("--marketplace", metavar="NAME", help="read it as this marketplace's; default: by the address")
    ] = None,
    home: HomeOption = None,
) -> None:
    """Read one saved page, offline: its outcome, the listing or results, and where each field was found."""
    config = load(home_of(home))
    if marketplace is not None and marketplace not in config.marketplaces:
        raise UsageError(f"no marketplace {marketplace!r}", remedy=f"Known: {', '.join(sorted(config.marketplaces))}")
    chosen = config.marketplaces[marketplace] if marketplace else marketplace_for(url, config.marketplaces)
    try:
        body = unpacked(BroughtFile(name=str(file), body=file.read_bytes()))
    except OSError as error:
        raise ReadError(f"cannot be read: {error.strerror}", where=str(file), remedy="Check the path") from error
    as_json(extraction_to_json(read(body, url, marketplace=chosen)))


def _lines(source: BinaryIO) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(source, start=1):
        if line.strip():
            yield number, line


def _assessed(line: bytes, rulebook: Rulebook) -> dict[str, Any]:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise ReadError(f"not JSON: {error}") from error
    if not isinstance(row, dict):
        raise ReadError(f"holds {type(row).__name__}, not an object")
    listing = listing_from_json(row)
    context = context_from_json(row.get("context"))
    row["assessment"] = assessment_to_json(assess(listing, rulebook, context))
    return row


def _open(file: Path | None) -> Any:
    if file is None or str(file) == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb")
    except OSError as error:
        raise ReadError(f"cannot be read: {error.strerror}", where=str(file), remedy="Check the path") from error


def assess_command(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="JSON lines of listings; stdin by default")] = None,
    summary: Annotated[bool, typer.Option("--summary", help="print listings/s on stderr at the end")] = False,
    home: HomeOption = None,
) -> None:
    """Score JSON lines of listings: the same lines come out with "assessment". A broken line is named, the rest go on."""
    config: Config = load(home_of(home))
    rulebook = compile_rulebook(config)
    out = sys.stdout.buffer
    started, done, broken = time.monotonic(), 0, 0
    with _open(file) as source:
        for number, line in _lines(source):
            try:
                row = _assessed(line, rulebook)
            except PatrolError as error:
                broken += 1
                note(f"line {number}: {error}")
                continue
            out.write(orjson.dumps(row) + b"\n")
            done += 1
            if file is None:
                out.flush()  # a program at the other end waits for this very line
    out.flush()
    if summary:
        seconds = time.monotonic() - started
        note(f"{done} listings in {seconds:.1f} s, {done / seconds if seconds else 0:.0f} listings/s, {broken} broken lines")
    if broken:
        raise typer.Exit(1)
