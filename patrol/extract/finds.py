"""What one source says of a listing, field by field, before the sources are joined.

Each reader (state, JSON-LD, microdata, OpenGraph, CSS) fills one Finds; `join` lays them over each other by precedence
and remembers for every field where it came from and what the page literally said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from patrol.records import FieldSource, Origin

RAW_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Find:
    value: Any
    raw: str
    origin: Origin

    @property
    def source(self) -> FieldSource:
        return FieldSource(origin=self.origin, raw=self.raw[:RAW_LENGTH])


@dataclass(slots=True)
class Finds:
    """One source's fields; `put` keeps the first value of a field and drops empty ones."""

    origin: Origin
    fields: dict[str, Find] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def put(self, name: str, value: Any, raw: Any = None, *, origin: Origin | None = None) -> None:
        if name not in self.fields and not _is_empty(value):
            self.fields[name] = Find(value, str(value if raw is None else raw), origin or self.origin)

    def get(self, name: str) -> Any:
        found = self.fields.get(name)
        return None if found is None else found.value

    def __bool__(self) -> bool:
        return bool(self.fields)


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str | tuple | list | dict) and not value)


def first(value: Any) -> Any:
    """The first entry of a list, or the value itself."""
    while isinstance(value, list):
        if not value:
            return None
        value = value[0]
    return value


def many(value: Any) -> list[Any]:
    """The value as a list; None is the empty one."""
    return value if isinstance(value, list) else [] if value is None else [value]


def text_of(value: Any, *keys: str) -> str | None:
    """The words of a schema.org value: text, number, or an object's name (or the keys given)."""
    value = first(value)
    if isinstance(value, Mapping):
        return next((found for key in (keys or ("name", "@value", "value", "text")) if (found := text_of(value.get(key)))), None)
    if value is None or isinstance(value, bool):
        return None
    return str(value).strip() or None


def texts_of(values: Iterable[Any]) -> tuple[str, ...]:
    """Distinct, non-empty words of several values, in order."""
    return tuple(dict.fromkeys(text for value in values if (text := text_of(value))))
