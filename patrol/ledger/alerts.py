"""Alerts of saved searches: which listings they have yet to be asked about, what matched before, and what is news.

The outbox leaves a row in `alert_backlog` in the very transaction that takes a listing off it; `triage.alerting` asks the
searches and hands the answers to `settle`, which keeps them and takes the rows away in one transaction. So a run that
fails is simply made again. A listing is news for a search once: when it first matches, or matches anew with another
version or score than it had; an object that is offered again is none where its earlier offer matched.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, and_, delete, exists, func, select, update

from patrol.errors import RefusedError
from patrol.ledger.engine import Insert, insert_for, lock, reading
from patrol.ledger.ids import uuid7
from patrol.ledger.search_tables import alert_backlog, saved_searches, search_matches
from patrol.ledger.tables import assessments, cluster_events, listings
from patrol.ledger.viewer import Viewer
from patrol.ledger.writer import Writer

_MANY = 500  # keys in one statement
LIMIT = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one search found among the listings that it was asked about. `forgets`: it asks for what may be taken from its
    owner's sight, so a listing that it no longer finds leaves their list, too."""

    search_id: str
    found: frozenset[str]
    forgets: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One alert as its owner reads it; `matches` is False where the listing has changed since and is found no more."""

    id: str
    search_id: str
    search: str
    listing_key: str
    title: str | None
    marketplace: str
    seller_key: str | None
    score: int | None
    at: datetime
    seen_at: datetime | None
    matches: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """Listings that the alerting searches have yet to be asked about, and since when the oldest waits."""

    count: int
    oldest: datetime | None


def owe(conn: Connection, rows: Sequence[tuple[str, int]], now: datetime) -> None:
    """Notes (listing, revision) pairs that the index took, in the caller's transaction; nothing where nobody has alerts on."""
    if conn.execute(select(exists().where(saved_searches.c.alerts.is_(True)))).scalar():
        owed = [{"listing_key": key, "revision": revision, "since": now} for key, revision in sorted(rows)]
        conn.execute(_owing(conn.dialect.name), owed)


@cache
def _owing(dialect: str) -> Insert:
    row = insert_for(dialect, alert_backlog)
    higher = row.excluded.revision > alert_backlog.c.revision
    return row.on_conflict_do_update(index_elements=["listing_key"], set_={"revision": row.excluded.revision}, where=higher)


