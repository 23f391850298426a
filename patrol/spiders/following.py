"""The second request that some listings need: their description stands in a frame of its own on the same site.

The spider asks for the frame while it reads the page, before the listing goes on to the steps, so that page and frame end in
one request of the queue: a crawl that is killed between them asks both again. A frame that cannot be had is a fault.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from scrapy import Request
from scrapy.http import HtmlResponse, Response

from patrol.config.marketplace import Marketplace
from patrol.errors import PatrolError, StoreError
from patrol.extract import classify, follow_ups, frame_text
from patrol.extract.language import language_of
from patrol.records import Extraction, Fault, FieldSource, Listing, Origin, Outcome
from patrol.spiders.frontier import DESCRIPTION

SHOWN = 200  # characters of what the frame says that go into the listing's field source
Download = Callable[[Request], Awaitable[Response]]


class PutBack(Exception):  # noqa: N818 - no error: the crawl ends, and the request waits for the next one
    """The crawl stopped before the frame was asked, so the whole request goes back into the queue."""


async def followed(
    response: Response, extraction: Extraction, marketplace: Marketplace | None, download: Download
) -> tuple[Extraction, tuple[Fault, ...]]:
    """The extraction with the frame's words in its description, and what went wrong; StoreError where sealing failed."""
    listing = extraction.listing
    if listing is None or marketplace is None or not marketplace.read.follow or not isinstance(response, HtmlResponse):
        return extraction, ()
    url = follow_ups(response.text, response.url, marketplace, selector=response.selector).get(DESCRIPTION)
    if url is None:
        return extraction, ()
    try:
        answer = await download(_request(url, response, listing))
    except (PutBack, StoreError):
        raise
    except Exception as error:
        if getattr(error, "outcome", Outcome.FAILED) is None:
            raise PutBack from error
        return extraction, (_fault(url, error.what if isinstance(error, PatrolError) else f"{type(error).__name__}: {error}"),)
    return _joined(extraction, listing, answer, marketplace, url)


def _request(url: str, response: Response, listing: Listing) -> Request:
    """Asked plainly, also on a site that is crawled by a browser: a frame is a document of words."""
    patrol: dict[str, Any] = {"kind": DESCRIPTION, "page": listing.url, "folder": response.meta["patrol"].get("folder")}
    return Request(url, priority=50, dont_filter=True, meta={"patrol": patrol})


def _joined(
    extraction: Extraction, listing: Listing, answer: Response, marketplace: Marketplace, url: str
) -> tuple[Extraction, tuple[Fault, ...]]:
    if not 200 <= answer.status < 300:
        return extraction, (_fault(url, f"the description's frame answered {answer.status}"),)
    kind = (answer.headers.get("Content-Type") or b"").decode("latin-1") or None
    outcome = classify(answer.body, answer.url, content_type=kind, marketplace=marketplace, status=answer.status)
    if outcome in (Outcome.BLOCKED, Outcome.LOGIN):
        return extraction, (_fault(url, f"the description's frame is a {outcome.value} page"),)
    text = frame_text(answer.body, content_type=kind)
    if text is None:
        return extraction, ()
    known = listing.description or ""
    whole = text if known in text else f"{known}\n\n{text}"
    language = language_of(listing.title, whole, page=listing.language)
    fields = {**extraction.fields, DESCRIPTION: FieldSource(origin=Origin.CSS, raw=text[:SHOWN])}
    return replace(extraction, listing=replace(listing, description=whole, language=language), fields=fields), ()


def _fault(url: str, message: str) -> Fault:
    return Fault(step=DESCRIPTION, message=message, url=url)
