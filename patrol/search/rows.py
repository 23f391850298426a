"""A document as the embedded engine's columns see it: one row per audience, texts as token streams, values as numbers.

`store.py` codes the words of a row as numbers and writes it; `columns.py` holds the rows of all documents in memory. A
listing or cluster that shows the same to all has one row for everyone; an agency that sees more has a row of its own,
which stands instead of the common one. So a restricted value is in no row that another agency reads.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from patrol.search.documents import ClusterDocument, ClusterView, Desk, ListingDocument, Shelf
from patrol.text import stream

NULL = -(2**62)  # stands for "no value" in a number column
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The columns of one shelf: numbers (with dates in ms and flags 0/1), single words, hashes, sets of words."""

    numbers: tuple[str, ...]
    words: tuple[str, ...]
    hashes: tuple[str, ...]
    sets: tuple[str, ...]

    @property
    def record(self) -> np.dtype[np.void]:
        """One row as it is stored: audience, then the columns, then how many words each set holds."""
        return np.dtype(
            [("audience", "<i4")]
            + [(name, "<i8") for name in (*self.numbers, *self.hashes)]
            + [(name, "<i4") for name in self.words]
            + [(f"{name}#", "<i4") for name in self.sets]
        )


_FOUND = ("culture", "type", "material", "rule")
LAYOUTS = {
    Shelf.LISTINGS: Layout(
        numbers=(
            "score", "sum", "pictures", "price_eur", "first_seen", "last_seen", "ends_at", "changed", "picture_match", "over",
            "has_text",
        ),
        words=(
            "marketplace", "band", "status", "desk", "lang", "grade", "support", "authenticity", "currency", "rulebook", "seller",
        ),
        hashes=("cluster", "id", "lot", "url", "key"),
        sets=(*_FOUND, "lead"),
    ),
    Shelf.CLUSTERS: Layout(
        numbers=("score", "sum", "uncertainty", "draw", "price_eur", "first_seen", "ends_at", "changed", "picture_match"),
        words=("band", "status", "seller"),
        hashes=("key",),
        sets=(*_FOUND, "marketplace", "lang", "lead"),
    ),
}  # fmt: skip


@dataclass(slots=True)
class Row:
    """One row before its words are coded; `audience` is an agency, or "" for everyone."""

    audience: str
    numbers: dict[str, int]
    words: dict[str, str | None]
    hashes: dict[str, int]
    sets: dict[str, tuple[str, ...]]


def hashed(value: str | None) -> int:
    """An identifier as a 63-bit number, never 0 (that is "none")."""
    if not value:
        return 0
    return int.from_bytes(hashlib.blake2b(value.encode(), digest_size=8).digest(), "big") >> 1 or 1


def milliseconds(moment: datetime | None) -> int:
    if moment is None:
        return NULL
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def rows_of(document: ListingDocument | ClusterDocument) -> list[Row]:
    """All rows of a document: the one for everyone first, where there is one."""
    if isinstance(document, ClusterDocument):
        common = [] if document.everyone is None else [_cluster(document.key, "", document.everyone)]
        return common + [_cluster(document.key, agency, view) for agency, view in document.agencies.items()]
    if document.visible_to:
        return [_listing(document, agency, document.desk_for.get(agency, document.desk)) for agency in document.visible_to]
    return [_listing(document, "", document.desk)] + [
        _listing(document, agency, desk) for agency, desk in document.desk_for.items()
    ]


