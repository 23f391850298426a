"""A listing's history, field by field: what its versions changed, what its price did, when it ended, went and came back.

Worked out from versions, sightings and cluster events when the desk asks; nothing of it is stored twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from patrol.ledger.content import overlay
from patrol.ledger.tables import cluster_events, erasures, payloads, sightings, versions

# compared between one sighting and the next, under the names that the listing's JSON gives them
_FIELDS = (
    "title",
    "description",
    "price",
    "estimate",
    "location",
    "category",
    "condition",
    "lot_number",
    "provenance",
    "attributes",
    "ends_at",
    "bid_count",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRow:
    """One change. `kind`: first, field, seller, pictures, status, joined, parted, erased; values in the JSON's shapes.

    `after` of an erasure is the class under which it fell, of `joined` the cluster.
    """

    at: datetime
    kind: str
    field: str | None
    before: Any
    after: Any
    version_id: str | None
    run_id: str | None
    capture_id: str | None


def read_history(conn: Connection, key: str) -> list[HistoryRow]:
    """All changes of a listing, oldest first."""
    shown = {row.id: row for row in conn.execute(_versions(key))}
    seen = select(sightings).where(sightings.c.listing_key == key).order_by(sightings.c.at, sightings.c.id)
    rows = [*_changes(conn.execute(seen).all(), shown), *_cluster_rows(conn, key), *_erasure_rows(conn, key)]
    return sorted(rows, key=lambda row: row.at)


def _versions(key: str) -> Any:
    joined = select(versions.c.id, versions.c.seller_key, versions.c.pictures, payloads.c.body)
    return joined.join(payloads, payloads.c.id == versions.c.payload_id).where(versions.c.listing_key == key)


def _changes(seen: Iterable[Row[Any]], shown: Mapping[str, Row[Any]]) -> Iterator[HistoryRow]:
    before: tuple[Row[Any], dict[str, Any]] | None = None  # the last sighting that read the page, and what it read
    status: str | None = None
    for row in seen:
        if status is None:
            yield _row(row, "first", None, None, row.status)
        elif row.status != status:
            yield _row(row, "status", "status", status, row.status)
        status = row.status
        version = shown.get(row.version_id)
        if row.marked or version is None or version.body is None:
            continue
        now = overlay(version.body, row.ticks, row.at)
        if before is not None:
            yield from _field_changes(row, before[1], now)
            yield from _version_changes(row, shown[before[0].version_id], version)
        before = row, now


def _field_changes(row: Row[Any], before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[HistoryRow]:
    for name in _FIELDS:
        if name == "price":
            old, new = (dict(side["price"] or {}, raw=None) for side in (before, now))
            changed = old != new
        else:
            changed = before.get(name) != now.get(name)
        if changed:
            yield _row(row, "field", name, before.get(name), now.get(name))


def _version_changes(row: Row[Any], old: Row[Any], new: Row[Any]) -> Iterator[HistoryRow]:
    if old.id == new.id:
        return
    if old.seller_key != new.seller_key:
        yield _row(row, "seller", "seller", old.seller_key, new.seller_key)
    before, after = ([sha or path for path, sha in side.pictures] for side in (old, new))
    if len(before) != len(after) or {path for path, _ in old.pictures} != {path for path, _ in new.pictures}:
        yield _row(row, "pictures", "images", before, after)


def _row(seen: Row[Any], kind: str, field: str | None, before: Any, after: Any) -> HistoryRow:
    return HistoryRow(
        at=seen.at,
        kind=kind,
        field=field,
        before=before,
        after=after,
        version_id=seen.version_id,
        run_id=seen.run_id,
        capture_id=seen.capture_id,
    )


def _cluster_rows(conn: Connection, key: str) -> Iterator[HistoryRow]:
    wanted = select(cluster_events).where(cluster_events.c.listing_key == key, cluster_events.c.method.not_in(("first", "merge")))
    for row in conn.execute(wanted):
        joined = row.kind == "join"
        yield HistoryRow(
            at=row.at,
            kind="joined" if joined else "parted",
            field=None,
            before=None if joined else row.cluster_id,
            after=row.cluster_id if joined else None,
            version_id=None,
            run_id=None,
            capture_id=None,
        )


def _erasure_rows(conn: Connection, key: str) -> Iterator[HistoryRow]:
    for row in conn.execute(select(erasures).where(erasures.c.subject == key)):
        yield HistoryRow(
            at=row.at, kind="erased", field=None, before=None, after=row.class_, version_id=None, run_id=None, capture_id=None
        )
