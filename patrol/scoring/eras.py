"""How a date of making is written: eras, centuries, millennia, ordinals, in six languages and Russian, as patterns.

`dates` runs them over folded text and turns what they catch into years. Each pattern comes with a cheap hint that must be
found first.
"""

from __future__ import annotations

import re
from typing import Protocol


class _Hint(Protocol):
    """What must be found before a pattern is tried."""

    def search(self, string: str, /) -> object: ...


class _Words:
    """A hint that is one of several plain strings: looked for several times as fast as by a pattern."""

    def __init__(self, *words: str) -> None:
        self._words = words

    def search(self, string: str, /) -> bool:
        return any(map(string.__contains__, self._words))


class _Both:
    """A hint of two parts, the cheaper or rarer one first."""

    def __init__(self, *hints: _Hint) -> None:
        self._hints = hints

    def search(self, string: str, /) -> bool:
        return all(hint.search(string) for hint in self._hints)


BC = (
    r"(?:b\.? ?c\.?(?: ?e\b\.?)?|v\.? ?(?:o\.? ?)?(?:chr|u\.? ?z|christus)\.?"
    r"|av(?:ant)?\.? ?(?:j\.?|jesus)[ -]{0,3}c(?:hr(?:ist)?)?\.?"
    r"|a\. ?c\.|ac(?![a-z])|a\.? ?de ?c\.?|avanti cristo|antes de cristo|до н\.? ?[эе]\.?|紀元前|公元前)"
)
AD = (
    r"(?:a\.? ?d\.?|c\.? ?e\.?(?![a-z])|n\.? ?(?:chr|christus)\.?|ap(?:r(?:es)?)?\.? ?"
    r"(?:j\.?|jesus)[ -]{0,3}c(?:hr(?:ist)?)?\.?|d\. ?c\.|d\.? ?de ?c\.?"
    r"|dopo cristo|н\.? ?[эе]\.?)"
)
_ERA = rf"(?: ?(?P<era>{BC}|{AD})(?![a-z]))"
_ERA1 = rf"(?: ?(?P<era1>{BC}|{AD})(?![a-z]))"
ORDINALS = {
    name: number
    for number, names in enumerate(
        (
            "first erstes ersten premier primero primo eerste", "second zweites zweiten deuxieme segundo secondo tweede",
            "third drittes dritten troisieme tercero terzo derde", "fourth viertes vierten quatrieme cuarto quarto vierde",
            "fifth funftes funften cinquieme quinto vijfde", "sixth sechstes sechsten sixieme sexto sesto zesde",
            "seventh siebtes siebten septieme septimo settimo zevende", "eighth achtes achten huitieme octavo ottavo achtste",
            "ninth neuntes neunten neuvieme noveno nono negende", "tenth zehntes zehnten dixieme decimo tiende",
            "eleventh elftes elften onzieme undecimo elfde", "twelfth zwolftes zwolften douzieme duodecimo twaalfde",
            "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth",
            "twenty-first",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_ORD = rf"(?:\d{{1,2}} ?(?:st|nd|rd|th|eme|er|e|de|o|a|\.)?|x?x?(?:ix|iv|v?i{{0,3}})(?:eme|er|e|me|o)?|{'|'.join(ORDINALS)})"
_JOIN = r" ?(?:-|/|to|bis|a|au|al|tot|or|oder|ou|o|of|and|und|et|e|y|en|bis zum|through) ?(?:the )?(?:early |late |mid )?"
_CENTURY = (
    r"(?:centur(?:y|ies)|cent\.?|jahrhunderts?|jhdt?s?\.?|jh\.?|siecles?|s\."
    r"(?= |$)|eeuws?|ste eeuw|в?в\.|век(?:а|ов)?|secol[oi]|sec\.|siglos?)"
)
_MILLENNIUM = r"(?:millenni(?:um|a|o|i)|millenaires?|milenios?|mill\.?(?![a-z])|jahrtausends?|jtd?\.?|тыс(?:ячелети\w*|\.))"
_NUMBER = r"\d{1,5}(?:[.,]\d{3})?"
_CIRCA = (
    r"(?:circa|ca?\.?|cca\.?|approx\.?|about|around|um|gegen|vers|env(?:iron)?\.?"
    r"|hacia|alrededor de|verso|rond|omstreeks|date[ds]?:?|datiert)"
)

_MONTH = (
    r"(?:jan|feb|fev|mar|mae|apr|avr|abr|mai|may|mag|jun|jui|giu|jul|lug|aug|aou|ago|sep|set|okt|oct|ott|nov|dec|dez|dic)[a-z]*"
)
_LONG_NUMBER = re.compile(r"\d{3}")
_ERA_HINT = re.compile(r"b\.? ?c|chr|j\.? ?-? ?c|a\. ?c|\d ?ac\b|d\. ?c|c\.? ?e|a\.? ?d|cristo|z\.|э|元前|n\.? ?e")
_PATTERNS: tuple[tuple[str, _Hint | None, re.Pattern[str]], ...] = (
    ("decade", re.compile(r"\d0 ?(?:'?s|er)\b"), re.compile(r"(?<![\d.,])(?P<a>1[89]\d0|20[0-2]0) ?(?:'?s|er)\b(?! ?[-/])")),
    (
        "tens",
        _Words("annees", "anni", "anos ", "jaren", "er ja"),
        re.compile(r"\b(?:annees|anni|anos|jaren) (?:'|19)?(?P<a>[2-9]0)\b|(?<![\d.])(?:19)?(?P<b>[2-9]0)er ?jahren?\b"),
    ),
    (
        "millennium",
        _Both(_Words("mill", "milen", "jahrt", "jt", "тыс"), re.compile(_MILLENNIUM)),
        re.compile(rf"\b(?P<a>{_ORD})(?:{_JOIN}(?P<b>{_ORD}))?[ -]?(?:{_MILLENNIUM}){_ERA}?"),
    ),
    (
        "century",
        _Both(  # "recent" and "center" hold the one, not the other
            _Words("cent", "jahrh", "jh", "siecle", "s.", "eeuw", "в.", "век", "sec", "siglo"),
            re.compile(rf"{_CENTURY}(?![a-z])"),
        ),
        re.compile(
            rf"\b(?P<a>{_ORD}){_ERA1}?(?:{_JOIN}(?P<b>{_ORD}))?[ -]{{0,2}}(?:{_CENTURY})"
            rf"(?![a-z]){_ERA}?"
        ),
    ),
    (
        "century",
        re.compile(r"\d(?:st|nd|rd|th)"),
        re.compile(
            rf"\b(?P<a>\d{{1,2}}(?:st|nd|rd|th)){_ERA1}?(?:{_JOIN}(?P<b>\d{{1,2}}(?:st"
            rf"|nd|rd|th)))? ?c(?:en)?\.?(?![a-z]){_ERA}?"
        ),
    ),
    (
        "century",
        re.compile(r"\d(?:st|nd|rd|th) ?(?:[ab]\.? ?[cd]|c\.? ?e)"),  # "2nd BC", "4th-3rd BC", as titles save the word
        re.compile(
            rf"\b(?P<a>\d{{1,2}})(?:st|nd|rd|th)?{_ERA1}?(?: ?(?:-|/|to|or) ?(?P<b>\d{{1,2}}))?"
            rf"(?:st|nd|rd|th) ?(?P<era>{BC}|{AD})(?![a-z])"
        ),
    ),
    (
        "century",
        _Words("siglo", "sec", "s."),
        re.compile(
            rf"\b(?:siglos?|secol[oi]|sec\.|s\.) ?(?P<a>{_ORD})(?![a-z]){_ERA1}?(?: ?"
            rf"(?:-|/|al?|e|y|o) ?(?P<b>{_ORD})(?![a-z]))?{_ERA}?"
        ),
    ),
    (
        "years",
        _Both(re.compile(rf"\d{_ERA}"), _ERA_HINT),
        re.compile(
            rf"\b(?:a\.?d\.? ?)?(?P<a>{_NUMBER}){_ERA1}?(?: ?(?:-|/|to|bis|and|und|et"
            rf"|a|al|tot|till|until) ?(?:a\.?d\.? ?)?(?P<b>{_NUMBER}))?{_ERA}"
        ),
    ),
    (
        "years",
        _Words("ad", "a d", "a.d", "a. d"),
        re.compile(
            rf"\ba\.?d\.? ?(?P<a>{_NUMBER})(?: ?(?:-|/|to) ?(?P<b>{_NUMBER}))?(?P<era>)"
            rf"(?P<era1>)"
        ),
    ),
    (
        "age",
        _Words("year", "yr", "jahr", "ans", "anni", "anos", "jaar", "jarig", "лет"),
        re.compile(
            r"\b(?P<a>\d{1,2}[., ]?\d{3}|\d{3,4})\+? ?(?:year|yr|jahre?|ans|anni|anos"
            r"|jaar|jarige?|лет)s?[ -]?(?:old|alt|oud)?\b"
        ),
    ),
    (
        "bare",
        None,
        re.compile(
            rf"\b{_CIRCA} ?(?P<a>\d{{3,4}})(?:s\b|er\b)?(?: ?(?:-|/|to|bis) ?(?P<b>\d{{2,4}}))?"
            rf"(?![\d.,%]| ?(?:mm|cm|kg|g|gr|grams?|usd|eur)\b)"
        ),
    ),
    (
        "bare",
        None,
        re.compile(
            rf"^[ \t]*(?:{_MONTH}\.? ?\d{{0,2}},? )?(?P<a>1\d{{3}}|20[0-3]\d)(?:s)?(?: ?"
            r"(?:-|/|to) ?(?P<b>\d{2,4}))?[ \t.]*$",
            re.MULTILINE,
        ),
    ),
    (
        "bare",
        None,
        re.compile(
            r"(?:^|(?<=, )|(?<=\())(?P<a>\d{3,4}) ?- ?(?P<b>1?\d{3})(?=[ \t]*(?:$|\)"
            r"|,|;))",
            re.MULTILINE,
        ),
    ),
    (
        "century",  # "XIIe", as French titles save the word
        re.compile(r"[xvi](?<!\w.)[xvi]*e\b"),  # the first letter stands first, so that a text is searched for it alone
        re.compile(r"\b(?=x|v|ii)(?!vi?e\b)(?P<a>x?x?(?:ix|iv|v?i{0,3}))e(?=[ \t]*(?:$|[,;)]))(?P<era>)(?P<era1>)", re.MULTILINE),
    ),
    ("bare", None, re.compile(r"(?<=[a-z] )(?P<a>\d{3,4}) ?- ?(?P<b>1[0-6]\d\d)(?=[ \t]*$)", re.MULTILINE)),
)
_OF_LONG_NUMBERS = ("decade", "age", "bare")
_OTHERS = tuple(row for row in _PATTERNS if row[0] not in _OF_LONG_NUMBERS)


def hinted(piece: str) -> list[tuple[str, re.Pattern[str]]]:
    """The patterns that may match in a stretch of text, in order: hints are cheap, patterns are not."""
    rows = _PATTERNS if _LONG_NUMBER.search(piece) else _OTHERS
    return [(kind, pattern) for kind, hint, pattern in rows if hint is None or hint.search(piece)]
