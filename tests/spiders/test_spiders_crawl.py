"""A whole crawl against a real site on loopback: what is asked, in which manner, and what becomes of it."""

import gzip
import io
import json
import os
import signal
import sqlite3
import subprocess
import time
from itertools import pairwise

import pytest
from PIL import Image
from spider_world import listing, results


def said(summary, step=None):
    return [fault["message"] for fault in summary["said"] if step in (None, fault["step"])]


def test_a_market_is_crawled_page_by_page_and_every_answer_is_sealed(site, unit):
    site.market(25)
    summary = unit.crawl()
    assert summary["outcomes"] == {"listing": 25, "results": 3}
    assert summary["state"] == "finished"
    assert summary["exit"] == 0
    assert unit.listings() == [str(number) for number in range(100000, 100025)]
    assert len(unit.captures(summary["run"])) == 25 + 3 + 1  # and robots.txt
    assert unit.sound()
    agents = {headers["User-Agent"] for _, _, headers in site.asked}
    assert len(agents) == 1
    assert agents.pop().endswith(" (+unit@example.org)")
    assert not any("Cookie" in headers or "Referer" in headers for _, _, headers in site.asked)


def test_payloads_are_sealed_as_transferred(site, unit, gzipped):
    site.pages["/search?page=1"] = results([100000])
    site.pages["/item/100000.html"] = gzipped(listing(100000))
    summary = unit.crawl()
    (capture,) = [capture for capture in unit.captures(summary["run"]) if "/item/" in capture.url]
    assert gzip.decompress(unit.archive.read(capture)).decode() == listing(100000)
    assert unit.archive.page(capture).body.decode() == listing(100000)
    assert unit.listings() == ["100000"]


def test_blocked_removed_and_missing_pages_are_sealed_and_called_what_they_are(site, unit):
    site.pages["/search?page=1"] = results(range(100000, 100004))
    site.pages["/item/100000.html"] = "<html><title>Pardon Our Interruption...</title><h1>Pardon Our Interruption</h1></html>"
    site.pages["/item/100001.html"] = (410, {}, "<html><title>Gone</title><h1>This listing was removed by the seller</h1></html>")
    site.pages["/item/100002.html"] = (302, {"Location": "/login?next=1"}, "")
    site.pages["/login"] = "<html><title>Sign in</title><h1>Sign in</h1><form><input type=password name=p></form></html>"
    site.pages["/item/100003.html"] = listing(100003)
    summary = unit.crawl()
    assert summary["outcomes"] == {"results": 1, "blocked": 1, "removed": 1, "login": 1, "listing": 1}
    assert summary["exit"] == 1
    urls = {capture.url.removeprefix(site.url): capture.status for capture in unit.captures(summary["run"])}
    assert urls["/item/100000.html"] == 200
    assert urls["/item/100001.html"] == 410
    assert urls["/item/100002.html"] == 302
    assert urls["/login?next=1"] == 200


def test_a_known_listing_whose_page_says_gone_is_marked_removed(site, unit):
    site.market(3)
    unit.crawl()
    site.pages["/item/100001.html"] = (404, {}, "<html><title>Removed</title><h1>This listing has been removed</h1></html>")
    assert unit.crawl()["outcomes"]["removed"] == 1
    ledger = unit.ledger()
    key = ledger.listings.identify(None, "127.0.0.1", "100001", "")
    assert ledger.listings.current(key).status == "removed"
    ledger.close()


def test_what_robots_refuses_is_not_asked(site, unit):
    site.market(4)
    site.pages["/robots.txt"] = "User-agent: *\nDisallow: /item/100002\n\nUser-agent: Patrol\nDisallow: /item/100003"
    summary = unit.crawl()
    assert summary["outcomes"] == {"results": 1, "listing": 3, "refused": 1}
    assert "/item/100003.html" not in site.paths()
    assert "robots.txt does not allow" in said(summary, "refused")[0]


@pytest.mark.parametrize("status", [500, 503])
def test_robots_that_cannot_be_read_means_nothing_is_asked(site, unit, status):
    site.market(4)
    site.pages["/robots.txt"] = (status, {"Retry-After": "0"}, "no")
    summary = unit.crawl()
    assert summary["outcomes"] == {"refused": 1}
    assert set(site.paths()) == {"/robots.txt"}


def test_crawl_delay_is_kept(site, unit):
    site.market(3)
    site.pages["/robots.txt"] = "User-agent: *\nCrawl-delay: 0.5"
    unit.crawl()
    times = [moment for moment, path, _ in site.asked if path != "/robots.txt"]
    assert len(times) == 4
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.45


