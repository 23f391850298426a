"""Saved searches at the desk: kept by their owner, asked again when something changes, their news shown once; also as JSON."""

from __future__ import annotations

from web_world import World

RELIEF = {"name": "Reliefs", "q": "relief", "f": ["band:high"], "order": "newest", "alerts": "1"}


def test_from_a_search_to_its_news(world: World) -> None:
    world.fill(2)
    client = world.signed("nl")
    page = client.get("/search", params={"q": "relief", "f": "band:high"}).text
    assert "Save this search" in page
    saved = client.post("/search/save", data=RELIEF)
    assert (saved.status_code, saved.headers["location"]) == (303, "/search?q=relief&f=band%3Ahigh&order=newest")
    assert "Your searches" in client.get(saved.headers["location"]).text
    assert "Nothing new" in client.get("/new").text  # what it found already is no news
    key = world.listing("900", "Gandharan relief, call +92 300 1234567 or khan_antiques")
    page = client.get("/new").text
    assert f"/listing/{key}" in page
    assert "1234567" not in page  # nor the seller's name, here as everywhere
    assert "khan_antiques" not in page
    assert "found by <b" in page
    assert 'id="news-count" class="badge">1' in client.get("/leads").text.replace(" hidden", "")
    [news] = client.get("/api/new").json()["new"]
    assert (news["key"], news["search"]["name"], news["seen"], news["matches"]) == (key, "Reliefs", False, True)
    part = client.post("/new/seen", data={"alert": news["id"]}, headers={"HX-Request": "true"})
    assert "news-count" in part.text
    assert "hidden" in part.text
    assert f"/listing/{key}" not in client.get("/new").text
    assert f"/listing/{key}" in client.get("/new?all=true").text


def test_all_are_marked_that_stood_on_the_page_and_no_later_ones(world: World) -> None:
    client = world.signed("nl")
    client.post("/search/save", data=RELIEF)
    first = world.listing("1", "Gandharan relief, one", seller="a")
    until = client.get("/api/new").json()["new"][0]["id"]
    later = world.listing("2", "Gandharan relief, another", "Other words", seller="b")
    assert client.post("/new/seen", data={"until": until}).headers["location"] == "/new"
    page = client.get("/new").text
    assert f"/listing/{later}" in page
    assert f"/listing/{first}" not in page


def test_one_sees_and_changes_ones_own_alone(world: World) -> None:
    world.person("it", "Desk IT")
    mine, theirs = world.signed("nl"), world.signed("it")
    made = mine.post("/api/searches", json={"name": "Reliefs", "q": "relief", "alerts": True}).json()
    world.listing("1", "Gandharan relief")
    alert = mine.get("/api/new").json()["new"][0]["id"]
    assert theirs.get("/api/searches").json() == {"searches": []}
    assert theirs.get("/api/new").json() == {"unseen": 0, "new": [], "next": None}
    assert theirs.post("/api/new/seen", json={"ids": [alert]}).json() == {"marked": 0}
    for what in ("rename", "alerts-on", "alerts-off", "delete"):
        assert theirs.post(f"/api/searches/{made['id']}", json={"what": what, "name": "x"}).status_code == 409
    assert mine.get("/api/new").json()["unseen"] == 1
    world.person("eye", role="auditor")
    world.person("expert", role="expert")
    for login in ("eye", "expert"):
        assert world.signed(login).get("/new").status_code == 409
        assert world.signed(login).get("/api/searches").status_code == 409


def test_rename_silence_and_delete(world: World) -> None:
    client = world.signed("nl")
    client.post("/search/save", data=RELIEF)
    client.post("/search/save", data=RELIEF | {"name": "Heads", "q": "head", "alerts": ""})
    first, second = client.get("/api/searches").json()["searches"]
    assert [(one["name"], one["alerts"]) for one in (first, second)] == [("Heads", False), ("Reliefs", True)]
    path = f"/new/searches/{first['id']}"
    assert client.post(path, data={"what": "rename", "name": " Heads of  stone "}).status_code == 303
    assert client.post(path, data={"what": "rename", "name": "Reliefs"}).status_code == 409
    client.post(path, data={"what": "alerts-on"})
    client.post(f"/new/searches/{second['id']}", data={"what": "alerts-off"})
    world.listing("1", "Gandharan head and relief")
    assert [one["search"]["name"] for one in client.get("/api/new").json()["new"]] == ["Heads of stone"]
    client.post(path, data={"what": "delete"})
    assert client.get("/api/new").json()["new"] == []
    assert [one["name"] for one in client.get("/api/searches").json()["searches"]] == ["Reliefs"]


def test_what_cannot_be_saved_is_said(world: World) -> None:
    client = world.signed("nl")
    assert client.post("/search/save", data=RELIEF).status_code == 303
    refused = {
        "a saved search called": RELIEF,
        "needs a name": RELIEF | {"name": "  "},
        "asks for nothing": {"name": "Nothing"},
        "bracket is not closed": RELIEF | {"name": "Bad", "q": "(relief"},
        "no filter is called": RELIEF | {"name": "Bad", "f": ["nonsense:1"]},
    }
    for words, data in refused.items():
        answer = client.post("/search/save", data=data)
        assert answer.status_code in (400, 409)
        assert words in answer.text
    assert client.post("/search/save", data=RELIEF, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.post("/new/seen", data={"until": "z"}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_an_erased_listing_is_not_in_the_list(world: World) -> None:
    client = world.signed("nl")
    client.post("/search/save", data=RELIEF)
    key = world.listing("1", "Gandharan relief")
    assert client.get("/api/new").json()["unseen"] == 1
    world.ledger.listings.erase_listing(key, class_="unflagged")
    assert client.get("/api/new").json() == {"unseen": 0, "new": [], "next": None}
    assert key not in client.get("/new?all=true").text
