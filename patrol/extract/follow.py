"""Second requests that a page asks for: the description that stands in a frame of its own.

Spiders ask `follow_ups` for the addresses of a listing's page and hand the answers to `frame_text`; the pipelines put the
text into the listing.
"""

from __future__ import annotations

from collections.abc import Mapping

import parsel

from patrol.extract.adapter import Adapter
from patrol.extract.page import Page, Setting, Source, decode
from patrol.extract.texts import mend
from patrol.extract.urls import absolute, id_from
from patrol.extract.visible import visible_text


def follow_ups(body: bytes | str, url: str, marketplace: Source, *, selector: parsel.Selector | None = None) -> Mapping[str, str]:
    """Field → absolute address, for what the adapter says lies elsewhere (`description`); empty where nothing does."""
    reading = marketplace.read
    if not reading.follow:
        return {}
    page = Page(decode(body, None), url, Setting.of(marketplace, url), selector=selector)
    adapter = Adapter(page, reading, id_from(url, reading.listing_url), lambda: None)
    found = {name: absolute(url, adapter.text(way)) for name, way in reading.follow.items()}
    return {name: link for name, link in found.items() if link}


def frame_text(body: bytes | str, *, content_type: str | None = None) -> str | None:
    """The words that a framed document shows, with line breaks; None where it shows none."""
    root = parsel.Selector(text=decode(body, content_type) or "<html></html>", type="html").root
    body_tag = next(root.iter("body"), root)
    return mend(visible_text(body_tag)) or None