def test_the_cards_delay_and_budget_are_kept(site, unit):
    site.market(10)
    unit.card["manners"] = {"delay": 0.2, "concurrency": 4, "requests_per_day": 6}
    summary = unit.crawl()
    times = sorted(moment for moment, _, _ in site.asked)
    assert len(times) == 6  # robots.txt is one of them
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.15
    assert summary["outcomes"] == {"results": 1, "listing": 4, "refused": 6}
    assert "budget of 6" in said(summary, "refused")[0]


def refusing(times, status=429, headers=None, then=None):
    """A page that refuses so many times before it answers."""
    left = [times]

    def page(handler):
        if left[0]:
            left[0] -= 1
            return status, headers or {}, "later"
        return then

    return page


def test_retry_after_is_waited_for_and_the_listing_is_not_lost(site, unit):
    site.market(3)
    site.pages["/item/100001.html"] = refusing(1, headers={"Retry-After": "2"}, then=listing(100001))
    summary = unit.crawl()
    assert summary["outcomes"] == {"results": 1, "listing": 3}
    times = [moment for moment, path, _ in site.asked if path == "/item/100001.html"]
    assert 1.9 <= times[1] - times[0] < 6
    statuses = [capture.status for capture in unit.captures(summary["run"]) if "100001" in capture.url]
    assert statuses == [429, 200]


def test_server_errors_are_tried_again_and_then_counted_as_failed(site, unit):
    site.market(3)
    site.pages["/item/100000.html"] = refusing(2, status=503, then=listing(100000))
    site.pages["/item/100001.html"] = (500, {}, "<h1>Internal error</h1>")
    summary = unit.crawl()
    assert summary["outcomes"] == {"results": 1, "listing": 2, "failed": 1}
    assert site.paths().count("/item/100001.html") == 3
    assert "answered 500, given up after 3 attempts" in said(summary, "failed")[0]


def cut(handler):
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.wfile.write(b"<html><h1>half a page" * 10)
    handler.close_connection = True


def slow(handler):
    time.sleep(4)
    return listing(100002)


def test_cut_and_slow_bodies_are_tried_again_then_failed_and_the_rest_goes_on(site, unit):
    site.market(4)
    unit.settings["manners"] = {"timeout": 1, "retries": 1}
    site.pages["/item/100001.html"] = cut
    site.pages["/item/100002.html"] = slow
    summary = unit.crawl()
    assert summary["outcomes"] == {"results": 1, "listing": 2, "failed": 2}
    assert site.paths().count("/item/100001.html") == 2
    assert sorted(message.partition(",")[0] for message in said(summary, "failed"))[1] == "the body was cut off"
    assert unit.sound()
    halves = [capture for capture in unit.captures(summary["run"]) if "100001" in capture.url]
    assert unit.archive.read(halves[0]) == b"<html><h1>half a page" * 10


def test_a_site_that_is_not_there_is_one_clear_fault(site, unit):
    site.close()
    started = time.monotonic()
    summary = unit.crawl()
    assert time.monotonic() - started < 25
    assert summary["outcomes"] == {"failed": 1}
    assert summary["exit"] == 1
    assert said(summary)[0].startswith("the site cannot be reached")


def test_redirects_leave_neither_the_cards_hosts_nor_reach_private_addresses(site, unit):
    site.pages["/search?page=1"] = results([100000, 100001, 100002])
    site.pages["/item/100000.html"] = (302, {"Location": "http://169.254.169.254/latest/meta-data/"}, "")
    site.pages["/item/100001.html"] = (301, {"Location": "/item/100009.html"}, "")
    site.pages["/item/100009.html"] = listing(100009)
    site.pages["/item/100002.html"] = (302, {"Location": "/item/100002.html"}, "")
    summary = unit.crawl()
    assert summary["outcomes"] == {"results": 1, "refused": 1, "listing": 1, "failed": 1}
    assert "169.254.169.254" in said(summary, "refused")[0]
    assert "redirects without end" in said(summary, "failed")[0]


def test_without_loopback_on_its_card_a_private_address_is_never_asked(site, unit):
    site.market(3)
    del unit.card["loopback"]
    unit.market["hosts"] = ["localhost", "127.0.0.1", "2130706433"]
    unit.market["search"]["seeds"] = [
        f"http://127.0.0.1:{site.port}/search?page=1",
        f"http://localhost:{site.port}/search?page=1",
        f"http://2130706433:{site.port}/search?page=1",
    ]
    summary = unit.crawl()
    assert summary["outcomes"] == {"refused": 3}
    assert site.asked == []
    assert "private address" in said(summary)[0]