class Alerts:
    """Keeps what alerting searches found, and gives it to their owners."""

    def __init__(self, engine: Engine, writer: Writer) -> None:
        self._engine = engine
        self._writer = writer

    # ---- for the indexer

    def waiting(self, n: int) -> list[tuple[str, int]]:
        """Up to `n` (listing, revision), oldest first."""
        wanted = select(alert_backlog.c.listing_key, alert_backlog.c.revision)
        with reading(self._engine) as conn:
            rows = conn.execute(wanted.order_by(alert_backlog.c.since, alert_backlog.c.listing_key).limit(n))
            return [(key, revision) for key, revision in rows]

    def lag(self) -> Lag:
        with reading(self._engine) as conn:
            count, oldest = conn.execute(select(func.count(), func.min(alert_backlog.c.since))).one()
        return Lag(count=count, oldest=oldest)

    def settle(self, taken: Sequence[tuple[str, int]], answers: Sequence[Answer], *, unsure: Collection[str] = ()) -> int:
        """Keeps the answers about rows of `waiting` and takes these away; says how many alerts it gave.

        A row that was raised meanwhile is left for the next run, one that another process has settled is passed over.
        Searches named in `unsure` could not be asked: all of the index is asked for them later.
        """

        def work(conn: Connection) -> int:
            lock(conn, "alerts")  # two that settle at once would both call the same listing news
            held = {
                key: revision
                for keys in _batches([key for key, _ in taken])
                for key, revision in conn.execute(
                    select(alert_backlog.c.listing_key, alert_backlog.c.revision).where(alert_backlog.c.listing_key.in_(keys))
                )
            }
            mine = [key for key, revision in taken if held.get(key) == revision]
            if not mine:
                return 0
            if unsure:
                conn.execute(update(saved_searches).where(saved_searches.c.id.in_(unsure)).values(swept=False))
            given = sum(_judge(conn, answer, mine) for answer in answers)
            for keys in _batches(mine):
                conn.execute(delete(alert_backlog).where(alert_backlog.c.listing_key.in_(keys)))
            return given

        return self._writer.run(work)

    def watch(self, viewer: Viewer, search_id: str, found: Collection[str]) -> None:
        """Turns a search's alerts on; what it finds already is no news. `sweep` follows, for what came in between."""

        def work(conn: Connection) -> None:
            lock(conn, "alerts")
            own = and_(saved_searches.c.id == search_id, saved_searches.c.person_id == viewer.person_id)
            values = {"alerts": True, "swept": False, "fault": None}
            if not conn.execute(update(saved_searches).where(own).values(values)).rowcount:
                raise RefusedError("you have no such saved search")
            conn.execute(update(search_matches).where(search_matches.c.search_id == search_id).values(matches=False))
            for keys in _batches(sorted(found)):
                _put(conn, search_id, _states(conn, keys), {})

        self._writer.run(work)

    def sweep(self, answer: Answer) -> int:
        """Keeps what a search found in all of the index: listings that it did not know to match are news."""

        def work(conn: Connection) -> int:
            lock(conn, "alerts")
            given = sum(_judge(conn, answer, keys) for keys in _batches(sorted(answer.found)))
            conn.execute(update(saved_searches).where(saved_searches.c.id == answer.search_id).values(swept=True))
            return given

        return self._writer.run(work)

    # ---- for the desk

    def news(self, viewer: Viewer, *, unseen: bool = False, before: str | None = None, limit: int = LIMIT) -> list[News]:
        """The viewer's alerts, latest first; `before` is the id of the last one shown."""
        wanted = _NEWS.where(saved_searches.c.person_id == viewer.person_id, search_matches.c.alert_id.is_not(None))
        if unseen:
            wanted = wanted.where(search_matches.c.seen_at.is_(None))
        if before:
            wanted = wanted.where(search_matches.c.alert_id < before)
        with reading(self._engine) as conn:
            return [_news(row) for row in conn.execute(wanted.order_by(search_matches.c.alert_id.desc()).limit(limit))]

    def unseen(self, viewer: Viewer) -> int:
        """How many listings the viewer has alerts of that are not marked as seen."""
        counted = _NEWS.with_only_columns(func.count(search_matches.c.listing_key.distinct()), maintain_column_froms=True).where(
            saved_searches.c.person_id == viewer.person_id,
            search_matches.c.alert_id.is_not(None),
            search_matches.c.seen_at.is_(None),
        )
        with reading(self._engine) as conn:
            return conn.execute(counted).scalar_one()

    def mark_seen(self, viewer: Viewer, alert_ids: Collection[str] | None = None, *, until: str | None = None) -> int:
        """Marks the viewer's own alerts: those named, or all up to and with the one named as `until`; says how many."""
        own = select(saved_searches.c.id).where(saved_searches.c.person_id == viewer.person_id)
        which = and_(
            search_matches.c.search_id.in_(own), search_matches.c.alert_id.is_not(None), search_matches.c.seen_at.is_(None)
        )
        if alert_ids is not None:
            which = and_(which, search_matches.c.alert_id.in_(list(alert_ids)[: 10 * _MANY]))
        if until is not None:
            which = and_(which, search_matches.c.alert_id <= until)
        marked = update(search_matches).where(which).values(seen_at=datetime.now(UTC))
        return self._writer.run(lambda conn: conn.execute(marked).rowcount)


_NEWS: Select[*tuple[Any, ...]] = (
    select(
        *search_matches.c,
        saved_searches.c.name.label("search"),
        listings.c.title,
        listings.c.marketplace,
        listings.c.seller_key,
        assessments.c.score.label("now"),
    )
    .join_from(search_matches, saved_searches)
    .join(listings, and_(listings.c.key == search_matches.c.listing_key, listings.c.erased_at.is_(None)))
    .outerjoin(assessments, assessments.c.id == listings.c.assessment_id)
)


def _news(row: Row[*tuple[Any, ...]]) -> News:
    return News(
        id=row.alert_id,
        search_id=row.search_id,
        search=row.search,
        listing_key=row.listing_key,
        title=row.title,
        marketplace=row.marketplace,
        seller_key=row.seller_key,
        score=row.now,
        at=row.alerted_at,
        seen_at=row.seen_at,
        matches=row.matches,
    )


# ---------------------------------------------------------------------------------------------------------------------
# What is news


@dataclass(frozen=True, slots=True)
class _State:
    version_id: str | None
    score: int | None


