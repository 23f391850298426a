"""The category path that a page shows above its object (`Home › Sculpture › Heads`), where no markup names one.

The last of the readers for the path, for pages that no adapter knows; `read` lays it under structured data. A menu, a footer
or a neighbour's path is passed over, and so is whatever is too long or too wide for a path.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from lxml.etree import XPath, _Element

from patrol.extract.finds import Finds
from patrol.extract.page import Page
from patrol.extract.schema import is_home, trimmed_path
from patrol.extract.urls import absolute
from patrol.extract.visible import is_hidden, one_line, visible_text
from patrol.records import Origin

_TRAILS = XPath(
    "//*[contains(@class,'readcrumb') or contains(@class,'READCRUMB') or contains(@id,'readcrumb') or "
    "contains(@aria-label,'readcrumb')][descendant::a[@href]]"
)
_ELSEWHERE = XPath("boolean(ancestor::footer | ancestor::*[contains(@class,'footer') or contains(@id,'footer')])")
_STEPS = XPath(".//a[@href] | .//li[not(.//a)] | .//span[not(.//a) and not(ancestor::a) and not(ancestor::li[not(.//a)])]")
_NESTED = XPath("boolean(.//li//ul | .//li//ol | .//form | .//table)")
_SEPARATOR = re.compile(r"^[\W_]+|[\W_]*[>›»/|→·:\\]+$")
_NO_STEP = re.compile(
    r"^(?:back|zur[üu]ck|retour|volver|indietro|terug|you are here|sie sind hier|vous êtes ici|tu sei qui|return to)\b|"
    r"^(?:(?:product |produkt)?details|categor(?:ies|ías|ias)|catégories|kategorie[n]?)$",
    re.IGNORECASE,
)
_MOST, _LONGEST = 8, 60  # steps, and characters of one


def trail(page: Page, title: str | None) -> Finds:
    """The path of the page's own object; no Finds where the page shows none or several that differ."""
    finds = Finds(Origin.DERIVED)
    if "readcrumb" not in page.text and "READCRUMB" not in page.text:
        return finds
    paths = [path for tag in _TRAILS(page.root)[:12] if (path := _path(tag, title, page))]
    if paths:
        best = max(paths, key=len)
        if all(set(path) <= set(best) for path in paths):
            finds.put("category", best, " > ".join(best))
    return finds


def _path(tag: _Element, title: str | None, page: Page) -> tuple[str, ...]:
    if _ELSEWHERE(tag) or _NESTED(tag) or is_hidden(tag):
        return ()
    steps: list[str] = []
    for step in _STEPS(tag)[: 3 * _MOST]:
        text = _SEPARATOR.sub("", one_line(visible_text(step, limit=200))).strip()
        if not text or _NO_STEP.match(text) or _leads_home(text, step.get("href"), page):
            continue
        if len(text) > _LONGEST and not (title and text.casefold()[:_LONGEST] in title.casefold()):
            return ()
        steps.append(text)
    links = sum(1 for _ in tag.iter("a"))
    path = trimmed_path(dict.fromkeys(steps), title, linked=True) if 0 < links <= _MOST + 2 else ()
    own = bool(path) and title is not None and path[-1].casefold().startswith(title.casefold()[:40])
    return () if own or len(path) > _MOST else path


def _leads_home(text: str, link: str | None, page: Page) -> bool:
    full = absolute(page.url, link)
    return is_home(text, link) or (full is not None and not urlsplit(full).path.strip("/") and not urlsplit(full).query)
