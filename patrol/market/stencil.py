"""Fills the practice sites' templates, and redresses a filled page as a redesign would.

The sites hand in names and values and get bytes; templates escape every value. The redesign renames what selectors hold on
to: classes, data attributes, the state's variable; and drops the structured data.
"""

from __future__ import annotations

import json
import re
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from patrol.market import wording
from patrol.market.shelf import slug

FOLDER = Path(__file__).resolve().parent / "templates"
UNDEFINED = "\ue000undefined\ue000"  # stands in a state for JavaScript's undefined


def json_island(value: Any) -> Markup:
    """JSON that cannot end its script element."""
    return Markup(json.dumps(value, ensure_ascii=False).replace("<", "\\u003c"))  # noqa: S704 - markup is made safe here


def script_state(value: Any) -> Markup:
    """The same as JavaScript: slashes and markup escaped, absent values undefined."""
    text = json.dumps(value, ensure_ascii=False).replace("<", "\\u003c").replace(">", "\\u003e").replace("/", "\\u002F")
    return Markup(text.replace(f'"{UNDEFINED}"', "undefined"))  # noqa: S704 - markup is made safe here


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"json_island": json_island, "script_state": script_state, "slug": slug}
    environment.globals |= {
        "local_price": wording.local_price,
        "coded_price": wording.coded_price,
        "comma_price": wording.comma_price,
        "iso": wording.iso,
        "days_ago": wording.days_ago,
    }
    return environment


def render(template: str, **values: Any) -> bytes:
    return _environment().get_template(template).render(**values).encode()


def source(name: str) -> bytes:
    """A file of the templates' folder as it stands: scripts and styles."""
    return (FOLDER / name).read_bytes()


_NAMES = re.compile(r"\b(?:bz|hm|sk)-[\w-]+|\bdata-(?:adid|lot|id|seller|handle)\b|__lots\w*")
_LINKED_DATA = re.compile(r'<script type="application/ld\+json">.*?</script>', re.DOTALL)


def redressed(page: bytes) -> bytes:
    """The page after the site's redesign."""
    text = _LINKED_DATA.sub("", page.decode())
    return _NAMES.sub(lambda name: "x" + blake2b(name[0].encode(), digest_size=4).hexdigest(), text).encode()
