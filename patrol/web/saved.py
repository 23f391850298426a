"""An officer's saved searches and what they newly found, as the pages and the API show and change them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from patrol.errors import RefusedError, UsageError
from patrol.ledger import SavedSearch
from patrol.ledger.alerts import News
from patrol.reports import words
from patrol.search.index import Order
from patrol.triage import alerting
from patrol.web.auth import SignedIn
from patrol.web.desk import Desk
from patrol.web.finding import Asked
from patrol.web.masking import masked

CHANGES = "rename, alerts-on, alerts-off, delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """A saved search in words, and the address that asks it."""

    id: str
    name: str
    href: str
    says: str
    alerts: bool
    fault: str | None
    unseen: int
    here: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsView:
    """One alert: which listing, found by which search, when; contacts hidden."""

    id: str
    key: str
    title: str
    picture: str | None
    score: int
    band: str
    price: str
    marketplace: str
    language: str | None
    status: str
    search: str
    search_id: str
    at: datetime
    seen: bool
    matches: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One listing of the list, with all alerts on it that stand together: the latest first."""

    one: NewsView
    ids: tuple[str, ...]
    searches: tuple[str, ...]
    seen: bool
    matches: bool


def together(views: Sequence[NewsView]) -> list[Found]:
    """A listing that several searches found is one entry, where its latest alert stands."""
    groups: dict[str, list[NewsView]] = {}
    for view in views:
        groups.setdefault(view.key, []).append(view)
    return [
        Found(
            one=group[0],
            ids=tuple(view.id for view in group if not view.seen),
            searches=tuple(dict.fromkeys(view.search for view in group)),
            seen=all(view.seen for view in group),
            matches=any(view.matches for view in group),
        )
        for group in groups.values()
    ]


def asked_of(search: SavedSearch) -> Asked:
    return Asked(search.text, search.filters, Order(search.order))


def saved_views(desk: Desk, signed: SignedIn, here: Asked | None = None) -> list[SavedView]:
    """The viewer's own, by name; the one that `here` asks is marked."""
    return [_view(search, here) for search in desk.ledger.searches.list(signed.viewer)]


def _view(search: SavedSearch, here: Asked | None) -> SavedView:
    wanted = asked_of(search)
    ticked = [f"{name}: {', '.join(map(words.plain, values))}" for name, values in search.filters.items()]
    return SavedView(
        id=search.id,
        name=search.name,
        href=wanted.href(),
        says=" · ".join(filter(None, [search.text.strip(), *ticked])),
        alerts=search.alerts,
        fault=search.fault,
        unseen=search.unseen,
        here=here is not None and here.href() == wanted.href(),
    )


def save(desk: Desk, signed: SignedIn, name: str, wanted: Asked, *, alerts: bool) -> SavedSearch:
    """Keeps a search that can be asked; where its alerts cannot be turned on it is kept without, and the error says so."""
    wanted.check()
    if not wanted.anything:
        raise UsageError("there is nothing to save: the search asks for nothing", remedy="Give words, or tick a filter")
    search = desk.ledger.searches.save(signed.viewer, name, text=wanted.text, filters=wanted.where, order=wanted.order.value)
    if alerts:
        try:
            alerting.watch(desk.ledger, desk.index, signed.viewer, search.id)
        except RefusedError as error:
            raise RefusedError(f"the search is saved, without alerts: {error.what}", remedy=error.remedy) from error
    return search


def change(desk: Desk, signed: SignedIn, search_id: str, what: str, name: str = "") -> None:
    """One change of one of the viewer's own; `what` is a word of CHANGES."""
    searches = desk.ledger.searches
    if what == "rename":
        searches.rename(signed.viewer, search_id, name)
    elif what == "alerts-on":
        alerting.watch(desk.ledger, desk.index, signed.viewer, search_id)
    elif what == "alerts-off":
        searches.without_alerts(signed.viewer, search_id)
    elif what == "delete":
        searches.remove(signed.viewer, search_id)
    else:
        raise UsageError(f"a saved search has no {what!r} to change", remedy=f"Changes are {CHANGES}")


def news_views(desk: Desk, news: Sequence[News]) -> list[NewsView]:
    """Alerts ready to show, from the ledger alone: they can be read while the index is away."""
    held = desk.ledger.listings.current_many({one.listing_key for one in news}, with_seller=True)
    found = []
    for one in news:
        stored = held.get(one.listing_key)
        if stored is None:
            continue  # erased since the list was read
        listing, assessed = stored.listing, stored.assessed
        names = [name for name in (listing.seller.name, listing.seller.id) if name] if listing.seller else []
        found.append(
            NewsView(
                id=one.id,
                key=one.listing_key,
                title=masked(listing.title or "Untitled", names),
                picture=stored.pictures[0].sha256 if stored.pictures else None,
                score=assessed.assessment.score if assessed else 0,
                band=str(assessed.assessment.band) if assessed else "none",
                price=words.money(listing.price) if listing.price else "",
                marketplace=words.plain(listing.marketplace),
                language=listing.language,
                status=str(stored.status),
                search=one.search,
                search_id=one.search_id,
                at=one.at,
                seen=one.seen_at is not None,
                matches=one.matches,
            )
        )
    return found
