"""The JSON API: the pages' doings for programs, one shape of errors."""

from __future__ import annotations

from web_world import World

from patrol.records import Outcome


def test_from_the_queue_to_a_lead_and_back(world: World) -> None:
    keys = world.fill(2)
    client = world.signed("nl")
    queue = client.get("/api/queue").json()
    first = queue["clusters"][0]["listings"][0]
    assert (first["key"], first["stream"], first["rank"]) == (keys[0], "value", 1)
    item = client.get(f"/api/listings/{keys[0]}", params={"shown": first["shown"]}).json()
    assert sum(signal["points"] for signal in item["assessment"]["signals"]) == item["assessment"]["sum"] == 115
    for signal in item["assessment"]["signals"]:
        if signal["field"] == "description":
            assert item["description"][signal["start"] : signal["end"]] == signal["quote"]
    done = client.post("/api/decide", json={"shown": [item["shown"]], "act": "lead", "title": "One", "seconds": 4.5}).json()
    assert done["lead"].startswith("L-")
    assert client.get("/api/leads").json()["leads"][0]["title"] == "One"
    assert client.get(f"/api/leads/{done['lead']}").json()["lead"]["number"] == done["lead"]
    assert client.post("/api/undo", json={}).json()["keys"] == [keys[0]]
    assert world.ledger.decisions.status(keys[0]) == "open"


def test_one_shape_for_every_error(world: World) -> None:
    client = world.signed("nl")
    answers = {
        400: client.get("/api/search", params={"q": "band:"}),
        404: client.get("/api/listings/none"),
        409: client.get("/api/leads/L-1999-0001"),
        422: client.post("/api/decide", json={"act": "watch"}),
    }
    for status, answer in answers.items():
        assert answer.status_code == status
        assert set(answer.json()) == {"error"}
        assert set(answer.json()["error"]) == {"code", "message", "where", "remedy"}
    assert set(client.get("/api/nowhere").json()) == {"error"}
    assert set(world.client().get("/api/health").json()) == {"error"}
    assert set(client.post("/api/undo", json={}, headers={"Sec-Fetch-Site": "cross-site"}).json()) == {"error"}


def test_runs_and_health_tell_what_is_behind(world: World) -> None:
    world.listing("1", "Gandharan head", index=False)
    world.ledger.writer.run(lambda conn: world.ledger.runs.count(conn, world.run.id, Outcome.BLOCKED, 2))
    client = world.signed("nl")
    health = client.get("/api/health").json()
    assert health["backlog"]["count"] == 1
    assert health["index"]["listings"] == 0
    assert client.get("/api/runs").json()["runs"][0]["counts"]["blocked"] == 2


def test_search_counts_and_hides(world: World) -> None:
    world.fill(3)
    found = world.signed("nl").get("/api/search", params={"q": "peshawar", "limit": 2}).json()
    assert (found["total"], len(found["listings"])) == (4, 2)
    assert found["facets"]["band"] == {"high": 4}
    assert found["next"]


def test_experts_and_auditors_reach_only_their_own(world: World) -> None:
    world.person("expert", role="expert")
    world.person("eye", role="auditor")
    key = world.listing("1", "Gandharan head")
    for login in ("expert", "eye"):
        client = world.signed(login)
        assert client.get(f"/api/listings/{key}").status_code in (404, 409)
        assert client.get("/api/search").status_code == 409
    assert world.signed("expert").get("/api/me").json()["role"] == "expert"
