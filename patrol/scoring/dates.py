"""Dates of objects as sellers and museums write them, read out of folded text: centuries, eras, dynasties apart.

`reading` asks for the dates of a field and for each gets the years it spans, inclusive, negative before our era.
What is said of ownership is read elsewhere (`years`); this module only looks for when a thing was made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

ANCIENT_UNTIL = 1650  # a thing whose latest year lies before is offered as old enough to matter
MODERN_FROM = 1780


class Dated(NamedTuple):
    """Years inclusive, negative before our era; offsets in the folded text."""

    start: int
    end: int
    from_year: int
    to_year: int
    sure: bool  # an era, a century or `circa` was written; False for a bare year standing alone


_BC = (
    r"(?:b\.? ?c\.?(?: ?e\b\.?)?|v\.? ?(?:o\.? ?)?(?:chr|u\.? ?z|christus)\.?|av(?:ant)?\.? ?(?:j\.?|jesus)[ -]{0,3}c(?:hr(?:ist)?)?\.?"
    r"|a\. ?c\.|a\.? ?de ?c\.?|avanti cristo|antes de cristo|до н\.? ?[эе]\.?|紀元前|公元前)"
)
_AD = (
    r"(?:a\.? ?d\.?|c\.? ?e\.?(?![a-z])|n\.? ?(?:chr|christus)\.?|ap(?:r(?:es)?)?\.? ?(?:j\.?|jesus)[ -]{0,3}c(?:hr(?:ist)?)?\.?|d\. ?c\.|d\.? ?de ?c\.?"
    r"|dopo cristo|н\.? ?[эе]\.?)"
)
_ERA = rf"(?: ?(?P<era>{_BC}|{_AD})(?![a-z]))"
_ERA1 = rf"(?: ?(?P<era1>{_BC}|{_AD})(?![a-z]))"
_WORDS = {
    name: number
    for number, names in enumerate(
        (
            "first erstes ersten premier primero primo eerste", "second zweites zweiten deuxieme segundo secondo tweede",
            "third drittes dritten troisieme tercero terzo derde", "fourth viertes vierten quatrieme cuarto quarto vierde",
            "fifth funftes funften cinquieme quinto vijfde", "sixth sechstes sechsten sixieme sexto sesto zesde",
            "seventh siebtes siebten septieme septimo settimo zevende", "eighth achtes achten huitieme octavo ottavo achtste",
            "ninth neuntes neunten neuvieme noveno nono negende", "tenth zehntes zehnten dixieme decimo tiende",
            "eleventh elftes elften onzieme undecimo elfde", "twelfth zwolftes zwolften douzieme duodecimo twaalfde",
            "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth", "twenty-first",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_ORD = rf"(?:\d{{1,2}} ?(?:st|nd|rd|th|eme|er|e|de|o|a|\.)?|x?x?(?:ix|iv|v?i{{0,3}})(?:eme|er|e|me|o)?|{'|'.join(_WORDS)})"
_JOIN = r" ?(?:-|/|to|bis|a|au|al|tot|or|oder|ou|o|of|and|und|et|e|y|en|bis zum|through) ?(?:the )?(?:early |late |mid )?"
_CENTURY = r"(?:centur(?:y|ies)|cent\.?|jahrhunderts?|jhdt?s?\.?|jh\.?|siecles?|s\.(?= |$)|eeuws?|ste eeuw|в?в\.|век(?:а|ов)?|secol[oi]|siglos?)"
_MILLENNIUM = r"(?:millenni(?:um|a|o|i)|millenaires?|milenios?|mill\.?(?![a-z])|jahrtausends?|jtd?\.?|тыс(?:ячелети\w*|\.))"
_NUMBER = r"\d{1,5}(?:[.,]\d{3})?"
_CIRCA = r"(?:circa|ca?\.?|cca\.?|approx\.?|about|around|um|gegen|vers|env(?:iron)?\.?|hacia|alrededor de|verso|rond|omstreeks|date[ds]?:?|datiert)"

_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("millennium", re.compile(rf"\b(?P<a>{_ORD})(?:{_JOIN}(?P<b>{_ORD}))?[ -]?(?:{_MILLENNIUM}){_ERA}?")),
    ("century", re.compile(rf"\b(?P<a>{_ORD}){_ERA1}?(?:{_JOIN}(?P<b>{_ORD}))?[ -]{{0,2}}(?:{_CENTURY})(?![a-z]){_ERA}?")),
    (
        "century",
        re.compile(rf"\b(?P<a>\d{{1,2}}(?:st|nd|rd|th)){_ERA1}?(?:{_JOIN}(?P<b>\d{{1,2}}(?:st|nd|rd|th)))? ?c(?:en)?\.?(?![a-z]){_ERA}?"),
    ),
    (
        "century",
        re.compile(rf"\b(?:siglos?|secol[oi]|sec\.|s\.) ?(?P<a>{_ORD})(?![a-z]){_ERA1}?(?: ?(?:-|/|al?|e|y|o) ?(?P<b>{_ORD})(?![a-z]))?{_ERA}?"),
    ),
    ("years", re.compile(rf"\b(?:a\.?d\.? ?)?(?P<a>{_NUMBER}){_ERA1}?(?: ?(?:-|/|to|bis|and|und|et|a|al|tot|till|until) ?(?:a\.?d\.? ?)?(?P<b>{_NUMBER}))?{_ERA}")),
    ("years", re.compile(rf"\ba\.?d\.? ?(?P<a>{_NUMBER})(?: ?(?:-|/|to) ?(?P<b>{_NUMBER}))?(?P<era>)(?P<era1>)")),
    ("age", re.compile(r"\b(?P<a>\d{1,2}[., ]?\d{3}|\d{3,4})\+? ?(?:year|yr|jahre?|ans|anni|anos|jaar|jarige?|лет)s?[ -]?(?:old|alt|oud)?\b")),
    ("bare", re.compile(rf"\b{_CIRCA} ?(?P<a>\d{{3,4}})(?:s\b|er\b)?(?: ?(?:-|/|to|bis) ?(?P<b>\d{{2,4}}))?(?![\d.,%]| ?(?:mm|cm|kg|g|gr|grams?|usd|eur)\b)")),
    ("bare", re.compile(r"^[ \t]*(?:[a-z]{3,9}\.? ?\d{0,2},? )?(?P<a>1\d{3}|20[0-3]\d)(?:s)?(?: ?(?:-|/|to) ?(?P<b>\d{2,4}))?[ \t.]*$", re.MULTILINE)),
)  # fmt: skip
_DIGIT = re.compile(r"\d")
_HINT = re.compile(r"\d|cent|millen|jahr|siecle|siglo|secol|eeuw|век|в\.")
_EARLY = {"from": 0, "to": 99}


def dates(text: str) -> Iterator[Dated]:
    """Every date of making in a folded text, in order of the patterns; overlapping readings are left to the caller."""
    if not _HINT.search(text):
        return
    taken: list[tuple[int, int]] = []
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            start, end = match.span()
            if any(start < b and a < end for a, b in taken):
                continue
            years = _years(kind, match)
            if years is not None:
                taken.append((start, end))
                yield Dated(start, end, *years, kind != "bare" or not text[start:end].strip()[:1].isdigit())


def _years(kind: str, match: re.Match[str]) -> tuple[int, int] | None:
    groups = match.groupdict()
    if kind == "age":
        age = int(_plain(groups["a"]))
        return (2000 - age - 100, 2000 - age + 100) if 100 <= age <= 12_000 else None
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
    if text in _WORDS:
        return _WORDS[text]
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
    return bool(era) and re.match(_BC, era.strip()) is not None and not re.match(rf"(?:{_AD})$", era.strip())  # type: ignore[union-attr]  # era is a text here