def _listing(document: ListingDocument, audience: str, desk: Desk) -> Row:
    return Row(
        audience,
        {
            "score": document.score,
            "sum": document.sum,
            "pictures": document.pictures,
            "price_eur": NULL if document.price_eur is None else document.price_eur,
            "first_seen": milliseconds(document.first_seen),
            "last_seen": milliseconds(document.last_seen),
            "ends_at": milliseconds(document.ends_at),
            "changed": desk.changed,
            "picture_match": document.picture_match,
            "over": document.status not in (None, "live"),
            "has_text": sum(1 << at for at, text in enumerate(originals(document).values()) if text),
        },
        {
            "marketplace": document.marketplace,
            "band": document.band,
            "status": document.status,
            "desk": desk.status,
            "lang": document.language,
            "grade": document.provenance_grade,
            "support": document.provenance_support,
            "authenticity": document.authenticity,
            "currency": document.price.currency if document.price else None,
            "rulebook": document.rulebook,
            "seller": document.seller_key,
        },
        {
            "cluster": hashed(document.cluster and document.cluster.lower()),
            "id": hashed(document.listing_id and document.listing_id.lower()),
            "lot": hashed(document.lot_number and document.lot_number.lower()),
            "url": hashed(document.url),
            "key": hashed(document.key.lower()),
        },
        {
            "culture": document.cultures,
            "type": document.object_types,
            "material": document.materials,
            "rule": document.rules,
            "lead": desk.leads,
        },
    )


def _cluster(key: str, audience: str, view: ClusterView) -> Row:
    return Row(
        audience,
        {
            "score": view.score,
            "sum": view.sum,
            "uncertainty": view.uncertainty,
            "draw": view.draw,
            "price_eur": NULL if view.price_eur is None else view.price_eur,
            "first_seen": milliseconds(view.first_seen),
            "ends_at": milliseconds(view.next_end),
            "changed": view.changed,
            "picture_match": view.picture_match,
        },
        {"band": view.band, "status": view.status, "seller": view.seller_key},
        {"key": hashed(key)},
        {
            "culture": view.cultures,
            "type": view.object_types,
            "material": view.materials,
            "rule": view.rules,
            "marketplace": view.marketplaces,
            "lang": view.languages,
            "lead": view.leads,
        },
    )


# ---------------------------------------------------------------------------------------------------------------------
# texts

TEXTS = ("title", "description", "provenance", "attributes", "category", "location")
TEXT_COLUMNS = (*TEXTS, "ids", "signs")


def originals(document: ListingDocument) -> dict[str, str]:
    """The searchable texts by field, as they were written; attributes and categories as lines."""
    return {
        "title": document.title or "",
        "description": document.description or "",
        "provenance": document.provenance or "",
        "attributes": "\n".join(f"{name}: {value}" for name, value in document.attributes.items()),
        "category": "\n".join(document.category),
        "location": document.location or "",
    }


def streams(document: ListingDocument) -> tuple[str, ...]:
    """The token streams in the order of TEXT_COLUMNS.

    `ids` holds the site's own numbers, so that one pasted into the search box is found. `signs` holds the single signs of
    scripts that come as pairs, each marked with its field's place, so that one sign alone is found wherever it stands.
    """
    texts = [stream(text) for text in originals(document).values()]
    ids = stream(" ".join(filter(None, (document.listing_id, document.lot_number))))
    signs = sorted({token for at, text in enumerate(texts) if not text.isascii() for token in _signs(at, text)})
    return (*texts, ids, " ".join(signs))


def _signs(at: int, text: str) -> Iterator[str]:
    for token in text.split():
        if len(token) <= 2 and is_sign(token[0]):
            for letter in token:
                yield sign(letter, None)
                yield sign(letter, at)


def is_sign(letter: str) -> bool:
    """True of letters at or above the first script that text.py cuts into pairs (Thai)."""
    return letter >= "\u0e00"


def sign(letter: str, at: int | None) -> str:
    """The token of a single sign: of the text field at that place, or of any."""
    return f"{'' if at is None else at}{letter}"


def fingerprint(document: ListingDocument) -> bytes:
    """Equal for documents with equal texts: their streams need not be written again."""
    texts = [*originals(document).values(), document.listing_id or "", document.lot_number or ""]
    return hashlib.blake2b("\x1f".join(texts).encode(errors="surrogatepass"), digest_size=16).digest()
