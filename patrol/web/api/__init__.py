"""The desk's JSON API under /api: the same session, the same rule against foreign requests, one shape of errors."""

from __future__ import annotations

from patrol.web.api.routes import router

__all__ = ["router"]
