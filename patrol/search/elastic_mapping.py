"""How documents lie on an Elasticsearch: index names, the strict mapping, and a document as the fields of it.

A document is one Elasticsearch document, so it changes as a whole. Its top-level fields are what everyone may know; each
agency that sees more (or sees it at all, where it is restricted) has a nested entry under `own`. `text.*` holds the token
streams of text.py, split at spaces; `low.*` holds whole values in small letters, to find them case aside, as Python and not
Lucene makes them, so that every engine finds the same.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import orjson

from patrol.search.documents import ClusterDocument, Document, ListingDocument, Shelf, Tombstone, shelf_of
from patrol.search.fields import DATES
from patrol.search.payload import packed
from patrol.search.rows import LAYOUTS, NULL, TEXT_COLUMNS, TEXTS, Layout, Row, originals, rows_of, streams

FORMAT = 1  # raised when mapping, fields or the token stream change; the remedy is a rebuild
EXACT = ("cluster", "id", "lot", "url", "key")
FLAGS = frozenset(["changed", "picture_match", "over"])
DESK = ("desk", "lead", "changed")  # what an agency may see differently of a listing
_LONGEST = 1_000  # characters of a whole value; a longer one is kept by its hash
_LONGEST_TOKEN = 240  # letters: Lucene's whitespace tokenizer cuts at 255
_LONG_TOKEN = re.compile(rf"\S{{{_LONGEST_TOKEN + 1},}}")
_BEGINNING = 200  # letters of a long token that can be looked up as a beginning
_NO_NUMBER = frozenset(["has_text"])
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Names:
    """The names on the server, all of one prefix: an alias a shelf, an index for each generation of it, and a small one for
    the lock of rebuilds."""

    prefix: str

    def alias(self, shelf: Shelf) -> str:
        return f"{self.prefix}-{shelf}"

    def index(self, shelf: Shelf, generation: int) -> str:
        return f"{self.prefix}-{shelf}-{generation:06d}"

    def building(self, shelf: Shelf, generation: int) -> str:
        """The alias by which a rebuild writes: without an index behind it nothing can be written, nor made by mistake."""
        return f"{self.index(shelf, generation)}-building"

    def every(self, shelf: Shelf) -> str:
        return f"{self.prefix}-{shelf}-*"

    @property
    def lock(self) -> str:
        return f"{self.prefix}-lock"


def generation_of(index: str) -> int:
    """The number at the end of an index's name; 0 where there is none."""
    number = index.rpartition("-")[2]
    return int(number) if number.isdecimal() else 0


# ---------------------------------------------------------------------------------------------------------------------
# the mapping

_KEYWORD: Json = {"type": "keyword"}
_LOW: Json = {"type": "keyword", "doc_values": False}
_TEXT: Json = {"type": "text", "analyzer": "whitespace", "norms": False}
_ANYWHERE: Json = {"type": "text", "analyzer": "whitespace", "norms": False, "index_options": "docs"}  # each token once
_LONG: Json = {"type": "long"}
_DATE: Json = {"type": "date", "format": "epoch_millis"}
_FLAG: Json = {"type": "boolean"}
_AMOUNT: Json = {"properties": {"minor": _LONG, "currency": _KEYWORD, "kind": _KEYWORD}}
_STORED: Json = {"type": "keyword", "index": False, "doc_values": False}  # comes back as it went in, can't be asked for


def mapping(shelf: Shelf) -> Json:
    """Explicit and strict: a field that isn't named here is refused."""
    layout = LAYOUTS[shelf]
    names = DESK if shelf is Shelf.LISTINGS else _all(layout)
    own: Json = {"type": "nested", "dynamic": "strict", "properties": {"agency": _KEYWORD} | _fields(layout, names)}
    properties: Json = {
        "key": _KEYWORD,
        "revision": _LONG,
        "gone": _FLAG,
        "written": _DATE,
        "everyone": _FLAG,
        "own_for": _KEYWORD,
        "own": own,
        "payload": _STORED,
    }
    properties |= _fields(layout, _all(layout))
    if shelf is Shelf.LISTINGS:
        properties |= dict.fromkeys(("cluster", "id", "lot", "url"), _KEYWORD)
        properties |= dict.fromkeys(("price", "estimate_low", "estimate_high"), _AMOUNT)
        properties |= {"has": _LOW, "text": {"properties": dict.fromkeys(TEXT_COLUMNS, _TEXT) | {"all": _ANYWHERE}}}
        properties["low"]["properties"] |= dict.fromkeys(EXACT, _LOW)
    return {"dynamic": "strict", "_meta": {"format": FORMAT}, "properties": properties}


@cache
def _all(layout: Layout) -> frozenset[str]:
    return frozenset((*layout.numbers, *layout.words, *layout.sets)) - _NO_NUMBER


