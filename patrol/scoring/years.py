"""Years of ownership as provenance texts word them: "before 1970", "in the 1960s", "seit 1965", "anni '60", "by descent".

`claims` hands in one statement, folded, and gets the spans of years it names, inclusive, None where open. Life dates in
brackets, lot numbers and measures are not years. When a thing was made is read elsewhere (`dates`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, MatchKind

from patrol.scoring.dates import dates
from patrol.scoring.windows import Taken, Windows


class Years(NamedTuple):
    """Inclusive years, None where open; offsets in the folded text."""

    start: int
    end: int
    from_year: int | None
    to_year: int | None

    @property
    def graded(self) -> int:
        """The year that counts: the latest of a range, the beginning of an open one."""
        return self.to_year if self.to_year is not None else self.from_year or 0


_Y = r"(?:1[789]\d\d|20[0-3]\d)"
_LIFE = re.compile(rf"[\[(](?:b\. |born |geb\. |nee? en )?(?P<a>{_Y}) ?- ?(?P<b>{_Y})[\])]")
_BORN = re.compile(rf"[\[(](?:b\.|born|geb\.|nee?|ne en|nato|nata|nacido|nacida|\*) ?(?:in |en |nel )?{_Y}[\])]")
_BEFORE = (
    r"before|prior to|pre|earlier than|antes de|anterior a|con anterioridad a"
    r"|avant|anterieure? a|vor|prima del|anteriore al|ante|voor|de voor"
)
_UNTIL = r"until|till|up to|by|no later than|bis|jusqu'?(?: ?en| ?a)?|hasta|fino al?|entro il|tot"
_SINCE = r"since|at least since|from|depuis|des|seit|ab|desde|dal(?: ?l')?|fin dal|sinds|vanaf"
_AFTER = r"after|post|nach|apres|despues de|dopo il|na"
_FILL = (
    r"(?:about |around |circa |ca?\. ?|at least |the end of |the |den |dem |der "
    r"|les |le |los |el |il |gli |l'|de |annees? |anos? |anni |jahre?n? |jaren "
    r"|year |war )*"
)
_PART = (
    r"(?:(?P<part>early|mid|late|beginning of|end of|first half of|second half of"
    r"|fruhe[nr]?|anfang|mitte|spate[nr]?|ende|debut|milieu|fin|principios de"
    r"|mediados de|finales de|inizio|primi|meta|fine|begin|midden|eind)[ -](?:the "
    r"|der |des |de |los |degli |gli |anni |annees |anos |jaren |jahre )*)?"
)
_TENS = {
    "twenties": 20, "thirties": 30, "forties": 40, "fifties": 50, "sixties": 60, "seventies": 70, "eighties": 80, "nineties": 90,
    "zwanziger": 20, "dreissiger": 30, "vierziger": 40, "funfziger": 50,
    "sechziger": 60, "siebziger": 70, "achtziger": 80, "neunziger": 90,
    "twintig": 20, "dertig": 30, "veertig": 40, "vijftig": 50, "zestig": 60, "zeventig": 70, "tachtig": 80, "negentig": 90,
    "sessanta": 60, "settanta": 70, "ottanta": 80, "novanta": 90,
    "cinquanta": 50, "sesenta": 60, "setenta": 70, "ochenta": 80, "noventa": 90,
    "soixante": 60, "soixante-dix": 70, "quatre-vingts?": 80, "quatre-vingt-dix": 90, "cinquante": 50, "cincuenta": 50,
}  # fmt: skip
_TEN_WORDS = "|".join(sorted(_TENS, key=len, reverse=True))
_DECADE = (
    rf"(?:{_PART}(?:(?P<c>1[789]|20)?(?P<d>\d)0 ?(?:'?s\b|er\b(?:[- ]?jahren?)?)"
    rf"|(?:annees|anos|anni|jaren) (?:'|)(?P<c2>1[789]|20)?(?P<d2>\d)0\b"
    rf"|(?:annees |anos |anni |jaren )?(?P<w>{_TEN_WORDS})\b(?:[- ]?jahren?)?))"
)
_NOT_A_YEAR = re.compile(
    r"(?:\blots?|\blos|\blott[oi]|\blote|\bkavel|\bno\.?|\bnr\.?|\bn\.?|\bnum\.?|#|\binv\.?|[$€£]|\busd|\beur|\bp\.|\bpp\.) ?$"
)
_A_MEASURE = re.compile(r" ?(?:x|mm|cm|kg|g|gr|grams?|eur|usd|\$|€|£|,\d{2}\b|years? old|bc|bce|b\.c|v\.? ?chr|av\.? ?j|a\.c)")

_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "range",
        re.compile(
            rf"\b(?:between |zwischen |entre |tra |fra |tussen )?(?P<a>{_Y})(?:s|er)? ?"
            rf"(?:-|/|to|bis|and|und|et|e|y|en|a|al|tot) ?(?P<b>{_Y}|\d\d)(?P<s>'?s|er)?\b"
            rf"(?! ?cm)"
        ),
    ),
    ("before", re.compile(rf"\b(?:{_BEFORE})[ -]{{0,2}}{_FILL}(?P<y>{_Y})(?!\d)(?P<s>'?s\b|er\b)?")),
    ("until", re.compile(rf"\b(?:{_UNTIL}) {_FILL}(?:[a-z]+\.? )?(?:\d{{1,2}},? )?(?P<y>{_Y})(?!\d)(?P<s>'?s\b|er\b)?")),
    ("before_decade", re.compile(rf"\b(?:{_BEFORE})[ -]{{0,2}}{_FILL}{_DECADE}")),
    ("decade", re.compile(rf"(?<![\d.,])'?{_DECADE}")),
    ("since", re.compile(rf"\b(?:{_SINCE}) {_FILL}(?P<y>{_Y})(?!\d)")),
    ("after", re.compile(rf"\b(?:{_AFTER})[ -]{_FILL}(?P<y>{_Y})(?!\d)")),
    ("year", re.compile(rf"(?<![\d.,/-])(?:\d{{1,2}}[./-]\d{{1,2}}[./-])?(?P<y>{_Y})(?![\d.,]*\d)")),
    (
        "war",
        re.compile(
            r"\bpre-?war\b|before the (?:second )?(?:world )?war|before (?:wwii|world war)"
            r"|vor dem (?:zweiten )?(?:welt)?krieg|vorkriegs\w*"
            r"|avant[ -](?:la )?guerre|anteguerra|antes de la guerra|vooroorlogs\w*|voor de oorlog"
        ),
    ),
    ("tour", re.compile(r"\bgrand tour\b")),
)


_TEN_SEEDS = [word.rstrip("?").removesuffix("s") if word.endswith("?") else word for word in _TENS]
_windows = Windows(
    [
        *("war", "krieg", "guerr", "oorlog", "grand tour"),
        *("cent", "siecle", "jahrh", "jh", "secol", "sec.", "siglo", "eeuw", "век"),
        *_TEN_SEEDS,
    ],
    digits=2,
    before=48,
    after=48,
)
_YEAR_HINT = re.compile(_Y)
_DECADE_HINT = re.compile(r"\d0 ?(?:'?s|er)|(?:annees|anos|anni|jaren) '?\d*0")
_TEN_WORDS_HINT = AhoCorasick(_TEN_SEEDS, matchkind=MatchKind.Standard, store_patterns=False)
_CENTURY_HINT = re.compile(r"cent|siecle|jahrh|jh|secol|sec\.|siglo|eeuw|век|в\.")


def years(text: str) -> list[Years]:
    """All years of ownership in a folded statement, in order of place."""
    windows = _windows(text)
    if not windows:
        return []
    taken = Taken()
    for life in _LIFE.finditer(text):
        if int(life["b"]) - int(life["a"]) >= 25:
            taken.take(*life.span())
    for born in _BORN.finditer(text):  # a death ends an ownership and dates it, a birth does not
        taken.take(*born.span())
    found: list[Years] = []
    for kind, pattern in _hinted(text):
        for match in (match for window in windows for match in pattern.finditer(text, *window)):
            start, end = match.span()
            if not taken.free(start, end) or _is_other(kind, text, start, end):
                continue
            span = _read(kind, match)
            if span is not None:
                taken.take(start, end)
                found.append(Years(start, end, *span))
    found += _centuries(text, taken)
    return sorted(found)


def _hinted(text: str) -> Iterator[tuple[str, re.Pattern[str]]]:
    """The patterns that may match: most are of four digits, those of decades the dearest by far."""
    numbered = _YEAR_HINT.search(text) is not None
    decades = _DECADE_HINT.search(text) is not None or bool(_TEN_WORDS_HINT.find_matches_as_indexes(text))
    for kind, pattern in _PATTERNS:
        if kind in ("war", "tour") or (decades if kind in ("decade", "before_decade") else numbered):
            yield kind, pattern


def _is_other(kind: str, text: str, start: int, end: int) -> bool:
    if kind not in ("year", "range"):
        return False
    return _NOT_A_YEAR.search(text[max(0, start - 8) : start]) is not None or _A_MEASURE.match(text, end) is not None


def _read(kind: str, match: re.Match[str]) -> tuple[int | None, int | None] | None:
    groups = match.groupdict()
    if kind == "war":
        return None, 1939
    if kind == "tour":
        return None, 1900
    if kind in ("decade", "before_decade"):
        first, last = _decade(groups)
        return (None, first - 1) if kind == "before_decade" else (first, last)
    if kind == "range":
        first, last = int(groups["a"]), int(groups["b"])
        last = last + first - first % 100 if last < 100 else last
        last += 9 if groups["s"] else 0
        return (first, last) if first <= last else None
    return _one_year(kind, int(groups["y"]), bool(groups.get("s")))


def _one_year(kind: str, year: int, decade: bool) -> tuple[int | None, int | None]:
    if kind == "before":
        return None, year - 1
    if kind == "until":
        return None, year + (9 if decade else 0)
    if kind == "since":
        return year, None
    if kind == "after":
        return year + 1, None
    return year, year


def _decade(groups: dict[str, str | None]) -> tuple[int, int]:
    if groups["w"]:
        tens = next(value for word, value in _TENS.items() if re.fullmatch(word, groups["w"]))
        first = 1900 + tens
    else:
        first = int(groups["c"] or groups["c2"] or "19") * 100 + int(groups["d"] or groups["d2"] or 0) * 10
    part = groups["part"] or ""
    if part.startswith(("early", "begin", "first", "fruh", "anfang", "debut", "princip", "inizio", "primi")):
        return first, first + 4
    if part.startswith(("late", "end", "second", "spat", "fin", "eind")):
        return first + 5, first + 9
    return (first + 3, first + 6) if part else (first, first + 9)


def _centuries(text: str, taken: Taken) -> Iterator[Years]:
    for date in dates(text) if _CENTURY_HINT.search(text) else ():
        if 1700 <= date.from_year <= 2000 and date.to_year - date.from_year >= 99 and taken.free(date.start, date.end):
            part = text[max(0, date.start - 12) : date.start]
            early = re.search(r"early|fruhe|anfang|debut|inizio|first|begin|princip", part) is not None
            yield Years(date.start, date.end, date.from_year, date.from_year + 39 if early else date.to_year)
