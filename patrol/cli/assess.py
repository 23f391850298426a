"""`patrol assess`: JSON lines of listings in, the same lines with "assessment" out; streaming, no store is opened."""

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

from patrol.cli.options import HomeOption, home_of
from patrol.cli.out import json_bytes, note, unarmed
from patrol.config import load
from patrol.errors import PatrolError, ReadError
from patrol.scoring import Rulebook, assess, compile_rulebook
from patrol.wire import assessment_to_json, context_from_json, listing_from_json

BOM = b"\xef\xbb\xbf"


def assess_command(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="JSON lines of listings; stdin by default")] = None,
    summary: Annotated[bool, typer.Option("--summary", help="print listings/s on stderr at the end")] = False,
    home: HomeOption = None,
) -> None:
    """Score JSON lines of listings: the same lines come out with "assessment". A broken line is named, the rest go on."""
    rulebook = compile_rulebook(load(home_of(home)))
    streamed = file is None or str(file) == "-"
    out = sys.stdout.buffer
    started, done, broken = time.monotonic(), 0, 0
    with _open(file) as source:
        for number, line in _lines(source, str(file)):
            try:
                out.write(_assessed(line, rulebook))
            except PatrolError as error:
                broken += 1
                note(f"line {number}: {error}")
                continue
            done += 1
            if streamed:
                out.flush()  # a program at the other end waits for this very line
    out.flush()
    if summary:
        seconds = time.monotonic() - started
        note(f"{done} listings in {seconds:.1f} s, {done / seconds if seconds else 0:.0f} listings/s, {broken} broken lines")
    if broken:
        raise typer.Exit(1)


def _open(file: Path | None) -> Any:
    if file is None or str(file) == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb")
    except OSError as error:
        raise ReadError(f"cannot be read: {error.strerror}", where=str(file), remedy="Check the path") from error


def _lines(source: BinaryIO, name: str) -> Iterator[tuple[int, bytes]]:
    """(number, line) of every line that is not empty; ReadError where the file breaks off."""
    number = 0
    try:
        for number, line in enumerate(source, start=1):
            bare = (line.removeprefix(BOM) if number == 1 else line).strip()
            if bare:
                yield number, bare
    except (OSError, EOFError) as error:
        raise ReadError(
            f"breaks off after line {number}: {error}", where=name, remedy="The lines before it were assessed; get a sound copy"
        ) from error


def _assessed(line: bytes, rulebook: Rulebook) -> bytes:
    """The line with its assessment, and a newline. Everything else in it stays as it was written, byte by byte."""
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise ReadError(f"not JSON: {error}") from error
    if not isinstance(row, dict):
        raise ReadError("is no JSON object")
    assessment = assessment_to_json(assess(listing_from_json(row), rulebook, context_from_json(row.get("context"))))
    if "assessment" in row:  # an older one is replaced, so the line has to be written anew
        return json_bytes(row | {"assessment": assessment})
    before = unarmed(line[:-1].rstrip())
    return before + (b"," if row else b"") + b'"assessment":' + json_bytes(assessment)[:-1] + b"}\n"


COMMANDS = {"assess": assess_command}
