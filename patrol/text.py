"""The one way to compare words: folding, transliteration and tokens, with the way back to the original characters.

Extraction, scoring, the ledger's look-ups and both search engines hand their text to this module and compare what it
gives back; nothing else in the system lower-cases or strips accents. Scripts are kept: Arabic stays Arabic, normalised.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from anyascii import anyascii

# Letters that look Latin in ordinary typefaces. Applied only inside a word that also holds a true Latin letter.
_LOOKALIKES = str.maketrans(
    "авекмнорстухіјѕԁԛԝһӏүαβεηικνορτυχγ",
    "abekmhopctyxijsdqwhlyabehikvoptuxy",
)
_LOOKALIKE_LETTERS = frozenset(chr(code) for code in _LOOKALIKES)
# What Unicode does not decompose, although a person reads the plain letters: folded on sight.
_SPECIAL = {
    "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ħ": "h", "ŧ": "t", "ı": "i", "ŋ": "n", "ƒ": "f",
    "ɢ": "g", "ᴀ": "a", "ɴ": "n", "ᴅ": "d", "ʜ": "h", "ʀ": "r", "ᴋ": "k", "ᴍ": "m", "ᴇ": "e", "ʙ": "b", "ᴄ": "c", "ᴛ": "t",
    "ᴏ": "o", "ᴜ": "u", "ʏ": "y", "ʟ": "l", "ɪ": "i", "ꜱ": "s", "ᴘ": "p", "ᴠ": "v", "ᴡ": "w", "ᴢ": "z",
    "ᴊ": "j", "ɑ": "a", "ɡ": "g",
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "ʼ": "'", "ʻ": "'", "ʾ": "'", "ʿ": "'", "`": "'", "´": "'",
    "“": '"', "”": '"', "„": '"', "‟": '"', "«": '"', "»": '"', "″": '"',
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-", "⁄": "/", "×": "x",
    "ى": "ي", "ی": "ي", "ې": "ي", "ے": "ي", "ک": "ك", "ګ": "گ", "ة": "ه", "ۀ": "ه", "ہ": "ه", "ھ": "ه", "ٱ": "ا", "ٹ": "ت",
    "ڈ": "د",
}  # fmt: skip
# What is dropped: Latin, Greek and Cyrillic accents, Hebrew points, Arabic vowel signs; signs without width. Indic and
# Thai vowel signs stay.
_DROPPED = (
    "\u00ad\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0600-\u0605\u0610-\u061a\u061c\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u070f\u180e"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\ufeff\ufff9-\ufffb"
)
_DROP = re.compile(f"[{_DROPPED}]")
_ASCII = bytes(range(128))
_NON_ASCII = re.compile(r"[^\x00-\x7f]+")
_MIXABLE = re.compile("[\u0370-\u03ff\u0400-\u052f]")
_LATIN = re.compile("[a-z]")
_WORD = re.compile(r"[^\W\d_]+")
# One unit of normalisation: a character with the marks that follow it, or a run of jamo, which compose with each other.
_MARK = "\u3099\u309a\uff9e\uff9f"
_JAMO = "\u1100-\u11ff\u3131-\u318e\uffa0-\uffdc\ua960-\ua97c\ud7b0-\ud7fb"
# Signs that belong to a word although Python's \w does not count them: vowel signs, tones, viramas of kept scripts.
_SIGNS = (
    "\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u0981-\u0983\u09bc-\u09d7\u0a01-\u0a51\u0a81-\u0acd\u0b01-\u0b57\u0b82-\u0bcd"
    "\u0c00-\u0c56\u0c81-\u0cd6\u0d00-\u0d4d\u0d81-\u0ddf\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd"
    "\u0f18\u0f19\u0f35-\u0f39\u0f71-\u0f84\u0f90-\u0fbc\u102b-\u103e\u1056-\u1059\u17b4-\u17d3\u17dd\u3099\u309a"
)
_SPACELESS = (
    "\u0e00-\u0e4e\u0e80-\u0ecd\u0f40-\u0fbc\u1000-\u109f\u1780-\u17d3\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
# A word of folded text; a run of a script without spaces stays whole here.
WORD = re.compile(rf"[{_SPACELESS}]+|(?:(?![{_SPACELESS}])[^\W_]|[{_SIGNS}])+")
_ASCII_WORD = re.compile(r"[^\W_]+")
_TO_SPACE = str.maketrans({chr(code): " " for code in range(128) if not chr(code).isalnum()})
_IS_SPACELESS = re.compile(f"[{_SPACELESS}]")


class Token(NamedTuple):
    """A folded word; `start` and `end` are offsets in the original text."""

    text: str
    start: int
    end: int


class Folded:
    """A folded text that knows where each of its characters was in the original; offsets are worked out when asked for."""

    __slots__ = ("__dict__", "original", "text")

    def __init__(self, original: str, text: str) -> None:
        self.original = original
        self.text = text

    @cached_property
    def _places(self) -> tuple[list[int], list[tuple[int, int]]] | None:
        return None if self.original.isascii() or _one_to_one(_odd(self.original)) else _places(self.original)

    def source(self, index: int) -> int:
        """The position in the original of the folded position `index` (0 … len, the end maps to the end)."""
        if self._places is None:
            return index
        return len(self.original) if index >= len(self.text) else self._piece(index)[0]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The smallest stretch of the original that covers the folded stretch `start:end`."""
        if self._places is None:
            return start, end
        if end <= start:
            return self.source(start), self.source(start)
        return self._piece(start)[0], self._piece(end - 1)[1]

    def _piece(self, index: int) -> tuple[int, int]:
        """The stretch of the original that one folded character came from."""
        folded_starts, pieces = self._places or ([0], [(0, -1)])
        number = bisect_right(folded_starts, index) - 1
        start, end = pieces[number]
        if end >= 0:
            return start, end
        here = start + index - folded_starts[number]
        return here, here + 1


