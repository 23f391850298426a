"""The crawl side's ledger for each test, on every database: SQLite always, PostgreSQL where the environment names one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from uuid import uuid4

import pytest
from crawl_world import SECRET, Crawl
from sqlalchemy import create_engine, make_url, text

from patrol.ledger import Ledger


def _ask(statement: str) -> None:
    server = create_engine(os.environ["PATROL_TEST_POSTGRES"], isolation_level="AUTOCOMMIT")
    with server.connect() as conn:
        conn.execute(text(statement))
    server.dispose()


def _address(database: str) -> str:
    return make_url(os.environ["PATROL_TEST_POSTGRES"]).set(database=database).render_as_string(hide_password=False)


@cache
def _template() -> str:
    """A migrated database that each test's own is copied from."""
    name = f"patrol_template_{uuid4().hex[:8]}"
    _ask(f"CREATE DATABASE {name}")
    Ledger(_address(name), secret=SECRET).close()
    return name


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def crawl(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Crawl]:
    """One run over an empty ledger."""
    if request.param == "sqlite":
        crawl = Crawl(tmp_path)
        yield crawl
        crawl.close()
        return
    name = f"patrol_{uuid4().hex[:8]}"
    _ask(f"CREATE DATABASE {name} TEMPLATE {_template()}")
    crawl = Crawl(tmp_path, _address(name))
    yield crawl
    crawl.close()
    _ask(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session", autouse=True)
def _drop_template() -> Iterator[None]:
    yield
    if _template.cache_info().currsize:
        _ask(f"DROP DATABASE {_template()} WITH (FORCE)")
