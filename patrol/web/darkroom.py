"""Takes the photographs of a lead's pages behind the desk's back: one browser at a time, never in an officer's way.

The queue page hands over a lead that was opened or has grown; what could not be photographed is a fault of the desk's run.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from patrol.errors import PatrolError
from patrol.evidence import Archive
from patrol.ledger import Ledger, Viewer
from patrol.reports.photographs import photograph

_log = logging.getLogger(__name__)


class Darkroom:
    """`environ` (None: the process's) may name the browser as PATROL_CHROMIUM."""

    def __init__(self, ledger: Ledger, archive: Archive, environ: Mapping[str, str] | None = None) -> None:
        self._ledger = ledger
        self._archive = archive
        self._environ = environ
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="darkroom")

    def develop(self, viewer: Viewer, lead: str) -> Future[None]:
        """Photographs the listings of a lead that have no photographs yet; the future is done when they are sealed."""
        return self._pool.submit(self._work, viewer, lead)

    def close(self) -> None:
        """Finishes the one at hand, forgets the rest."""
        self._pool.shutdown(cancel_futures=True)

    def _work(self, viewer: Viewer, lead: str) -> None:
        try:
            members = self._ledger.leads.show(viewer, lead).listings
            for fault in photograph(self._ledger, self._archive, [member.version_id for member in members], self._environ):
                _log.warning("no photograph of %s: %s", fault.url, fault.message)
        except PatrolError as error:
            _log.warning("no photographs of lead %s: %s", lead, error)