def fold(text: str) -> str:
    """Case, accents, width, ligatures and look-alike letters folded away; idempotent; scripts are kept."""
    if not text.isascii():
        text = _plain_letters(text)
    if text.isascii():
        return text.lower().replace("`", "'")
    text = _DROP.sub("", text)  # first, so that nothing stands between letters that compose
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    text = _NON_ASCII.sub(_fold_run, text.lower().replace("`", "'"))
    if _MIXABLE.search(text) and _LATIN.search(text):
        text = _WORD.sub(_unmask, text)
    return text


def fold_mapped(text: str) -> Folded:
    """The same folding, with the way back to the original characters."""
    return Folded(text, fold(text))


def transliterate(text: str) -> str:
    """Folded Latin letters for any script, lower case: what a person would type on a Latin keyboard, roughly."""
    folded = fold(text)
    return folded if folded.isascii() else anyascii(folded).lower()


def words(folded: str) -> list[str]:
    """The words of a text that is folded already; a run of a script without spaces stays whole."""
    return spaced(folded).split() if folded.isascii() else WORD.findall(folded)


def spaced(folded: str) -> str:
    """An ASCII text with a blank for every sign that belongs to no word; as long as before."""
    return folded.translate(_TO_SPACE)


def places(folded: str) -> list[tuple[int, int]]:
    """Start and end of each of `words`."""
    return [match.span() for match in (_ASCII_WORD if folded.isascii() else WORD).finditer(folded)]


def tokenise(text: str) -> list[Token]:
    """The words of a text, folded; scripts written without spaces come as overlapping pairs of characters."""
    folded = fold_mapped(text)
    tokens: list[Token] = []
    for match in WORD.finditer(folded.text):
        start, end = match.span()
        if end - start > 2 and _IS_SPACELESS.match(match[0]):
            pairs = [(at, at + 2) for at in range(start, end - 1)]
        else:
            pairs = [(start, end)]
        tokens.extend(Token(folded.text[a:b], *folded.span(a, b)) for a, b in pairs)
    return tokens


def stream(text: str) -> str:
    """The tokens joined by single spaces: what both search engines index."""
    folded = fold(text)
    if folded.isascii():
        return " ".join(words(folded))
    return " ".join(
        " ".join(word[at : at + 2] for at in range(len(word) - 1)) if len(word) > 2 and _IS_SPACELESS.match(word) else word
        for word in words(folded)
    )


def near_key(title: str) -> str:
    """The distinct tokens in order of the alphabet: equal for titles that differ only in order, case and signs."""
    return " ".join(sorted(set(stream(title).split())))


def spaceless(word: str) -> bool:
    """Whether a folded word starts in a script written without spaces (Chinese, Japanese, Thai, Khmer, Lao, Burmese, Tibetan)."""
    return _IS_SPACELESS.match(word) is not None


