"""The web tests' desk: see web_world.py."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # web_world.py, web_home.py

from web_world import World


@pytest.fixture
def world(tmp_path: Path, database: str) -> Iterator[World]:
    """A desk with one officer (`nl`) and nothing in it."""
    made = World(tmp_path, url=database)
    made.person("nl")
    yield made
    made.close()
