"""Writes one WARC/1.1 record as bytes and gives its digests; `seal` hands it what came back and places it in the chain.

The bytes are put together here and not by warcio's writer because the payload and every header byte must stay exactly
as they were handed over, digests are SHA-256 and compression is light; warcio reads the files again (`warcs`), and the
tests hold them against its own checker.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

Headers = Sequence[tuple[str, str]]

SEAL_FIELD = b"Patrol-Headers-Digest:"  # this field and those after it are not part of the headers digest
PLAIN, LIGHT = 0, 3  # zlib levels: what is compressed already is only framed
PACKED = ("image/", "video/", "audio/", "font/", "application/pdf", "application/zip", "application/gzip")
END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is to be sealed. `time` is ISO 8601 with Z, `body` the payload as transferred, ids are `urn:uuid:…`."""

    id: str
    request_id: str
    run_id: str
    sequence: int
    card: str
    kind: str  # response, conversion, resource
    url: str
    time: str
    body: bytes
    status: int | None = None
    content_type: str | None = None
    method: str = "GET"
    request_headers: Headers = ()
    response_headers: Headers = ()
    refers_to: str | None = None  # a conversion: what it was made of; others: the page that they belong to
    imported: str | None = None  # where it was brought from; what we asked for ourselves has None
    truncated: str | None = None  # disconnect, length, time: why the payload is not whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A draft as it goes into the file: two gzip members (record, request) and the link of the chain."""

    member: bytes
    request_member: bytes
    digest: str
    headers_digest: str
    chain: str


def sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def link(digest: str, headers_digest: str, time: str, card: str, previous: str) -> str:
    """The chain's value after a record: SHA-256 over its five parts, a line each."""
    return sha256("\n".join((digest, headers_digest, time, card, previous)).encode())


def headers_digest(fields: bytes, http_head: bytes, request: bytes) -> str:
    """Covers the record's own fields before the seal, the HTTP head and the whole request record."""
    return sha256(b"\x00".join((fields, http_head, request)))


def _clean(value: str) -> str:
    """A value without line breaks, which would forge further headers."""
    return value.replace("\r", " ").replace("\n", " ")


def _fields(fields: Sequence[tuple[str, str | None]], first: str = "WARC/1.1") -> bytes:
    lines = [first, *(f"{name}: {_clean(value)}" for name, value in fields if value is not None), ""]
    return "\r\n".join(lines).encode()


def _http(first: str, headers: Headers) -> bytes:
    lines = [first, *(f"{_clean(name)}: {_clean(value)}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1", "replace")


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _response_head(draft: Draft) -> bytes:
    if draft.kind != "response":
        return b""
    status = draft.status or 0
    return _http(f"HTTP/1.1 {status:03d} {_reason(status)}", draft.response_headers)


def _request_record(draft: Draft) -> bytes:
    """What was asked, as a record beside its response; empty where nothing was asked by us."""
    if draft.kind != "response" or draft.imported is not None:
        return b""
    parts = urlsplit(draft.url)
    headers = list(draft.request_headers)
    if not any(name.lower() == "host" for name, _ in headers):
        headers.insert(0, ("Host", parts.netloc))
    block = _http(f"{draft.method} {parts.path or '/'}{'?' + parts.query if parts.query else ''} HTTP/1.1", headers)
    fields = _fields(
        (
            ("WARC-Type", "request"),
            ("WARC-Record-ID", f"<{draft.request_id}>"),
            ("WARC-Target-URI", draft.url),
            ("WARC-Date", draft.time),
            ("WARC-Concurrent-To", f"<{draft.id}>"),
            ("Content-Type", "application/http; msgtype=request"),
            ("Content-Length", str(len(block))),
            ("WARC-Block-Digest", sha256(block)),
        )
    )
    return fields + b"\r\n" + block + END


def _record_fields(draft: Draft, length: int, digest: str) -> bytes:
    http = draft.kind == "response"
    beside = f"<{draft.refers_to}>" if draft.refers_to else None
    return _fields(
        (
            ("WARC-Type", draft.kind),
            ("WARC-Record-ID", f"<{draft.id}>"),
            ("WARC-Target-URI", draft.url),
            ("WARC-Date", draft.time),
            ("Content-Type", "application/http; msgtype=response" if http else draft.content_type or "application/octet-stream"),
            ("Content-Length", str(length)),
            ("WARC-Payload-Digest", digest),
            ("WARC-Refers-To" if draft.kind == "conversion" else "WARC-Concurrent-To", beside),
            ("WARC-Truncated", draft.truncated),
            ("Patrol-Run", draft.run_id),
            ("Patrol-Sequence", str(draft.sequence)),
            ("Patrol-Card", draft.card),
            ("Patrol-Imported", draft.imported),
        )
    )


def _level(draft: Draft) -> int:
    kind = (draft.content_type or "").lower()
    encoded = any(name.lower() == "content-encoding" for name, _ in draft.response_headers)
    return PLAIN if encoded or (kind.startswith(PACKED) and "svg" not in kind) else LIGHT


def _member(data: bytes, level: int) -> bytes:
    """One gzip member, without time or name, so that equal records give equal bytes."""
    packer = zlib.compressobj(level, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


def seal(draft: Draft, previous: str) -> Sealed:
    """The draft as bytes, linked to the chain's value before it."""
    digest = sha256(draft.body)
    head, request = _response_head(draft), _request_record(draft)
    fields = _record_fields(draft, len(head) + len(draft.body), digest)
    over_headers = headers_digest(fields, head, request)
    chain = link(digest, over_headers, draft.time, draft.card, previous)
    tail = f"Patrol-Headers-Digest: {over_headers}\r\nPatrol-Previous: {previous}\r\nPatrol-Chain: {chain}\r\n\r\n".encode()
    return Sealed(
        member=_member(b"".join((fields, tail, head, draft.body, END)), _level(draft)),
        request_member=_member(request, LIGHT) if request else b"",
        digest=digest,
        headers_digest=over_headers,
        chain=chain,
    )
