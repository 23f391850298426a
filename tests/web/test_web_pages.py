"""Search, leads, adding by hand, seen before, overview, people and audit: each page does what it says."""

from __future__ import annotations

import io
import re

import pytest
from web_world import World

from patrol.ledger.viewer import Role
from patrol.market.pictures import jpeg
from patrol.records import Outcome

PAGE = """<!doctype html><html><head><title>Shop</title><link rel="canonical" href="https://antik.example/offer/77">
<script type="application/ld+json">{"@context": "https://schema.org", "@type": "Product",
"name": "Gandharan schist relief with donors",
"description": "A Gandharan relief, acquired in Swat.", "sku": "77",
"url": "https://antik.example/offer/77",
"offers": {"@type": "Offer", "price": "650.00", "priceCurrency": "EUR", "availability": "https://schema.org/InStock"}}</script>
</head><body><h1>Gandharan schist relief with donors</h1></body></html>"""


def test_search_filters_sorts_and_pages_without_gaps(world: World) -> None:
    world.fill(30)
    client = world.signed("nl")
    page = client.get("/search", params={"q": "relief", "f": "band:high", "order": "newest"}).text
    found = re.findall(r'<h2><a href="/listing/([^"]+)"', page)
    assert len(found) == 25
    more = client.get(
        re.findall(r'href="(/search\?[^"]*after=[^"]+)"', page)[0].replace("&amp;", "&"), headers={"HX-Request": "true"}
    ).text
    assert "<html" not in more
    found += re.findall(r'<h2><a href="/listing/([^"]+)"', more)
    assert len(found) == len(set(found)) == 30
    assert '<mark class="found"' in page


def test_a_fault_in_the_query_names_its_place(world: World) -> None:
    answer = world.signed("nl").get("/search", params={"q": "culture:khmer (head"})
    assert answer.status_code == 400
    assert "character" in answer.text
    assert 'value="culture:khmer (head"' in answer.text


def test_a_ticked_facet_can_be_taken_back(world: World) -> None:
    world.fill(3)
    client = world.signed("nl")
    page = client.get("/search", params={"f": "band:low"}).text
    assert "1 listing<" in page
    assert re.search(r'href="/search" aria-current="true"', page)


def test_a_lead_page_is_for_its_agency(world: World) -> None:
    key = world.listing("1", "Gandharan head")
    lead = world.ledger.leads.open(world.people["nl"].viewer, [key], "One head")
    world.person("it", "Desk IT")
    for path in (f"/leads/{lead.number}", f"/api/leads/{lead.number}"):
        assert world.signed("nl").get(path).status_code == 200
        assert world.signed("it").get(path).status_code in (404, 409)
    assert lead.number not in world.signed("it").get("/leads").text
    assert world.signed("it").post(f"/leads/{lead.number}/export", data={"form": "json"}).status_code == 409
    found = world.signed("it").get("/search").text + world.signed("it").get(f"/listing/{key}").text
    assert lead.number not in found


def test_a_lead_page_takes_notes_marks_shares_and_detaches(world: World) -> None:
    keys = [world.listing("1", "Gandharan head"), world.listing("2", "Gandharan relief of donors, another", seller="b")]
    viewer = world.people["nl"].viewer
    lead = world.ledger.leads.open(viewer, keys, "Two")
    world.person("it", "Desk IT")
    client = world.signed("nl")
    client.post(f"/leads/{lead.number}/note", data={"text": "Same carpet", "kind": "fact"})
    client.post(f"/leads/{lead.number}/change", data={"what": "share", "value": "Desk IT"})
    client.post(f"/leads/{lead.number}/change", data={"what": "detach", "value": keys[1], "reason": "another object"})
    client.post(f"/leads/{lead.number}/change", data={"what": "title", "value": "One head"})
    page = world.signed("it").get(f"/leads/{lead.number}").text
    assert "Same carpet" in page
    assert "One head" in page
    assert keys[1] not in page
    assert world.ledger.decisions.status(keys[1]) == "open"
    client.post(f"/leads/{lead.number}/change", data={"what": "unshare", "value": "Desk IT"})
    assert world.signed("it").get(f"/leads/{lead.number}").status_code == 404
    assert client.post(f"/leads/{lead.number}/change", data={"what": "detach", "value": keys[0]}).status_code == 409


def test_an_export_comes_as_an_attachment(world: World) -> None:
    lead = world.ledger.leads.open(world.people["nl"].viewer, [world.listing("1", "Gandharan head")], "One")
    answer = world.signed("nl").post(f"/leads/{lead.number}/export", data={"form": "csv", "reason": "court"})
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''L-")
    assert "AMBER-STRICT" in answer.headers["content-disposition"]
    assert answer.content.startswith(b"\xef\xbb\xbflead,mark")


