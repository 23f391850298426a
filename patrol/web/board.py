"""The left column of the desk: the queue's clusters as groups of rows, each row sealed with the place it was shown at.

The queue page asks `board` for the head of the queue; an expert's board holds what was put to them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from patrol.reports import words
from patrol.search.documents import ListingDocument, major_units
from patrol.search.index import Hit
from patrol.triage.queue import Offer, Queue
from patrol.web.auth import SignedIn
from patrol.web.desk import Desk
from patrol.web.masking import masked
from patrol.web.saying import seller_names
from patrol.web.showing import Place, sealed

PAGE = 40  # clusters
REASONS = {
    "relisting": "Offered again",
    "near_twin": "Near twins",
    "picture": "Same picture",
    "cross_site": "On several sites",
    "seller": "One seller",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RowView:
    """One listing of the queue."""

    key: str
    title: str
    score: int
    band: str
    price: str
    marketplace: str
    urgent: str
    changed: bool
    status: str
    place: Place
    shown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    cluster_id: str
    label: str | None
    rows: tuple[RowView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardView:
    """The column; `more` is how many clusters stand here already, None where there are no others."""

    title: str
    total: int
    line: str
    advice: str | None = None  # why the second opinion does not order this queue, though it was asked for
    empty: str
    groups: tuple[GroupView, ...]
    more: int | None
    blind: bool
    others: int

    def first(self) -> RowView | None:
        return next((row for group in self.groups for row in group.rows), None)

    def find(self, key: str) -> RowView | None:
        return next((row for group in self.groups for row in group.rows if row.key == key), None)


def queue_of(desk: Desk) -> Queue:
    settings = desk.config.settings
    return Queue(desk.ledger, desk.index, settings.queue, claim_minutes=settings.desk.claim_minutes, second=desk.second)


def board(desk: Desk, signed: SignedIn, *, blind: bool, skip: int = 0, now: datetime | None = None) -> BoardView:
    """The head of the queue, or (`skip` clusters in) what follows it."""
    at = now or datetime.now(UTC)
    if not signed.viewer.works:
        return _assigned(desk, signed, blind, at)
    page = queue_of(desk).page(signed.viewer, limit=skip + PAGE, now=at)
    offers = page.offers[skip:]
    make = _Rows(desk, _members(desk, signed, offers), at)
    return BoardView(
        title="Queue",
        total=page.total,
        line=decided_today(sum(page.done.values())) + (" · second opinion" if advised(desk) else ""),
        advice=desk.second.notice if desk.second else None,
        empty="What is flagged next shows up here. A crawl, or a page added by hand, fills it.",
        groups=tuple(make.group(offer, blind) for offer in offers),
        more=skip + PAGE if len(offers) == PAGE else None,
        blind=blind,
        others=page.held_by_others,
    )


def _assigned(desk: Desk, signed: SignedIn, blind: bool, at: datetime) -> BoardView:
    keys = desk.ledger.decisions.assigned(signed.viewer)
    hits = {hit.document.key: hit for hit in desk.index.get(keys, signed.viewer)}
    make = _Rows(desk, hits, at)
    rows = tuple(make.row(Place(key=key)) for key in keys if key in hits)
    return BoardView(
        title="Put to you",
        total=len(rows),
        line="",
        empty="Nobody has asked you about a listing.",
        groups=(GroupView(cluster_id="", label=None, rows=rows),) if rows else (),
        more=None,
        blind=blind,
        others=0,
    )


def advised(desk: Desk) -> bool:
    """Whether a second opinion orders this queue."""
    return desk.second is not None and desk.second.kept() is not None


def decided_today(count: int) -> str:
    return f"{count} decided today"


def _members(desk: Desk, signed: SignedIn, offers: Sequence[Offer]) -> dict[str, Hit]:
    keys = [member.listing_key for offer in offers for member in offer.waiting]
    found: dict[str, Hit] = {}
    for start in range(0, len(keys), 200):
        found |= {hit.document.key: hit for hit in desk.index.get(keys[start : start + 200], signed.viewer)}
    return found


class _Rows:
    """Makes rows and groups of one board; names of sellers are hidden in titles."""

    def __init__(self, desk: Desk, hits: Mapping[str, Hit], at: datetime) -> None:
        self.desk = desk
        self.hits = hits
        self.at = at
        self.names = seller_names(desk, (hit.document.seller_key for hit in hits.values()))

    def group(self, offer: Offer, blind: bool) -> GroupView:
        rows = tuple(
            self.row(place_in(offer, number, blind), changed=bool(member.changed))
            for number, member in enumerate(offer.waiting)
            if member.listing_key in self.hits
        )
        label = REASONS.get(offer.hit.view.reason or "", "Belong together") if len(offer.hit.view.members) > 1 else None
        return GroupView(cluster_id=offer.key, label=label, rows=rows)

    def row(self, place: Place, *, changed: bool = False) -> RowView:
        hit = self.hits[place.key]
        document = hit.document
        return RowView(
            key=document.key,
            title=masked(document.title or "Untitled", self.names.get(document.seller_key or "", ())),
            score=document.score,
            band=str(document.band),
            price=price(document),
            marketplace=words.plain(document.marketplace),
            urgent=urgency(hit, self.at, self.desk.config.settings.queue.urgent_hours),
            changed=changed or hit.desk.changed,
            status="open" if not changed else str(hit.desk.status),
            place=place,
            shown=sealed(self.desk, place),
        )


def place_in(offer: Offer, number: int, blind: bool) -> Place:
    """Where the `number`th waiting member of an offer stands."""
    member = offer.waiting[number]
    return Place(
        key=member.listing_key,
        cluster_id=offer.key,
        stream=str(offer.stream),
        probability=offer.probability,
        rank=offer.rank,
        place=member.place,
        size=member.size,
        blind=blind,
    )


def price(document: ListingDocument) -> str:
    found = document.price
    return words.amount(major_units(found), found.currency) if found else ""


def urgency(hit: Hit, now: datetime, hours: float) -> str:
    """Why this one goes ahead: it ends within so many hours, or its picture is known; else empty."""
    document = hit.document
    live = str(document.status or "live") == "live"
    if live and document.ends_at is not None and now < document.ends_at <= now + timedelta(hours=hours):
        return words.ends(document.ends_at, now)
    return "picture match" if document.picture_match else ""
