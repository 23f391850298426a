"""Seals what one run brings: writes each record, then its line in the run's chain; resumes after a crash.

`Archive.open_run` makes one per crawl, by-hand batch or snapshot; the capture middleware and the steps hand it bytes
and get back a Capture for the ledger. A record is in its file before its chain line is, and the chain line before the
Capture is handed out: whatever the ledger knows can be verified.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from patrol.errors import EvidenceError, StoreError
from patrol.evidence import chain
from patrol.evidence.record import Draft, Sealed, seal, sha256
from patrol.records import Capture, utc

PAGES_PER_FILE = 500  # records of no listing (results, robots.txt) share files of so many
SUFFIX = ".warc.gz"


def moment(time: datetime) -> datetime:
    """The time as it is sealed: UTC, milliseconds."""
    cut = time.astimezone(UTC)
    return cut.replace(microsecond=cut.microsecond // 1000 * 1000)


def is_open(root: Path, run_id: str) -> bool:
    """Whether a process is sealing this run."""
    try:
        handle = os.open(root / "runs" / run_id / chain.NAME, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


class RunSeal:
    """One run's evidence, open for writing by this process alone; safe to call from several threads."""

    def __init__(self, root: Path, run_id: str, card: str) -> None:
        self.run_id = run_id
        self.card = card
        self.mended: tuple[str, ...] = ()  # what a crash had left torn and was cut off, in words
        self._folder = root / "runs" / run_id
        self._below = f"runs/{run_id}/"
        self._lock = threading.Lock()
        self._dirty: set[Path] = set()
        self._shared = 0
        self._folder.mkdir(parents=True, exist_ok=True)
        self._chain = os.open(self._folder / chain.NAME, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o640)
        try:
            fcntl.flock(self._chain, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._chain)
            raise StoreError(
                "another process is sealing this run", where=str(self._folder), remedy="Wait for it, or stop it"
            ) from error
        self._head, self._next = self._resume()

    def _resume(self) -> tuple[str, int]:
        """Goes on where the chain ends; cuts what a crash left behind it and says so in `mended`."""
        path = self._folder / chain.NAME
        found, ends = chain.tail(path)
        mended = []
        torn = path.stat().st_size - found.size
        if torn:
            os.ftruncate(self._chain, found.size)
            mended.append(f"{chain.NAME}: {torn} bytes of a torn line cut off")
        for file in self._folder.rglob(f"*{SUFFIX}"):
            name = file.relative_to(self._folder).as_posix()
            surplus = file.stat().st_size - ends.get(name, 0)
            if surplus > 0:
                os.truncate(file, ends.get(name, 0))
                mended.append(f"{name}: {surplus} bytes without a line in the chain cut off")
        self.mended = tuple(mended)
        if not found.size:
            line = chain.opening(self.run_id, self.card)
            os.write(self._chain, line)
            return chain.genesis(line), 0
        return found.head, found.next

    @property
    def head(self) -> str:
        """The chain's value after the last record."""
        return self._head

    def require(self, known: Capture) -> None:
        """EvidenceError where the chain does not reach as far as this capture of the ledger (a power cut before a flush)."""
        if known.sequence >= self._next:
            raise EvidenceError(
                f"the ledger knows record {known.sequence} of this run, the chain ends before record {self._next}",
                where=str(self._folder / chain.NAME),
                remedy="Run `patrol evidence verify` on it, then start a new run",
            )

    def seal(
        self,
        *,
        url: str,
        kind: str,
        body: bytes,
        status: int | None,
        content_type: str | None,
        request_headers: Sequence[tuple[str, str]] = (),
        response_headers: Sequence[tuple[str, str]] = (),
        time: datetime,
        method: str = "GET",
        refers_to: str | None = None,
        folder: str | None = None,
        imported: str | None = None,
        truncated: str | None = None,
    ) -> Capture:
        """Writes one record and its line in the chain; StoreError where the disk does not take it.

        `kind` is response, conversion or resource; `folder` names the listing's file below the run (None: shared
        files); `imported` says where a page was brought from that we did not ask for ourselves.
        """
        at = moment(time)
        with self._lock:
            draft = Draft(
                id=uuid4().urn,
                request_id=uuid4().urn,
                run_id=self.run_id,
                sequence=self._next,
                card=self.card,
                kind=kind,
                url=url,
                time=utc(at),
                body=body,
                status=status,
                content_type=content_type,
                method=method,
                request_headers=request_headers,
                response_headers=response_headers,
                refers_to=refers_to,
                imported=imported,
                truncated=truncated,
            )
            sealed = seal(draft, self._head)
            entry = self._write(draft, sealed, self._file(folder))
            self._head, self._next = entry.chain, entry.n + 1
        return self._capture(entry, at)

    def _file(self, folder: str | None) -> str:
        if folder is not None:
            return folder + SUFFIX
        name = f"pages-{self._shared // PAGES_PER_FILE:03d}{SUFFIX}"
        self._shared += 1
        return name

    def _write(self, draft: Draft, sealed: Sealed, name: str) -> chain.Entry:
        """The record's bytes, then its chain line; on a fault both files are as before."""
        path = self._folder / name
        data = sealed.member + sealed.request_member
        offset = chain_size = -1
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as file:
                offset = file.tell()
                file.write(data)
            entry = self._entry(draft, sealed, name, offset, sha256(data))
            chain_size = os.fstat(self._chain).st_size
            _write_all(self._chain, entry.line())
        except OSError as error:
            if offset >= 0:
                os.truncate(path, offset)
            if chain_size >= 0:
                os.ftruncate(self._chain, chain_size)
            raise StoreError(
                f"the evidence store does not take a record: {error.strerror}",
                where=str(path),
                remedy="Free disk space, then start the run again; it goes on where it stopped",
            ) from error
        self._dirty.add(path)
        return entry

    def _entry(self, draft: Draft, sealed: Sealed, name: str, offset: int, stored: str) -> chain.Entry:
        return chain.Entry(
            n=draft.sequence,
            id=draft.id,
            kind=draft.kind,
            url=draft.url,
            time=draft.time,
            status=draft.status,
            type=draft.content_type,
            digest=sealed.digest,
            headers_digest=sealed.headers_digest,
            card=draft.card,
            previous=self._head,
            chain=sealed.chain,
            file=name,
            offset=offset,
            length=len(sealed.member),
            end=offset + len(sealed.member) + len(sealed.request_member),
            stored=stored,
        )

    def _capture(self, entry: chain.Entry, at: datetime) -> Capture:
        return Capture(
            id=entry.id,
            run_id=self.run_id,
            sequence=entry.n,
            url=entry.url,
            time=at,
            kind=entry.kind,
            status=entry.status,
            content_type=entry.type,
            digest=entry.digest,
            headers_digest=entry.headers_digest,
            card=entry.card,
            previous=entry.previous,
            chain=entry.chain,
            file=self._below + entry.file,
            offset=entry.offset,
            length=entry.length,
        )

    def flush(self) -> None:
        """Forces everything sealed so far to the disk (fsync): after it a power cut loses nothing of it."""
        with self._lock:
            dirty, self._dirty = self._dirty, set()
        for path in dirty:
            _sync(path)
        for folder in {path.parent for path in dirty}:
            _sync(folder)
        os.fsync(self._chain)

    def close(self) -> str:
        """Flushes, lets go of the run and returns the chain's head for the ledger's own chain."""
        self.flush()
        os.close(self._chain)
        return self._head


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_all(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]
