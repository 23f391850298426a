"""Reads WARC files, our own and those of others, record by record through warcio.

The replay answers requests from them and the verifier checks foreign ones; what comes out is plain bytes and headers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import ChunkedDataReader
from warcio.exceptions import ArchiveLoadFailed

from patrol.errors import ReadError


@dataclass(frozen=True, slots=True, kw_only=True)
class WarcRecord:
    """One record: payload as stored (content encodings in place), HTTP headers in order, and whose it is."""

    id: str
    type: str
    url: str | None
    time: datetime | None
    status: int | None
    content_type: str | None
    headers: tuple[tuple[str, str], ...]
    body: bytes
    offset: int
    refers_to: str | None
    concurrent_to: str | None
    ours: bool  # carries a seal of Patrol's
    intact: bool | None  # by the digests it carries; None where it has none
    cut: bool = False  # the file ends before the record does


def _time(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    if moment is None:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _id(value: str | None) -> str | None:
    return value.strip("<>") if value else None


def _status(record: Any) -> int | None:
    code = record.http_headers.get_statuscode() if record.http_headers else ""
    return int(code) if code and code.isdigit() else None


def _read(record: Any, iterator: ArchiveIterator) -> WarcRecord:
    fields = record.rec_headers
    body = record.raw_stream.read()  # before the offset is asked for: that skips to the record's end
    cut = getattr(record.raw_stream, "limit", 0) > 0  # what the record promises and the file does not hold
    http = record.http_headers
    if http and "chunked" in (http.get_header("Transfer-Encoding") or "").lower():
        body = ChunkedDataReader(BytesIO(body)).read()  # gives other bodies back as they are
    return WarcRecord(
        id=_id(fields.get_header("WARC-Record-ID")) or "",
        type=record.rec_type,
        url=fields.get_header("WARC-Target-URI"),
        time=_time(fields.get_header("WARC-Date")),
        status=_status(record),
        content_type=http.get_header("Content-Type") if http else fields.get_header("Content-Type"),
        headers=tuple(http.headers) if http else (),
        body=body,
        offset=iterator.get_record_offset(),
        refers_to=_id(fields.get_header("WARC-Refers-To")),
        concurrent_to=_id(fields.get_header("WARC-Concurrent-To")),
        ours=fields.get_header("Patrol-Chain") is not None,
        intact=False if cut else record.digest_checker.passed,
        cut=cut,
    )


def record_at(path: Path, offset: int) -> WarcRecord:
    """The record that begins at a byte of the file; ReadError where none does."""
    with path.open("rb") as file:
        file.seek(offset)
        iterator = ArchiveIterator(file, check_digests=True)
        try:
            return _read(next(iter(iterator)), iterator)
        except (ArchiveLoadFailed, StopIteration) as error:
            raise ReadError(f"no WARC record begins at byte {offset}", where=str(path)) from error


def records(path: Path) -> Iterator[WarcRecord]:
    """Every record of a WARC file, plain or gzipped; ReadError where it is no WARC file."""
    with path.open("rb") as file:
        iterator = ArchiveIterator(file, check_digests=True)
        try:
            for record in iterator:
                yield _read(record, iterator)
        except ArchiveLoadFailed as error:
            raise ReadError("not a WARC file that can be read", where=str(path)) from error
