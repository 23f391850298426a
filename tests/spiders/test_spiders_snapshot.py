"""What scores high is photographed: live after a crawl, from the seal in a replay."""

import io
import json
import os
import signal

import pytest
import yaml
from browser_shop import hit, is_browser
from PIL import Image
from spider_world import listing, results
from test_spiders_crawl import picture

from patrol.fetch.browser import require_chromium
from patrol.fetch.snapshot import View, seal_snapshot

pytestmark = pytest.mark.browser

RULE = {
    "status": "live",
    "title": "Schist",
    "because": "Schist heads come from Gandhara.",
    "points": 90,
    "when": {"all": [{"terms": {"lexicon": "gandhara", "in": ["title"]}}]},
    "false_positives": ["none"],
    "tests": {"hit": [{"title": "Schist head"}], "miss": [{"title": "Lamp"}]},
}
LEXICON = {
    "title": "Gandhara",
    "kind": "culture",
    "tier": 1,
    "basis": "national_law",
    "sources": ["test"],
    "terms": [{"gloss": "schist", "weight": "rare", "en": ["schist"]}],
}


@pytest.fixture
def flagging(unit):
    for part, name, value in (("rules", "schist", RULE), ("lexicons", "gandhara", LEXICON)):
        folder = unit.root / "config" / part
        folder.mkdir(parents=True)
        (folder / f"{name}.yml").write_text(yaml.safe_dump(value))
    return unit


def shots(unit, run):
    captures = unit.captures(run)
    return {
        kind: [c for c in captures if c.content_type == kind and c.kind == "resource"]
        for kind in ("image/png", "application/pdf")
    }


def colours(png):
    with Image.open(io.BytesIO(png)) as shot:
        return {colour for _, colour in shot.convert("RGB").getcolors(1 << 24)}


def test_a_high_listing_is_photographed_with_its_pictures_and_lies_beside_its_page(site, flagging):
    site.pages["/search?page=1"] = results([100000, 100001])
    site.pages["/item/100000.html"] = listing(100000, images=[f"{site.url}/a.png"], more='<img src="/a.png">')
    site.pages["/item/100001.html"] = listing(100001, title="Brass lamp")
    site.pages["/a.png"] = picture((200, 30, 30))
    summary = flagging.crawl()
    assert summary["outcomes"] == {"results": 1, "listing": 2}
    found = shots(flagging, summary["run"])
    (png,), (pdf,) = found["image/png"], found["application/pdf"]
    assert png.url == f"{site.url}/item/100000.html"
    assert (200, 30, 30) in colours(flagging.archive.read(png))
    assert flagging.archive.read(pdf).startswith(b"%PDF")
    page = next(c for c in flagging.captures(summary["run"]) if c.url == png.url and c.kind == "response")
    assert png.file == pdf.file == page.file
    assert flagging.sound()
    again = flagging.crawl()
    assert shots(flagging, again["run"])["application/pdf"] == []  # the page is as it was


def test_a_browser_that_dies_of_a_photograph_is_started_again(site, flagging):
    """The first page that it shows kills it: that one is shown from its seal, the other one live or from its seal too."""
    asked = []

    def deadly(handler):
        asked.append(handler.path)
        if len(asked) == 2:  # the crawl itself fetched the picture before
            hit(crawling.pid, is_browser, signal.SIGKILL)
        return picture((200, 30, 30))

    site.pages["/search?page=1"] = results([100000, 100001])
    site.pages["/item/100000.html"] = listing(100000, images=[f"{site.url}/a.png"], more='<img src="/a.png">')
    site.pages["/item/100001.html"] = listing(100001)
    site.pages["/a.png"] = deadly
    crawling = flagging.start()
    out, err = crawling.communicate(timeout=90)
    summary = json.loads(out.splitlines()[-1])
    assert len(asked) >= 2, err
    assert summary["outcomes"] == {"results": 1, "listing": 2}, err
    assert {len(found) for found in shots(flagging, summary["run"]).values()} == {2}, summary["said"]
    assert flagging.sound()


def test_in_a_replay_the_sealed_page_is_photographed_without_network(site, flagging, tmp_path):
    folder = tmp_path / "saved"
    folder.mkdir()
    (folder / "one.html").write_text(listing(100000, images=[f"{site.url}/a.png"], more=f'<img src="{site.url}/a.png">'))
    (folder / "one.html.url").write_text(f"{site.url}/item/100000.html")
    (folder / "a.png").write_bytes(picture((30, 200, 30))[2])
    (folder / "a.png.url").write_text(f"{site.url}/a.png")
    summary = flagging.crawl(replay=str(folder))
    assert summary["outcomes"] == {"listing": 1, "replayed": 1}
    (png,) = [c for c in shots(flagging, summary["run"])["image/png"] if c.url.endswith("100000.html")]
    assert (30, 200, 30) in colours(flagging.archive.read(png))
    assert site.asked == []


def test_the_desk_can_photograph_a_sealed_page(site, unit):
    site.pages["/search?page=1"] = results([100000])
    site.pages["/item/100000.html"] = listing(100000, more="<p>long</p>" * 300 + '<script>document.body.innerHTML=""</script>')
    summary = unit.crawl()
    (page,) = [c for c in unit.captures(summary["run"]) if "/item/" in c.url]
    asked = len(site.asked)
    seal = unit.archive.open_run("desk-1", "hand")
    view = View(capture=page, page=unit.archive.page(page))
    snapshot = seal_snapshot(view, seal=seal, chromium=require_chromium(), root=os.geteuid() == 0)
    seal.close()
    assert len(site.asked) == asked
    assert not snapshot.live
    with Image.open(io.BytesIO(unit.archive.read(snapshot.screenshot))) as shot:
        assert shot.width == 1280
        assert shot.height > 3000
    assert unit.archive.read(snapshot.pdf).startswith(b"%PDF")
    assert unit.sound()
