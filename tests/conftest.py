"""What every test may use: `--require`, the checkout's places, and a home of its own. Tests talk to loopback only."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import databases
import processes
import pytest

ROOT = Path(__file__).resolve().parent.parent
PARTS = {
    "browser": "a Chromium or Chrome (set PATROL_CHROMIUM, or `make setup`)",
    "elastic": "an Elasticsearch (set PATROL_TEST_ELASTICSEARCH to its address)",
    "postgres": "a PostgreSQL (set PATROL_TEST_POSTGRES to its address)",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require",
        default="",
        metavar="PARTS",
        help="comma list of browser, elastic, postgres: missing ones fail instead of being skipped",
    )
    parser.addoption("--slow", action="store_true", help="also the tests that run minutes")


def _browser() -> str | None:
    from patrol.fetch.browser import find_chromium

    found = find_chromium()
    return str(found) if found else None


def _there(part: str) -> bool:
    if part == "browser":
        return _browser() is not None
    return bool(os.environ.get({"elastic": "PATROL_TEST_ELASTICSEARCH", "postgres": "PATROL_TEST_POSTGRES"}[part]))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    required = {part for part in config.getoption("--require").split(",") if part}
    if unknown := required - PARTS.keys():
        raise pytest.UsageError(f"--require: unknown {', '.join(sorted(unknown))}; known: {', '.join(PARTS)}")
    for part, what in PARTS.items():
        marked = [item for item in items if item.get_closest_marker(part)]
        if not marked or _there(part):
            continue
        if part in required:
            raise pytest.UsageError(f"--require {part}: this machine has not {what}")
        for item in marked:
            item.add_marker(pytest.mark.skip(reason=f"needs {what}"))
    if not config.getoption("--slow"):
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.skip(reason="runs minutes; add --slow"))


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home of its own with the shipped config."""
    shutil.copytree(ROOT / "config", tmp_path / "home" / "config")
    return tmp_path / "home"


DATABASES = ("sqlite", pytest.param("postgres", marks=pytest.mark.postgres))


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a ledger of the test's own: SQLite always, PostgreSQL where the environment names one."""
    with databases.database(request.param, tmp_path) as address:
        yield address


@pytest.fixture(params=DATABASES)
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The same before any migration."""
    with databases.database(request.param, tmp_path, empty=True) as address:
        yield address


@pytest.fixture(scope="session", autouse=True)
def _no_template_is_left() -> Iterator[None]:
    yield
    databases.drop_template()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path; tests that use it are marked `browser`."""
    found = _browser()
    if found is None:
        pytest.skip(f"needs {PARTS['browser']}")
    return found


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home as `patrol init` made it; tests copy it."""
    folder = tmp_path_factory.mktemp("made")
    processes.ended(processes.start("init", folder / "home", cwd=folder, env=processes.environment(folder))).clear(0)
    return folder / "home"


@pytest.fixture
def unit(tmp_path: Path, made: Path) -> Iterator[processes.Unit]:
    """A unit's own home, and its commands as processes."""
    found = processes.Unit(tmp_path / "home", made)
    yield found
    found.close()
