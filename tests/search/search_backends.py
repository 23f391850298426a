"""Every engine that keeps the promises of `patrol.search.index.Index`: a name, and how it is opened on an empty place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from patrol.search.embedded import EmbeddedIndex
from patrol.search.index import Index

BACKENDS: dict[str, Callable[[Path], Index]] = {"embedded": lambda place: EmbeddedIndex(place / "index")}
