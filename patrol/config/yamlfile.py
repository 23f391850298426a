"""Reads one YAML file as YAML 1.2 core (no implicit octals, `no` stays a word) and remembers the line of every key.

PyYAML's C parser composes the nodes, this module gives them their values: ten times faster than a round-trip load of
the lexicons, with duplicate keys as faults. Hands (value, lines, faults) to the loader in `patrol.config`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from patrol.errors import ConfigFault

Place = tuple[str | int, ...]

MOST = 500_000  # values in one file, aliases counted as often as they are used
DEEPEST = 100  # collections within each other

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

    def fault(self, line: int, message: str) -> None:
        self.faults.append(ConfigFault(file=self.shown, line=line, message=message))

    def value(self, node: yaml.Node, place: Place) -> Any:
        line = node.start_mark.line + 1
        self.lines.setdefault(place, line)
        self._count += 1
        if isinstance(node, yaml.ScalarNode):
            return node.value if node.style else _plain(node.value)
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
            return "holds itself"
        if self._count > MOST:
            return f"makes the file hold more than {MOST} values"
        return f"stands more than {DEEPEST} levels deep" if len(place) > DEEPEST else None

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.fault(line, "a key must be a word")
                continue
            key: str = key_node.value
            if key in found:
                self.fault(line, f"{key!r} stands here twice")
            self.lines[(*place, key)] = line
            found[key] = self.value(value_node, (*place, key))
        return found


def read_yaml(path: Path, shown: str) -> tuple[Any, dict[Place, int], list[ConfigFault]]:
    """(value, line of each place, faults). An unreadable file gives (None, {}, one fault)."""
    reading = _Reading(shown)
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reading.fault(mark.line + 1 if mark else 0, f"not YAML: {error.problem or error}")
        return None, {}, reading.faults
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reading.fault(0, f"cannot be read: {error}")
        return None, {}, reading.faults
    if node is None:
        return None, {}, reading.faults
    return reading.value(node, ()), reading.lines, reading.faults
