"""The shipped rulebook, compiled once for the whole room."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from patrol.config import Config, Home, load
from patrol.records import Listing
from patrol.scoring import Rulebook, compile_rulebook

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def shipped() -> Config:
    return load(Home(ROOT))


@pytest.fixture(scope="session")
def rulebook(shipped: Config) -> Rulebook:
    return compile_rulebook(shipped)


@pytest.fixture(scope="session")
def offer() -> Any:
    """A listing from its title and whatever else matters."""

    def make(title: str | None = None, description: str | None = None, **fields: Any) -> Listing:
        return Listing(marketplace="sample", listing_id="1", url="sample:1", title=title, description=description, **fields)

    return make
