"""What every answer of the desk carries, and what every request that changes something must show.

A plain ASGI layer around the whole app: a strict Content-Security-Policy and its companions go on each answer, and a
request that is not a read is refused unless the browser says that it comes from the desk's own pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
ALWAYS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), browsing-topics=()",
    "X-Robots-Tag": "noindex, nofollow",
}
READS = frozenset({"GET", "HEAD", "OPTIONS"})


def comes_from_the_desk(headers: Mapping[str, str]) -> bool:
    """True where the browser vouches that the request was made by a page of this very origin.

    Sec-Fetch-Site cannot be set by a script. Where an older browser leaves it out, Origin must name the host that was
    asked; where both are missing, nobody vouches and the answer is no.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin")
    return bool(origin) and urlsplit(origin or "").netloc == headers.get("host")


class Guarded:
    """Wraps `app`: refuses foreign writes with 403, puts the headers on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in ALWAYS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        if scope["method"] not in READS and not comes_from_the_desk(Headers(scope=scope)):
            await _refusal(scope["path"])(scope, receive, with_headers)
            return
        await self._app(scope, receive, with_headers)


def _refusal(path: str) -> Response:
    message = "This request did not come from a page of the desk. Open the desk itself and try again."
    if path.startswith("/api/"):
        return JSONResponse(
            {"error": {"code": "foreign_request", "message": message, "where": None, "remedy": None}}, status_code=403
        )
    return PlainTextResponse(message, status_code=403)
