"""How the command line speaks: plain lines on stdout, JSON lines where asked, notes on stderr.

Whatever a marketplace wrote goes through here before it reaches a terminal: no title can move the cursor, clear the screen
or turn the text around.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import Any

import orjson

_LINES = "\n\t"
_JOINERS = "\u200c\u200d"  # words of Persian, Khmer and Hindi need them, and they drive nothing
# what JSON leaves bare and a terminal may obey: DEL, C1, and what turns the direction of writing, in UTF-8
_CONTROL = re.compile(b"\x7f|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]")


def say(text: str) -> None:
    print(_plain(text), flush=True)


def note(text: str) -> None:
    """A remark beside the result: stderr, so that stdout stays what a program can read."""
    print(_plain(text), file=sys.stderr, flush=True)


def as_json(value: Any) -> None:
    """One JSON value on one line."""
    sys.stdout.flush()
    sys.stdout.buffer.write(json_bytes(value))
    sys.stdout.buffer.flush()


def json_bytes(value: Any) -> bytes:
    """The value as one line of JSON that a terminal can show."""
    return unarmed(orjson.dumps(value, default=str)) + b"\n"


def unarmed(line: bytes) -> bytes:
    r"""JSON with its bare control characters written as \\uXXXX: the same value, harmless to look at."""
    return _CONTROL.sub(lambda found: b"\\u%04x" % ord(found.group().decode()), line)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns as wide as their longest cell; the last one as it comes."""
    cells = [[safe(cell) for cell in row] for row in (heads, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
    for row in cells:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def safe(text: str | None) -> str:
    """A marketplace's text on one line, without control characters."""
    return " ".join(_plain(text or "").split())


def _plain(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() or sign in _LINES or sign in _JOINERS else " " for sign in text)
