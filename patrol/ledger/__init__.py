"""The system of record: what was asked, seen, scored, decided and opened as a lead, in one transactional database.

A process opens one Ledger and hands it to its steps, spiders, pages and reports. Reads take a snapshot from a pool of
connections; all writes of the process go through its one Writer.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self

from patrol.ledger import engine
from patrol.ledger.alerts import Alerts
from patrol.ledger.audit import Audit
from patrol.ledger.claims import Claims
from patrol.ledger.decisions import Decisions
from patrol.ledger.documents import DocumentRow, Snapshot
from patrol.ledger.engine import open_engine
from patrol.ledger.history import HistoryRow
from patrol.ledger.keeping import Kept
from patrol.ledger.leads import Leads
from patrol.ledger.listings import Listings, Stores
from patrol.ledger.lookup import Seen
from patrol.ledger.migrate import upgrade
from patrol.ledger.notes import Notes
from patrol.ledger.outbox import Backlog, Outbox, OutboxRow
from patrol.ledger.people import People
from patrol.ledger.queue import QueuedRequest, RequestQueue, owner_name
from patrol.ledger.rulebooks import Rulebooks
from patrol.ledger.runs import Run, RunRow, Runs
from patrol.ledger.searches import SavedSearch, SavedSearches
from patrol.ledger.secret import require_key
from patrol.ledger.sellers import SellerKeys
from patrol.ledger.sessions import Sessions
from patrol.ledger.stored import StoredListing
from patrol.ledger.viewer import Role, Viewer
from patrol.ledger.writer import Writer

__all__ = [
    "Backlog",
    "DocumentRow",
    "HistoryRow",
    "Kept",
    "Ledger",
    "OutboxRow",
    "QueuedRequest",
    "Role",
    "Run",
    "RunRow",
    "SavedSearch",
    "Seen",
    "Snapshot",
    "StoredListing",
    "Viewer",
    "owner_name",
]

PATIENCE = 3.0  # seconds that a page of the desk may wait


class Ledger:
    """The open ledger with its sub-stores; also a context manager.

    `url` is `sqlite:///path` or `postgresql+psycopg://…`, `secret` the unit's key for sellers' hashes. Opening brings the
    schema up to date; StoreError where the ledger is newer than this code, or missing while `create` is False. A server
    that goes away afterwards is waited for, up to `patience` seconds.
    """

    def __init__(self, url: str, *, secret: bytes, create: bool = True, patience: float = PATIENCE) -> None:
        self.engine = open_engine(url, create=create)
        upgrade(self.engine, create=create)
        self.engine.update_execution_options(**{engine.PATIENCE: patience})  # not before: one that is away is told at once
        self.writer = Writer(self.engine)
        self.runs = Runs(self.engine, self.writer)
        self.queue = RequestQueue(self.engine, self.writer)
        self.rulebooks = Rulebooks(self.engine)
        self.sellers = SellerKeys(secret)
        require_key(self.engine, secret)
        self.listings = Listings(
            Stores(
                engine=self.engine,
                writer=self.writer,
                runs=self.runs,
                queue=self.queue,
                rulebooks=self.rulebooks,
                sellers=self.sellers,
            )
        )
        self.outbox = Outbox(self.engine, self.writer)
        self.people = People(self.engine, self.writer)
        self.sessions = Sessions(self.engine, self.writer)
        self.claims = Claims(self.engine, self.writer)
        self.decisions = Decisions(self.engine, self.writer)
        self.leads = Leads(self.engine, self.writer)
        self.notes = Notes(self.engine, self.writer)
        self.audit = Audit(self.engine, self.writer)
        self.searches = SavedSearches(self.engine, self.writer)
        self.alerts = Alerts(self.engine, self.writer)

    def close(self) -> None:
        """Writes what was handed to the writer, then lets go of the database."""
        self.writer.close()
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
