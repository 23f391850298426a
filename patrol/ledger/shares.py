"""How many requests each process may have under way at a site: together never more than the site's card allows.

`fetch.shares` asks for its process: alone it gets all, beside others an equal part as soon as their requests under way let
it. A share is a lease; what a killed process held is free when it has run out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, delete, select

from patrol.ledger.engine import clock, insert, lock
from patrol.ledger.sharing_tables import site_shares


@dataclass(frozen=True, slots=True)
class Share:
    """`held` requests may be under way; `contested` where another process waits for some of them."""

    held: int
    contested: bool


def settle(
    conn: Connection, site: str, owner: str, *, used: int, wanted: int, most: int, seconds: float, leaving: bool = False
) -> Share:
    """The share of a process that has `used` requests under way and would like `wanted` in all; renewed for `seconds`.

    `leaving`: a request of its came to its end, and what is more than its equal part, rounded down, goes to those who wait.
    Rounded up for one that asks: what is free goes to whoever asks first. If all stood back for each other, nobody would go on.
    """
    lock(conn, f"share:{site}")
    now = clock(conn)
    conn.execute(delete(site_shares).where(site_shares.c.site == site, site_shares.c.until <= now))
    rows = conn.execute(select(site_shares).where(site_shares.c.site == site, site_shares.c.owner != owner)).all()
    waiting = any(row.wanting for row in rows)
    all_ = len(rows) + 1
    fair = most if not waiting else most // all_ if leaving else -(-most // all_)
    held = max(used, min(wanted, fair, most - sum(row.held for row in rows)))
    values = {"held": held, "wanting": wanted > held, "until": now + timedelta(seconds=seconds)}
    row = insert(conn, site_shares).values(site=site, owner=owner, **values)
    conn.execute(row.on_conflict_do_update(index_elements=["site", "owner"], set_=values))
    return Share(held=held, contested=waiting)


def drop(conn: Connection, owner: str) -> None:
    """Frees all shares of a process that ends."""
    conn.execute(delete(site_shares).where(site_shares.c.owner == owner))
