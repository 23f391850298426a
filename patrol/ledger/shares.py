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


def settle(conn: Connection, site: str, owner: str, *, used: int, wanted: int, most: int, seconds: float) -> Share:
    """The share of a process that has `used` requests under way and would like `wanted` in all; renewed for `seconds`."""
    lock(conn, f"share:{site}")
    now = clock(conn)
    conn.execute(delete(site_shares).where(site_shares.c.site == site, site_shares.c.until <= now))
    rows = conn.execute(select(site_shares).where(site_shares.c.site == site, site_shares.c.owner != owner)).all()
    waiting = any(row.wanting for row in rows)
    all_ = len(rows) + 1
    # where there are more processes than requests allowed, each gives its turn away after every request
    fair = most if not waiting else -(-most // all_) if most >= all_ else used
    held = max(used, min(wanted, fair, most - sum(row.held for row in rows)))
    values = {"held": held, "wanting": wanted > held, "until": now + timedelta(seconds=seconds)}
    row = insert(conn, site_shares).values(site=site, owner=owner, **values)
    conn.execute(row.on_conflict_do_update(index_elements=["site", "owner"], set_=values))
    return Share(held=held, contested=waiting)


def drop(conn: Connection, owner: str) -> None:
    """Frees all shares of a process that ends."""
    conn.execute(delete(site_shares).where(site_shares.c.owner == owner))