def test_endless_pages_are_left(site, unit):
    def endless(handler):
        page = int(handler.path.partition("page=")[2])
        return results(range(100000, 100005), next_page=f"/search?page={page + 1}")

    site.market(5)
    for page in range(1, 60):
        site.pages[f"/search?page={page}"] = endless
    summary = unit.crawl()
    assert summary["outcomes"]["results"] == 2
    assert summary["outcomes"]["listing"] == 5


def test_no_more_pages_than_the_file_says(site, unit):
    site.market(60, per_page=2)
    unit.market["search"]["pages"] = 4
    assert unit.crawl()["outcomes"] == {"results": 4, "listing": 8}


def test_a_crawl_for_so_many_listings_stops_there(site, unit):
    site.market(60)
    summary = unit.crawl(max_listings=7)
    assert summary["outcomes"]["listing"] == 7
    assert summary["state"] == "finished"
    assert len(unit.listings()) == 7


def test_queries_are_put_into_the_search_address(site, unit):
    unit.market["search"] = {"urls": [f"{site.url}/search?q={{query}}"], "queries": {"extra": ["Gandhara Kopf", "голова"]}}
    unit.crawl()
    assert {"/search?q=Gandhara+Kopf", "/search?q=%D0%B3%D0%BE%D0%BB%D0%BE%D0%B2%D0%B0"} <= set(site.paths())


def picture(colour):
    out = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(out, "PNG")
    return 200, {"Content-Type": "image/png"}, out.getvalue()


def test_pictures_pass_the_same_manners_and_lie_beside_their_listing(site, unit):
    site.pages["/robots.txt"] = "User-agent: *\nDisallow: /private/"
    site.pages["/search?page=1"] = results([100000])
    pictures = [f"{site.url}/a.png", f"{site.url}/private/b.png", "http://elsewhere.example/c.png"]
    site.pages["/item/100000.html"] = listing(100000, images=pictures)
    site.pages["/a.png"] = picture("red")
    unit.settings["bands"] = {"review": 1, "high": 2}
    summary = unit.crawl()
    assert summary["outcomes"] == {"results": 1, "listing": 1}
    assert "/private/b.png" not in site.paths()
    captures = {capture.url: capture for capture in unit.captures(summary["run"])}
    page, image = captures[f"{site.url}/item/100000.html"], captures[f"{site.url}/a.png"]
    assert image.file == page.file
    assert unit.archive.read(image) == picture("red")[2]


def test_an_expired_card_is_an_error_that_names_it(site, unit):
    unit.card["expires"] = "2026-02-01"
    summary = unit.crawl()
    assert summary["error"] == "CardError"
    assert "expired on 2026-02-01" in summary["message"]
    assert summary["exit"] == 2
    assert site.asked == []


def test_single_addresses_are_read_without_an_adapter(site, unit):
    unit.market["read"] = {}
    site.pages["/thing"] = listing(100055)
    summary = unit.crawl(urls=[f"{site.url}/thing"])
    assert summary["outcomes"] == {"listing": 1}


@pytest.mark.parametrize("when", [0.6, 1.4, 2.2])
def test_a_killed_crawl_goes_on_where_it_was(site, unit, when):
    def lingering(page):
        def answer(handler):
            time.sleep(0.03)
            return page

        return answer

    site.market(120)
    site.pages = {path: lingering(page) if "item" in path else page for path, page in site.pages.items()}
    process = unit.start()
    began = time.monotonic()
    while not any("item" in path for path in site.paths()) and time.monotonic() - began < 30:
        time.sleep(0.02)
    time.sleep(when - 0.5)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    summary = unit.crawl()
    assert summary["resumed"] is (len(site.paths()) > 0)
    assert unit.listings() == [str(number) for number in range(100000, 100120)]
    assert summary["outcomes"]["listing"] == 120
    assert unit.sound()


@pytest.fixture
def stopped(site, unit):
    """A crawl of forty listings that a signal ended after some of them; and what had been asked by then."""

    def run(**order):
        site.market(40)
        unit.card["manners"] = {"delay": 0.1, "concurrency": 2}
        process = unit.start(**order)
        began = time.monotonic()
        while sum("item" in path for path in site.paths()) < 6 and time.monotonic() - began < 30:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        assert '"state": "stopped"' in out, err
        unit.card["manners"] = {"delay": 0, "concurrency": 4}
        asked = site.paths()
        site.asked.clear()
        return json.loads(out.splitlines()[-1]), asked

    return run


