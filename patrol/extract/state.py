"""A site's own page state: the JSON (or JavaScript) from which its pages are drawn.

The adapter names what a site uses; found are variables (`window.__data = {…}`), scripts by id or attribute
(`__NEXT_DATA__`, `data-sjs`), attributes (`data-react-props`) and answers that are JSON themselves. JSON in a string, as in
`__PRERENDERED_STATE__ = "{…}"`, is opened.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

import jmespath
import orjson
from jmespath import functions
from lxml.etree import XPath

from patrol.extract.javascript import value, value_at
from patrol.extract.page import Page

_SCRIPT = XPath("//script[@id=$name]")
_DECODED = re.compile(r"(?:JSON\.parse\(\s*)?decodeURIComponent\(\s*([\"'])(.*?)\1", re.DOTALL)
_ASSIGNED = re.compile(r"[\"']?\]?\s*(?:=(?!=)|\((?=\s*[\"'{\[]))\s*")
_PLACEHOLDER = re.compile(r"\{([\w.]+)\}")
_STEP = r"(?:[A-Za-z_]\w*|\"[^\"\\]+\")"
_DOTTED = re.compile(rf"{_STEP}(?:\.{_STEP})*")
_STEPS = re.compile(_STEP)
_SAFE_ID = re.compile(r"[^\w.:-]")


def _takes(*types: dict[str, list[str]]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """jmespath's own declaration of a function's arguments."""
    declared: Callable[[Callable[..., Any]], Callable[..., Any]] = functions.signature(*types)
    return declared


class _Functions(functions.Functions):  # type: ignore[misc]  # jmespath carries no types
    """JMESPath's own functions and `pairs(list, name, value)`, `first(list)`, `deep(value, key)`."""

    @_takes({"types": ["array", "null"]}, {"types": ["string"]}, {"types": ["string"]})
    def _func_pairs(self, rows: Any, name: str, content: str) -> dict[str, Any]:
        """`[{name: a, value: b}]` as `{a: b}`."""
        return {str(row[name]): row.get(content) for row in rows or () if isinstance(row, dict) and row.get(name)}

    @_takes({"types": ["array", "null", "string", "number", "object"]})
    def _func_first(self, rows: Any) -> Any:
        return next((row for row in rows if row is not None), None) if isinstance(rows, list) else rows

    @_takes({"types": ["object", "array", "null"]}, {"types": ["string"]})
    def _func_deep(self, tree: Any, key: str) -> list[Any]:
        """Every value of this key at any depth."""
        return [node[key] for node in objects(tree) if key in node]


_OPTIONS = jmespath.Options(custom_functions=_Functions())


@lru_cache(maxsize=4096)
def _compiled(path: str) -> Any:
    return jmespath.compile(path)


def search(path: str, tree: Any) -> Any:
    """What a JMESPath finds; None where a function meets a value of a kind that it does not take."""
    if _DOTTED.fullmatch(path):  # most paths: no need of an interpreter
        for step in _STEPS.findall(path):
            tree = tree.get(step.strip('"')) if isinstance(tree, dict) else None
        return tree
    try:
        return _compiled(path).search(tree, options=_OPTIONS)
    except jmespath.exceptions.JMESPathTypeError:  # the page gives another kind than the adapter knows: not there
        return None


def filled(path: str, own_id: str | None, view: Mapping[str, Any]) -> str | None:
    """A path with `{id}` and `{pick.key}` filled in; None where one of them is not known."""
    known = True

    def one(found: re.Match[str]) -> str:
        nonlocal known
        said = own_id if found.group(1) == "id" else search(found.group(1), view)
        known = known and said is not None
        return _SAFE_ID.sub("", str(said))

    text = _PLACEHOLDER.sub(one, path)
    return text if known else None


def objects(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object at any depth, outer ones first."""
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            yield node
            stack.extend(reversed(node.values()))
        elif isinstance(node, list):
            stack.extend(reversed(node))


def gathered(trees: list[Any], key: str, own_id: str) -> dict[str, Any]:
    """All objects whose `key` is the page's id, laid over each other: what the first says stands."""
    joined: dict[str, Any] = {}
    for node in (node for tree in trees for node in objects(tree) if str(node.get(key, "")) == own_id):
        for name, content in node.items():
            if joined.get(name) in (None, "", [], {}):
                joined[name] = content
    return joined


def states(page: Page, name: str, kind: str = "auto", *, holding: str | None = None) -> list[Any]:
    """The values that a page keeps under a name, parsed once; `holding` skips scripts without that text."""
    key = (name, kind, holding)
    if key not in page.parsed:
        page.parsed[key] = _states(page, name, kind, holding)
    return page.parsed[key]


def _states(page: Page, name: str, kind: str, holding: str | None) -> list[Any]:
    if kind == "json" or (kind == "auto" and page.is_json):
        return [] if page.json is None else [page.json]
    if name not in page.text:
        return []
    found: list[Any] = []
    if kind in ("auto", "script"):
        texts = [tag.text or "" for tag in (*_SCRIPT(page.root, name=name), *_marked(page, name))]
        found += [value(text) for text in texts if holding is None or holding in text]
    if not found and kind in ("auto", "variable") and "-" not in name:
        found += list(_variables(page.text, name))
    if not found and kind in ("auto", "attribute"):
        found += [value(str(text)) for text in page.root.xpath(f"//@{name}")] if re.fullmatch(r"[\w-]+", name) else []
    return [tree for tree in found if tree is not None]


def _marked(page: Page, name: str) -> list[Any]:
    return page.root.xpath(f"//script[@{name}]") if re.fullmatch(r"data-[\w-]+", name) else []


def _variables(text: str, name: str) -> Iterator[Any]:
    """Values assigned to a name, or handed to a function of that name."""
    at = text.find(name)
    while at >= 0:
        place = _ASSIGNED.match(text, at + len(name))
        if place is not None and not (at and (text[at - 1].isalnum() or text[at - 1] in "_$")):
            yield from _assigned(text, place)
        at = text.find(name, at + len(name))


def _assigned(text: str, place: re.Match[str]) -> Iterator[Any]:
    end = text.find("</script", place.end())
    stop = end if end > 0 else len(text)
    decoded = _DECODED.match(text, place.end(), stop)
    if decoded:
        yield value(unquote(decoded.group(2)))
        return
    start = place.end() + (len("JSON.parse(") if text.startswith("JSON.parse(", place.end()) else 0)
    found = value_at(text, start, end=stop)
    if found is not None:
        yield value(found[0]) if isinstance(found[0], str) else found[0]


def as_text(tree: Any) -> str:
    """What a field's raw text shows of a state value."""
    return tree if isinstance(tree, str) else orjson.dumps(tree, default=str).decode()
