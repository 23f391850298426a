"""The outbox: which listings the index has yet to hear of, and in which revision.

Every change of a listing raises its revision and leaves a row here in the same transaction. The indexer claims rows under
a lease, builds the documents from the ledger as it stands, and deletes each row once the index took that revision; the same
transaction notes that saved searches are to be asked about it (`alerts`). There is no cursor: a row that commits late is
simply there when it is there. Erased listings come as rows like all others; their document is a tombstone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Engine, and_, bindparam, delete, func, or_, select, update

from patrol.ledger import alerts, bulk
from patrol.ledger.engine import Insert, clock, insert_for, reading
from patrol.ledger.queue import lives
from patrol.ledger.tables import listings, outbox
from patrol.ledger.writer import NEWS, Writer

MOST_ATTEMPTS = 10
LONGEST_WAIT = timedelta(minutes=10)


class OutboxRow(NamedTuple):
    """One listing whose document in the index is older than `revision`."""

    listing_key: str
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """Rows waiting, the moment since which the oldest waits, and rows given up on."""

    count: int
    oldest: datetime | None
    dead: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A row that the index refused, with its last reason; `dead` once it is given up on, else tried again `not_before`."""

    listing_key: str
    revision: int
    attempts: int
    since: datetime
    error: str
    dead: bool
    not_before: datetime | None


@cache
def _enqueue(dialect: str) -> Insert:
    row = insert_for(dialect, outbox)
    # a row that waits already takes the higher revision and starts afresh
    fresh = {"revision": row.excluded.revision, "attempts": 0, "dead": False, "not_before": None}
    return row.on_conflict_do_update(index_elements=["listing_key"], set_=fresh)


def enqueue(conn: Connection, listing_key: str, revision: int, now: datetime) -> None:
    """Notes that the index lacks this revision of a listing."""
    row = {"listing_key": listing_key, "revision": revision, "since": now, "attempts": 0, "dead": False}
    bulk.add(conn, outbox, _enqueue(conn.dialect.name), row)
    conn.info[NEWS] = True


def changed(conn: Connection, listing_keys: Iterable[str], now: datetime) -> None:
    """Raises the revision of listings whose decision, lead or cluster changed, and tells the index."""
    for key in sorted(set(listing_keys)):  # in one order everywhere, so that two writers never wait for each other
        raised = update(listings).where(listings.c.key == key).values(revision=listings.c.revision + 1)
        revision = conn.execute(raised.returning(listings.c.revision)).scalar()
        if revision is not None:
            enqueue(conn, key, revision, now)


