"""The evidence store of one home: opens runs for sealing, gives sealed payloads back, keeps pictures by their hash.

The crawl, the by-hand batch and the desk are handed one Archive; it knows files and digests, never the ledger.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import uuid4

from patrol.errors import EvidenceError, StoreError
from patrol.evidence.members import Record, parse, unpack
from patrol.evidence.payload import decode
from patrol.evidence.record import sha256
from patrol.evidence.seal import RunSeal, is_open
from patrol.records import Capture

ERASED = "erased.jsonl"
PLACE = "place"  # the file that names a store


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedPage:
    """A sealed answer to look at: headers as sealed, body without its content encodings."""

    url: str
    status: int | None
    content_type: str | None
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Archive:
    """Files below one folder: `runs/<run>/…` and `pictures/<two>/<sha256>`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def place(self) -> str:
        """This store's own name, made at first use: by it the ledger tells which machine's store keeps a run."""
        path = self.root / PLACE
        try:
            if not path.exists():
                self.root.mkdir(parents=True, exist_ok=True)
                draft = path.with_name(f".{PLACE}.{uuid4().hex}")
                draft.write_text(str(uuid4()), encoding="ascii")
                try:
                    os.link(draft, path)  # the first of two processes wins, both read the winner's
                except FileExistsError:
                    pass
                finally:
                    draft.unlink()
            return path.read_text(encoding="ascii").strip()
        except OSError as error:
            raise self._unwritable(error) from error

    def known_place(self) -> str | None:
        """Its name if it has one already; nothing is written."""
        path = self.root / PLACE
        return path.read_text(encoding="ascii").strip() if path.is_file() else None

    def _unwritable(self, error: OSError) -> StoreError:
        return StoreError(
            f"the evidence store cannot be written: {error.strerror}",
            where=str(self.root),
            remedy="Check the disk and the folder's rights",
        )

    def is_sealing(self, run_id: str) -> bool:
        """Whether a live process has this run open."""
        return is_open(self.root, run_id)

    def open_run(self, run_id: str, card: str, resume: Capture | None = None) -> RunSeal:
        """The run's seal; with `resume`, the ledger's last capture of the run, the chain must reach that far."""
        try:
            seal = RunSeal(self.root, run_id, card)
        except OSError as error:
            raise self._unwritable(error) from error
        if resume is not None:
            seal.require(resume)
        return seal

    def _record(self, capture: Capture) -> Record:
        path = self.root / capture.file
        try:
            with path.open("rb") as file:
                file.seek(capture.offset)
                packed = file.read(capture.length)
        except FileNotFoundError as error:
            folder = self.root / "runs" / capture.run_id
            if not folder.is_dir():
                raise EvidenceError(
                    "this page is not sealed in this evidence store",
                    where=str(folder),
                    remedy="Look at it on the machine that crawled it, or copy the run's folder from there",
                ) from error
            gone = erasures(folder).get(path.relative_to(folder).as_posix())
            raise EvidenceError(
                gone.words if gone else "the sealed record is missing",
                where=str(path),
                remedy=None if gone else "Restore the evidence folder from its backup",
            ) from error
        record = parse(unpack(packed, str(path)), str(path))
        if sha256(record.body) != capture.digest or record.id != capture.id:
            raise EvidenceError(
                "the sealed bytes differ from what was sealed",
                where=f"{path} at byte {capture.offset}",
                remedy="Run `patrol evidence verify` on the run's folder",
            )
        return record

    def read(self, capture: Capture) -> bytes:
        """The payload as transferred, its digest checked; EvidenceError where it is changed, missing or erased."""
        return self._record(capture).body

    def page(self, capture: Capture) -> SealedPage:
        """The answer with its headers and a body that can be read; ReadError where an encoding cannot be undone."""
        record = self._record(capture)
        headers = tuple(record.http_headers())
        encodings = ", ".join(value for name, value in headers if name.lower() == "content-encoding")
        return SealedPage(
            url=capture.url,
            status=capture.status,
            content_type=capture.content_type,
            headers=headers,
            body=decode(record.body, encodings, capture.url),
        )

    def _picture(self, digest: str) -> Path:
        return self.root / "pictures" / digest[:2] / digest

    def store_picture(self, body: bytes) -> str:
        """Keeps a picture's unchanged bytes under their SHA-256 (hex, returned); the same bytes are kept once."""
        digest = hashlib.sha256(body).hexdigest()
        path = self._picture(digest)
        if path.exists():
            return digest
        draft = path.with_name(f".{digest}.{uuid4().hex}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(body)
            draft.replace(path)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise StoreError(
                f"the evidence store does not take a picture: {error.strerror}", where=str(path), remedy="Free disk space"
            ) from error
        return digest

    def picture(self, sha256: str) -> bytes | None:
        """The picture's bytes, None where it is not held."""
        try:
            return self._picture(sha256).read_bytes()
        except FileNotFoundError:
            return None

    def erase(self, run_id: str, file: str, on: date, retention_class: str) -> None:
        """Drops one file of a run (path below the store) under a retention class; the chain and its digests stay."""
        folder = self.root / "runs" / run_id
        line = json.dumps(
            {"file": (self.root / file).relative_to(folder).as_posix(), "on": on.isoformat(), "class": retention_class}
        )
        with (folder / ERASED).open("a", encoding="utf-8") as notes:
            notes.write(line + "\n")
            notes.flush()
            os.fsync(notes.fileno())
        (self.root / file).unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Erasure:
    """When a file of a run was erased, and under which retention class."""

    on: str
    retention_class: str

    @property
    def words(self) -> str:
        return f"erased on {self.on} under class {self.retention_class}"


def erasures(folder: Path) -> dict[str, Erasure]:
    """The erased files of a run's folder, by name below it."""
    path = folder / ERASED
    if not path.is_file():
        return {}
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    return {row["file"]: Erasure(row["on"], row["class"]) for row in rows}
