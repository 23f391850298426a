"""Faults of a config file in words for a person: what is wrong at which place, and what to write instead.

The loader hands in pydantic's error with the model and the value that was read; back come places in the file with one
phrase each. What only follows from another fault is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from patrol.config.yamlfile import Place

SHOWN = 60  # characters of a value that are repeated
AS_LIST = "must be a list: write `[…, …]`, or one entry a line, each after `- `"


def at(key: str, message: str) -> PydanticCustomError:
    """A fault that a model finds as a whole, to be shown at the line of one of its keys."""
    return PydanticCustomError("at", "{told}", {"key": key, "told": message})


def faults_of(error: ValidationError, kind: type[BaseModel], value: Any) -> Iterator[tuple[Place, str]]:
    """(place, phrase) of every fault that is one of its own."""
    rows = error.errors(include_url=False)
    places = [tuple(row["loc"]) for row in rows]
    for row, place in zip(rows, places, strict=True):
        if row["type"] == "too_short" and any(other != place and other[: len(place)] == place for other in places):
            continue  # its entries were refused, and that is said
        where = place_of((*place, row["ctx"]["key"]) if row["type"] == "at" else place, value)
        yield where, _phrase(row, kind, place)


def place_of(location: tuple[str | int, ...], value: Any) -> Place:
    """pydantic's location without the names of union members that it puts in between."""
    place: list[str | int] = []
    for part in ("in" if part == "in_" else part for part in location):
        inside = (
            part in value if isinstance(value, dict) else isinstance(value, list) and isinstance(part, int) and part < len(value)
        )
        if inside:
            value = value[part]
        elif part != location[-1]:
            continue
        place.append(part)
    return tuple(place)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """`did you mean …?`; None where nothing known is near."""
    near = get_close_matches(word, sorted(known), n=1, cutoff=0.7)
    return f"did you mean {near[0]!r}?" if near else None


def meant(word: str, known: Iterable[str]) -> str:
    """`did you mean …?`, else what there is."""
    return nearest(word, known) or f"known here: {', '.join(sorted(known))}"


def _phrase(row: Mapping[str, Any], kind: type[BaseModel], place: Place) -> str:
    last = str(place[-1]) if place else ""
    if row["type"] == "extra_forbidden":
        return f"unknown key {last!r}; {meant(last, list(_keys(kind, place[:-1])))}"
    if row["type"] == "missing":
        return f"{last!r} is missing: add a line `{last}: …`"
    key = ".".join("in" if part == "in_" else str(part) for part in place)
    told = _told(row)
    return f"{key}: {told}" if key else told


def _told(row: Mapping[str, Any]) -> str:
    given, sort = row["input"], str(row["type"])
    if given is None and sort not in ("value_error", "at"):
        return "is empty: write its value behind the colon, or take the line out"
    for beginning, words in PHRASES.items():
        if sort.startswith(beginning):
            return words(given, row)
    return str(row["msg"]).removeprefix("Value error, ")


def _shown(value: Any) -> str:
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def _no_text(given: Any, _row: Mapping[str, Any]) -> str:
    if isinstance(given, (dict, list)):
        return "must be plain text: put it in quotation marks if it holds [ ] { } or a colon"
    return f'must be text: write "{_shown(given)}" in quotation marks'


def _none_of(given: Any, row: Mapping[str, Any]) -> str:
    known = [word.strip("'") for word in str(row["ctx"]["expected"]).replace(" or ", ", ").split(", ")]
    return "; ".join(filter(None, (f"{_shown(given)!r} is none of {', '.join(known)}", nearest(str(given), known))))


PHRASES: Mapping[str, Callable[[Any, Mapping[str, Any]], str]] = {
    "tuple_type": lambda _given, _row: AS_LIST,
    "string_type": _no_text,
    "string_too_short": lambda _given, _row: "is an empty text: write something, or take it out",
    "too_short": lambda _given, _row: "is an empty list: it needs at least one entry",
    "literal_error": _none_of,
    "enum": _none_of,
    "date_": lambda given, _row: f"{_shown(given)!r} is no date: write year-month-day, like 2028-12-31",
    "int_": lambda given, _row: f"{_shown(given)!r} is no whole number",
    "float_": lambda given, _row: f"{_shown(given)!r} is no number",
    "decimal_": lambda given, _row: f"{_shown(given)!r} is no number",
    "bool_": lambda given, _row: f"{_shown(given)!r} is neither true nor false",
    "dict_type": lambda given, _row: f"{_shown(given)!r} must be `key: value` lines",
    "mapping_type": lambda given, _row: f"{_shown(given)!r} must be `key: value` lines",
    "model_": lambda given, _row: f"{_shown(given)!r} must be `key: value` lines",
    "at": lambda _given, row: str(row["ctx"]["told"]),
}


def _keys(kind: type[BaseModel], place: Place) -> Iterator[str]:
    """The keys of the model at a place."""
    found: type[BaseModel] | None = kind
    for part in place:
        if found is not None and isinstance(part, str):
            field = next((field for name, field in found.model_fields.items() if part in (name, field.alias)), None)
            found = _inside(field.annotation) if field is not None else found
    for name, field in found.model_fields.items() if found is not None else ():
        if name != "name":
            yield (field.alias or name).removesuffix("_")


def _inside(annotation: Any) -> type[BaseModel] | None:
    """The model within a list or an alternative."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _inside(part)) is not None), None)
