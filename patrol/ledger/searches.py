"""Saved searches: an officer's own questions, kept to be asked again, and whether they give alerts.

The search page saves them, their owner renames and removes them; `alerts` keeps what the alerting ones found. A saved
search belongs to its owner alone: nobody else reads it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, and_, delete, func, select, update

from patrol.errors import RefusedError, UsageError
from patrol.ledger.desk_tables import people
from patrol.ledger.engine import lock, reading
from patrol.ledger.ids import uuid7
from patrol.ledger.search_tables import saved_searches, search_matches
from patrol.ledger.viewer import WORKING, Role, Viewer
from patrol.ledger.writer import Writer

LONGEST_NAME = 120  # characters
MOST = 200  # saved searches of one person


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSearch:
    """One saved search with its owner's eyes. `unseen` counts its alerts that its owner has not marked as seen; `swept` is
    False while all of the index is still to be asked; `fault` says why it gives no alerts any more."""

    id: str
    viewer: Viewer
    name: str
    text: str
    filters: Mapping[str, tuple[str, ...]]
    order: str
    alerts: bool
    swept: bool
    fault: str | None
    created_at: datetime
    unseen: int = 0


class SavedSearches:
    """What a person saved; every write returns once it is on disk, and touches the viewer's own alone."""

    def __init__(self, engine: Engine, writer: Writer) -> None:
        self._engine = engine
        self._writer = writer

    def save(
        self,
        viewer: Viewer,
        name: str,
        *,
        text: str,
        filters: Mapping[str, Sequence[str]],
        order: str,
    ) -> SavedSearch:
        """Keeps a question under a name; RefusedError where the viewer has one of that name."""
        viewer.require_work("save searches")
        row: dict[str, Any] = {"id": uuid7(), "person_id": viewer.person_id, "name": _named(name), "text": text, "order": order}
        row |= {"filters": {field: list(values) for field, values in filters.items() if values}, "alerts": False, "swept": True}
        row["created_at"] = datetime.now(UTC)

        def work(conn: Connection) -> None:
            lock(conn, f"searches of {viewer.person_id}")
            _free(conn, viewer, row["name"])
            held = select(func.count()).select_from(saved_searches).where(saved_searches.c.person_id == viewer.person_id)
            if conn.execute(held).scalar_one() >= MOST:
                raise RefusedError(f"you have {MOST} saved searches", remedy="Delete some that you need no more")
            conn.execute(saved_searches.insert().values(row))

        self._writer.run(work)
        return self.get(viewer, row["id"])

    def get(self, viewer: Viewer, search_id: str) -> SavedSearch:
        """One of the viewer's own; RefusedError where there is none of that id."""
        with reading(self._engine) as conn:
            row = conn.execute(_counted().where(_own(viewer, search_id))).one_or_none()
        if row is None:
            raise _none()
        return _search(row)

    def list(self, viewer: Viewer) -> tuple[SavedSearch, ...]:
        """The viewer's own, by name."""
        with reading(self._engine) as conn:
            rows = conn.execute(_counted().where(saved_searches.c.person_id == viewer.person_id))
            return tuple(sorted(map(_search, rows), key=lambda search: (search.name.casefold(), search.id)))

    def rename(self, viewer: Viewer, search_id: str, name: str) -> None:
        """RefusedError where another of the viewer's has that name."""
        wanted = _named(name)

        def work(conn: Connection) -> None:
            lock(conn, f"searches of {viewer.person_id}")
            _free(conn, viewer, wanted, but=search_id)
            _changed(conn, viewer, search_id, name=wanted)

        self._writer.run(work)

    def without_alerts(self, viewer: Viewer, search_id: str) -> None:
        """It is only kept from now on; what it found so far stays in the list. `Alerts.watch` turns them on."""
        self._writer.run(lambda conn: _changed(conn, viewer, search_id, alerts=False, swept=True, fault=None))

    def remove(self, viewer: Viewer, search_id: str) -> None:
        """With all that it found."""

        def work(conn: Connection) -> None:
            if conn.scalar(select(saved_searches.c.id).where(_own(viewer, search_id)).with_for_update()) is None:
                raise _none()
            conn.execute(delete(search_matches).where(search_matches.c.search_id == search_id))
            conn.execute(delete(saved_searches).where(saved_searches.c.id == search_id))

        self._writer.run(work)

    def alerting(self) -> tuple[SavedSearch, ...]:
        """Everybody's that give alerts, oldest first; those of closed accounts, and of roles that do not search, rest."""
        roles = people.c.role.in_([role.value for role in WORKING])
        watched = and_(saved_searches.c.alerts.is_(True), people.c.active.is_(True), roles)
        with reading(self._engine) as conn:
            return tuple(map(_search, conn.execute(_SEARCHES.where(watched).order_by(saved_searches.c.id))))

    def give_up(self, search_id: str, fault: str) -> None:
        """It cannot be asked any more: its owner reads why, and it gives no alerts until they turn them on again."""
        values = {"alerts": False, "fault": fault[:500]}
        self._writer.run(lambda conn: conn.execute(update(saved_searches).where(saved_searches.c.id == search_id).values(values)))


_SEARCHES: Select[*tuple[Any, ...]] = select(*saved_searches.c, people.c.agency_id, people.c.role).join_from(
    saved_searches, people
)


def _counted() -> Select[*tuple[Any, ...]]:
    mine = and_(
        search_matches.c.search_id == saved_searches.c.id,
        search_matches.c.alert_id.is_not(None),
        search_matches.c.seen_at.is_(None),
    )
    unseen = select(func.count()).select_from(search_matches).where(mine).correlate(saved_searches).scalar_subquery()
    return _SEARCHES.add_columns(unseen.label("unseen"))


def _own(viewer: Viewer, search_id: str) -> Any:
    return and_(saved_searches.c.id == search_id, saved_searches.c.person_id == viewer.person_id)


def _named(name: str) -> str:
    words = " ".join(name.split())
    if not words or len(words) > LONGEST_NAME:
        raise UsageError(f"a saved search needs a name of 1 to {LONGEST_NAME} characters", remedy="Name it for what it looks for")
    return words


def _free(conn: Connection, viewer: Viewer, name: str, but: str | None = None) -> None:
    held = select(saved_searches.c.id).where(saved_searches.c.person_id == viewer.person_id, saved_searches.c.name == name)
    if conn.scalar(held) not in (None, but):
        raise RefusedError(f"you have a saved search called {name!r}", remedy="Choose another name, or delete that one")


def _changed(conn: Connection, viewer: Viewer, search_id: str, **values: Any) -> None:
    if not conn.execute(update(saved_searches).where(_own(viewer, search_id)).values(**values)).rowcount:
        raise _none()


def _none() -> RefusedError:
    return RefusedError("you have no such saved search", remedy="Your saved searches are listed under New for you")


def _search(row: Row[*tuple[Any, ...]]) -> SavedSearch:
    return SavedSearch(
        id=row.id,
        viewer=Viewer(person_id=row.person_id, agency_id=row.agency_id, role=Role(row.role)),
        name=row.name,
        text=row.text,
        filters={field: tuple(values) for field, values in row.filters.items()},
        order=row.order,
        alerts=row.alerts,
        swept=row.swept,
        fault=row.fault,
        created_at=row.created_at,
        unseen=getattr(row, "unseen", 0),
    )
