"""The desk: sign-in, triage, search, leads and adding by hand as pages, and the same as JSON under /api."""

from __future__ import annotations

from patrol.web.app import create_app

__all__ = ["create_app"]
