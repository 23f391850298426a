"""Reads one YAML file as YAML 1.2 core (no implicit octals, `no` stays a word) and remembers the line of every key.

PyYAML's C parser composes the nodes, this module gives them their values: ten times faster than a round-trip load of
the lexicons, with duplicate keys as faults. Hands (value, lines, faults) to the loader in `patrol.config`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from patrol.errors import ConfigFault

Place = tuple[str | int, ...]  # keys and indexes on the way to a value

MOST = 500_000  # values in one file, aliases counted as often as they are used
DEEPEST = 100  # collections within each other
LARGEST = 5_000_000  # bytes of one file
_QUOTES = "“”„‟«»‘’‚"
HINTS = {  # PyYAML's words for what went wrong, and what a person did
    "mapping values are not allowed": "a colon too many, or a line indented too far: put text with a colon in quotes",
    "expected <block end>": "this line is indented otherwise than those it belongs to",
    "did not find expected '-' indicator": "this line is indented otherwise than the entries above it",
    "did not find expected key": "this line is indented otherwise than those above it, or text stands behind a value",
    "did not find expected ','": "a bracket is not closed, or a comma is missing",
    "did not find expected node content": "a bracket is not closed, or two commas follow each other",
    "tab character": "a tab stands here: indent with blanks",
    "cannot start any token": "a tab, or a sign like @ or %, begins a value: indent with blanks, put such text in quotes",
    "found another document": "one file holds one document: take the `---` out",
    "unexpected end of stream": "a quotation mark is not closed",
    "could not find expected ':'": "a key without its colon",
    "undefined alias": "`*name` refers to nothing: put text that begins with * in quotation marks",
}

_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: dict[str, bool | None] = {"null": None, "Null": None, "NULL": None, "~": None, "": None}
_WORDS |= {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


def _plain(text: str) -> Any:
    """The value of an unquoted scalar in the core schema."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


class _Loader(yaml.CSafeLoader):
    """Gives no node a tag: PyYAML would try a dozen patterns on every scalar, and `_plain` reads values by itself."""

    def resolve(self, *_asked: Any) -> str:
        return ""


class _Reading:
    """One file on its way from nodes to values."""

    def __init__(self, shown: str) -> None:
        self.shown = shown
        self.lines: dict[Place, int] = {}
        self.faults: list[ConfigFault] = []
        self._open: set[int] = set()  # collections that are being read: one that holds itself has no end
        self._count = 0
        self._full = False

    def fault(self, line: int, message: str) -> None:
        self.faults.append(ConfigFault(file=self.shown, line=line, message=message))

    def value(self, node: yaml.Node, place: Place) -> Any:
        line = node.start_mark.line + 1
        self.lines.setdefault(place, line)
        self._count += 1
        if node.tag:
            self.fault(
                line, f"{node.tag.removeprefix('tag:yaml.org,2002:')!r} is a tag, and none is read here: write the value alone"
            )
        if isinstance(node, yaml.ScalarNode):
            if not node.style and node.value[:1] in _QUOTES and node.value:
                self.fault(line, f"{node.value[:1]} is a typographic quotation mark: write a straight one")
            return node.value if node.style else _plain(node.value)
        if self._full:
            return None
        if (endless := self._endless(node, place)) is not None:
            self.fault(line, endless)
            return None
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, place)
            return [self.value(entry, (*place, index)) for index, entry in enumerate(node.value)]
        finally:
            self._open.discard(id(node))

    def _endless(self, node: yaml.Node, place: Place) -> str | None:
        """What keeps a collection from being read to its end."""
        if id(node) in self._open:
            return "holds itself: take the alias (*) out"
        if self._count > MOST:
            self._full = True
            return f"makes the file hold more than {MOST} values: write them out instead of repeating aliases (*)"
        return f"stands more than {DEEPEST} levels deep: close the brackets" if len(place) > DEEPEST else None

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.fault(line, "a key must be a word: take the brackets or the `?` away")
                continue
            key: str = key_node.value
            if key in found:
                self.fault(line, f"{key!r} stands here twice: keep one of them")
            self.lines[(*place, key)] = line
            found[key] = self.value(value_node, (*place, key))
        return found


def line_of(lines: Mapping[Place, int], place: Place) -> int:
    """The line of a place, or of the nearest enclosing place that the file has."""
    for length in range(len(place), -1, -1):
        if place[:length] in lines:
            return lines[place[:length]]
    return 0


def read_yaml(path: Path, shown: str) -> tuple[Any, dict[Place, int], list[ConfigFault]]:
    """(value, line of each place, faults). An unreadable file gives (None, {}, one fault)."""
    reading = _Reading(shown)
    text = _text(path, reading)
    if text is None:
        return None, {}, reading.faults
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reading.fault(mark.line + 1 if mark else 0, f"not YAML: {_hinted(str(error.problem or error))}")
        return None, {}, reading.faults
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1 if isinstance(error.position, int) else 0
        reading.fault(line, "cannot be read: a control character stands here; take it out")
        return None, {}, reading.faults
    except yaml.YAMLError as error:
        reading.fault(0, f"cannot be read: {error}")
        return None, {}, reading.faults
    if node is None:
        return None, {}, reading.faults
    return reading.value(node, ()), reading.lines, reading.faults


def _hinted(problem: str) -> str:
    hint = next((words for part, words in HINTS.items() if part in problem), None)
    return f"{problem}: {hint}" if hint else problem


def _text(path: Path, reading: _Reading) -> str | None:
    """The file's text, or None and a fault."""
    try:
        size = path.stat().st_size
        body = path.read_bytes() if size <= LARGEST else b""
    except OSError as error:
        reading.fault(0, f"cannot be read: {error.strerror}: correct the file's rights or its name")
        return None
    if size > LARGEST:
        reading.fault(
            0, f"cannot be read: {size / 1e6:.0f} MB are too many for one file of the config; split it, or take out what is none"
        )
        return None
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        sort = "UTF-16" if body[:2] in (b"\xff\xfe", b"\xfe\xff") else "in another coding"
        line = 0 if sort == "UTF-16" else body.count(b"\n", 0, error.start) + 1
        reading.fault(line, f"cannot be read: it is {sort}, not UTF-8: save it as UTF-8")
        return None
