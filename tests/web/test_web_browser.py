"""The desk in a real Chromium: keys alone decide, nothing is asked of another origin, and every word can be read."""

from __future__ import annotations

import os
import re
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright
from sqlalchemy import update
from web_world import PASSWORD, World

from patrol.ledger import tables
from patrol.search.index import Hit, Query
from patrol.triage import alerting

pytestmark = pytest.mark.browser
THIRTY = 32  # relief fragments in the queue of the test that decides thirty

# The contrast of every visible text with the colour behind it, by WCAG 2: those below AA.
FAINT = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const parse = (colour) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255];
  };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const behind = (node) => {
    const layers = [];
    for (let el = node; el; el = el.parentElement) layers.push(parse(getComputedStyle(el).backgroundColor));
    const dark = matchMedia('(prefers-color-scheme: dark)').matches;
    return layers.reduceRight((under, layer) => over(layer, under), dark ? [18, 18, 18, 1] : [255, 255, 255, 1]);
  };
  const light = (c) => {
    const f = (v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
    return 0.2126 * f(c[0]) + 0.7152 * f(c[1]) + 0.0722 * f(c[2]);
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const el = walker.currentNode.parentElement;
    const words = walker.currentNode.textContent.trim();
    const seen = el.checkVisibility({opacityProperty: true, visibilityProperty: true});
    if (!words || !seen || el.closest(':disabled, dialog:not([open])')) continue;
    const style = getComputedStyle(el), under = behind(el), ink = over(parse(style.color), under);
    const [a, b] = [light(ink), light(under)].sort((x, y) => y - x);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (large ? 3 : 4.5)) faint.push(`${ratio.toFixed(2)} ${el.className || el.tagName}: ${words.slice(0, 40)}`);
  }
  return faint;
}"""


class Served:
    """The world behind a real server on a free port of loopback."""

    def __init__(self, world: World) -> None:
        self.world = world
        sock = socket.socket()
        sock.bind(("127.0.0.1", 0))
        self.origin = f"http://127.0.0.1:{sock.getsockname()[1]}"
        self.server = uvicorn.Server(uvicorn.Config(world.app, log_level="error", access_log=False))
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [sock]}, daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.02)

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(timeout=10)


@pytest.fixture
def served(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Served]:
    world = World(tmp_path)
    for login, agency, role in (
        ("nl", "Desk NL", "officer"),
        ("nl2", "Desk NL", "officer"),
        ("eye", "Desk NL", "auditor"),
        ("boss", "Desk NL", "admin"),
        ("expert", "Desk NL", "expert"),
    ):
        world.person(login, agency, role)
    world.fill(THIRTY if "thirty" in request.node.name else 4)
    served = Served(world)
    yield served
    served.stop()
    world.close()


@pytest.fixture(scope="module")
def browser(chromium: str):
    with sync_playwright() as playwright:
        args = ["--no-sandbox"] if os.geteuid() == 0 else []
        found = playwright.chromium.launch(executable_path=chromium, args=args)
        yield found
        found.close()


@pytest.fixture
def context(browser, served: Served) -> Iterator[BrowserContext]:
    """A window that notes every request to another origin and every fault of a page; either fails the test."""
    made = browser.new_context(viewport={"width": 1280, "height": 800})
    foreign: list[str] = []
    faults: list[str] = []
    made.on("request", lambda request: None if request.url.startswith(served.origin) else foreign.append(request.url))
    made.on("weberror", lambda error: faults.append(str(error.error)))
    made.on("console", lambda message: faults.append(message.text) if "Content Security Policy" in message.text else None)
    yield made
    made.close()
    assert foreign == []
    assert faults == []


def sign_in(context: BrowserContext, served: Served, login: str = "nl") -> Page:
    page = context.new_page()
    page.goto(f"{served.origin}/sign-in")
    page.fill("[name=login]", login)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/(queue|audit)"))
    return page


def at(page: Page) -> str:
    return page.locator("#decide").get_attribute("data-key") or ""


def press(page: Page, *keys: str) -> str:
    """Presses keys that decide, waits until another listing stands there; gives the key of the one that was left."""
    left = at(page)
    for key in keys:
        page.keyboard.press(key)
    page.wait_for_function("key => document.querySelector('#decide')?.dataset.key !== key", arg=left)
    page.wait_for_function("() => !document.querySelector('#decide button:disabled')")
    return left


def test_thirty_decisions_with_keys_alone(context: BrowserContext, served: Served) -> None:
    page = sign_in(context, served)
    decisions = served.world.ledger.decisions
    wanted = [("l",), ("c", "1"), ("w",), ("c", "3"), (" ",), ("u", "0")] * 5
    viewer = served.world.people["nl"].viewer
    first = at(page)
    for keys in wanted:
        key = press(page, *keys)
        made = decisions.of(key, viewer)[0]
        assert made.kind == {"l": "lead", "c": "clear", "w": "watch", " ": "skip", "u": "unsure"}[keys[0]]
        assert made.seconds is not None
    assert len(decisions.last(viewer, 100)) == 30
    assert decisions.status(first) == "lead"
    page.keyboard.press("z")
    expect(page.locator("#last")).to_contain_text("undone: unsure")
    assert at(page) == key


def test_moving_selecting_and_acting_on_a_selection(context: BrowserContext, served: Served) -> None:
    page = sign_in(context, served)
    first = at(page)
    press(page, "j")
    second = at(page)
    press(page, "k")
    assert at(page) == first
    page.keyboard.press("x")
    press(page, "j")
    page.keyboard.press("x")
    expect(page.locator("#selected")).to_have_text("2")
    page.keyboard.press("Shift+C")
    page.keyboard.press("5")
    expect(page.locator(f"#row-{first} .verdict")).to_have_text("cleared")
    expect(page.locator(f"#row-{second} .verdict")).to_have_text("cleared")
    made = [served.world.ledger.decisions.of(key, served.world.people["nl"].viewer)[0] for key in (first, second)]
    assert made[0].batch_id == made[1].batch_id is not None
    page.keyboard.press("z")
    expect(page.locator("#last")).to_contain_text("undone: cleared “out of scope” (2 listings)")
    expect(page.locator(f"#row-{first}")).not_to_have_class(re.compile("done"))


def test_a_reason_that_needs_words_asks_for_them(context: BrowserContext, served: Served) -> None:
    page = sign_in(context, served)
    left = at(page)
    page.keyboard.press("c")
    page.keyboard.press("2")
    expect(page.locator("#note")).to_be_focused()
    page.keyboard.type("sale at Paris, lot 12; jklcw are letters here")
    press(page, "Enter")
    made = served.world.ledger.decisions.of(left, served.world.people["nl"].viewer)[0]
    assert (made.reason, made.text) == (2, "sale at Paris, lot 12; jklcw are letters here")


def test_looking_at_everything_counts_as_examined(context: BrowserContext, served: Served) -> None:
    page = sign_in(context, served)
    expect(page.locator("#gallery")).to_have_attribute("data-count", "4")
    for number in (2, 3, 4):
        page.keyboard.press("]")
        expect(page.locator("#picture-number")).to_have_text(str(number))
    page.locator("#description-end").scroll_into_view_if_needed()
    page.wait_for_timeout(150)
    viewer = served.world.people["nl"].viewer
    seen = press(page, "w")
    unseen = press(page, "w")
    made = [served.world.ledger.decisions.of(key, viewer)[0] for key in (seen, unseen)]
    assert made[0].examined is True
    assert made[1].seconds is not None


def test_keys_are_off_while_typing_and_the_overlay_opens(context: BrowserContext, served: Served) -> None:
    page = sign_in(context, served)
    before = at(page)
    page.keyboard.press("n")
    page.keyboard.type("lwc1 ")
    assert at(page) == before
    expect(page.locator("#note")).to_have_value("lwc1 ")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("w")
    assert at(page) == before
    page.keyboard.press("Escape")
    page.keyboard.press("v")
    expect(page.locator("#history")).to_have_attribute("open", "")
    page.keyboard.press("R")
    page.keyboard.press("1")
    expect(page.locator("#toast")).to_contain_text("needs tuning")
    page.keyboard.press("h")
    page.wait_for_url(re.compile("/seller/"))
    page.keyboard.press("/")
    page.wait_for_url(re.compile("/search"))
    expect(page.locator("#q")).to_be_focused()


def test_what_another_holds_cannot_be_decided(context: BrowserContext, served: Served, browser) -> None:
    page = sign_in(context, served)
    held = at(page)
    other = browser.new_context()
    theirs = sign_in(other, served, "nl2")
    theirs.goto(f"{served.origin}/listing/{held}")
    expect(theirs.locator(".held")).to_contain_text("held by Nl")
    theirs.keyboard.press("w")
    theirs.wait_for_timeout(200)
    assert served.world.ledger.decisions.status(held) == "open"
    other.close()


def places(served: Served) -> list[tuple[str, str]]:
    """Every page of the desk with somebody who may open it; a lead and a decided listing among them."""
    world = served.world
    viewer = world.people["nl"].viewer
    leads = world.ledger.leads.list(viewer)
    key = next(iter(world.ledger.listings.current_keys()))
    if not world.ledger.searches.list(viewer):
        search = world.ledger.searches.save(viewer, "All", text="", filters={"band": ["high"]}, order="value")
        world.ledger.alerts.watch(viewer, search.id, ())
        alerting.run(world.ledger, world.index)
        refused = update(tables.outbox).values(attempts=10, dead=True, error="a mapping " + "that_refuses_it" * 20)
        world.listing("refused", "Gandharan head that the index refuses", index=False)
        world.ledger.writer.run(lambda conn: conn.execute(refused))
    lead = leads[0].number if leads else world.ledger.leads.open(viewer, [key], "A lead").number
    stored = world.ledger.listings.current(key)
    assert stored is not None
    officer = [
        "queue",
        "search",
        "search?q=relief&order=newest",
        "new",
        "new?all=true",
        "leads",
        f"leads/{lead}",
        "add",
        "seen",
        "overview",
    ]
    officer += [f"listing/{key}", f"seller/{stored.seller_key}", "nowhere"]
    return [("nl", path) for path in officer] + [("boss", "people"), ("eye", "audit"), ("expert", "queue")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_stays_at_home_and_can_be_read(browser, served: Served, scheme: str, tmp_path: Path) -> None:
    foreign: list[str] = []
    blocked: list[str] = []
    faint: dict[str, list[str]] = {}
    wide: list[str] = []
    for login in ("nl", "boss", "eye", "expert"):
        made = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme=scheme)
        made.on("request", lambda request: None if request.url.startswith(served.origin) else foreign.append(request.url))
        made.on("console", lambda message: blocked.append(message.text) if "Content Security" in message.text else None)
        page = sign_in(made, served, login)
        for path in [path for who, path in places(served) if who == login]:
            page.set_viewport_size({"width": 1280, "height": 800})
            page.goto(f"{served.origin}/{path}", wait_until="networkidle")
            if found := page.evaluate(FAINT):
                faint[path] = found
            for width, height in ((1280, 800), (1024, 768), (768, 1024)):
                page.set_viewport_size({"width": width, "height": height})
                if page.evaluate("() => document.documentElement.scrollWidth > innerWidth"):
                    wide.append(f"{path} at {width}")
        made.close()
    assert foreign == []
    assert blocked == []
    assert faint == {}
    assert wide == []


def test_a_search_is_saved_and_its_news_seen_with_keys_alone(context: BrowserContext, served: Served) -> None:
    page = sign_in(context, served)
    page.goto(f"{served.origin}/search?q=relief", wait_until="networkidle")
    page.locator("details.save summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("details.save [name=name]")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("Reliefs of all sorts")
    page.keyboard.press("Enter")
    expect(page.locator(".facets a[aria-current]")).to_contain_text("Reliefs of all sorts")
    for number in (1, 2):
        served.world.listing(f"new{number}", f"Gandharan relief, new {number}", f"Words {number}", seller=f"new{number}")
    page.goto(f"{served.origin}/new", wait_until="networkidle")
    expect(page.locator("article.hit")).to_have_count(2)
    expect(page.locator("#news-count")).to_contain_text("2")
    page.get_by_role("button", name="Mark Gandharan relief, new 2 as seen").focus()
    page.keyboard.press("Enter")
    expect(page.locator("article.hit")).to_have_count(1)
    expect(page.locator("#news-count")).to_contain_text("1")
    page.get_by_role("button", name="Mark all as seen").press("Enter")
    expect(page.locator(".empty")).to_contain_text("Nothing new")
    expect(page.locator("#news-count")).to_be_hidden()


def test_the_colours_can_be_switched(context: BrowserContext, served: Served) -> None:
    page = sign_in(context, served)
    light = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") != light
    page.goto(f"{served.origin}/leads")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_marketplaces_markup_does_nothing(context: BrowserContext, served: Served) -> None:
    world = served.world
    evil = "<img src=https://evil.example/x.png onerror=alert(1)><script>alert(1)</script> Gandhara"
    key = world.listing("evil", evil, evil, seller="<b>evil</b>", location=evil)
    page = sign_in(context, served)
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    page.goto(f"{served.origin}/listing/{key}", wait_until="networkidle")
    expect(page.locator("h1")).to_contain_text("<script>alert(1)</script>")


def test_a_chart_is_read_and_followed_with_keys_alone(context: BrowserContext, served: Served) -> None:
    """A bar has a name with its number, takes the focus and leads to the search; the same numbers stand in a table."""
    page = sign_in(context, served)
    page.goto(f"{served.origin}/overview", wait_until="networkidle")
    card = page.get_by_role("region", name="Flagged by culture")
    drawing = card.get_by_role("group", name="Flagged by culture")
    expect(drawing).to_have_accessible_description(re.compile("Whose heritage"))
    bar = drawing.get_by_role("link").first
    name = bar.get_attribute("aria-label") or ""
    label, number = re.fullmatch(r"(.+): (\d+) listings?", name).groups()  # type: ignore[union-attr]
    card.get_by_text("As a table").click()
    expect(card.get_by_role("row", name=f"{label} {number}")).to_be_visible()
    bar.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/search\?f=band"))
    expect(page.get_by_role("region", name="Results")).to_contain_text(f"{number} listing")


CROWDED = """() => {
  const bad = [];
  for (const svg of document.querySelectorAll('svg.chart')) {
    const seen = (node) => {  // a label is cut off where its bar begins
      const box = node.getBoundingClientRect(), bar = node.closest('a')?.querySelector('.fill').getBoundingClientRect();
      const right = node.ownerSVGElement === svg ? box.right : Math.min(box.right, bar.left);
      return {left: box.left, top: box.top, bottom: box.bottom, right};
    };
    const texts = [...svg.querySelectorAll('text')].map((node) => [node.textContent, seen(node)]);
    const card = svg.closest('section').getBoundingClientRect();
    for (const [at, [text, box]] of texts.entries()) {
      if (box.left < card.left + 2 || box.right > card.right - 2) bad.push(`outside: ${text}`);
      for (const [other, there] of texts.slice(at + 1)) {
        const across = box.left < there.right - 1 && there.left < box.right - 1;
        if (across && box.top < there.bottom - 3 && there.top < box.bottom - 3) bad.push(`${text} over ${other}`);
      }
    }
  }
  return bad;
}"""


def test_no_label_of_a_chart_stands_on_another(context: BrowserContext, served: Served) -> None:
    world = served.world
    long = [replace(hit.document, key=f"k{at}", cluster=None, revision=1) for at, hit in enumerate(found_in(world) * 40)]
    names = ("a-rule-with-a-name-that-goes-on-and-on", "provenance-source-country-only", "WWWWWWWWWWWWWWWWWWWWWWWW")
    world.index.write(
        [
            replace(
                one,
                rules=names[: 1 + at % 3],
                marketplace=names[at % 3],
                price_eur=at * 900,
                first_seen=one.first_seen - timedelta(days=at) if one.first_seen else None,
            )
            for at, one in enumerate(long)
        ]
    )
    page = sign_in(context, served)
    for width, height in ((1280, 800), (1024, 768), (768, 1024), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"{served.origin}/overview", wait_until="networkidle")
        assert page.locator("svg.chart").count() > 8
        assert page.evaluate(CROWDED) == [], width


def found_in(world: World) -> list[Hit]:
    return list(world.index.search(Query(limit=20, highlight=False), world.people["nl"].viewer).hits)
