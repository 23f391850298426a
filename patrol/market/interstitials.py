"""The pages that stand between a crawl and a listing, worded as the real ones are: challenges, login walls, removals.

`trouble` hands them out with status 200, as many real sites do; each is made from the site's name and the address asked.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from patrol.market.stencil import render


def _page(template: str, site: str, target: str = "") -> bytes:
    return render(template, site=site, target=target)


BLOCKS: dict[str, Callable[[str, str], bytes]] = {
    "challenge": partial(_page, "block_challenge.html"),
    "interruption": partial(_page, "block_interruption.html"),
    "captcha": partial(_page, "block_captcha.html"),
}


def login_wall(site: str, target: str) -> bytes:
    return _page("login.html", site, target)


def removal(site: str) -> bytes:
    """The removal page of a site whose own wording does not matter."""
    return _page("removed.html", site)
