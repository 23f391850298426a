"""Images: each picture is fetched once, kept under its own hash, and given a perceptual hash. Hands on to `dedupe`.

A listing whose text scored nothing gets only its first picture. A picture that fails is a fault on the item, never a
reason to lose the listing. Perceptual hash: pHash, 64 bits as 16 hex digits (imagehash), of the upright picture.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO

from PIL import Image as Pillow
from PIL import ImageOps, UnidentifiedImageError

from patrol.errors import PatrolError, ReadError
from patrol.pipelines.score import FIRST
from patrol.pipelines.tools import Tools
from patrol.records import Band, Fault, Image, Item, Picture

# what shops show; Pillow's further readers run other programs (PostScript) or are hardly ever fed by strangers
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "TIFF", "BMP", "JPEG2000", "ICO")
MOST = 24  # pictures of one listing; auction houses rarely show more


def perceptual_hash(picture: Pillow.Image) -> str:
    """pHash of an opened picture."""
    import imagehash  # SciPy takes a second to load: only processes that see pictures pay for it

    return str(imagehash.phash(ImageOps.exif_transpose(picture).convert("L")))


def measure(body: bytes, most_pixels: int, *, url: str | None, capture: str | None = None) -> Picture:
    """What a picture's bytes are; ReadError where they are no picture or too large to open safely."""
    try:
        with Pillow.open(BytesIO(body), formats=FORMATS) as picture:
            width, height = picture.size
            if width * height > most_pixels:
                raise ReadError(
                    f"{width}x{height} pixels are more than the limit of {most_pixels}",
                    where=url,
                    remedy="Raise manners.picture_pixels if it is sound",
                )
            media_type = Pillow.MIME.get(picture.format or "", "application/octet-stream")
            return Picture(
                sha256=hashlib.sha256(body).hexdigest(),
                url=url,
                media_type=media_type,
                width=width,
                height=height,
                size=len(body),
                phash=perceptual_hash(picture),
                capture=capture,
            )
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Pillow.DecompressionBombError) as error:
        raise ReadError(
            f"not a picture that can be opened: {error}", where=url, remedy="Its bytes stay sealed; look at them there"
        ) from error


def _wanted(item: Item) -> Iterator[tuple[int, Image]]:
    scored = item.assessment is not None and item.assessment.band is not Band.NONE
    for place, image in enumerate(item.listing.images[: MOST if scored else FIRST]):
        if image.url and not image.sha256:
            yield place, image


async def _one(item: Item, url: str, tools: Tools) -> Picture:
    known = await asyncio.to_thread(tools.ledger.listings.picture_at, url)
    if known is not None and tools.archive.picture(known.sha256) is not None:
        return replace(known, url=url)
    if tools.fetch_picture is None:
        raise ReadError("the picture is not among what was brought", where=url)
    fetched = await tools.fetch_picture(url, item)
    if len(fetched.body) > tools.limits.picture_bytes:
        raise ReadError(f"{len(fetched.body)} bytes are more than the limit of {tools.limits.picture_bytes}", where=url)
    capture = fetched.capture.id if fetched.capture else None
    picture = await asyncio.to_thread(measure, fetched.body, tools.limits.picture_pixels, url=url, capture=capture)
    await asyncio.to_thread(tools.archive.store_picture, fetched.body)
    return picture


async def images(item: Item, tools: Tools) -> Item:
    """The item with its pictures stored and hashed, and their hashes in the listing."""
    found = list(item.listing.images)
    pictures, faults = list(item.pictures), list(item.faults)
    for place, image in _wanted(item):
        try:
            picture = await _one(item, image.url or "", tools)
        except PatrolError as error:
            faults.append(Fault(step="images", message=error.what, url=image.url))
            continue
        found[place] = replace(image, sha256=picture.sha256)
        pictures.append(picture)
    return replace(item, listing=replace(item.listing, images=tuple(found)), pictures=tuple(pictures), faults=tuple(faults))
