"""A browser or its driver that dies or hangs, at any moment: no listing is lost, and nothing waits for ever."""

import json
import signal
import threading
import time

import pytest
from browser_shop import ITEM, fill, hit, is_browser, is_driver

pytestmark = pytest.mark.browser

ALL = {"results": 1, "listing": 12}


@pytest.fixture
def shop(site, unit):
    return fill(site, unit)


class Killer:
    """Answers one address as the shop does, after it has hit the crawl's browser, the first so many times."""

    def __init__(self, site, path, wanted, *, times=1, number=signal.SIGKILL, late=0.0):
        self.there, self.wanted, self.left, self.number, self.late = site.pages[path], wanted, times, number, late
        self.strikes = 0
        self.crawling = None
        site.pages[path] = self

    def __call__(self, handler):
        if self.left:
            self.left -= 1
            threading.Timer(self.late, self.strike).start() if self.late else self.strike()
        return self.there

    def strike(self):
        self.strikes += bool(hit(self.crawling.pid, self.wanted, self.number))


def ended(crawling, seconds=120):
    """The crawl's summary and what it wrote to stderr."""
    try:
        out, err = crawling.communicate(timeout=seconds)
    finally:
        crawling.kill()
    print(err)  # whole, where an assertion shortens it
    return json.loads(out.splitlines()[-1]), err


@pytest.mark.parametrize(
    ("path", "wanted", "times", "late"),
    [
        ("/search?page=1", is_browser, 1, 0.0),
        ("/item/100004.html", is_browser, 1, 0.0),
        ("/api/item/100004.html", is_browser, 1, 0.0),
        ("/item/100004.html", is_browser, 1, 0.15),
        ("/item/100004.html", is_browser, 2, 0.0),
        ("/search?page=1", is_driver, 1, 0.0),
        ("/api/item/100004.html", is_driver, 1, 0.0),
    ],
    ids=["first page", "going to a page", "an answer within a page", "between pages", "twice", "driver", "driver within a page"],
)
def test_what_dies_is_started_again_and_no_listing_is_lost(site, shop, path, wanted, times, late):
    killer = Killer(site, path, wanted, times=times, late=late)
    killer.crawling = shop.start()
    summary, err = ended(killer.crawling)
    assert killer.strikes == times, err
    assert summary["outcomes"] == ALL, (summary["said"], err)
    assert not err
    assert shop.sound()


def test_a_page_that_kills_every_browser_fails_alone(site, shop):
    killer = Killer(site, "/item/100004.html", is_browser, times=100)
    killer.crawling = shop.start()
    summary, err = ended(killer.crawling)
    assert killer.strikes == 3, err
    assert summary["outcomes"] == {"results": 1, "listing": 11, "failed": 1}, err


def test_a_browser_that_hangs_is_ended_and_no_listing_is_lost(site, shop):
    shop.settings["manners"] = {"timeout": 2, "retries": 2}
    killer = Killer(site, "/item/100004.html", is_browser, number=signal.SIGSTOP)
    killer.crawling = shop.start()
    summary, err = ended(killer.crawling)
    assert killer.strikes == 1, err
    assert summary["outcomes"] == ALL, err


def test_a_browser_that_dies_as_soon_as_it_starts_ends_the_crawl_with_one_error(shop, tmp_path, monkeypatch):
    dying = tmp_path / "chromium"
    dying.write_text("#!/bin/sh\nkill -KILL $$\n")
    dying.chmod(0o755)
    monkeypatch.setenv("PATROL_CHROMIUM", str(dying))
    summary, err = ended(shop.start())
    assert "the browser does not start" in summary["message"], (summary, err)
    assert "Traceback" not in err


def test_a_driver_that_dies_as_soon_as_it_starts_ends_the_crawl_with_one_error(shop):
    crawling = shop.start()
    threading.Thread(target=hunt, args=(crawling, is_driver), daemon=True).start()
    summary, err = ended(crawling)
    assert "browser" in summary["message"], (summary, err)
    assert "Traceback" not in err  # how far a start comes before it is hit is chance


def hunt(crawling, wanted):
    while crawling.poll() is None:
        hit(crawling.pid, wanted, signal.SIGKILL)
        time.sleep(0.02)


def test_an_answer_that_never_ends_does_not_hold_the_page(site, shop):
    def endless(handler):
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"[1,")
        time.sleep(20)

    site.pages["/api/stream"] = endless
    path = "/item/100004.html"
    site.pages[path] = (ITEM % {"path": path}).replace("<script>", "<script>fetch('/api/stream');", 1)
    summary, err = ended(shop.start())
    assert summary["outcomes"] == ALL, err
