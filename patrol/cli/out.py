"""How the command line speaks: plain lines on stdout, JSON lines where asked, notes on stderr, progress on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import orjson


def say(text: str) -> None:
    print(text, flush=True)


def note(text: str) -> None:
    """A remark beside the result: stderr, so that stdout stays what a program can read."""
    print(text, file=sys.stderr, flush=True)


def as_json(value: Any) -> None:
    """One JSON value on one line."""
    sys.stdout.flush()
    sys.stdout.buffer.write(orjson.dumps(value, default=str) + b"\n")
    sys.stdout.buffer.flush()


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns as wide as their longest cell; the last one as it comes."""
    widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
    for row in (heads, *rows):
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def safe(text: str | None) -> str:
    """A marketplace's text without control characters, so that a title cannot drive the terminal."""
    return "".join(character if character.isprintable() else " " for character in text or "")
