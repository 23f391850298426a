"""Addresses of a listing's pictures, the largest rendition that the page names of each.

The readers hand in what a page calls its images (texts, objects, srcset); back come absolute addresses, one a picture,
where `s-l300` and `s-l1600` of the same picture count as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from patrol.extract.finds import first, many, text_of
from patrol.extract.urls import absolute
from patrol.records import Image

MOST = 60
_URL_KEYS = ("contentUrl", "url", "@id", "src", "image", "imageUrl", "uri", "href", "large", "original")
_BY_SIZE = ("xxlarge", "xlarge", "full", "original", "zoom", "big", "large", "medium", "small", "thumbnail")
_SIZE = re.compile(
    r"s-l(\d+)(?=\.)|[_/-](\d{2,4})x(\d{2,4})?(?=[_./-])|[?&](?:w|width|wid|imwidth)=(\d+)|/w_(\d+)|\$_(\d+)\.|[?&]rule=[^&]*?(\d+)",
    re.IGNORECASE,
)
# `…/t206017954.jpg`: a letter before the picture's number names a smaller rendition of `…/206017954.jpg`
_LETTER = re.compile(r"/[a-z](?=\d{6,}\.(?:jpe?g|png|webp)$)")
_NO_PICTURE = re.compile(
    r"(?:spacer|blank|pixel|placeholder|no[-_]?image|noimage|loading|transparent|sprite)[^/]*\.(?:gif|png|svg)", re.IGNORECASE
)


def pictures(values: Iterable[Any], base: str, *, template: str | None = None) -> tuple[Image, ...]:
    """Images from addresses or objects that hold one; same pictures once, in their largest size named here."""
    best: dict[str, tuple[int, str]] = {}
    for value in values:
        link = _address(value)
        if link and template:
            link = template.replace("{}", link)
        full = absolute(base, link)
        if not full or _NO_PICTURE.search(full):
            continue
        key, size = _identity(full)
        if key not in best or size > best[key][0]:
            best[key] = (size, full)
    return tuple(Image(url=url) for _, url in list(best.values())[:MOST])


def schema_images(node: Mapping[str, Any], base: str) -> tuple[Image, ...]:
    return pictures([*many(node.get("image")), *many(node.get("photo"))], base)


def from_srcset(srcset: str) -> str | None:
    """The largest candidate of a srcset."""
    candidates = [part.split() for part in re.split(r",\s+", srcset.strip()) if part.strip()]
    return max(candidates, key=_weight)[0] if candidates else None


def _weight(candidate: list[str]) -> float:
    number = candidate[1][:-1] if len(candidate) > 1 else "1"
    return float(number) if number.replace(".", "", 1).isdigit() else 0.0


def _address(value: Any) -> str | None:
    value = first(value)
    if not isinstance(value, Mapping):
        text = text_of(value)
        return from_srcset(text) if text and re.search(r"\s\d+(?:\.\d+)?[wx](?:,|$)", text) else text
    for key in (*_BY_SIZE, *_URL_KEYS):
        link = value.get(key)
        if link:
            return _address(link)
    return None


def _identity(url: str) -> tuple[str, int]:
    """What stays the same over a picture's renditions, and the size that the address names (0 where none)."""
    size = 0
    for found in _SIZE.finditer(url):
        size = max(size, *(int(number) for number in found.groups() if number))
    key, letters = _LETTER.subn("/", url)
    return _SIZE.sub("#", key), size or -letters
