"""The API's shapes: what its calls take (checked) and how the desk's views are written as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from patrol.ledger import RunRow, SavedSearch, Seen
from patrol.ledger.lead_reading import LeadRow
from patrol.ledger.outbox import DeadLetter
from patrol.records import utc
from patrol.search.index import Hit, Order, Page
from patrol.web.board import BoardView, RowView
from patrol.web.desk import Desk
from patrol.web.hits import HitView, hit_views
from patrol.web.item import ItemView
from patrol.web.saved import NewsView
from patrol.web.stale import Stale
from patrol.wire import assessment_to_json

Json = dict[str, Any]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Fault(BaseModel):
    """What went wrong, where, and what to do about it."""

    code: str
    message: str
    where: str | None
    remedy: str | None


class ErrorBody(BaseModel):
    """The one shape of every error."""

    error: Fault


class DecideBody(_Body):
    """`shown` are tokens of queue rows or listings, as given out by this API."""

    shown: list[str] = Field(min_length=1, max_length=1000)
    act: str
    note: str = ""
    title: str = ""
    seconds: float | None = Field(None, ge=0)
    examined: bool = False


class UndoBody(_Body):
    decision: str | None = None


class SaveBody(_Body):
    """A search as its page's address says it: words, filters as field:value, order."""

    name: str
    q: str = ""
    f: list[str] = Field(default_factory=list, max_length=200)
    order: Order = Order.RELEVANCE
    alerts: bool = False


class ChangeBody(_Body):
    what: str
    name: str = ""


class SeenNewsBody(_Body):
    ids: list[str] = Field(min_length=1, max_length=1000)


class RetryBody(_Body):
    key: str | None = None


class SeenBody(_Body):
    url: str = ""
    listing_id: str = ""
    seller: str = ""


def when(moment: datetime | None) -> str | None:
    return utc(moment) if moment else None


def board_json(board: BoardView, stale: Stale | None) -> Json:
    return {
        "title": board.title,
        "total": board.total,
        "notice": " ".join(filter(None, (stale.says if stale else None, board.advice))) or None,
        "claimed_by_others": board.others,
        "clusters": [
            {"id": group.cluster_id, "why": group.label, "listings": [_row(row, board.blind) for row in group.rows]}
            for group in board.groups
        ],
        "next": board.more,
    }


def _row(row: RowView, blind: bool) -> Json:
    return {
        "key": row.key,
        "title": row.title,
        "score": None if blind else row.score,
        "band": None if blind else row.band,
        "price": row.price,
        "marketplace": row.marketplace,
        "urgent": row.urgent or None,
        "changed": row.changed,
        "stream": row.place.stream,
        "rank": row.place.rank,
        "shown": row.shown,
    }


def item_json(item: ItemView) -> Json:
    """A listing as its page shows it: words masked unless a lead is open, the score left out while blind."""
    texts, listing = item.texts, item.listing
    assessment = item.assessment if not item.blind else None
    return {
        "key": item.key,
        "shown": item.shown,
        "blind": item.blind,
        "version": item.stored.version_id,
        "cluster": item.stored.cluster_id,
        "marketplace": listing.marketplace,
        "title": texts.title.striptags(),
        "description": texts.plain_description,
        "price": item.price,
        "was": item.was,
        "status": item.stored.status.value,
        "ends_at": when(listing.ends_at),
        "address": texts.address,
        "seller": item.seller,
        "seller_key": item.stored.seller_key,
        "pictures": [f"/picture/{picture.sha256}" for picture in item.pictures],
        "object_id": item.object_id_count,
        "assessment": _masked_assessment(item) if assessment else None,
        "rulebook": item.rulebook if assessment else None,
        "standing": item.standing.status if item.standing else "open",
        "leads": [row.number for row in item.leads],
        "sealed": {"state": item.seal.state, "at": when(item.seal.capture.time) if item.seal.capture else None},
        "history": [{"at": when(line.at), "what": line.what} for line in item.history],
        "decisions": [{"at": when(line.at), "what": line.what, "who": line.who} for line in item.decisions],
    }


def _masked_assessment(item: ItemView) -> Json | None:
    """The contract's shape; quotes are taken from the masked texts, so that nothing hidden comes out by this door."""
    if item.assessment is None:
        return None
    return assessment_to_json(item.veil.over(item.assessment))


def lead_row_json(row: LeadRow) -> Json:
    return {
        "number": row.number,
        "id": row.id,
        "title": row.title,
        "status": row.status,
        "mark": f"TLP:{row.mark}",
        "agency": row.agency,
        "owner": row.owner,
        "listings": row.listings,
        "opened_at": utc(row.opened_at),
        "changed_at": utc(row.changed_at),
    }


def page_json(desk: Desk, page: Page[Hit], now: datetime) -> Json:
    return {
        "total": page.total,
        "next": page.next,
        "listings": [_hit(view) for view in hit_views(desk, page.hits, now)],
        "facets": {name: {count.value: count.count for count in counts} for name, counts in page.facets.items()},
    }


def _hit(view: HitView) -> Json:
    return {
        "key": view.key,
        "title": view.title.striptags(),
        "score": view.score,
        "band": view.band,
        "price": view.price,
        "marketplace": view.marketplace,
        "status": view.status,
        "desk": view.desk,
        "leads": list(view.leads),
        "changed": view.changed,
        "last_seen": when(view.last_seen),
        "picture": f"/picture/{view.picture}" if view.picture else None,
    }


def saved_json(search: SavedSearch) -> Json:
    return {
        "id": search.id,
        "name": search.name,
        "q": search.text,
        "where": {name: list(values) for name, values in search.filters.items()},
        "order": search.order,
        "alerts": search.alerts,
        "fault": search.fault,
        "unseen": search.unseen,
        "created_at": utc(search.created_at),
    }


def news_json(view: NewsView) -> Json:
    return {
        "id": view.id,
        "key": view.key,
        "title": view.title,
        "score": view.score,
        "band": view.band,
        "marketplace": view.marketplace,
        "search": {"id": view.search_id, "name": view.search},
        "at": utc(view.at),
        "seen": view.seen,
        "matches": view.matches,
    }


def letter_json(letter: DeadLetter) -> Json:
    return {
        "key": letter.listing_key,
        "reason": letter.error,
        "attempts": letter.attempts,
        "since": utc(letter.since),
        "dead": letter.dead,
        "next_try": when(letter.not_before) if not letter.dead else None,
    }


def seen_json(row: Seen) -> Json:
    return {
        "key": row.key,
        "by": row.by,
        "distance": row.distance,
        "title": row.title,
        "marketplace": row.marketplace,
        "status": row.status.value,
        "first_seen": utc(row.first_seen),
        "last_seen": utc(row.last_seen),
    }


def run_json(row: RunRow) -> Json:
    return {
        "id": row.run.id,
        "marketplace": row.run.marketplace,
        "how": row.run.how.value,
        "state": row.run.state,
        "started_at": utc(row.run.started_at),
        "finished_at": when(row.run.finished_at),
        "counts": {outcome.value: number for outcome, number in row.counts.items()},
        "faults": row.faults,
    }
