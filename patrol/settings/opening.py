"""Which run a crawl works on: a new one, one of the same order that was left unfinished, or another process' as a helper.

`settings.run` asks `Opening.open` once at the start of a crawl. A run that was stopped or whose process died is gone on with
on the machine that keeps its evidence; on any other, or beside a live process, a helper works on its queue and seals a chain
of its own.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from patrol.errors import StoreError, UsageError
from patrol.evidence import Archive, RunSeal
from patrol.fetch.scheduler import LEASE
from patrol.ledger import Ledger, Run, owner_name
from patrol.records import How

FRESH = timedelta(days=1)  # since its last sign of life, in which a run that did not come to its end is gone on with
LOOKS, MOMENT = 5, 0.05  # times and seconds: another process that merely looked held the chain for an instant
RACES = 20  # times that another process may begin the same order in the moment between two looks


@dataclass(frozen=True, slots=True)
class Opened:
    """The run with its open chain; `resumed` where it goes on with what another process left."""

    run: Run
    seal: RunSeal
    resumed: bool

    @property
    def owner(self) -> str:
        return owner_name(self.run.host, os.getpid(), self.run.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """One order on its way to a run; `join` says that several processes may share it."""

    ledger: Ledger
    archive: Archive
    marketplace: str
    card: str
    how: How
    rulebook: str
    parameters: Mapping[str, Any]
    join: bool

    def open(self) -> Opened:
        """UsageError where the order runs already and is not to be joined."""
        self._close_left()
        for _ in range(RACES):
            former = self.ledger.runs.unfinished(self.marketplace, self.parameters)
            opened = self._new(None) if former is None else self._beside(former)
            if opened is not None:
                return opened
        raise StoreError("other processes began and ended the same crawl again and again", where=self.marketplace, remedy="Wait")

    def _beside(self, former: Run) -> Opened | None:
        return self._go_on(former) if self._ours(former) else self._help_afar(former)

    def _ours(self, run: Run) -> bool:
        place = self.archive.place()
        return run.place == place if run.place is not None else run.host == socket.gethostname()

    # -- a run whose evidence this machine keeps --------------------------------------------------------------------

    def _go_on(self, former: Run) -> Opened | None:
        seal = self._take_over(former)
        if seal is None:
            if not self.join:
                raise self._running(f"process {former.pid}")
            return self._help(former, resumed=False)
        if datetime.now(UTC) - self._last_sign(former) < FRESH:
            host, pid = socket.gethostname(), os.getpid()
            self.ledger.runs.adopt(former.id, pid=pid, host=host)
            self.ledger.queue.release(former.id, owner_name(former.host, former.pid, former.id))
            return Opened(self.ledger.runs.get(former.id), seal, resumed=True)
        self.ledger.runs.finish(former.id, state="stopped", evidence_head=seal.close())
        return None  # what its searches found then is no longer what the site shows: look again, and begin anew

    def _take_over(self, former: Run) -> RunSeal | None:
        """The chain of a run that is to go on; None where its process lives, which alone may write to it."""
        for _ in range(LOOKS):
            try:
                return self.archive.open_run(former.id, former.card, resume=self.ledger.runs.tail(former.id))
            except StoreError as error:
                if self.archive.is_sealing(former.id):
                    return None
                fault = error
            time.sleep(MOMENT)
        raise fault

    def _last_sign(self, former: Run) -> datetime:
        """When a run was stopped; when it sealed something last, where its process died."""
        tail = self.ledger.runs.tail(former.id)
        return former.finished_at or (tail.time if tail is not None else former.started_at)

    # -- a run that another machine began ---------------------------------------------------------------------------

    def _help_afar(self, former: Run) -> Opened | None:
        drained = self.ledger.queue.drained(former.id)
        if not drained and self.ledger.runs.alive(former, LEASE):
            if not self.join:
                raise self._running(f"on {former.host}")
            return self._help(former, resumed=False)
        if drained or datetime.now(UTC) - self._last_sign(former) >= FRESH:
            return self._new(former)
        return self._help(former, resumed=True)

    def _help(self, former: Run, *, resumed: bool) -> Opened:
        run = self.ledger.runs.start(**self._values(), joins=former.id)
        return Opened(run, self.archive.open_run(run.id, run.card), resumed)

    # -- a new one --------------------------------------------------------------------------------------------------

    def _new(self, former: Run | None) -> Opened | None:
        run = self.ledger.runs.start_after(former, **self._values())
        return None if run is None else Opened(run, self.archive.open_run(run.id, run.card), resumed=False)

    def _values(self) -> dict[str, Any]:
        return {
            "marketplace": self.marketplace,
            "card": self.card,
            "how": self.how,
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "rulebook": self.rulebook,
            "parameters": self.parameters,
            "place": self.archive.place(),
        }

    def _running(self, where: str) -> UsageError:
        return UsageError(
            f"this crawl is running already ({where})",
            where=self.marketplace,
            remedy="Wait for it, stop it, or help with it: --join",
        )

    def _close_left(self) -> None:
        """Ends the chains of helpers of this machine that died: nobody goes on with them, but what they sealed is anchored."""
        for run in self.ledger.runs.left_open(self.archive.place(), LEASE):
            seal = self._take_over(run)
            if seal is not None:
                self.ledger.queue.release(run.queue, owner_name(run.host, run.pid, run.id))
                self.ledger.runs.finish(run.id, state="stopped", evidence_head=seal.close())
