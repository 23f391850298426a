"""When a site may be asked next, and how often still today: one row a site, shared by all processes that crawl it.

The scheduler reserves a slot before it sends a request; delay, back-off and daily budget therefore hold for a site as a
whole, however many workers there are. A worker that dies loses only the slots it had reserved.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, select, update

from patrol.ledger.engine import insert, lock
from patrol.ledger.tables import site_slots


def reserve(conn: Connection, site: str, *, n: int, delay: float, per_day: int | None) -> list[datetime]:
    """Up to `n` moments, `delay` seconds apart, at which the site may be asked; fewer where the day's budget ends."""
    now = datetime.now(UTC)
    lock(conn, f"site:{site}")
    row = conn.execute(select(site_slots).where(site_slots.c.site == site)).first()
    today = now.date().isoformat()
    used = row.used if row is not None and row.day == today else 0
    granted = n if per_day is None else max(0, min(n, per_day - used))
    if granted == 0:
        return []
    first = max(now, row.next_at) if row is not None else now
    slots = [first + timedelta(seconds=delay * place) for place in range(granted)]
    _put(conn, site, next_at=slots[-1] + timedelta(seconds=delay), day=today, used=used + granted)
    return slots


def hold_back(conn: Connection, site: str, until: datetime) -> None:
    """No slot before `until`: the site asked for a pause."""
    lock(conn, f"site:{site}")
    row = conn.execute(select(site_slots).where(site_slots.c.site == site)).first()
    if row is None:
        _put(conn, site, next_at=until, day=datetime.now(UTC).date().isoformat(), used=0)
    elif row.next_at < until:
        conn.execute(update(site_slots).where(site_slots.c.site == site).values(next_at=until))


def used_today(conn: Connection, site: str) -> int:
    """Slots reserved since midnight UTC."""
    row = conn.execute(select(site_slots).where(site_slots.c.site == site)).first()
    return row.used if row is not None and row.day == datetime.now(UTC).date().isoformat() else 0


def _put(conn: Connection, site: str, *, next_at: datetime, day: str, used: int) -> None:
    row = insert(conn, site_slots).values(site=site, next_at=next_at, day=day, used=used)
    conn.execute(row.on_conflict_do_update(index_elements=["site"], set_={"next_at": next_at, "day": day, "used": used}))