def test_an_unsealed_listing_makes_no_lead(world: World) -> None:
    key = world.listing("1", "Gandharan head", sealed=False)
    client = world.signed("nl")
    token = re.findall(r'type="hidden" name="shown" value="([^"]+)"', client.get(f"/listing/{key}").text)[0]
    answer = client.post("/decide", data={"shown": token, "act": "lead"}, headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert "no sealed evidence" in answer.text


def test_a_saved_page_becomes_a_listing_and_the_second_time_it_was_seen(world: World) -> None:
    client = world.signed("nl")
    upload = {"files": ("offer.html", io.BytesIO(PAGE.encode()), "text/html")}
    first = client.post("/add", data={"note": "saved from the research browser"}, files=upload).text
    assert "Not seen before" in first
    key = re.findall(r'Kept as <a href="/listing/([^"]+)"', first)[0]
    assert "Gandharan schist relief with donors" in client.get("/queue").text
    assert "saved from the research browser" in client.get(f"/listing/{key}").text
    upload = {"files": ("offer.html", io.BytesIO(PAGE.encode()), "text/html")}
    second = client.post("/add", data={"note": "again"}, files=upload).text
    assert "Seen before." in second
    assert world.ledger.listings.count() == 1


def test_pasted_text_with_a_picture_becomes_a_listing(world: World) -> None:
    client = world.signed("nl")
    files = {"files": ("photo.jpg", io.BytesIO(jpeg("x", 0, "x", 640)), "image/jpeg")}
    page = client.post("/add", data={"note": "a chat", "text": "Gandharan head\nwhatsapp 3001234567"}, files=files).text
    key = re.findall(r'Kept as <a href="/listing/([^"]+)"', page)[0]
    shown = client.get(f"/listing/{key}").text
    assert "3001234567" not in shown
    assert 'id="gallery" data-count="1"' in shown


def test_adding_asks_how_it_was_obtained(world: World) -> None:
    client = world.signed("nl")
    assert client.post("/add", data={"note": " ", "text": "Head"}).status_code == 400
    assert client.post("/add", data={"note": "a chat"}).status_code == 400


@pytest.mark.parametrize(
    "asked", [{"url": "https://bazaar.example/item/9?utm_source=x"}, {"listing_id": "9"}, {"seller": "khan_antiques"}]
)
def test_seen_before_by_address_id_and_seller(world: World, asked: dict[str, str]) -> None:
    key = world.listing("9", "Gandharan head")
    client = world.signed("nl")
    assert key in client.post("/seen", data=asked).text
    answer = client.post("/api/seen-before", json=asked).json()
    assert [row["key"] for row in answer["seen"]] == [key]


def test_seen_before_by_picture_even_recompressed(world: World) -> None:
    from PIL import Image

    key = world.listing("9", "Gandharan head")
    out = io.BytesIO()
    Image.open(io.BytesIO(jpeg("9", 0, "9", 640))).resize((500, 375)).save(out, "JPEG", quality=60)
    page = world.signed("nl").post("/seen", files={"files": ("x.jpg", io.BytesIO(out.getvalue()), "image/jpeg")}).text
    assert key in page
    assert "picture" in page


def test_nothing_seen_is_said_with_its_limits(world: World) -> None:
    page = world.signed("nl").post("/seen", data={"url": "https://nowhere.example/1"}).text
    assert "Not seen before" in page
    assert "nothing about other units" in page


def test_the_overview_calls_blocked_blocked(world: World) -> None:
    world.listing("1", "Gandharan head")
    world.ledger.writer.run(lambda conn: world.ledger.runs.count(conn, world.run.id, Outcome.BLOCKED, 3))
    page = world.signed("nl").get("/overview").text
    assert re.search(r'class="chip blocked">3 blocked', page)
    assert "were not checked" in page


def test_a_seller_is_a_key_until_a_reason_is_given(world: World) -> None:
    key = world.listing("1", "Gandharan head")
    stored = world.ledger.listings.current(key)
    assert stored is not None
    client = world.signed("nl")
    path = f"/seller/{stored.seller_key}"
    assert "khan_antiques" not in client.get(path).text
    assert client.post(path, data={"reason": " x"}).status_code == 400
    assert "khan_antiques" in client.post(path, data={"reason": "third listing from one hoard"}).text
    trail = world.ledger.audit.list(world.person("eye", role=Role.AUDITOR.value).viewer)
    assert [(entry.action, entry.reason) for entry in trail if entry.object_kind == "seller"] == [
        ("view_seller", "third listing from one hoard"),
        ("view_seller_listings", None),
    ]


def test_pages_by_role(world: World) -> None:
    for role in ("supervisor", "admin", "auditor", "expert"):
        world.person(role, role=role)
    seen = {
        login: {path: world.signed(login).get(path).status_code for path in ("/people", "/audit", "/queue", "/search", "/leads")}
        for login in ("nl", "admin", "auditor", "expert")
    }
    assert seen["nl"] == {"/people": 409, "/audit": 409, "/queue": 200, "/search": 200, "/leads": 200}
    assert seen["admin"] == {"/people": 200, "/audit": 409, "/queue": 200, "/search": 200, "/leads": 200}
    assert seen["auditor"] == {"/people": 409, "/audit": 200, "/queue": 409, "/search": 409, "/leads": 409}
    assert seen["expert"] == {"/people": 409, "/audit": 409, "/queue": 200, "/search": 409, "/leads": 200}


def test_only_pictures_are_served_from_the_store(world: World) -> None:
    client = world.signed("nl")
    evil = world.archive.store_picture(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")
    assert client.get(f"/picture/{evil}").status_code == 404
    assert client.get("/picture/..%2f..%2fledger.sqlite").status_code == 404
    held = world.archive.store_picture(jpeg("x", 0, "x", 1600))
    whole, small = client.get(f"/picture/{held}"), client.get(f"/picture/{held}?size=160")
    assert whole.content == world.archive.picture(held)
    assert (whole.headers["content-type"], small.headers["content-type"]) == ("image/jpeg", "image/webp")
    assert len(small.content) < len(whole.content) / 5
