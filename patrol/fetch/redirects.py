"""Redirects: each hop is a request of its own that passes manners again; the row in the queue stays the first one's."""

from __future__ import annotations

from typing import Any

from scrapy import Request
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from patrol.fetch.refusals import NotAskedError
from patrol.records import Outcome


class HopMiddleware(RedirectMiddleware):
    """Scrapy's redirects, without a Referer, and with an end that is counted as failed."""

    def handle_referer(self, request: Request, response: Response) -> None:  # noqa: ARG002 - the base's signature
        request.headers.pop("Referer", None)

    def _engine_started(self) -> None:
        """The base warns here about a referer middleware that we leave out on purpose."""

    def _redirect(self, redirected: Request, request: Request, reason: Any) -> Request:
        try:
            return super()._redirect(redirected, request, reason)
        except IgnoreRequest as error:
            raise NotAskedError(Outcome.FAILED, "the site redirects without end") from error
