"""A unit's stores and the steps over them for each test, and a site on loopback that serves pictures."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE.parent / room) for room in ("web", "spiders")]  # web_home.py, spider_world.py

from pipelines_world import Steps  # noqa: E402 - found by the line above
from spider_world import Site  # noqa: E402


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


@pytest.fixture
def steps(tmp_path: Path) -> Iterator[Steps]:
    steps = Steps(tmp_path)
    yield steps
    steps.close()
