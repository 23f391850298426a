"""Undoes the content encodings of a sealed payload (gzip, deflate, br, zstd), so that people and readers see the page.

The sealed bytes stay as transferred; `Archive.page` and the snapshot hand them through here.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable

import brotli
from backports import zstd

from patrol.errors import ReadError

LARGEST = 200_000_000  # bytes after decoding; a larger page is a bomb, not a page


def _zlib(body: bytes, window: int) -> bytes:
    unpacker = zlib.decompressobj(window)
    return unpacker.decompress(body, LARGEST)


def _deflate(body: bytes) -> bytes:
    """With zlib's frame, or raw as some servers send it."""
    try:
        return _zlib(body, zlib.MAX_WBITS)
    except zlib.error:
        return _zlib(body, -zlib.MAX_WBITS)


def _gzip(body: bytes) -> bytes:
    return _zlib(body, zlib.MAX_WBITS | 32)


def _brotli(body: bytes) -> bytes:
    return bytes(brotli.Decompressor().process(body, output_buffer_limit=LARGEST))


def _zstd(body: bytes) -> bytes:
    return bytes(zstd.ZstdDecompressor().decompress(body, LARGEST))


DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
    "identity": bytes,
}
FAULTS = (zlib.error, brotli.error, zstd.ZstdError, ValueError, EOFError)


def decode(body: bytes, encodings: str | None, where: str) -> bytes:
    """The payload without its encodings (`gzip, br`: applied in order, undone from the last); ReadError if it cannot be."""
    for name in reversed([part.strip().lower() for part in (encodings or "").split(",") if part.strip()]):
        decoder = DECODERS.get(name)
        if decoder is None:
            raise ReadError(f"content encoding {name!r} is unknown", where=where)
        try:
            body = decoder(body)
        except FAULTS as error:
            raise ReadError(
                f"the payload is not {name}: {error}", where=where, remedy="Its sealed bytes can be looked at as they are"
            ) from error
    return body