class _Characters(dict[int, str]):
    """Folded form by code point, filled as characters are met."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold_character(chr(code))
        return folded


_CHARACTERS = _Characters()


class _Letters(dict[str, str]):
    """The ASCII that a character folds to wherever it stands ("é", "ß", "–"); empty where what stands beside it matters."""

    def __missing__(self, character: str) -> str:
        plain = ""
        if unicodedata.category(character)[0] not in "MC":
            plain = _folded_alone(character)
            plain = plain if plain.isascii() else ""
        self[character] = plain
        return plain


_LETTERS = _Letters()


def _odd(text: str) -> set[str]:
    """The characters of a text that are not ASCII, each once."""
    for codec in ("latin-1", "cp1252"):  # which one reads six languages without typographic signs, and with them
        try:
            return set(text.encode(codec).translate(None, _ASCII).decode(codec))  # ten times as fast
        except UnicodeEncodeError:
            continue
    return set("".join(_NON_ASCII.findall(text)))


def _plain_letters(text: str) -> str:
    """A text with nothing but ASCII and letters that fold to it on their own, folded but for its case; any other as it is."""
    odd = _odd(text)
    if all(map(_LETTERS.__getitem__, odd)):
        for character in odd:
            text = text.replace(character, _LETTERS[character])
    return text


def _folded_alone(text: str) -> str:
    """A character with its marks, or letters that compose, folded without regard to what stands beside."""
    return unicodedata.normalize("NFKC", _DROP.sub("", text)).lower().translate(_CHARACTERS)


def _fold_run(run: re.Match[str]) -> str:
    return run[0].translate(_CHARACTERS)


def _fold_character(character: str) -> str:
    """One character to its folded form, repeated until nothing changes (casefolding may bring new accents)."""
    if unicodedata.category(character) == "Cf":  # tags and other signs without width
        return ""
    seen, current = "", character
    while current != seen:
        seen = current
        current = "".join(_SPECIAL.get(part, part) for part in current.casefold())
        current = _DROP.sub("", unicodedata.normalize("NFKD", current))
        current = unicodedata.normalize("NFKC", "".join(_digit(part) for part in current))
    return current


def _digit(character: str) -> str:
    """The decimal digits of every script as 0-9, so that years read alike."""
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


def _unmask(word: re.Match[str]) -> str:
    """A word that mixes Latin with look-alike letters only is a disguised Latin word."""
    text = word[0]
    others = {letter for letter in text if not "a" <= letter <= "z"}
    if not others or len(others) == len(set(text)) or not others <= _LOOKALIKE_LETTERS:
        return text
    return text.translate(_LOOKALIKES)


# A run of other characters with the one before it, which a mark may belong to; all else is one to one.
_RUN = re.compile(r"[\x00-\x7f]?[^\x00-\x7f]+")
_COMPOSES = re.compile(f"[{_JAMO}{_MARK}]")
_PLAIN: dict[str, bool] = {}
_UNIT = re.compile(rf"[{_JAMO}](?:[{_JAMO}{_DROPPED}]*[{_JAMO}])?|.", re.DOTALL)


def _units(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Stretches of the original that fold on their own: no mark is parted from its letter."""
    held: tuple[int, int] | None = None
    for match in _UNIT.finditer(text, start, end):
        if held and (unicodedata.category(match[0][0])[0] == "M" or match[0][0] in _MARK):
            held = (held[0], match.end())
            continue
        if held:
            yield held
        held = match.span()
    if held:
        yield held


def _one_to_one(run: Iterable[str]) -> bool:
    """Whether each of these characters folds to one, on its own: most accented letters do."""
    for character in run:
        plain = _PLAIN.get(character)
        if plain is None:
            if len(_PLAIN) > 10_000:
                _PLAIN.clear()
            alone = unicodedata.category(character)[0] not in "MC" and not _COMPOSES.match(character)
            plain = _PLAIN[character] = alone and len(_folded_alone(character)) == 1
        if not plain:
            return False
    return True


def _places(original: str) -> tuple[list[int], list[tuple[int, int]]]:
    """Where each piece starts in the folded text, and its start and end in the original; ends of plain pieces are -1."""
    folded_starts: list[int] = []
    pieces: list[tuple[int, int]] = []
    at = done = 0
    for run in _RUN.finditer(original):
        if _one_to_one(run[0]):
            continue
        if run.start() > done:
            folded_starts.append(at)
            pieces.append((done, -1))
            at += run.start() - done
        for start, end in _units(original, *run.span()):
            unit = _folded_alone(original[start:end])
            if unit:
                folded_starts.append(at)
                pieces.append((start, end))
                at += len(unit)
        done = run.end()
    if done < len(original):
        folded_starts.append(at)
        pieces.append((done, -1))
    return folded_starts, pieces
