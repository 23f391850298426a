"""Saved pages as browsers write them: the page's own bytes out of a gzip file or an MHTML archive; where and when it was saved.

`patrol extract`, `patrol add` and the desk hand in a file's bytes and name; what comes out goes to `read`.
"""

from __future__ import annotations

import email
import email.policy
import re
import zlib
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

from patrol.errors import ReadError
from patrol.extract.urls import is_address, page_url

MOST = 200_000_000  # bytes; a compressed page larger than this is no page
ARCHIVES = (".mhtml", ".mht")
# what browsers and their extensions write at the head of a page that they save
_SAVED_FROM = re.compile(
    rb"<!--\s*(?:saved from url=\(\d+\)|Page saved with SingleFile\s+url:\s*)(https?://[^\s>]+)", re.IGNORECASE
)
_SAVED_ON = re.compile(
    rb"<!--\s*Page saved with SingleFile\s[^>]{0,3000}?\ssaved date:\s*\w{3} (\w{3} \d\d \d{4} [\d:]{8} GMT[+-]\d{4})"
)
HEAD = 4096


def unpacked(body: bytes, name: str) -> bytes:
    """The page itself: gunzipped where the file is gzip, the HTML part of an MHTML archive; ReadError where it is torn."""
    plain = _gunzipped(body, name)
    archive = _archive(plain, name)
    if archive is None:
        return plain
    part = archive.get_body(preferencelist=("html",))
    content = part.get_payload(decode=True) if part is not None else None
    if not isinstance(content, bytes) or not content.strip():
        raise ReadError("holds no HTML part", where=name, remedy="Save the page as HTML only")
    return content


def address(body: bytes, name: str) -> str | None:
    """Where the file says that it was saved from; else the address that the page gives as its own; else None."""
    plain = _gunzipped(body, name)
    archive = _archive(plain, name)
    if archive is not None:
        told = archive.get("Snapshot-Content-Location")
        return told.strip() if told and is_address(told.strip()) else page_url(unpacked(body, name))
    found = _SAVED_FROM.search(plain[:HEAD])
    told = found.group(1).decode("utf-8", "replace") if found else None
    return told if told and is_address(told) else page_url(plain)


def moment_of(body: bytes, name: str) -> datetime | None:
    """When the file says that it was saved (an MHTML archive's Date, SingleFile's comment); None where it does not say so."""
    plain = _gunzipped(body, name)
    archive = _archive(plain, name)
    try:
        if archive is not None:
            found = parsedate_to_datetime(archive["Date"]) if archive["Date"] else None
        else:
            told = _SAVED_ON.search(plain[:HEAD])
            found = datetime.strptime(told.group(1).decode(), "%b %d %Y %H:%M:%S GMT%z") if told else None
    except ValueError:
        return None
    return found.astimezone(UTC) if found is not None and found.tzinfo is not None else None


def _gunzipped(body: bytes, name: str) -> bytes:
    """All members of a gzip file one after the other; what is no gzip as it is."""
    plain = b""
    while body[:2] == b"\x1f\x8b":
        unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
        try:
            plain += unpacker.decompress(body, MOST - len(plain) + 1)
        except zlib.error as error:
            raise ReadError(f"is not sound gzip: {error}", where=name, remedy="Save the page again") from error
        if len(plain) > MOST:
            raise ReadError(f"unpacks to more than {MOST // 10**6} MB", where=name, remedy="Save the page alone, without gzip")
        if not unpacker.eof:
            raise ReadError("is gzip that was cut short", where=name, remedy="Save the page again")
        body = unpacker.unused_data
        if not body.startswith(b"\x1f\x8b"):
            return plain
    return body


def _archive(body: bytes, name: str) -> EmailMessage | None:
    """The MHTML archive that the file is, by its name or its first lines; None where it is a plain page."""
    named = name.lower().removesuffix(".gz").endswith(ARCHIVES)
    if not named and not (body[:5] == b"From:" and b"multipart/related" in body[:2000]):
        return None
    return email.message_from_bytes(body, _class=EmailMessage, policy=email.policy.default)
