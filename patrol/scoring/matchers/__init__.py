"""The kinds of condition that a rule may use, one module each, found by its place: the module's name is the word in YAML.

A matcher has `When`, the pydantic schema of its arguments, and `prepare(when, pieces) -> Condition`. A condition is
asked with the Reading of a listing and answers with a Match (what it saw, where) or None.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from patrol.records import Span
from patrol.scoring.reading import Reading
from patrol.scoring.vocabulary import Hit


class Match(NamedTuple):
    """What a condition saw: `marks` best first, empty where `via` is absent, image or context."""

    via: str
    marks: tuple[Hit | Span, ...] = ()


class Condition(NamedTuple):
    """`gate`: the lexicons of which one must have hit for the condition to hold; None: it must be asked."""

    check: Callable[[Reading], Match | None]
    gate: frozenset[str] | None = None
