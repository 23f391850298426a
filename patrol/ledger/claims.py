"""Who works on which cluster: exclusive claims with a lease, so that no two officers decide the same thing.

Triage claims a cluster when it is opened and renews with every act; a lease that runs out frees it by itself. The row's
primary key is the lock: of any number of claimers, in any number of processes, one gets it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, and_, case, delete, or_, select, update
from sqlalchemy.exc import IntegrityError

from patrol.errors import RefusedError
from patrol.ledger.clusters import resolve
from patrol.ledger.desk_tables import agencies, claims, people
from patrol.ledger.engine import clock, reading
from patrol.ledger.viewer import Viewer
from patrol.ledger.visibility import people_named
from patrol.ledger.writer import Writer

LEASE_MINUTES = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One held cluster; `person` is None for a holder whose name the viewer may not read."""

    cluster_id: str
    person_id: str | None
    person: str | None
    agency: str
    claimed_at: datetime
    expires_at: datetime
    mine: bool


class Claims:
    """Claims of all desks."""

    def __init__(self, engine: Engine, writer: Writer) -> None:
        self._engine = engine
        self._writer = writer

    def claim(self, viewer: Viewer, cluster_id: str, *, minutes: float = LEASE_MINUTES, now: datetime | None = None) -> Claim:
        """Takes or renews a cluster; RefusedError says who holds it."""
        return self._writer.run(lambda conn: take(conn, viewer, cluster_id, minutes=minutes, now=now))

    def release(self, viewer: Viewer, cluster_id: str) -> None:
        """Gives a cluster back; one that isn't the viewer's is left alone."""
        self._writer.run(lambda conn: give_back(conn, viewer, cluster_id))

    def release_all(self, viewer: Viewer) -> None:
        """Gives back all that the viewer holds, at sign-out."""
        self._writer.run(lambda conn: conn.execute(delete(claims).where(claims.c.person_id == viewer.person_id)).rowcount)

    def held(self, viewer: Viewer, *, now: datetime | None = None) -> tuple[Claim, ...]:
        """All live claims, the viewer's own first; names only where the viewer may read them."""
        with reading(self._engine) as conn:
            at = now or clock(conn)
            rows = conn.execute(_claims(viewer).where(claims.c.expires_at > at).order_by(claims.c.claimed_at))
            found = [_claim(row, viewer) for row in rows]
        return tuple(sorted(found, key=lambda claim: not claim.mine))


def take(
    conn: Connection, viewer: Viewer, cluster_id: str, *, minutes: float = LEASE_MINUTES, now: datetime | None = None
) -> Claim:
    """Takes or renews the claim inside the caller's transaction; RefusedError where someone else's is live."""
    at = now or clock(conn)
    until = at + timedelta(minutes=minutes)
    cluster_id = resolve(conn, cluster_id)
    mine = claims.c.person_id == viewer.person_id
    free = and_(claims.c.cluster_id == cluster_id, or_(mine, claims.c.expires_at <= at))
    since = case((and_(mine, claims.c.expires_at > at), claims.c.claimed_at), else_=at)
    values = {"person_id": viewer.person_id, "agency_id": viewer.agency_id, "claimed_at": since, "expires_at": until}
    if not conn.execute(update(claims).where(free).values(values)).rowcount:
        try:
            with conn.begin_nested():
                conn.execute(claims.insert().values(values | {"cluster_id": cluster_id, "claimed_at": at}))
        except IntegrityError:
            raise _refusal(conn, viewer, cluster_id) from None
    return _claim(conn.execute(_claims(viewer).where(claims.c.cluster_id == cluster_id)).one(), viewer)


def give_back(conn: Connection, viewer: Viewer, cluster_id: str) -> None:
    """Frees the viewer's own claim inside the caller's transaction."""
    conn.execute(delete(claims).where(claims.c.cluster_id == resolve(conn, cluster_id), claims.c.person_id == viewer.person_id))


def _claims(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    named = case((people_named(viewer), people.c.name))
    return (
        select(*claims.c, agencies.c.name.label("agency"), named.label("person"))
        .join_from(claims, people)
        .join(agencies, claims.c.agency_id == agencies.c.id)
    )


def _claim(row: Row[*tuple[Any, ...]], viewer: Viewer) -> Claim:
    return Claim(
        cluster_id=row.cluster_id,
        person_id=row.person_id if row.person else None,
        person=row.person,
        agency=row.agency,
        claimed_at=row.claimed_at,
        expires_at=row.expires_at,
        mine=row.person_id == viewer.person_id,
    )


def _refusal(conn: Connection, viewer: Viewer, cluster_id: str) -> RefusedError:
    row = conn.execute(_claims(viewer).where(claims.c.cluster_id == cluster_id)).one_or_none()
    if row is None:
        return RefusedError("this cluster was taken and given back at the same moment", remedy="Claim it again")
    holder = f"{row.person} ({row.agency})" if row.person else f"an officer of {row.agency}"
    return RefusedError(
        f"this cluster is held by {holder} until {row.expires_at:%H:%M} UTC", remedy="Take the next one, or wait until then"
    )
