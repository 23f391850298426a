"""A site that exists only after JavaScript ran, crawled through the pool of browser pages."""

import json
import os
import signal
from pathlib import Path

import pytest
from spider_world import listing, results

pytestmark = pytest.mark.browser

SHOP = """<html><head><title>Shop</title></head><body><ul id="list"></ul><script>
let page = 0, busy = false;
async function more() {
  if (busy || page > 3) return; busy = true;
  const rows = await (await fetch('/api/list?page=' + page)).json(); page += 1; busy = false;
  for (const n of rows) {
    const card = document.createElement('li'); card.className = 'card'; card.style.height = '900px';
    card.innerHTML = `<a href="/item/${n}.html">Schist head no. ${n}</a>`; document.getElementById('list').append(card);
  }
}
more(); addEventListener('scroll', () => { if (scrollY + innerHeight > document.body.scrollHeight - 900) more(); });
</script><img src="/never.png"><script src="http://elsewhere.example/tracker.js"></script></body></html>"""

ITEM = """<html><head><title>Item</title></head><body><div id="root"></div><script>
fetch('/api%(path)s').then(a => a.json()).then(row => {
  const data = document.createElement('script'); data.type = 'application/ld+json';
  data.textContent = JSON.stringify(row.product);
  document.head.append(data); document.getElementById('root').innerHTML = '<h1 class="there">' + row.product.name + '</h1>';
});
</script></body></html>"""


def product(number):
    page = listing(number)
    start = page.index('ld+json">') + 9
    return json.loads(page[start : page.index("</script>", start)])


@pytest.fixture
def shop(site, unit):
    site.pages["/search?page=1"] = SHOP
    for page in range(4):
        numbers = list(range(100000 + page * 3, 100003 + page * 3))
        site.pages[f"/api/list?page={page}"] = (200, {"Content-Type": "application/json"}, json.dumps(numbers))
        for number in numbers:
            path = f"/item/{number}.html"
            site.pages[path] = ITEM % {"path": path}
            site.pages["/api" + path] = (200, {"Content-Type": "application/json"}, json.dumps({"product": product(number)}))
    unit.market |= {"reach": "browser", "browser": {"wait_for": "h1.there, li.card"}}
    unit.settings["manners"] = {"timeout": 8, "retries": 1}
    return unit


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


def test_evidence_of_a_browser_crawl_is_read_again_from_the_rendered_page(site, shop, tmp_path):
    first = shop.crawl(max_listings=3)
    folder = shop.archive.root / "runs" / first["run"]
    site.close()
    again = shop.crawl(marketplace="shop", replay=str(folder))
    assert again["outcomes"]["listing"] == first["outcomes"]["listing"]
    assert again["outcomes"]["replayed"] >= 3
    assert shop.captures(again["run"]) == []  # linked to what was sealed, not sealed again


def test_a_browser_that_dies_is_started_again_and_no_listing_is_lost(site, shop):
    dying = []

    def fatal(handler):
        if not dying:
            dying.append(True)
            for process in Path("/proc").glob("[0-9]*"):
                mine = descends(int(process.name), crawling.pid)
                if mine and b"headless" in cmdline(process) and b"--type=" not in cmdline(process):
                    os.kill(int(process.name), signal.SIGKILL)
        return ITEM % {"path": handler.path}

    site.pages["/item/100004.html"] = fatal
    crawling = shop.start()
    out, err = crawling.communicate(timeout=300)
    assert dying, err
    assert json.loads(out.splitlines()[-1])["outcomes"] == {"results": 1, "listing": 12}, err
    assert shop.sound()


def cmdline(process):
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


def descends(pid, ancestor):
    while pid > 1:
        if pid == ancestor:
            return True
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            return False
    return False
