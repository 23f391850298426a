"""Takes the project's own WARC files apart again: gzip members, a record's fields, HTTP head and payload.

`archive` reads one record by its place, `verifier` walks whole files; both need the exact bytes that were hashed, which
is why this does not go through warcio. WARC files of others are read in `warcs`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from patrol.errors import EvidenceError
from patrol.evidence.record import END, SEAL_FIELD, headers_digest, link, sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One gzip member of a file: its place, and the record in it."""

    offset: int
    length: int
    data: bytes


def unpack(packed: bytes, where: str) -> bytes:
    """The bytes of exactly one whole gzip member; EvidenceError where it is anything else."""
    unpacker = zlib.decompressobj(31)
    try:
        data = unpacker.decompress(packed) + unpacker.flush()
    except zlib.error as error:
        raise EvidenceError(f"the record cannot be unpacked: {error}", where=where) from error
    if not unpacker.eof or unpacker.unused_data:
        raise EvidenceError("the record is cut off or followed by other bytes", where=where)
    return data


def members(packed: bytes, where: str) -> Iterator[Member]:
    """All gzip members of a file's bytes; EvidenceError at the first that is broken."""
    offset = 0
    view = memoryview(packed)
    while offset < len(packed):
        unpacker = zlib.decompressobj(31)
        try:
            data = unpacker.decompress(view[offset:]) + unpacker.flush()
        except zlib.error as error:
            raise EvidenceError(f"the record at byte {offset} cannot be unpacked: {error}", where=where) from error
        if not unpacker.eof:
            raise EvidenceError(f"the record at byte {offset} is cut off", where=where)
        length = len(packed) - offset - len(unpacker.unused_data)
        yield Member(offset=offset, length=length, data=data)
        offset += length


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record of our own: WARC fields (lower-case names), HTTP head as bytes, payload."""

    fields: dict[str, str]
    before_seal: bytes  # the field bytes that the headers digest covers
    http_head: bytes
    body: bytes

    @property
    def id(self) -> str:
        return self.fields.get("warc-record-id", "").strip("<>")

    @property
    def type(self) -> str:
        return self.fields.get("warc-type", "")

    def http_headers(self) -> list[tuple[str, str]]:
        """Name and value of each HTTP header, in order."""
        pairs = (line.partition(": ") for line in self.http_head.decode("latin-1").split("\r\n")[1:] if line)
        return [(name, value) for name, _, value in pairs]

    def faults(self, request: bytes) -> list[str]:
        """What does not fit its own seal, in words; `request` is the whole record of the request, or empty."""
        fields = self.fields
        found = []
        if sha256(self.body) != fields.get("warc-payload-digest"):
            found.append("the payload differs from what was sealed")
        over_headers = headers_digest(self.before_seal, self.http_head, request)
        if over_headers != fields.get("patrol-headers-digest"):
            found.append("the headers differ from what was sealed")
        parts = [
            fields.get(name, "")
            for name in ("warc-payload-digest", "patrol-headers-digest", "warc-date", "patrol-card", "patrol-previous")
        ]
        if link(*parts) != fields.get("patrol-chain"):
            found.append("the link of the chain differs")
        return found


def parse(data: bytes, where: str) -> Record:
    """A record's bytes taken apart; EvidenceError where they are no whole WARC record."""
    head, blank, rest = data.partition(END)
    lines = head.decode("utf-8", "replace").split("\r\n")
    fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    length = fields.get("content-length", "")
    if not blank or lines[0] != "WARC/1.1" or not length.isdigit() or rest[int(length) :] != END:
        raise EvidenceError("this is no whole WARC record", where=where)
    block = rest[: int(length)]
    http_head = b""
    if fields.get("content-type", "").startswith("application/http"):
        split = block.find(END)
        if split < 0:
            raise EvidenceError("the record's HTTP head has no end", where=where)
        http_head, block = block[: split + len(END)], block[split + len(END) :]
    sealed = head.find(b"\r\n" + SEAL_FIELD)
    before = head[: sealed + 2] if sealed >= 0 else head
    return Record(fields=fields, before_seal=before, http_head=http_head, body=block)
