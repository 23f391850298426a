"""`patrol serve` through outages of both its servers, real ones: its indexer goes on, and its pages say what is stale."""

from __future__ import annotations

import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import httpx
import postmaster
import processes
import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parent.parent / "ledger"))  # desk_world.py
sys.path.insert(0, str(Path(__file__).parent.parent / "triage"))  # elastic_server.py

from desk_world import World
from elastic_server import Server, starter

from patrol.ledger import Ledger
from patrol.search.elastic import ElasticIndex
from patrol.search.elastic_client import Address
from patrol.search.index import Query
from patrol.triage import alerting

pytestmark = [pytest.mark.elastic, pytest.mark.postgres]
PASSWORD = "a long enough password"


def until(holds: Callable[[], object], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.1)


def _missing(request: pytest.FixtureRequest, part: str, what: str) -> NoReturn:
    if part in request.config.getoption("--require").split(","):
        pytest.fail(f"needs {what}")
    pytest.skip(f"needs {what}")


@pytest.fixture(scope="module")
def database(request: pytest.FixtureRequest) -> Iterator[postmaster.Postmaster]:
    if postmaster.binaries() is None:
        _missing(request, "postgres", "PostgreSQL's own programs (initdb, pg_ctl), for it is stopped")
    running = postmaster.Postmaster()
    yield running
    running.close()


@pytest.fixture(scope="module")
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    command = starter()
    if command is None:
        _missing(request, "elastic", "a command that starts an Elasticsearch (PATROL_START_ELASTICSEARCH), for it is killed")
    running = Server(command, tmp_path_factory.mktemp("elasticsearch"))
    running.start()
    yield running
    running.kill()


class Far(World):
    """Keeps listings in the unit's ledger, as a crawler on another machine would; it tells no index of them."""

    secret = b""

    def another(self) -> Ledger:
        return Ledger(self.url, secret=self.secret, patience=60)


def desk_of(unit: processes.Unit) -> tuple[object, httpx.Client]:
    """The desk as a process, and an officer signed in."""
    process = unit.start("serve", "--port", "0")
    assert process.stdout is not None
    said = process.stdout.readline().decode()
    found = re.search(r"http://\S+", said)
    assert found, said
    client = httpx.Client(base_url=found[0].rstrip("/"), headers={"Sec-Fetch-Site": "same-origin"}, timeout=60)
    assert client.post("/sign-in", data={"login": "anna", "password": PASSWORD}).status_code == 303
    return process, client


def test_the_desk_outlives_its_servers(
    unit: processes.Unit, database: postmaster.Postmaster, engine: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"stores": {"ledger": database.address, "index": f"{engine.address}/outages"}, "clock": {"index_seconds": 0.3}}
    unit.config("patrol.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    unit.run("user", "add", "anna", "--agency", "Desk XX", "--password-stdin", stdin=PASSWORD.encode()).clear(0)
    monkeypatch.setattr(Far, "secret", (unit.root / "data" / "secret.key").read_bytes())
    process, client = desk_of(unit)
    index = ElasticIndex(Address.read(f"{engine.address}/outages"))
    with Far(database.address) as world:
        anna = next(person for person in world.ledger.people.list() if person.login == "anna").viewer
        world.listing("1")
        until(lambda: index.count() == 1)
        search = world.ledger.searches.save(anna, "Lintels", text="lintel", filters={}, order="relevance")
        alerting.watch(world.ledger, index, anna, search.id)

        database.stop("immediate")
        time.sleep(6)  # longer than a page waits for it, and the indexer looked several times
        assert client.get("/leads").status_code == 503
        database.start()
        world.listing("2", title="A lintel", seller="second")
        until(lambda: index.count() == 2)
        until(lambda: client.get("/api/new").json().get("unseen") == 1)

        engine.kill()
        world.listing("3", title="A second lintel", seller="third")
        until(lambda: "The index does not answer" in client.get("/leads").text, 20)
        assert client.get("/new").status_code == 200  # what needs the ledger alone goes on
        assert client.get("/search?q=lintel").status_code == 503
        assert client.get("/api/health").json()["ok"] is False
        engine.start()
        until(lambda: client.get("/api/new").json()["unseen"] == 2)
        until(lambda: "The index does not answer" not in client.get("/leads").text, 20)

        engine.kill()
        database.stop("fast")
        time.sleep(4)
        database.start()
        engine.start()
        keys = {world.listing(str(number), title=f"Lintel {number}", seller=f"s{number}") for number in range(10, 20)}
        until(lambda: index.count() == world.ledger.listings.count() == 13)
        until(lambda: client.get("/api/new").json()["unseen"] == 12)
        assert {hit.document.key for hit in index.search(Query(limit=100), anna).hits} >= keys
        assert world.ledger.outbox.backlog().count == world.ledger.alerts.lag().count == 0
        told = [one["key"] for one in client.get("/api/new", params={"limit": 200}).json()["new"]]
        assert len(told) == len(set(told)) == 12
    index.close()
    client.close()
    process.send_signal(signal.SIGTERM)
    processes.ended(process, seconds=60).clear(0)
