"""Hides phone numbers, mail addresses, handles and the seller's name in a listing's text until a lead opens.

Pages hand it the text as stored; each hidden character becomes one dot, so that positions in the text stay true and
highlighted quotes still lie where scoring found them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

DOT = "•"

_MAIL = re.compile(
    r"[\w.+-]+(?:\s?@\s?|\s?[(\[{]\s?at\s?[)\]}]\s?|\sat\s(?=[\w-]+\sdot\s))[\w-]+"
    r"(?:(?:\.|\s?[(\[{]\s?dot\s?[)\]}]\s?|\sdot\s)[\w-]{2,})+",
    re.IGNORECASE,
)
_MESSENGER = re.compile(r"(?:https?://)?(?:wa\.me|t\.me|api\.whatsapp\.com|m\.me|line\.me|viber\.me)/\S+", re.IGNORECASE)
_HANDLE = re.compile(r"(?<![\w.])@\w{4,}")
_ABROAD = re.compile(r"(?<!\w)(?:\+|00)[\s(]{0,2}\d[\d\s().\-/]{6,18}\d")
_NATIONAL = re.compile(r"(?<![\w.,])\(?0\d[\d\s().\-/]{6,15}\d(?![\d,])")
_NAMED = re.compile(
    r"(?:tel|telefon|telephone|phone|fon|mobile?|mobil|handy|cell|call|text|sms|whats\s?app|wa|viber|telegram|signal|imo|"
    r"wechat|line|zalo|portable|cellulare|móvil|тел|вацап|واتس\s?اب|واتساپ|تلفن|هاتف|رقم)"
    r"\W{0,6}(\d[\d\s().\-/]{5,18}\d)",
    re.IGNORECASE,
)
_DATE = re.compile(r"\d{1,2}([./\- ])\d{1,2}\1\d{2,4}|\d{4}([./\- ])\d{1,2}\2\d{1,2}")
FEWEST_NATIONAL = 9  # digits; shorter ones are dates, sizes and inventory numbers
FEWEST_ABROAD = 8


def masked(text: str, names: Iterable[str] = ()) -> str:
    """`text` with contacts and the given names dotted out, character for character: the length stays the same."""
    spans = sorted({*_contacts(text), *_named(text, names)})
    if not spans:
        return text
    hidden = list(text)
    for start, end in spans:
        for place in range(start, end):
            if not hidden[place].isspace():
                hidden[place] = DOT
    return "".join(hidden)


def _contacts(text: str) -> Iterator[tuple[int, int]]:
    for pattern in (_MAIL, _MESSENGER, _HANDLE):
        yield from (match.span() for match in pattern.finditer(text))
    for pattern, fewest in ((_ABROAD, FEWEST_ABROAD), (_NATIONAL, FEWEST_NATIONAL)):
        yield from (match.span() for match in pattern.finditer(text) if _is_number(match.group(), fewest))
    yield from (match.span(1) for match in _NAMED.finditer(text) if _is_number(match.group(1), 6))


def _is_number(found: str, fewest: int) -> bool:
    return sum(char.isdigit() for char in found) >= fewest and not _DATE.fullmatch(found.strip())


def _named(text: str, names: Iterable[str]) -> Iterator[tuple[int, int]]:
    for name in names:
        if len(name.strip()) >= 3:
            pattern = rf"(?<!\w){re.escape(name.strip())}(?!\w)"
            yield from (match.span() for match in re.finditer(pattern, text, re.IGNORECASE))


def pseudonym(name: str | None) -> str:
    """`k•••` for a seller called `khan_antiques`; the first character only, and dots of constant number."""
    first = next((char for char in name or "" if char.isalnum()), "")
    return f"{first.lower()}{DOT * 3}"