def _fields(layout: Layout, names: Collection[str]) -> Json:
    low = {name: _LOW for name in sorted(names) if name in layout.words or name in layout.sets}
    return {name: _field(layout, name) for name in sorted(names)} | {"low": {"properties": low}}


def _field(layout: Layout, name: str) -> Json:
    if name not in layout.numbers:
        return _KEYWORD
    return _DATE if name in DATES else _FLAG if name in FLAGS else _LONG


# ---------------------------------------------------------------------------------------------------------------------
# a document as fields


@dataclass(frozen=True, slots=True)
class Action:
    """One document on its way: what a bulk request says of it."""

    shelf: Shelf
    key: str
    revision: int
    body: bytes


def action_of(document: Document, now: datetime | None = None) -> Action:
    """`now` is when it is written (None: the clock's)."""
    written = int((now or datetime.now(UTC)).timestamp() * 1000)
    source: Json = {"key": document.key, "revision": document.revision, "written": written, "gone": False}
    if isinstance(document, Tombstone):
        source["gone"] = True
    else:
        source |= _source(document) | {"payload": packed(document).decode()}
    return Action(shelf_of(document), document.key, document.revision, orjson.dumps(source))


def _source(document: ListingDocument | ClusterDocument) -> Json:
    layout = LAYOUTS[shelf_of(document)]
    rows = rows_of(document)
    common = next((row for row in rows if not row.audience), None)
    own = [row for row in rows if row.audience]
    source: Json = {"everyone": common is not None, "own_for": sorted({row.audience for row in own})}
    if isinstance(document, ListingDocument):
        source |= _values(layout, rows[0], _all(layout) if common is not None else _all(layout) - frozenset(DESK))
        source["own"] = [{"agency": row.audience} | _values(layout, row, DESK) for row in own]
        source["low"] |= _exact(document)
        return source | _texts(document) | _money(document)
    if common is not None:
        source |= _values(layout, common, _all(layout))
    source["own"] = [{"agency": row.audience} | _values(layout, row, _all(layout)) for row in own]
    return source


def _values(layout: Layout, row: Row, names: Collection[str]) -> Json:
    found: Json = {name: row.numbers[name] for name in layout.numbers if name in names and row.numbers[name] != NULL}
    for name in FLAGS & found.keys():
        found[name] = bool(found[name])
    low: Json = {}
    for name in layout.words:
        word = row.words[name]
        if word and name in names:
            found[name], low[name] = exact(word), exact(word.lower())
    for name in layout.sets:
        if row.sets[name] and name in names:
            words = [word for word in row.sets[name] if word]
            found[name], low[name] = list(map(exact, words)), [exact(word.lower()) for word in words]
    found["low"] = low
    return found


def _exact(document: ListingDocument) -> Json:
    values = {
        "cluster": document.cluster and document.cluster.lower(),
        "id": document.listing_id and document.listing_id.lower(),
        "lot": document.lot_number and document.lot_number.lower(),
        "url": document.url,
        "key": document.key.lower(),
    }
    return {name: exact(value) for name, value in values.items() if value}


def _texts(document: ListingDocument) -> Json:
    texts = originals(document)
    written = {"cluster": document.cluster, "id": document.listing_id, "lot": document.lot_number, "url": document.url}
    found = {name: tokens(text) for name, text in zip(TEXT_COLUMNS, streams(document), strict=True) if text}
    return {
        "has": [name for name in TEXTS if texts[name]],
        "text": found | {"all": " ".join(dict.fromkeys(" ".join(found.values()).split(" ")))},
        **{name: exact(value) for name, value in written.items() if value},
    }


def _money(document: ListingDocument) -> Json:
    amounts = {"price": document.price, "estimate_low": document.estimate_low, "estimate_high": document.estimate_high}
    return {
        name: {"minor": amount.minor, "currency": amount.currency, "kind": amount.kind}
        for name, amount in amounts.items()
        if amount is not None
    }


def tokens(stream: str) -> str:
    """A token stream as it is indexed and looked up: a very long token by its beginning and its hash."""
    if max(map(len, stream.split(" "))) <= _LONGEST_TOKEN:
        return stream
    return _LONG_TOKEN.sub(lambda found: f"{found[0][:_BEGINNING]}#{_hash(found[0])}", stream)


def beginning(token: str) -> str:
    """A token to begin with, as far as `tokens` keeps it."""
    return token[:_BEGINNING]


def _hash(value: str) -> str:
    return hashlib.blake2b(value.encode(errors="replace"), digest_size=16).hexdigest()


def exact(value: str) -> str:
    """A whole value as it is compared: a very long one by its hash, since Lucene keeps no term beyond 32,766 bytes."""
    if len(value) > _LONGEST:
        return "#" + _hash(value)
    if value.isascii():
        return value
    return value.encode(errors="replace").decode()
