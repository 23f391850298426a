"""Dates of objects as sellers and museums write them, read out of folded text: centuries, eras, dynasties apart.

`reading` asks for the dates of a field and for each gets the years it spans, inclusive, negative before our era.
What is said of ownership is read elsewhere (`years`); this module only looks for when a thing was made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from patrol.scoring.eras import AD, BC, ORDINALS, hinted
from patrol.scoring.windows import Taken, Windows

ANCIENT_UNTIL = 1650  # a thing whose latest year lies before is offered as old enough to matter
MODERN_FROM = 1780


class Dated(NamedTuple):
    """Years inclusive, negative before our era; offsets in the folded text."""

    start: int
    end: int
    from_year: int
    to_year: int


_DIGIT = re.compile(r"\d")
_windows = Windows(
    [
        "cent",
        "mill",
        "milen",
        "jahr",
        "jh",
        "siecle",
        "siglo",
        "secol",
        "sec.",
        "s. i",
        "s. v",
        "s. x",
        "eeuw",
        "век",
        "в.",
        "iie",
        "xie",
        "xve",
        "xxe",
    ],
    digits=1,
    before=60,
    after=44,
)


def dates(text: str) -> Iterator[Dated]:
    """Every date of making in a folded text, in order of the patterns; overlapping readings are left to the caller."""
    for start, end in _windows(text):
        taken = Taken()
        for kind, pattern in hinted(text[start:end]):
            for match in pattern.finditer(text, start, end):
                a, b = match.span()
                years = _years(kind, match) if taken.free(a, b) else None
                if years is not None:
                    taken.take(a, b)
                    yield Dated(a, b, *years)


def _years(kind: str, match: re.Match[str]) -> tuple[int, int] | None:
    groups = match.groupdict()
    if kind == "age":
        age = int(_plain(groups["a"]))
        return (2000 - age - 100, 2000 - age + 100) if 100 <= age <= 12_000 else None
    if kind == "decade":
        return int(groups["a"]), int(groups["a"]) + 9
    if kind == "tens":  # "annees 80": of the last century
        first_of = 1900 + int(groups["a"] or groups["b"])
        return first_of, first_of + 9
    first = _number(groups["a"], kind)
    if first is None:
        return None
    second = _number(groups.get("b"), kind)
    before = _is_before(groups.get("era"))
    before_first = _is_before(groups.get("era1")) if groups.get("era1") else before
    if kind in ("century", "millennium"):
        size = 100 if kind == "century" else 1000
        if not 1 <= first <= (21 if not before_first else 60 if kind == "century" else 9):
            return None
        spans = [_span(first, before_first, size), *([_span(second, before, size)] if second else [])]
        return min(low for low, _ in spans), max(high for _, high in spans)
    return _year_range(first, second, before_first=before_first, before=before, raw=groups.get("b"))


def _year_range(first: int, second: int | None, *, before_first: bool, before: bool, raw: str | None) -> tuple[int, int] | None:
    if second is not None and raw is not None and second < 100 <= first and not before:
        second += first - first % 100  # 1880-90
    low = -first if before_first else first
    high = low if second is None else (-second if before else second)
    if second is not None and before and not before_first:
        high = -second
    if max(abs(low), abs(high)) > 12_000 or max(low, high) > 2040:
        return None
    return (low, high) if low <= high else (high, low)


def _span(number: int, before: bool, size: int) -> tuple[int, int]:
    return (-number * size, -(number - 1) * size - 1) if before else ((number - 1) * size, number * size - 1)


def _number(text: str | None, kind: str) -> int | None:
    if not text:
        return None
    text = text.strip(" .")
    if _DIGIT.match(text):
        return int(_plain(re.match(r"[\d.,]+", text)[0]))  # type: ignore[index]  # it starts with a digit
    if text in ORDINALS:
        return ORDINALS[text]
    return _roman(re.sub(r"(?:eme|er|me|e|o)$", "", text)) if kind in ("century", "millennium") else None


def _plain(text: str) -> str:
    return re.sub(r"\D", "", text)


def _roman(text: str) -> int | None:
    values = {"i": 1, "v": 5, "x": 10}
    if not text or any(letter not in values for letter in text):
        return None
    numbers = [values[letter] for letter in text]
    return sum(-n if n < following else n for n, following in zip(numbers, [*numbers[1:], 0], strict=True))


def _is_before(era: str | None) -> bool:
    return bool(era) and re.match(BC, era.strip()) is not None and not re.match(rf"(?:{AD})$", era.strip())  # type: ignore[union-attr]  # era is a text here