def test_a_crawl_ended_by_a_signal_is_gone_on_with_and_asks_only_what_is_left(site, unit, stopped):
    first, asked = stopped()
    ledger = unit.ledger()
    assert [row.run.state for row in ledger.runs.recent()] == ["stopped"]
    ledger.close()
    again = unit.crawl()
    assert (again["run"], again["resumed"], again["state"]) == (first["run"], True, "finished")
    assert again["outcomes"] == {"listing": 40, "results": 4}
    assert unit.listings() == [str(number) for number in range(100000, 100040)]
    twice = {path for path in asked if path in site.paths()} - {"/robots.txt"}
    assert len(twice) <= 2, "only what was on its way when the signal came"
    assert unit.sound()
    assert unit.crawl()["resumed"] is False


def test_the_number_of_listings_wanted_counts_over_both_parts_of_a_stopped_crawl(site, unit, stopped):
    first, _ = stopped(max_listings=12)
    assert 0 < first["outcomes"]["listing"] < 12
    again = unit.crawl(max_listings=12)
    assert (again["run"], again["state"], again["outcomes"]["listing"]) == (first["run"], "finished", 12)
    assert len(unit.listings()) == 12


def test_another_order_and_one_stopped_long_ago_begin_anew(site, unit, stopped):
    first, _ = stopped()
    other = unit.crawl(max_listings=3)
    assert (other["resumed"], other["outcomes"]["listing"]) == (False, 3)
    with sqlite3.connect(unit.root / "data" / "ledger.sqlite") as store:
        long_ago = "2020-01-01 00:00:00.000000"
        store.execute("UPDATE runs SET started_at = ?, finished_at = ?", (long_ago, long_ago))
    again = unit.crawl()
    assert (again["resumed"], again["state"]) == (False, "finished")
    ledger = unit.ledger()
    assert ledger.runs.get(first["run"]).state == "stopped"
    assert ledger.runs.get(first["run"]).evidence_head is not None
    ledger.close()
    assert unit.sound()


def test_a_second_crawl_of_the_same_order_is_refused_while_one_runs(site, unit):
    site.market(40)
    unit.card["manners"] = {"delay": 0.3}
    process = unit.start()
    began = time.monotonic()
    while not site.asked and time.monotonic() - began < 30:
        time.sleep(0.02)
    summary = unit.crawl()
    assert "running already" in summary["message"]
    process.terminate()
    out, err = process.communicate(timeout=30)
    assert '"state": "stopped"' in out, err


def test_sigterm_ends_a_crawl_cleanly_and_soon(site, unit):
    site.market(100)
    unit.card["manners"] = {"delay": 1.0}
    process = unit.start()
    began = time.monotonic()
    while len(site.asked) < 3 and time.monotonic() - began < 30:
        time.sleep(0.05)
    stopped = time.monotonic()
    process.terminate()
    out, err = process.communicate(timeout=30)
    assert time.monotonic() - stopped < 8
    assert '"state": "stopped"' in out, err
    ledger = unit.ledger()
    (run,) = ledger.runs.recent()
    assert ledger.queue.counts(run.run.id)["leased"] == 0
    ledger.close()
    assert unit.sound()


def test_a_full_disk_ends_the_crawl_with_one_clear_error_and_nothing_is_lost(site, unit):
    data = unit.root / "data"
    data.mkdir(parents=True)
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", data], check=False).returncode:
        pytest.skip("needs the right to mount a small tmpfs")
    try:
        site.market(150)
        for path in [path for path in site.pages if "/item/" in path]:
            site.pages[path] += f"<p>{os.urandom(20_000).hex()}</p>"
        summary = unit.crawl()
        assert summary["error"] == "StoreError"
        assert "space" in summary["message"].lower() or "full" in summary["message"].lower()
        subprocess.run(["mount", "-o", "remount,size=200m", data], check=True)
        summary = unit.crawl()
        assert summary["resumed"]
        assert unit.listings() == [str(number) for number in range(100000, 100150)]
        assert summary["outcomes"] == {"listing": 150, "results": 15}
        assert unit.sound()
    finally:
        subprocess.run(["umount", "-l", data], check=True)
