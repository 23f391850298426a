"""Prints HTML of ours as PDF with the installed Chromium, offline: nothing but data: addresses is ever loaded.

`dossier` hands in the page and what stands at the top and foot of every sheet of paper.
"""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Error, Route, sync_playwright

from patrol.errors import ReachError
from patrol.fetch.browser import flags

SECONDS = 60


def print_pdf(html: str, chromium: Path | str, *, header: str = "<span></span>", footer: str = "<span></span>") -> bytes:
    """The page as A4; header and footer are HTML templates as Chromium's printing knows them. ReachError where it fails."""
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=str(chromium), args=flags([], pictures=True, root=os.geteuid() == 0)
            )
            try:
                page = browser.new_context(java_script_enabled=False, offline=True, service_workers="block").new_page()
                page.route("**/*", _only_data)
                page.set_content(html, wait_until="load", timeout=SECONDS * 1000)
                return page.pdf(
                    format="A4",
                    print_background=True,
                    display_header_footer=True,
                    header_template=header,
                    footer_template=footer,
                    margin={"top": "22mm", "bottom": "20mm", "left": "16mm", "right": "16mm"},
                    tagged=True,
                    outline=True,
                )
            finally:
                browser.close()
    except Error as error:
        raise ReachError(
            f"the browser did not print: {error.message.splitlines()[0]}",
            where=str(chromium),
            remedy="`patrol doctor` checks the browser",
        ) from error


def _only_data(route: Route) -> None:
    if route.request.url.startswith(("data:", "about:")):
        route.continue_()
    else:
        route.abort()
