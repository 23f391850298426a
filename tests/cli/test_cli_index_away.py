"""Commands on a home whose index is an Elasticsearch that does not answer: each says so, and the ledger's work is done."""

from __future__ import annotations

import processes
import pytest

NOWHERE = "http://127.0.0.1:9/unit-nl"  # the discard port: nobody listens
SECRET = "c2VjcmV0OnZlcnktc2VjcmV0"


@pytest.fixture
def away(unit: processes.Unit) -> processes.Unit:
    settings = unit.config("patrol.yml")
    settings.write_text(settings.read_text().replace("  index: null ", f"  index: {NOWHERE} "))
    assert NOWHERE in settings.read_text()
    return unit


def test_status_says_that_the_index_is_away_and_what_waits(away: processes.Unit) -> None:
    told = away.run("index", "status", PATROL_INDEX_API_KEY=SECRET).clear(1)
    assert "waiting: 0" in told.out
    assert "the index is away" in told.err
    assert NOWHERE in told.err
    assert SECRET not in told.out + told.err
    row = away.run("index", "status", "--json").clear(1).last
    assert "the index is away" in row["away"]
    assert (row["ledger"], row["backlog"]) == (0, 0)


def test_the_doctor_names_it_with_a_remedy(away: processes.Unit) -> None:
    told = away.run("doctor", PATROL_INDEX_API_KEY=SECRET)
    assert "the index is away" in told.out + told.err
    assert "Start Elasticsearch" in told.out + told.err
    assert SECRET not in told.out + told.err


def test_a_search_and_a_rebuild_end_in_one_line(away: processes.Unit) -> None:
    for words in (["search", "schist"], ["index", "rebuild"]):
        told = away.run(*words).clear(1)
        assert "the index is away" in told.err


def test_the_embedded_engine_is_named(unit: processes.Unit) -> None:
    assert "embedded" in unit.run("doctor").out
    assert unit.run("index", "status").clear(0).out.startswith("embedded index")


def test_a_password_in_the_settings_is_a_fault_with_its_line(unit: processes.Unit) -> None:
    settings = unit.config("patrol.yml")
    settings.write_text(settings.read_text().replace("  index: null ", f"  index: https://me:{SECRET}@es.test "))
    told = unit.run("index", "status").clear(2)
    assert "PATROL_INDEX_PASSWORD" in told.err
    assert "patrol.yml:" in told.err
    assert SECRET not in told.err
