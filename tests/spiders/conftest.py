"""The fixtures of the spiders' tests: a misbehaving site, and a unit with its home."""

import gzip

import pytest
from spider_world import Site, Unit


@pytest.fixture
def site():
    made = Site()
    yield made
    made.close()


@pytest.fixture
def unit(tmp_path, site):
    return Unit(tmp_path / "home", site)


@pytest.fixture
def gzipped():
    return lambda text: (200, {"Content-Encoding": "gzip"}, gzip.compress(text.encode()))
