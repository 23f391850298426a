"""Listings of a search or of a seller as the pages and the API show them: masked, with highlighted words and a snippet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from patrol.reports import words
from patrol.search.index import Hit
from patrol.web.board import price
from patrol.web.desk import Desk
from patrol.web.highlight import Mark, highlighted
from patrol.web.masking import masked
from patrol.web.saying import seller_names

AROUND = 90  # characters of text on either side of the first word found


@dataclass(frozen=True, slots=True, kw_only=True)
class HitView:
    """One line of a result."""

    key: str
    title: Markup
    snippet: Markup | None
    picture: str | None
    pictures: int
    score: int
    band: str
    price: str
    marketplace: str
    ends: str
    desk: str
    leads: tuple[str, ...]
    changed: bool
    status: str
    last_seen: datetime | None
    kinds: str
    language: str | None


def hit_views(desk: Desk, hits: Sequence[Hit], now: datetime) -> list[HitView]:
    """One page of hits, contacts and sellers' names hidden in what is quoted of them."""
    names = seller_names(desk, (hit.document.seller_key for hit in hits))
    return [_view(hit, now, names.get(hit.document.seller_key or "", ())) for hit in hits]


def _view(hit: Hit, now: datetime, names: Sequence[str]) -> HitView:
    document = hit.document
    return HitView(
        key=document.key,
        title=_marked(masked(document.title or "Untitled", names), hit.highlights.get("title", ())),
        snippet=_snippet(hit, names),
        picture=document.picture,
        pictures=document.pictures,
        score=document.score,
        band=str(document.band),
        price=price(document),
        marketplace=words.plain(document.marketplace),
        ends=words.ends(document.ends_at, now),
        desk=str(hit.desk.status),
        leads=hit.desk.leads,
        changed=hit.desk.changed,
        status=str(document.status or ""),
        last_seen=document.last_seen,
        kinds=", ".join(map(words.plain, (*document.cultures, *document.object_types)[:4])),
        language=document.language,
    )


def _marked(text: str, spans: Sequence[tuple[int, int]]) -> Markup:
    return highlighted(text, [Mark(start=start, end=end, kind="found", tip="") for start, end in spans])


def _snippet(hit: Hit, names: Sequence[str]) -> Markup | None:
    """The stretch of text around the first word found outside the title, else how the description begins.

    Contacts are hidden before the text is cut, so that no half of one slips by.
    """
    document = hit.document
    texts = {"description": document.description, "provenance": document.provenance, "location": document.location}
    texts |= {f"attributes.{name}": value for name, value in document.attributes.items()}
    for field, text in texts.items():
        spans = hit.highlights.get(field, ())
        if text and spans:
            start = max(0, spans[0][0] - AROUND)
            end = min(len(text), spans[0][1] + AROUND * 2)
            inside = [(max(one, start) - start, min(other, end) - start) for one, other in spans if one < end and other > start]
            piece = _marked(masked(text, names)[start:end], inside)
            return Markup("{}{}{}").format("…" if start else "", piece, "…" if end < len(text) else "")
    opening = " ".join(masked(document.description or "", names)[: AROUND * 4].split())
    return _marked(opening[: AROUND * 2] + ("…" if len(opening) > AROUND * 2 else ""), ()) if opening else None
