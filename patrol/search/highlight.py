"""Where in a document's own texts the sought words stand, worked out when a page is shown.

Every engine hands its hits here with the query's tree: the marks come from text.py's tokens and their offsets, so they are
the same for all engines and always fall on the original characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from patrol.search.documents import ListingDocument
from patrol.search.rows import is_sign
from patrol.search.syntax import Node, Words, sought
from patrol.text import Token, fold, fold_mapped, tokenise

Spans = tuple[tuple[int, int], ...]


def highlights(tree: Node, document: ListingDocument) -> dict[str, Spans]:
    """By field, the stretches to mark; fields without any are left out. Attributes as `attributes.<name>`, categories as
    `category.<index>`."""
    leaves = list(dict.fromkeys(sought(tree)))
    if not leaves:
        return {}
    found = {}
    for name, text in _texts(document):
        wanted = [leaf for leaf in leaves if leaf.field in (None, name.partition(".")[0])]
        if text and wanted and (spans := marked(text, wanted)):
            found[name] = spans
    return found


def _texts(document: ListingDocument) -> Iterator[tuple[str, str | None]]:
    yield "title", document.title
    yield "description", document.description
    yield "provenance", document.provenance
    yield "location", document.location
    for name, value in document.attributes.items():
        yield f"attributes.{name}", value
    for at, part in enumerate(document.category):
        yield f"category.{at}", part


def marked(text: str, leaves: Sequence[Words]) -> Spans:
    """Stretches of the text where any of the words or phrases stand: in order, overlapping ones joined."""
    folded = fold(text)
    if text.isascii():
        return _joined(match.span() for leaf in leaves for match in _plain(leaf).finditer(folded))
    likely = [leaf for leaf in leaves if all(token in folded for token in leaf.tokens)]
    if not likely:
        return ()
    tokens = tokenise(text)
    words = [token.text for token in tokens]
    return _joined(span for leaf in likely for span in _places(text, tokens, words, leaf))


@lru_cache(maxsize=256)
def _plain(leaf: Words) -> re.Pattern[str]:
    """For text of ASCII alone, where folding moves nothing and a token is a run of letters and digits: much faster."""
    more = "[a-z0-9]*" if leaf.prefix else ""
    return re.compile(rf"(?<![a-z0-9]){'[^a-z0-9]+'.join(map(re.escape, leaf.tokens))}{more}(?![a-z0-9])")


def _places(text: str, tokens: Sequence[Token], words: Sequence[str], leaf: Words) -> Iterator[tuple[int, int]]:
    length = len(leaf.tokens)
    if length == 1 and len(leaf.tokens[0]) == 1 and is_sign(leaf.tokens[0]):
        yield from _signs(text, leaf.tokens[0])
        return
    *firsts, last = leaf.tokens
    for at in range(length - 1, len(words)):
        if (words[at] == last or (leaf.prefix and words[at].startswith(last))) and firsts == words[at - length + 1 : at]:
            yield tokens[at - length + 1].start, tokens[at].end


def _signs(text: str, letter: str) -> Iterator[tuple[int, int]]:
    folded = fold_mapped(text)
    at = folded.text.find(letter)
    while at >= 0:
        yield folded.span(at, at + 1)
        at = folded.text.find(letter, at + 1)


def _joined(spans: Iterable[tuple[int, int]]) -> Spans:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def excerpt(text: str, spans: Spans, width: int = 240) -> tuple[str, Spans]:
    """A stretch of about `width` characters around the first mark, cut at spaces, with the marks that lie in it."""
    if len(text) <= width:
        return text, spans
    first = spans[0][0] if spans else 0
    start = max(0, min(first - width // 3, len(text) - width))
    if start and (space := text.find(" ", start, start + 20)) >= 0:
        start = min(space + 1, first)
    end = min(len(text), start + width)
    if end < len(text) and (space := text.rfind(" ", end - 20, end)) > start:
        end = space
    inside = tuple((max(a, start) - start, min(b, end) - start) for a, b in spans if a < end and b > start)
    return text[start:end], inside
