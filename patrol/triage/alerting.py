"""Alerts of saved searches: what the index just took is put to each of them, one bounded question a search and batch.

`indexing` runs it after every batch; the desk turns a search's alerts on with `watch`. What a search may find is what its
owner's agency may find. Nothing is lost where the index is away: the ledger keeps which listings are still to be put, and
a search that alone could not be asked is put to the whole index later.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from patrol.errors import RefusedError, StoreError, UsageError
from patrol.ledger import Ledger
from patrol.ledger.alerts import Answer
from patrol.ledger.searches import SavedSearch
from patrol.ledger.viewer import Viewer
from patrol.search.index import LARGEST_PAGE, Index, Order, Query
from patrol.search.query import filtered, parse
from patrol.search.syntax import All, AnyOf, Node, Not, Present, Term

BATCH = 500  # listings in one question
WIDEST = 10_000  # listings that a search may find when its alerts are turned on


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerted:
    """Alerts that a run gave; `away` is the index's fault, after which nothing more was tried."""

    alerts: int = 0
    away: str | None = None


def watch(ledger: Ledger, index: Index, viewer: Viewer, search_id: str) -> None:
    """Turns alerts on: what the search finds at this moment is no news, what it finds from then on is.

    RefusedError where it finds so much that its alerts would tell nothing; StoreError while the index is away.
    """
    search = ledger.searches.get(viewer, search_id)
    total = index.search(Query(text=search.text, where=search.filters, limit=1, highlight=False), search.viewer).total
    if total > WIDEST:
        raise RefusedError(
            f"this search finds {total} listings, and alerts on more than {WIDEST} would tell nothing",
            remedy="Narrow it, for instance by culture, band or words",
        )
    ledger.alerts.watch(viewer, search_id, frozenset(_everything(index, search)))
    with suppress(StoreError):  # they are on; what came in this moment is made up for by the next run
        _sweep(ledger, index, search)


def run(ledger: Ledger, index: Index) -> Alerted:
    """Puts to the alerting searches whatever is still to be put. Never raises for the index's faults."""
    given = 0
    waiting = ledger.alerts.waiting(BATCH)
    searches = ledger.searches.alerting() if waiting else ()
    while waiting:
        answers, unsure, away = _asked(ledger, index, searches, [key for key, _ in waiting])
        if away and not answers:
            return Alerted(alerts=given, away=away)
        given += ledger.alerts.settle(waiting, answers, unsure=unsure)
        waiting = ledger.alerts.waiting(BATCH)
    try:
        for search in ledger.searches.alerting():
            if not search.swept:
                given += _sweep(ledger, index, search)
    except StoreError as error:
        return Alerted(alerts=given, away=str(error))
    return Alerted(alerts=given)


def _asked(
    ledger: Ledger, index: Index, searches: tuple[SavedSearch, ...], keys: list[str]
) -> tuple[list[Answer], list[str], str | None]:
    """Each search's answer about these listings, those that could not be asked, and the last reason of these."""
    answers: list[Answer] = []
    unsure: list[str] = []
    away: str | None = None
    for search in searches:
        query = Query(text=search.text, where=search.filters, order=Order.VALUE, limit=len(keys), highlight=False, within=keys)
        try:
            hits = index.search(query, search.viewer).hits
            answers.append(_answer(search, frozenset(hit.document.key for hit in hits)))
        except StoreError as error:
            unsure.append(search.id)
            away = str(error)
        except UsageError as error:
            ledger.searches.give_up(search.id, str(error))
    return answers, unsure, away


def _sweep(ledger: Ledger, index: Index, search: SavedSearch) -> int:
    try:
        return ledger.alerts.sweep(_answer(search, frozenset(_everything(index, search))))
    except UsageError as error:
        ledger.searches.give_up(search.id, str(error))
        return 0


def _everything(index: Index, search: SavedSearch) -> Iterator[str]:
    after: str | None = None
    while True:
        page = index.search(
            Query(text=search.text, where=search.filters, order=Order.NEWEST, limit=LARGEST_PAGE, after=after, highlight=False),
            search.viewer,
        )
        yield from (hit.document.key for hit in page.hits)
        after = page.next
        if after is None:
            return


def _answer(search: SavedSearch, found: frozenset[str]) -> Answer:
    return Answer(search_id=search.id, found=found, forgets=_names_leads(filtered(parse(search.text), search.filters)))


def _names_leads(tree: Node) -> bool:
    """Whether it asks which leads a listing is part of: the one thing that another agency can take from sight again."""
    if isinstance(tree, All | AnyOf):
        return any(map(_names_leads, tree.parts))
    if isinstance(tree, Not):
        return _names_leads(tree.part)
    return isinstance(tree, Term | Present) and tree.field == "lead"
