"""When a site may be asked next, and how often still today: one row a site, shared by all processes that crawl it.

The scheduler reserves a slot before it sends a request; delay, back-off and daily budget therefore hold for a site as a
whole, however many workers there are. A worker that dies loses only the slots it had reserved. Moments are the server's.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from patrol.ledger.engine import clock, insert, lock
from patrol.ledger.tables import site_slots


def reserve(conn: Connection, site: str, *, n: int, delay: float, per_day: int | None) -> list[datetime]:
    """Up to `n` moments, `delay` seconds apart, at which the site may be asked; fewer where the day's budget ends."""
    lock(conn, f"site:{site}")
    now = clock(conn)
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


def give_back(conn: Connection, site: str, n: int) -> None:
    """`n` slots of today were not used."""
    lock(conn, f"site:{site}")
    today = site_slots.c.day == clock(conn).date().isoformat()
    held = update(site_slots).where(site_slots.c.site == site, today, site_slots.c.used >= n)
    conn.execute(held.values(used=site_slots.c.used - n))


def hold_back(conn: Connection, site: str, until: datetime) -> None:
    """No slot before `until`, and none that is reserved is used before: the site asked for a pause."""
    lock(conn, f"site:{site}")
    row = conn.execute(select(site_slots).where(site_slots.c.site == site)).first()
    if row is None:
        _put(conn, site, next_at=until, day=clock(conn).date().isoformat(), used=0)
    longer = max(until, row.paused_until or until) if row is not None else until
    later = max(until, row.next_at) if row is not None else until
    conn.execute(update(site_slots).where(site_slots.c.site == site).values(next_at=later, paused_until=longer))


def paused(conn: Connection, site: str) -> datetime | None:
    """Until when the site asked to be left alone."""
    return conn.execute(select(site_slots.c.paused_until).where(site_slots.c.site == site)).scalar()


def used_today(conn: Connection, site: str) -> int:
    """Slots reserved since midnight UTC."""
    row = conn.execute(select(site_slots).where(site_slots.c.site == site)).first()
    return row.used if row is not None and row.day == clock(conn).date().isoformat() else 0


def _put(conn: Connection, site: str, *, next_at: datetime, day: str, used: int) -> None:
    row = insert(conn, site_slots).values(site=site, next_at=next_at, day=day, used=used)
    conn.execute(row.on_conflict_do_update(index_elements=["site"], set_={"next_at": next_at, "day": day, "used": used}))
