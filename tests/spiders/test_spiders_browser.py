"""A site that exists only after JavaScript ran, crawled through the pool of browser pages."""

import json

import pytest
from browser_shop import ITEM, fill
from spider_world import listing, results

pytestmark = pytest.mark.browser


@pytest.fixture
def shop(site, unit):
    return fill(site, unit)


def test_what_loads_on_scrolling_is_found_and_read(site, shop):
    summary = shop.crawl()
    assert summary["outcomes"] == {"results": 1, "listing": 12}
    assert shop.listings() == [str(number) for number in range(100000, 100012)]
    assert "/never.png" not in site.paths()
    agents = {headers["User-Agent"] for _, _, headers in site.asked}
    assert len(agents) == 1
    assert agents.pop().startswith("Patrol/")


def test_main_document_json_and_rendered_page_are_sealed_and_refer_to_each_other(site, shop):
    summary = shop.crawl(max_listings=1)
    captures = [capture for capture in shop.captures(summary["run"]) if "/item/" in capture.url]
    main, answer, rendered = captures[:3]
    assert [main.kind, answer.kind, rendered.kind] == ["response", "response", "conversion"]
    assert shop.archive.read(main).decode() == ITEM % {"path": main.url.removeprefix(site.url)}
    assert json.loads(shop.archive.read(answer))["product"]["@type"] == "Product"
    assert b'<h1 class="there">' in shop.archive.read(rendered)
    assert len({capture.file for capture in captures[:3]}) == 1
    assert shop.sound()


def test_a_block_page_in_the_browser_is_blocked_and_an_error_is_tried_again(site, shop):
    site.pages["/search?page=1"] = results([100000, 100001])
    site.pages["/item/100000.html"] = "<html><title>Pardon Our Interruption...</title><h1>Pardon Our Interruption</h1></html>"
    left = [1]
    there = site.pages["/item/100001.html"]
    site.pages["/item/100001.html"] = lambda handler: (503, {}, "later") if left and left.pop() else there
    shop.settings["manners"] = {"timeout": 3, "retries": 2}
    assert shop.crawl()["outcomes"] == {"results": 1, "blocked": 1, "listing": 1}


def test_a_page_that_declares_another_charset_is_sealed_and_read_again_with_all_its_letters(site, shop):
    page = listing(100000, title="Köpfchen aus Schiefer").replace("<head>", '<head><meta charset="iso-8859-1">')
    site.pages["/search?page=1"] = results([100000])
    site.pages["/item/100000.html"] = (
        200,
        {"Content-Type": "text/html"},
        page.replace("<h1>", '<h1 class="there">').encode("latin-1"),
    )
    first = shop.crawl()
    assert titles(shop) == ["Köpfchen aus Schiefer"]
    site.close()
    assert shop.crawl(replay=str(shop.archive.root / "runs" / first["run"]))["outcomes"]["listing"] == 1
    assert titles(shop) == ["Köpfchen aus Schiefer"]


def titles(shop):
    ledger = shop.ledger()
    try:
        return [found.listing.title for found in ledger.listings.current_many(list(ledger.listings.current_keys())).values()]
    finally:
        ledger.close()


def test_evidence_of_a_browser_crawl_is_read_again_from_the_rendered_page(site, shop, tmp_path):
    first = shop.crawl(max_listings=3)
    folder = shop.archive.root / "runs" / first["run"]
    site.close()
    again = shop.crawl(marketplace="shop", replay=str(folder))
    assert again["outcomes"]["listing"] == first["outcomes"]["listing"]
    assert again["outcomes"]["replayed"] >= 3
    assert shop.captures(again["run"]) == []  # linked to what was sealed, not sealed again
