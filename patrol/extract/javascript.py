"""Values written as JavaScript rather than JSON: `undefined`, single quotes, bare keys, trailing commas, comments, `!0`.

`state` and `jsonld` hand text and a place in it; back comes the value that starts there and where it ends. Well-formed
JSON takes the fast road through the standard decoder; the rest is rewritten token by token into JSON first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

_DECODER = json.JSONDecoder(strict=False, parse_constant=lambda _: None)
_EXACT = json.JSONDecoder(strict=False, parse_constant=lambda _: None, parse_float=Decimal)
_UNDEFINED = re.compile(r"(?<=[:,\[])\s*(?:undefined|void 0)(?=\s*[,}\]])")
_BARE_KEY = re.compile(r"([{,]\s*)([A-Za-z_$][\w$]*)(\s*:)")
_TOKEN = re.compile(
    r"""
      (?P<double>"(?:[^"\\]|\\.)*")
    | (?P<single>'(?:[^'\\]|\\.)*')
    | (?P<back>`(?:[^`\\]|\\.)*`)
    | (?P<comment>/\*.*?\*/|//[^\n]*)
    | JSON\.parse\(\s*(?P<nested>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*\)
    | new\s+Date\(\s*(?P<date>[^()]*)\)
    | (?P<key>[A-Za-z_$][\w$]*|\d+)(?=\s*:)
    | (?P<nothing>\b(?:undefined|NaN|void\s+0|-?Infinity)\b)
    | (?P<bool>!\s*[01](?![\w.]))
    | (?P<comma>,(?=\s*[}\]]))
    | (?P<number>(?<![\w.])-?\.\d+|(?<![\w.])0[xX][0-9a-fA-F]+)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|\r?\n|.)", re.DOTALL)
_SINGLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}


def value_at(text: str, start: int, *, end: int | None = None, exact: bool = False) -> tuple[Any, int] | None:
    """The value that begins at `start` (blanks skipped) and the place behind it; None where there is none.

    `end` bounds what may be looked at; `exact` gives decimals as Decimal. The place is only exact for well-formed JSON.
    """
    decoder = _EXACT if exact else _DECODER
    start = _skip(text, start)
    if start >= len(text):
        return None
    if text[start] in "'`":
        return _quoted(text, start)
    found = _decode(decoder, text, start)
    if found is not None or text[start] not in '{["':
        return found
    rest = text[start:end]
    for rewritten in _rewritten(rest):
        found = _decode(decoder, rewritten, 0)
        if found is not None:
            return found[0], start + found[1]
    return None


def _rewritten(rest: str) -> Iterator[str]:
    """The text as JSON, by ever dearer means. A quick one that went wrong inside a string leaves no valid JSON behind."""
    plain = _UNDEFINED.sub("null", rest)
    yield plain
    yield _BARE_KEY.sub(r'\1"\2"\3', plain)
    yield _TOKEN.sub(_as_json, rest)


def value(text: str, *, exact: bool = False) -> Any:
    """The value of a whole text, JSON inside a JSON string included; None where it cannot be read."""
    found = value_at(text, 0, exact=exact)
    if found is None:
        return None
    inner = found[0]
    if isinstance(inner, str) and inner.lstrip()[:1] in ("{", "["):
        return value(inner.lstrip(), exact=exact)
    return inner


def unescape(quoted: str) -> str:
    """The text of a JavaScript string literal, quotes included in what is handed in."""
    return _ESCAPE.sub(_character, quoted[1:-1])


def _skip(text: str, start: int) -> int:
    while start < len(text) and text[start] in " \t\r\n\ufeff(":
        start += 1
    return start


def _decode(decoder: json.JSONDecoder, text: str, start: int) -> tuple[Any, int] | None:
    try:
        return decoder.raw_decode(text, start)
    except (ValueError, RecursionError):  # not JSON: the caller tries the slower road, or there is no value here
        return None


def _quoted(text: str, start: int) -> tuple[Any, int] | None:
    token = _TOKEN.match(text, start)
    return None if token is None else (unescape(token.group()), token.end())


def _character(found: re.Match[str]) -> str:
    code = found.group(2) or found.group(3) or found.group(4)
    if code:
        return chr(int(code, 16))
    letter = found.group(1)
    return "" if letter in ("\n", "\r\n") else _SINGLE.get(letter, letter)


def _as_json(token: re.Match[str]) -> str:
    kind, text = token.lastgroup, token.group()
    if kind == "double":
        return text if "\\" not in text else json.dumps(unescape(text))
    if kind in ("single", "back"):
        return json.dumps(unescape(text))
    if kind == "nested":
        inner = unescape(token.group("nested"))
        return inner if _decode(_DECODER, inner, 0) else json.dumps(inner)
    if kind == "date":
        return token.group("date").strip() or "null"
    if kind == "key":
        return json.dumps(text)
    if kind == "number":
        return str(int(text, 16)) if "x" in text.lower() else text.replace(".", "0.", 1)
    return {"nothing": "null", "bool": "false" if text.endswith("1") else "true"}.get(kind or "", "")
