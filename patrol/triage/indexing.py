"""From the ledger's outbox into the index: claimed rows become documents of one snapshot, and go once the index has them.

What was indexed is then put to the saved searches that give alerts. A crawl drains at its end, `patrol serve` and
`patrol schedule` run an Indexer beside their work, `patrol index rebuild` makes all documents anew. An index that is away
costs nothing but time: rows go back untouched and wait.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from patrol.config.settings import Bands
from patrol.errors import PatrolError, StoreError
from patrol.ledger import Ledger, OutboxRow, owner_name
from patrol.search.documents import Document, ListingDocument, Shelf, Tombstone, check
from patrol.search.index import Index, Written
from patrol.tether import lives
from patrol.triage import alerting
from patrol.triage.documents import Making, documents_of

_log = logging.getLogger(__name__)
BATCH = 500  # listings; as many again are their clusters
LEASE_SECONDS = 120.0
LONGEST_PAUSE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Drained:
    """What a drain did. `refused` documents were older than what the index held, which is no fault; `failed` listings wait
    for another try with their reason in the outbox; `alerts` went to the owners of saved searches; `away` is the index's own
    fault, after which nothing more was tried."""

    listings: int = 0
    kept: int = 0
    refused: int = 0
    failed: int = 0
    alerts: int = 0
    away: str | None = None

    def __add__(self, other: Drained) -> Drained:
        return Drained(
            listings=self.listings + other.listings,
            kept=self.kept + other.kept,
            refused=self.refused + other.refused,
            failed=self.failed + other.failed,
            alerts=self.alerts + other.alerts,
            away=other.away or self.away,
        )


def making(ledger: Ledger, bands: Bands) -> Making:
    """How this unit's documents are made: its own key for the audit draws, its own edge."""
    return Making(draw_key=bytes.fromhex(ledger.sellers.id_hash("audit draw")), edge=bands.review)


def drain(ledger: Ledger, index: Index, *, bands: Bands | None = None, until_empty: bool = True, batch: int = BATCH) -> Drained:
    """Brings the index up to what the ledger holds; with `until_empty` False one batch. Never raises for the index's faults."""
    how = making(ledger, bands or Bands())
    owner = _owner()
    ledger.outbox.release_dead(socket.gethostname(), lives)
    done = Drained()
    while True:
        rows = ledger.outbox.claim(owner, batch, LEASE_SECONDS)
        if rows:
            try:
                done += _write(ledger, index, how, rows)
            except (StoreError, OSError) as error:
                ledger.outbox.release(owner)
                return done + Drained(away=str(error))
        given = alerting.run(ledger, index)
        done += Drained(alerts=given.alerts, away=given.away)
        if given.away or not rows or not until_empty:
            return done


def _owner() -> str:
    """Whose rows this thread claims."""
    return f"{owner_name(socket.gethostname(), os.getpid())}:{threading.get_ident()}"


def _write(ledger: Ledger, index: Index, how: Making, rows: Sequence[OutboxRow]) -> Drained:
    documents, sound, failed = _documents(ledger, how, rows)
    written = index.write(documents) if documents else Written(kept=0, refused=0)
    unfit = _unfit(written, documents) if written.unfit else {}
    for row in sound:
        if row.listing_key in unfit:
            ledger.outbox.fail(row, unfit[row.listing_key])
    taken = [row for row in sound if row.listing_key not in unfit]
    ledger.outbox.done(taken)
    return Drained(listings=len(taken), kept=written.kept, refused=written.refused, failed=failed + len(sound) - len(taken))


def _unfit(written: Written, documents: Sequence[Document]) -> dict[str, str]:
    """By listing, why the engine did not take its document or its cluster's; what was erased answers for any cluster."""
    reasons = {(one.shelf, one.key): one.reason for one in written.unfit}
    clusters = {key: reason for (shelf, key), reason in reasons.items() if shelf is Shelf.CLUSTERS}
    found = {key: reason for (shelf, key), reason in reasons.items() if shelf is Shelf.LISTINGS}
    for document in documents:
        if isinstance(document, ListingDocument) and document.cluster in clusters:
            found.setdefault(document.key, clusters[document.cluster])
        if isinstance(document, Tombstone) and document.shelf is Shelf.LISTINGS and clusters:
            found.setdefault(document.key, next(iter(clusters.values())))
    return found


