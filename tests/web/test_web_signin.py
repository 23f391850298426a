"""Nobody gets in without a session, nobody from elsewhere changes anything, and guessing is slowed down."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient
from web_world import PASSWORD, World

from patrol.ledger.viewer import Role
from patrol.web.app import PAGES

OPEN = {"/sign-in", "/theme"}


def pages() -> list[tuple[str, str]]:
    """Method and path of every page, with something in place of its parameters."""
    found = [(method, route.path) for page in PAGES for route in page.router.routes for method in route.methods]
    return [(method, re.sub(r"\{\w+\}", "0" * 64, path)) for method, path in found if path not in OPEN]


def calls(world: World) -> list[tuple[str, str]]:
    paths = world.app.openapi()["paths"]
    found = [(method.upper(), path) for path, methods in paths.items() for method in methods]
    return [(method, re.sub(r"\{\w+\}", "x", path)) for method, path in found]


def test_every_page_asks_for_a_session(world: World) -> None:
    client = world.client()
    assert len(pages()) > 25
    for method, path in pages():
        answer = client.request(method, path)
        assert answer.status_code == 303, (method, path)
        assert answer.headers["location"].startswith("/sign-in"), (method, path)


def test_every_call_asks_for_a_session(world: World) -> None:
    client = world.client()
    found = [*calls(world), ("GET", "/api/openapi.json")]
    assert len(found) > 10
    for method, path in found:
        answer = client.request(method, path)
        assert answer.status_code == 401, (method, path)
        assert answer.json()["error"]["code"] == "not_signed_in"


def test_a_foreign_page_changes_nothing(world: World) -> None:
    client = world.signed("nl")
    key = world.listing("1", "Gandharan head")
    shown = client.get("/api/queue").json()["clusters"][0]["listings"][0]["shown"]
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "", "Origin": "http://127.0.0.1"},
    ):
        form = client.post("/decide", headers=headers, data={"shown": shown, "act": "watch"})
        call = client.post("/api/decide", headers=headers, json={"shown": [shown], "act": "watch"})
        assert (form.status_code, call.status_code) == (403, 403), headers
    assert world.ledger.decisions.status(key) == "open"


def test_an_older_browser_may_show_its_origin_instead(world: World) -> None:
    client = TestClient(world.app, base_url="http://127.0.0.1", follow_redirects=False)
    form = {"login": "nl", "password": PASSWORD}
    assert client.post("/sign-in", data=form).status_code == 403
    assert client.post("/sign-in", data=form, headers={"Origin": "http://evil.example"}).status_code == 403
    assert client.post("/sign-in", data=form, headers={"Origin": "null"}).status_code == 403
    assert client.post("/sign-in", data=form, headers={"Origin": "http://127.0.0.1"}).status_code == 303


def test_the_cookie_is_signed_http_only_and_strict(world: World) -> None:
    client = world.client()
    answer = client.post("/sign-in", data={"login": "NL ", "password": PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    held = client.cookies["patrol_session"]
    client.cookies.set("patrol_session", held[:-2] + ("aa" if held[-2:] != "aa" else "bb"))
    assert client.get("/queue").status_code == 303


def test_signing_out_ends_the_session_for_good(world: World) -> None:
    client = world.signed("nl")
    held = client.cookies["patrol_session"]
    client.post("/sign-out")
    client.cookies.set("patrol_session", held)
    assert client.get("/queue").status_code == 303


def test_guessing_is_braked_by_login_and_by_address(world: World) -> None:
    world.person("other")
    client = world.client()
    said = [client.post("/sign-in", data={"login": "nl", "password": "wrong"}).status_code for _ in range(5)]
    assert said == [401, 401, 401, 401, 429]
    right = client.post("/sign-in", data={"login": "other", "password": PASSWORD})
    assert right.status_code == 429  # the same address
    assert "Wait 15 minutes" in right.text


def test_an_unknown_login_hears_what_a_wrong_password_hears(world: World) -> None:
    client = world.client()
    said = [client.post("/sign-in", data={"login": login, "password": "wrong"}) for login in ("nl", "nobody")]
    assert said[0].status_code == said[1].status_code == 401
    assert said[0].text.replace('value="nl"', "") == said[1].text.replace('value="nobody"', "")


def test_a_closed_account_stays_out(world: World) -> None:
    client = world.signed("nl")
    world.ledger.people.set_active(world.people["nl"].id, False)
    assert client.get("/queue").status_code == 303
    assert world.client().post("/sign-in", data={"login": "nl", "password": PASSWORD}).status_code == 401


@pytest.mark.parametrize("to", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"])
def test_signing_in_never_leads_elsewhere(world: World, to: str) -> None:
    answer = world.client().post("/sign-in", data={"login": "nl", "password": PASSWORD, "to": to})
    assert answer.headers["location"] == "/"


def test_every_answer_carries_the_strict_headers(world: World) -> None:
    client = world.signed("nl")
    for path in ("/queue", "/sign-in", "/api/health", "/static/desk.js", "/nowhere", "/api/nowhere", "/picture/" + "0" * 64):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"


def test_no_documentation_page_loads_scripts_from_elsewhere(world: World) -> None:
    client = world.signed("nl")
    assert client.get("/docs").status_code == 404
    assert client.get("/redoc").status_code == 404
    assert client.get("/openapi.json").status_code == 404
    assert "/api/decide" in client.get("/api/openapi.json").json()["paths"]


def test_sign_ins_stand_in_the_audit_trail(world: World) -> None:
    world.person("eye", role=Role.AUDITOR.value)
    world.client().post("/sign-in", data={"login": "nl", "password": "wrong"})
    page = world.signed("eye").get("/audit").text
    assert "sign in failed" in page
    assert "sign in" in page
