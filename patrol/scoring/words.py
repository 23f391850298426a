"""The words of one listing: every field folded and cut into words, joined into the one stream that the scoring reads.

`reading` builds it from a Listing; `vocabulary` finds terms in its stream; whoever shows a hit asks it for a Span,
whose offsets are worked out only then. Fields go by path: title, description, provenance, attributes.Material, category.0.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from patrol.records import Listing, Span
from patrol.scoring.lazy import Lazy
from patrol.text import Folded, fold, places, spaced, words

LONG = 20_000  # characters; of longer texts all places are worked out at once
SEAM = "\x1f"  # stands between fields, so that no phrase reaches across


class FieldText:
    """One field: its path, its own text, and which of the listing's words are its."""

    def __init__(self, path: str, text: str, first: int) -> None:
        self.path = path
        self.root = path.partition(".")[0]  # title, description, provenance, attributes, category, condition or location
        self.text = text
        self.first = first  # index of its first word among all words of the listing
        self.folded = Folded(text, fold(text))
        self.words: list[str] = words(self.folded.text)
        self._known: dict[int, tuple[int, int]] = {}
        self._anchors = [0]  # words whose places are known, in order

    def place(self, word: int) -> tuple[int, int]:
        """Start and end of one of its words in the folded text."""
        known = self._known.get(word)
        if known is None:
            known = self._known[word] = self._counted(word) if self._countable else self._places[word]
        return known

    def _counted(self, word: int) -> tuple[int, int]:
        """The place of a word by counting from the nearest one before it that is known."""
        number = bisect_right(self._anchors, word)
        anchor = self._anchors[number - 1]
        at = self._known[anchor][0] if anchor in self._known else 0
        rest = self._spaced[at:].split(None, word - anchor)[-1]
        start = len(self._spaced) - len(rest)
        self._anchors.insert(number, word)
        return start, start + len(self.words[word])

    @Lazy
    def _countable(self) -> bool:
        return len(self.folded.text) <= LONG and self.folded.text.isascii()

    @Lazy
    def _spaced(self) -> str:
        return spaced(self.folded.text)

    @Lazy
    def _places(self) -> list[tuple[int, int]]:
        return places(self.folded.text)

    def span(self, start: int, end: int, via: str, gloss: str | None = None) -> Span:
        """The Span of a stretch of the folded text."""
        a, b = self.folded.span(start, end)
        return Span(field=self.path, start=a, end=b, quote=self.text[a:b], via=via, gloss=gloss)


class Words:
    """All fields of a listing, one after the other."""

    def __init__(self, listing: Listing) -> None:
        self.fields: list[FieldText] = []
        self.words: list[str] = []
        for path, text in _texts(listing):
            field = FieldText(path, text, len(self.words))
            self.fields.append(field)
            self.words += field.words
            self.words.append(SEAM)

    @Lazy
    def stream(self) -> str:
        """The words with single spaces between them and around."""
        return f" {' '.join(self.words)} "

    @Lazy
    def ascii(self) -> bool:
        """Whether no word has a letter of another script."""
        return all(field.folded.text.isascii() for field in self.fields) or self.stream.isascii()

    @Lazy
    def _firsts(self) -> list[int]:
        return [field.first for field in self.fields]

    @Lazy
    def roots(self) -> frozenset[str]:
        """The roots of all fields."""
        return frozenset(field.root for field in self.fields)

    def field(self, word: int) -> FieldText:
        """The field that holds a word."""
        return self.fields[bisect_right(self._firsts, word) - 1]

    def stretch(self, first: int, last: int, inside: tuple[int, int] | None = None) -> tuple[FieldText, int, int]:
        """Field and folded offsets of the words `first` to `last`, or of the characters `inside` a single word."""
        field = self.field(first)
        start, end = field.place(first - field.first)
        if last != first:
            end = field.place(last - field.first)[1]
        if inside is not None:
            start, end = start + inside[0], start + inside[1]
        return field, start, end


def _texts(listing: Listing) -> Iterator[tuple[str, str]]:
    for path, text in (("title", listing.title), ("description", listing.description), ("provenance", listing.provenance)):
        if text:
            yield path, text
    for name, value in listing.attributes.items():
        if value:
            yield f"attributes.{name}", value
    for index, value in enumerate(listing.category):
        if value:
            yield f"category.{index}", value
    for path, text in (("condition", listing.condition), ("location", listing.location)):
        if text:
            yield path, text
