"""The tree of a query carried out on columns and full text: which rows hold it, and how well, for the embedded engine.

`embedded.py` hands over the tree and a reader within its snapshot, and gets masks over the shelf's rows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from patrol.search.columns import Columns, Mask
from patrol.search.reader import Reader
from patrol.search.rows import NULL, TEXTS, hashed, is_sign, sign
from patrol.search.syntax import All, AnyOf, Node, Not, Present, Range, Term, Words, sought

_RANKED = 8  # words of a query that count for relevance


def select(tree: Node, reader: Reader, columns: Columns) -> Mask:
    """The rows that hold the tree, whoever may see them (dead rows may be among them)."""
    if isinstance(tree, All):
        return _all(tree.parts, reader, columns)
    if isinstance(tree, AnyOf):
        found = np.zeros(len(columns), np.bool_)
        for part in tree.parts:
            found |= select(part, reader, columns)
        return found
    if isinstance(tree, Not):
        return ~select(tree.part, reader, columns)
    if isinstance(tree, Words):
        return columns.of_docs(reader.text_docs(expression(tree)))
    if isinstance(tree, Range):
        return _range(tree, columns)
    return _present(tree.field, columns) if isinstance(tree, Present) else _term(tree, reader, columns)


def _all(parts: Sequence[Node], reader: Reader, columns: Columns) -> Mask:
    """Words that must all be found are left to FTS5 in one go: it skips where the rarest is not."""
    texts = [part for part in parts if isinstance(part, Words)]
    found = np.ones(len(columns), np.bool_)
    if texts:
        found &= columns.of_docs(reader.text_docs(" AND ".join(f"({expression(part)})" for part in texts)))
    for part in parts:
        if not isinstance(part, Words):
            found &= select(part, reader, columns)
    return found


def expression(words: Words) -> str:
    """FTS5's way to say it. A single sign of a paired script is looked up among the signs, too."""
    quoted = f'"{" ".join(words.tokens)}"' + (" *" if words.prefix else "")
    lone = len(words.tokens) == 1 and len(words.tokens[0]) == 1 and is_sign(words.tokens[0])
    if words.field is not None:
        named = f"{words.field} : {quoted}"
        return f'{named} OR signs : "{sign(words.tokens[0], TEXTS.index(words.field))}"' if lone else named
    return quoted if len(words.tokens) == 1 else f"- signs : {quoted}"


def _range(tree: Range, columns: Columns) -> Mask:
    values = columns.value(tree.field)
    found: Mask = values != NULL
    if tree.low is not None:
        found &= values >= tree.low
    if tree.high is not None:
        found &= values < tree.high
    return found


def _term(tree: Term, reader: Reader, columns: Columns) -> Mask:
    layout = columns.layout
    if tree.field in layout.hashes:
        return np.asarray(columns.value(tree.field) == hashed(tree.value))
    if tree.field in layout.numbers:
        return np.asarray(columns.value(tree.field) == 1)
    codes = reader.codes(tree.value, prefix=tree.prefix)
    if tree.field in layout.words:
        return _among(columns.value(tree.field), codes)
    rows, words = columns.pairs(tree.field)
    found = np.zeros(len(columns), np.bool_)
    found[rows[_among(words, codes)]] = True
    return found


def _among(values: NDArray[np.int32], codes: Sequence[int]) -> Mask:
    if len(codes) == 1:
        return np.asarray(values == codes[0])
    return np.isin(values, codes)


def _present(field: str, columns: Columns) -> Mask:
    layout = columns.layout
    if field in TEXTS:
        return np.asarray(columns.value("has_text") & (1 << TEXTS.index(field)) != 0)
    if field in layout.sets:
        found = np.zeros(len(columns), np.bool_)
        found[columns.pairs(field)[0]] = True
        return found
    if field in layout.numbers:
        values = columns.value(field)
        return np.asarray(values == 1 if field in ("changed", "picture_match") else values != NULL)
    return np.asarray(columns.value(field) != 0)


def relevance(tree: Node, reader: Reader, columns: Columns) -> NDArray[np.int64]:
    """How much of what was sought a row holds: three for each word in its title, and one anywhere where words are optional.

    It depends on the row alone, not on what else the index holds, so that pages stay stable while others write.
    """
    rank = np.zeros(len(columns), np.int64)
    leaves = list(dict.fromkeys(sought(tree)))[:_RANKED]
    optional = isinstance(tree, AnyOf) or (isinstance(tree, All) and any(isinstance(part, AnyOf) for part in tree.parts))
    for leaf in leaves:
        if leaf.field in (None, "title"):
            rank += 3 * columns.of_docs(reader.text_docs(expression(Words(leaf.tokens, leaf.prefix, "title"))))
        if optional:
            rank += columns.of_docs(reader.text_docs(expression(leaf)))
    return rank
