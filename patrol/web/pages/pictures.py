"""Pictures from the unit's own store, by content hash: the only pictures that the desk ever shows.

Bytes that came from a marketplace are handed out only as raster pictures, whole or as a smaller rendition; anything else
in the store is not served. A picture never changes under its hash, so a browser may keep it.
"""

from __future__ import annotations

import io
import re
from typing import Annotated

from fastapi import APIRouter, Query, Response
from PIL import Image, ImageOps, UnidentifiedImageError

from patrol.web.auth import Reader
from patrol.web.desk import DeskOf
from patrol.web.faults import NotHereError

router = APIRouter()
SHA256 = re.compile(r"[0-9a-f]{64}")
SIZES = (160, 1000)  # pixels of the longer side
AS_THEY_ARE = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp", "AVIF": "image/avif"}
KEPT = {"Cache-Control": "private, max-age=604800, immutable"}


@router.get("/picture/{sha256}")
def picture(sha256: str, desk: DeskOf, _signed: Reader, size: Annotated[int | None, Query()] = None) -> Response:
    """The picture as sealed, or (`size` 160 or 1000) a rendition of that many pixels."""
    body = desk.archive.picture(sha256) if SHA256.fullmatch(sha256) else None
    if body is None:
        raise NotHereError("this picture is not held")
    try:
        with Image.open(io.BytesIO(body)) as opened:
            if size in SIZES and max(opened.size) > size:
                return Response(_smaller(opened, size), media_type="image/webp", headers=KEPT)
            media_type = AS_THEY_ARE.get(opened.format or "")
            if media_type is None:
                return Response(_smaller(opened, max(SIZES)), media_type="image/webp", headers=KEPT)
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise NotHereError("what is held under this hash cannot be shown as a picture", where=sha256) from error
    return Response(body, media_type=media_type, headers=KEPT)


def smaller(body: bytes, edge: int) -> bytes:
    """A picture of ours as WebP of at most so many pixels a side."""
    with Image.open(io.BytesIO(body)) as opened:
        return _smaller(opened, edge)


def _smaller(opened: Image.Image, edge: int) -> bytes:
    opened.draft("RGB", (edge, edge))
    small = ImageOps.exif_transpose(opened).convert("RGB")
    small.thumbnail((edge, edge))
    out = io.BytesIO()
    small.save(out, "WEBP", quality=84, method=2)
    return out.getvalue()