class Outbox:
    """Claims, deletes and counts the rows of `outbox`."""

    def __init__(self, engine: Engine, writer: Writer) -> None:
        self._engine = engine
        self._writer = writer

    def changed(self, conn: Connection, listing_keys: Iterable[str]) -> None:
        """See `changed` of this module; now."""
        changed(conn, listing_keys, datetime.now(UTC))

    def claim(self, owner: str, n: int, seconds: float) -> list[OutboxRow]:
        """Up to `n` rows, oldest first, that are this owner's alone for `seconds`."""

        def work(conn: Connection) -> list[OutboxRow]:
            now = clock(conn)
            free = and_(
                outbox.c.dead.is_(False),
                or_(outbox.c.leased_until.is_(None), outbox.c.leased_until <= now),
                or_(outbox.c.not_before.is_(None), outbox.c.not_before <= now),
            )
            wanted = (
                select(outbox.c.listing_key, outbox.c.revision)
                .where(free)
                .order_by(outbox.c.since, outbox.c.listing_key)
                .limit(n)
                .with_for_update(skip_locked=True)
            )
            rows = [OutboxRow(*row) for row in conn.execute(wanted)]
            if rows:
                lease = {"owner": owner, "leased_until": now + timedelta(seconds=seconds)}
                conn.execute(update(outbox).where(outbox.c.listing_key.in_([row.listing_key for row in rows])).values(lease))
            return rows

        return self._writer.run(work)

    def done(self, rows: Sequence[OutboxRow]) -> None:
        """The index has these revisions: rows that were not raised meanwhile go, the others are free again."""
        if not rows:
            return
        named = [{"key": key, "taken": revision} for key, revision in rows]
        gone = delete(outbox).where(outbox.c.listing_key == bindparam("key"), outbox.c.revision == bindparam("taken"))
        freed = update(outbox).where(outbox.c.listing_key == bindparam("key")).values(owner=None, leased_until=None)

        def work(conn: Connection) -> None:
            conn.execute(gone, named)
            conn.execute(freed, named)
            alerts.owe(conn, rows, datetime.now(UTC))

        self._writer.run(work)

    def fail(self, row: OutboxRow, error: str, *, most: int = MOST_ATTEMPTS) -> None:
        """The index refused this document: tried again later and later, given up on after `most` attempts."""
        mine = and_(outbox.c.listing_key == row.listing_key, outbox.c.revision == row.revision)

        def work(conn: Connection) -> None:
            attempts = conn.execute(select(outbox.c.attempts).where(mine).with_for_update()).scalar()
            if attempts is None:
                self._free(conn, outbox.c.listing_key == row.listing_key)  # raised meanwhile: a new document, a new chance
                return
            wait = min(timedelta(seconds=2**attempts), LONGEST_WAIT)
            values = {"attempts": attempts + 1, "error": error, "not_before": clock(conn) + wait, "dead": attempts + 1 >= most}
            conn.execute(update(outbox).where(mine).values(owner=None, leased_until=None, **values))

        self._writer.run(work)

    def release(self, owner: str) -> None:
        """Gives all of an owner's rows back, uncounted: the engine was away, the documents are not to blame."""
        self._writer.run(lambda conn: self._free(conn, outbox.c.owner == owner))

    def release_dead(self, host: str, alive: Callable[[int], bool]) -> int:
        """Gives back what processes of this host held that live no more; says of how many."""
        with reading(self._engine) as conn:
            held = select(outbox.c.owner).where(outbox.c.owner.startswith(f"{host}:", autoescape=True)).distinct()
            owners = [owner for owner in conn.execute(held).scalars() if not lives(owner, host, alive)]
        for owner in owners:
            self.release(owner)
        return len(owners)

    @staticmethod
    def _free(conn: Connection, which: ColumnElement[bool]) -> None:
        conn.execute(update(outbox).where(which).values(owner=None, leased_until=None))

    def backlog(self) -> Backlog:
        counted = select(outbox.c.dead, func.count(), func.min(outbox.c.since)).group_by(outbox.c.dead)
        with reading(self._engine) as conn:
            by_state = {dead: (count, oldest) for dead, count, oldest in conn.execute(counted)}
        count, oldest = by_state.get(False, (0, None))
        return Backlog(count=count, oldest=oldest, dead=by_state.get(True, (0, None))[0])

    def refused(self, limit: int = 100) -> list[DeadLetter]:
        """Rows that the index refused at least once: those given up on first, then those that are tried again; oldest first."""
        wanted = select(outbox).where(outbox.c.attempts > 0)
        with reading(self._engine) as conn:
            rows = conn.execute(wanted.order_by(outbox.c.dead.desc(), outbox.c.since, outbox.c.listing_key).limit(limit))
            return [
                DeadLetter(
                    listing_key=row.listing_key,
                    revision=row.revision,
                    attempts=row.attempts,
                    since=row.since,
                    error=row.error or "",
                    dead=row.dead,
                    not_before=row.not_before,
                )
                for row in rows
            ]

    def revive(self, listing_key: str | None = None) -> int:
        """Gives every refused row a new chance at once, or one listing's; says how many."""
        which = outbox.c.attempts > 0 if listing_key is None else outbox.c.listing_key == listing_key
        again = update(outbox).where(which).values(dead=False, attempts=0, not_before=None)

        def work(conn: Connection) -> int:
            revived = conn.execute(again).rowcount
            conn.info[NEWS] = True
            return revived

        return self._writer.run(work)