def _documents(ledger: Ledger, how: Making, rows: Sequence[OutboxRow]) -> tuple[list[Document], list[OutboxRow], int]:
    """The documents of a batch; where one cannot be made, each listing is taken alone, so that only the guilty ones wait."""
    try:
        return _checked(ledger, how, [row.listing_key for row in rows]), list(rows), 0
    except (PatrolError, ValueError, KeyError, TypeError) as error:
        if len(rows) == 1:
            ledger.outbox.fail(rows[0], f"{type(error).__name__}: {error}")
            return [], [], 1
    alone = [_documents(ledger, how, (row,)) for row in rows]
    latest = {(type(document), document.key): document for documents, _, _ in alone for document in documents}
    return list(latest.values()), [row for _, sound, _ in alone for row in sound], sum(failed for _, _, failed in alone)


def _checked(ledger: Ledger, how: Making, keys: Sequence[str]) -> list[Document]:
    documents = documents_of(ledger.listings.document_rows(keys), how)
    for document in documents:
        check(document)
    return documents


def all_documents(ledger: Ledger, *, bands: Bands | None = None, batch: int = BATCH) -> Iterator[Document]:
    """Every document, for a rebuild. What changes while it runs comes by the outbox, with a higher revision."""
    how = making(ledger, bands or Bands())
    keys = ledger.listings.current_keys()
    while some := list(islice(keys, batch)):
        yield from _checked(ledger, how, some)


def rebuild(ledger: Ledger, index: Index, *, bands: Bands | None = None) -> Written:
    """A new index from the ledger, swapped in when it is whole; then what changed meanwhile."""
    written = index.rebuild(all_documents(ledger, bands=bands))
    drain(ledger, index, bands=bands)
    return written


class Indexer:
    """A thread that drains the outbox at once when this process changed a listing, and every `seconds` for what others
    changed; backs off while the index is away.

    `report` is told every drain that did something or met an index that is away.
    """

    def __init__(
        self,
        ledger: Ledger,
        index: Index,
        *,
        seconds: float,
        bands: Bands | None = None,
        report: Callable[[Drained], None] | None = None,
    ) -> None:
        self._ledger = ledger
        self._index = index
        self._seconds = seconds
        self._bands = bands
        self._report = report
        self._bell = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._loop, name="indexer", daemon=True)
        self._unlisten: Callable[[], None] | None = None
        self._broken = False  # the last drain ended in the middle, and may have left rows claimed
        self.last: Drained | None = None

    def start(self) -> None:
        self._unlisten = self._ledger.writer.listen(self.wake)
        self._thread.start()

    def wake(self) -> None:
        """There is something to index: don't wait."""
        self._bell.set()

    def stop(self) -> None:
        """Ends after the batch at hand."""
        self._stopping = True
        if self._unlisten is not None:
            self._unlisten()
            self._unlisten = None
        self._bell.set()
        if self._thread.is_alive():
            self._thread.join()

    def _loop(self) -> None:
        pause = self._seconds
        while not self._stopping:
            self._bell.clear()
            done = self._drained()
            self.last = done
            if self._report is not None and (done.listings or done.failed or done.away):
                self._report(done)
            pause = min(max(pause, 1.0) * 2, LONGEST_PAUSE) if done.away else self._seconds
            self._bell.wait(pause)

    def _drained(self) -> Drained:
        done = Drained()
        try:
            if self._broken:
                self._ledger.outbox.release(_owner())
                self._broken = False
            while not self._stopping:
                batch = drain(self._ledger, self._index, bands=self._bands, until_empty=False)
                done += batch
                if batch.away or not (batch.listings or batch.failed):
                    break
        except PatrolError as error:  # the ledger itself is away: told like an index that is, and tried again
            self._broken = True
            done += Drained(away=str(error))
        except Exception as error:  # noqa: BLE001 - the thread's boundary: a fault of ours must not end it while the desk goes on
            self._broken = True
            _log.exception("the indexer met a fault and goes on")
            done += Drained(away=f"{type(error).__name__}: {error}")
        return done