def _judge(conn: Connection, answer: Answer, asked: Collection[str]) -> int:
    """Compares what one search found among `asked` with what it knew; says how many of them are news."""
    keys = sorted(asked)
    if conn.scalar(select(saved_searches.c.id).where(_alerting(answer.search_id))) is None:
        return 0  # removed or silenced since it was asked
    known = {
        row.listing_key: row
        for some in _batches(keys)
        for row in conn.execute(
            select(search_matches).where(search_matches.c.search_id == answer.search_id, search_matches.c.listing_key.in_(some))
        )
    }
    states = _states(conn, [key for key in keys if key in answer.found])
    again = _offered_again(conn, answer.search_id, [key for key in states if key not in known])
    alerts = {
        key: uuid7()
        for key, state in states.items()
        if (key not in known and key not in again) or (key in known and _anew(known[key], state))
    }
    _put(conn, answer.search_id, states, alerts)
    _lost(conn, answer, [key for key, row in known.items() if row.matches and key not in answer.found])
    return len(alerts)


def _alerting(search_id: str) -> Any:
    return and_(saved_searches.c.id == search_id, saved_searches.c.alerts.is_(True))


def _anew(row: Row[Any], state: _State) -> bool:
    return not row.matches and (row.version_id, row.score) != (state.version_id, state.score)


def _states(conn: Connection, keys: Sequence[str]) -> dict[str, _State]:
    """What stands on the page now, and its score; erased listings are left out."""
    found: dict[str, _State] = {}
    for some in _batches(keys):
        rows = conn.execute(
            select(listings.c.key, listings.c.version_id, assessments.c.score)
            .outerjoin(assessments, assessments.c.id == listings.c.assessment_id)
            .where(listings.c.key.in_(some), listings.c.erased_at.is_(None))
        )
        found |= {row.key: _State(row.version_id, row.score) for row in rows}
    return found


def _offered_again(conn: Connection, search_id: str, keys: Sequence[str]) -> set[str]:
    """Those that joined their cluster as a relisting of an object of which another offer matched before."""
    clusters: dict[str, list[str]] = defaultdict(list)
    for some in _batches(keys):
        joined = select(cluster_events.c.listing_key).where(
            cluster_events.c.listing_key.in_(some), cluster_events.c.kind == "join", cluster_events.c.method == "relisting"
        )
        for row in conn.execute(select(listings.c.key, listings.c.cluster_id).where(listings.c.key.in_(joined))):
            clusters[row.cluster_id].append(row.key)
    matched = select(listings.c.cluster_id).join(search_matches, search_matches.c.listing_key == listings.c.key)
    found = conn.execute(
        matched.where(search_matches.c.search_id == search_id, listings.c.cluster_id.in_(list(clusters))).distinct()
    )
    return {key for cluster_id in found.scalars() for key in clusters[cluster_id]}


def _put(conn: Connection, search_id: str, states: Mapping[str, _State], alerts: Mapping[str, str]) -> None:
    """These match now; those of `alerts` are news under the id given there."""
    now = datetime.now(UTC)
    plain = [_row(search_id, key, state) for key, state in states.items() if key not in alerts]
    told = [
        _row(search_id, key, state) | {"alert_id": alerts[key], "alerted_at": now, "seen_at": None}
        for key, state in states.items()
        if key in alerts
    ]
    for rows in (plain, told):
        if rows:
            conn.execute(_matching(conn.dialect.name, tuple(rows[0])), rows)


def _row(search_id: str, key: str, state: _State) -> dict[str, Any]:
    return {
        "search_id": search_id,
        "listing_key": key,
        "matches": True,
        "version_id": state.version_id,
        "score": state.score,
    }


@cache
def _matching(dialect: str, names: tuple[str, ...]) -> Insert:
    row = insert_for(dialect, search_matches)
    values = {name: row.excluded[name] for name in names if name not in ("search_id", "listing_key")}
    return row.on_conflict_do_update(index_elements=["search_id", "listing_key"], set_=values)


def _lost(conn: Connection, answer: Answer, keys: Sequence[str]) -> None:
    """These matched and do so no more: kept, with what they matched with, or forgotten."""
    for some in _batches(keys):
        which = and_(search_matches.c.search_id == answer.search_id, search_matches.c.listing_key.in_(some))
        if answer.forgets:
            conn.execute(delete(search_matches).where(which))
        else:
            conn.execute(update(search_matches).where(which).values(matches=False))


def _batches(keys: Sequence[str]) -> Iterator[list[str]]:
    left = iter(keys)
    while batch := list(islice(left, _MANY)):
        yield batch
