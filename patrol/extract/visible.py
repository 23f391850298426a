"""What a page shows of itself: the text below an element without what is hidden, tidied for people.

The parsed page, the adapters and the plain-text reader ask here; a word that no visitor sees is no word of the listing.
"""

from __future__ import annotations

import re

from lxml.etree import _Element, iterwalk

_HIDDEN_CLASS = re.compile(
    r"(?:^|\s)(?:is-hidden|hidden|hide|d-none|u-hidden|visually-?hidden|visuallyhidden|sr-only|screen-reader\S*|g-hdn|clipped|"
    r"a-offscreen|invisible|offscreen|ui-helper-hidden)(?:\s|$)",
    re.IGNORECASE,
)
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_SILENT = frozenset(("script", "style", "noscript", "template", "svg", "option", "iframe"))
_BREAKS = frozenset(re.findall(r"\S+", "p div br li tr ul ol table section article h1 h2 h3 h4 h5 h6 dt dd dl td th"))
_WHITE = re.compile(r"\s+")
_BLANKS = re.compile(r"[^\S\n]+")
_AROUND = re.compile(r" ?\n ?")
_MANY = re.compile(r"\n{3,}")


def tidy(text: str) -> str:
    """Runs of blanks as one, at most one empty line, no blanks at the ends; line breaks are kept."""
    if text.isprintable() and "  " not in text:  # nothing but letters, signs and single blanks
        return text.strip()
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00ad", "").replace("\u200b", "")
    return _MANY.sub("\n\n", _AROUND.sub("\n", _BLANKS.sub(" ", text))).strip()


def one_line(text: str) -> str:
    return " ".join(text.replace("\u00ad", "").replace("\u200b", "").split())


def is_hidden(element: _Element | None) -> bool:
    """Whether an element or anything around it is not shown."""
    while element is not None:
        if hidden_itself(element):
            return True
        element = element.getparent()
    return False


def hidden_itself(element: _Element) -> bool:
    return (
        element.get("hidden") is not None
        or bool(_HIDDEN_CLASS.search(element.get("class") or ""))
        or bool(_HIDDEN_STYLE.search(element.get("style") or ""))
    )


def visible_text(element: _Element, *, limit: int = 100_000) -> str:
    """The text that is shown below an element, blocks on lines of their own; hidden children left out."""
    parts: list[str] = []
    length = 0
    walk = iterwalk(element, events=("start", "end", "comment", "pi"))
    for event, node in walk:
        if event == "start":
            if node.tag in _SILENT or (node is not element and hidden_itself(node)):
                walk.skip_subtree()
                continue
            parts.append("\n" if node.tag in _BREAKS else "")
            piece = node.text
        else:
            parts.append("\n" if event == "end" and node.tag in _BREAKS and node.tag != "br" else "")
            piece = node.tail if node is not element else None
        if piece:
            shown = _WHITE.sub(" ", piece)
            parts.append(shown)
            length += len(shown.strip())
            if length > limit:
                break
    return tidy("".join(parts))
