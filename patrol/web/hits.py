"""Listings of a search or of a seller as the pages and the API show them: masked, with highlighted words and a snippet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from patrol.reports import words
from patrol.search.index import Hit
from patrol.web.board import price, urgency
from patrol.web.highlight import Mark, highlighted
from patrol.web.masking import masked

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
    urgent: str
    desk: str
    leads: tuple[str, ...]
    changed: bool
    status: str
    last_seen: datetime | None
    kinds: str
    language: str | None
    seller_key: str | None


def hit_view(hit: Hit, now: datetime) -> HitView:
    document = hit.document
    return HitView(
        key=document.key,
        title=_marked(document.title or "Untitled", hit.highlights.get("title", ())),
        snippet=_snippet(hit),
        picture=document.picture,
        pictures=document.pictures,
        score=document.score,
        band=document.band.value,
        price=price(document),
        marketplace=words.plain(document.marketplace),
        ends=words.ends(document.ends_at, now),
        urgent=urgency(hit, now),
        desk=hit.desk.status.value,
        leads=hit.desk.leads,
        changed=hit.desk.changed,
        status=document.status.value if document.status else "",
        last_seen=document.last_seen,
        kinds=", ".join(map(words.plain, (*document.cultures, *document.object_types)[:4])),
        language=document.language,
        seller_key=document.seller_key,
    )


def _marked(text: str, spans: Sequence[tuple[int, int]]) -> Markup:
    return highlighted(masked(text), [Mark(start=start, end=end, kind="found", tip="") for start, end in spans])


def _snippet(hit: Hit) -> Markup | None:
    """The stretch of text around the first word found outside the title."""
    document = hit.document
    texts = {"description": document.description, "provenance": document.provenance, "location": document.location}
    texts |= {f"attributes.{name}": value for name, value in document.attributes.items()}
    for field, text in texts.items():
        spans = hit.highlights.get(field, ())
        if text and spans:
            start = max(0, spans[0][0] - AROUND)
            end = min(len(text), spans[0][1] + AROUND * 2)
            inside = [(max(one, start) - start, min(other, end) - start) for one, other in spans if one < end and other > start]
            return Markup("{}{}{}").format("…" if start else "", _marked(text[start:end], inside), "…" if end < len(text) else "")
    return None
