"""The reports' tests work on the desk of tests/web: a real ledger, sealed pages, drawn pictures."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "web"))  # web_world.py, web_home.py

from web_world import World


@pytest.fixture
def world(tmp_path: Path, database: str) -> Iterator[World]:
    made = World(tmp_path, url=database)
    made.person("nl")
    made.person("it", "Desk IT")
    yield made
    made.close()
