"""A description that stands in a frame of its own: asked under the same manners, joined, sealed; never at a listing's cost."""

import os
import signal
import time

import pytest
from browser_shop import ITEM, fill
from spider_world import listing, results

FRAME = "<html><body><p>Found near Taxila in 1962, in the family's hands since.</p><script>never()</script></body></html>"


def framed(number, address=None):
    return listing(number, more=f'<iframe id="desc" src="{address or f"/frame/{number}"}"></iframe>')


def kept(unit):
    ledger = unit.ledger()
    try:
        found = ledger.listings.current_many(list(ledger.listings.current_keys())).values()
        return {stored.listing.listing_id: stored.listing for stored in found}
    finally:
        ledger.close()


@pytest.fixture
def market(site, unit):
    site.market(3)
    for number in range(100000, 100003):
        site.pages[f"/item/{number}.html"] = framed(number)
        site.pages[f"/frame/{number}"] = FRAME
    unit.market["read"]["follow"] = {"description": "iframe#desc::attr(src)"}
    return unit


def test_the_frame_s_words_are_in_the_description_and_its_bytes_lie_beside_the_page(site, market):
    summary = market.crawl()
    assert summary["outcomes"] == {"results": 1, "listing": 3}
    found = kept(market)["100001"]
    assert found.description.endswith("\n\nFound near Taxila in 1962, in the family's hands since.")
    assert found.description.startswith("Grey schist, Gandhara")
    captures = market.captures(summary["run"])
    frame = next(capture for capture in captures if capture.url.endswith("/frame/100001"))
    page = next(capture for capture in captures if capture.url.endswith("/item/100001.html"))
    assert market.archive.read(frame).decode() == FRAME
    assert frame.file == page.file
    assert market.sound()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((404, {}, "gone"), "answered 404"),
        ((500, {}, "later"), "answered 500"),
        ("<html><title>Pardon Our Interruption...</title><h1>Pardon Our Interruption</h1></html>", "blocked page"),
        ((302, {"Location": "http://elsewhere.example/frame"}, ""), "does not name"),
    ],
)
def test_a_frame_that_cannot_be_had_costs_no_listing(site, market, answer, reason):
    market.settings["manners"] = {"timeout": 3, "retries": 0}
    site.pages["/frame/100001"] = answer
    summary = market.crawl()
    assert summary["outcomes"] == {"results": 1, "listing": 3}
    told = [fault for fault in summary["said"] if fault["step"] == "description"]
    assert len(told) == 1
    assert reason in told[0]["message"]
    assert "/frame/100001" in told[0]["url"]
    assert kept(market)["100001"].description.startswith("Grey schist, Gandhara")
    assert "Taxila" not in kept(market)["100001"].description


def test_robots_and_hosts_hold_for_frames(site, market):
    site.pages["/robots.txt"] = (200, {"Content-Type": "text/plain"}, "User-agent: *\nDisallow: /frame/100000\n")
    site.pages["/item/100002.html"] = framed(100002, "http://127.0.0.2:9/frame")
    summary = market.crawl()
    assert summary["outcomes"] == {"results": 1, "listing": 3}
    told = {fault["url"].rpartition("/")[2]: fault["message"] for fault in summary["said"] if fault["step"] == "description"}
    assert "robots.txt does not allow" in told["100000"]
    assert "does not name 127.0.0.2" in told["frame"]
    assert "/frame/100000" not in site.paths()


def test_frames_count_for_the_day_s_budget(site, market):
    market.card["manners"] = {"delay": 0, "concurrency": 1, "requests_per_day": 5}
    summary = market.crawl()
    assert len(site.paths()) <= 5
    assert any("budget of 5" in fault["message"] for fault in summary["said"])


def test_a_replay_reads_the_frame_that_was_saved_and_goes_on_without_one_that_was_not(site, market, tmp_path):
    first = market.crawl()
    saved = tmp_path / "saved"
    saved.mkdir()
    for number in (100000, 100001):
        (saved / f"{number}.html").write_text(framed(number))
        (saved / f"{number}.html.url").write_text(f"{site.url}/item/{number}.html")
    (saved / "frame.html").write_text(FRAME.replace("1962", "1971"))
    (saved / "frame.html.url").write_text(f"{site.url}/frame/100000")
    site.close()
    assert first["outcomes"]["listing"] == 3
    again = market.crawl(marketplace=None, replay=str(saved))
    assert again["outcomes"]["listing"] == 2
    assert "1971" in kept(market)["100000"].description
    assert "Taxila" not in kept(market)["100001"].description
    told = [fault["message"] for fault in again["said"] if fault["step"] == "description"]
    assert told == ["not among what was saved"]


@pytest.mark.browser
def test_in_a_browser_s_crawl_the_frame_is_asked_plainly(site, unit):
    fill(site, unit)
    site.pages["/search?page=1"] = results([100000])
    path = "/item/100000.html"
    site.pages[path] = (ITEM % {"path": path}).replace(
        '<div id="root">', '<iframe id="desc" src="/frame/1"></iframe><div id="root">'
    )
    site.pages["/frame/1"] = FRAME
    unit.market["read"]["follow"] = {"description": "iframe#desc::attr(src)"}
    summary = unit.crawl()
    assert summary["outcomes"] == {"results": 1, "listing": 1}
    assert "Taxila" in kept(unit)["100000"].description


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_crawl_that_ends_between_page_and_frame_asks_both_again_and_loses_nothing(site, market, number):
    waiting = []

    def slow(handler):
        waiting.append(handler.path)
        time.sleep(0.5 if len(waiting) > 3 else 2.0)
        return FRAME

    for page in range(100000, 100003):
        site.pages[f"/frame/{page}"] = slow
    process = market.start()
    began = time.monotonic()
    while not waiting and time.monotonic() - began < 30:
        time.sleep(0.02)
    os.kill(process.pid, number)
    process.communicate()
    summary = market.crawl()
    assert summary["resumed"]
    assert summary["outcomes"] == {"results": 1, "listing": 3}
    assert market.listings() == ["100000", "100001", "100002"]
    assert all("Taxila" in found.description for found in kept(market).values())
    assert market.sound()
