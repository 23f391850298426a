"""Every good is read back from its page exactly as it was written: the practice sites and their adapters fit each other.

The souk is drawn by a real Chromium; the other two are read as served.
"""

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from patrol.config import read_card
from patrol.extract import read
from patrol.fetch.browser import find_chromium
from patrol.market import Snag, home_files, serve
from patrol.records import Estimate, Money, Outcome, PriceKind, Status

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def market():
    with serve(now=NOW) as running:
        yield running


@pytest.fixture(scope="module")
def cards(market, tmp_path_factory):
    folder = tmp_path_factory.mktemp("marketplaces")
    for name, text in home_files(market.ports).items():
        (folder / name).write_text(text, encoding="utf-8")
    return {site: read_card(folder / f"practice-{site}.yml") for site in market.origins}


@pytest.fixture(scope="module")
def client():
    with httpx.Client(trust_env=False, timeout=10) as open_client:
        yield open_client


@pytest.fixture(scope="module")
def souk_pages(market):
    """Address -> rendered document of every item of the souk and of its lists, drawn by one reused page."""
    from playwright.sync_api import sync_playwright

    goods = [good for good in market.goods if good.site == "souk"]
    origin = market.origins["souk"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=["--blink-settings=imagesEnabled=false", "--no-sandbox"]
        )
        page = browser.new_page()
        pages = {}
        for url in (*(market.url(good.number) for good in goods), f"{origin}/search?q=qqqxyz", f"{origin}/"):
            page.goto(url, wait_until="commit")
            page.wait_for_selector(".sk-item, .sk-gone, .sk-card, .sk-nothing", state="attached")
            while page.query_selector(".sk-end") is None:
                page.mouse.wheel(0, 20_000)
                page.wait_for_timeout(20)
            pages[url] = page.content()
        browser.close()
    return pages


def same(text):
    """A text as far as a page can carry it: runs of blanks are one."""
    return " ".join(text.split()) if text else None


def paragraphs(text):
    return [same(part) for part in re.split(r"\n+", text)] if text else None


def money(amount, currency, kind):
    return (amount, currency, kind)


def told(price: Money | None):
    return None if price is None else (price.amount, price.currency, price.kind)


def wanted_prices(good):
    """The price that a page of this good must give, and the further ones."""
    if good.site != "hammer":
        return money(good.price, good.currency, PriceKind.ASKING), []
    starting = money(good.price, good.currency, PriceKind.STARTING)
    fetched = (good.current or good.price) if good.status == "sold" else good.current if good.bids else None
    leading = [money(good.current, good.currency, PriceKind.CURRENT)] if good.current is not None else []
    if good.status in ("sold", "ended") and fetched is not None:
        return money(fetched, good.currency, PriceKind.HAMMER), [*leading, starting]
    return (leading[0], [starting]) if leading else (starting, [])


def differences(good, listing, origin):
    """What the listing says otherwise than the good, one phrase each."""
    price, others = wanted_prices(good)
    pictures = [f"{origin}/img/{good.number}-{view + 1}-large.jpg" for view in range(good.pictures)]
    estimate = good.estimate and Estimate(low=good.estimate[0], high=good.estimate[1], currency=good.currency)
    pairs = {
        "listing_id": (listing.listing_id, good.number),
        "title": (listing.title, same(good.title)),
        "description": (paragraphs(listing.description), paragraphs(good.description)),
        "price": (told(listing.price), price),
        "prices": ([told(one) for one in listing.prices], others),
        "estimate": (listing.estimate, estimate),
        "seller": (
            (listing.seller.id, listing.seller.name, listing.seller.location) if listing.seller else None,
            (good.seller.id, same(good.seller.name), same(good.seller.location)),
        ),
        "location": (listing.location, same(good.location)),
        "images": ([image.url for image in listing.images], pictures),
        "condition": (listing.condition, same(good.condition)),
        "attributes": (dict(listing.attributes), {same(name): same(value) for name, value in good.attributes.items()}),
        "lot_number": (listing.lot_number, good.lot_number),
        "provenance": (paragraphs(listing.provenance), paragraphs(good.provenance)),
        "bid_count": (listing.bid_count, good.bids),
        "status": (listing.status, Status(good.status)),
        "listed_at": (listing.listed_at, None if good.site == "hammer" else NOW - timedelta(days=good.listed_days_ago)),
        "ends_at": (
            listing.ends_at if good.ends_in_hours is not None else None,
            None if good.ends_in_hours is None else NOW + timedelta(hours=good.ends_in_hours),
        ),
    }
    return [f"{good.id} {name}: read {found!r}, is {is_!r}" for name, (found, is_) in pairs.items() if found != is_]


def faults(market, cards, site, body_of):
    """Every difference on every page of a site."""
    found = []
    for good in (good for good in market.goods if good.site == site):
        url = market.url(good.number)
        extraction = read(body_of(url), url, marketplace=cards[site], captured_at=NOW)
        wanted = Outcome.LISTING if good.open else Outcome.REMOVED
        if extraction.outcome is not wanted:
            found.append(f"{good.id} outcome: {extraction.outcome} ({extraction.reason})")
        elif good.open:
            found += differences(good, extraction.listing, market.origins[site])
    return found


@pytest.mark.parametrize("site", ["bazaar", "hammer"])
def test_every_good_is_read_back_from_its_page(market, cards, client, site):
    assert faults(market, cards, site, lambda url: client.get(url).content) == []


@pytest.mark.parametrize("site", ["bazaar", "hammer"])
def test_every_category_path_is_read_whole(market, cards, client, site):
    for good in (good for good in market.goods if good.site == site and good.open):
        listing = read(client.get(market.url(good.number)).content, market.url(good.number), marketplace=cards[site]).listing
        assert list(listing.category) == [same(name) for name in good.category]


@pytest.mark.browser
def test_every_good_of_the_souk_is_read_back_from_its_drawn_page(market, cards, souk_pages):
    assert faults(market, cards, "souk", souk_pages.__getitem__) == []


@pytest.mark.browser
def test_the_souk_shows_all_its_goods_to_who_scrolls_and_says_when_there_are_none(market, cards, souk_pages):
    origin = market.origins["souk"]
    everything = read(souk_pages[f"{origin}/"], f"{origin}/", marketplace=cards["souk"])
    assert everything.outcome is Outcome.RESULTS
    assert {card.listing_id for card in everything.results} == {good.number for good in market.goods if good.site == "souk"}
    nothing = f"{origin}/search?q=qqqxyz"
    assert read(souk_pages[nothing], nothing, marketplace=cards["souk"]).outcome is Outcome.EMPTY


def test_without_its_script_the_souk_is_no_listing_and_the_reason_names_the_browser(market, cards, client):
    item = market.url(next(good.number for good in market.goods if good.site == "souk"))
    for url in (item, market.origins["souk"] + "/search?q=bronze"):
        extraction = read(client.get(url).content, url, marketplace=cards["souk"])
        assert (extraction.outcome, "needs a browser" in extraction.reason) == (Outcome.UNKNOWN, True)


@pytest.mark.parametrize(
    ("site", "path"),
    [("bazaar", "/c/all"), ("bazaar", "/search?q=bronze"), ("hammer", "/sale/301"), ("hammer", "/find?keyword=bronze")],
)
def test_results_pages_give_their_cards_without_decoys_and_the_next_page(market, cards, client, site, path):
    goods = {good.number: good for good in market.goods if good.site == site}
    url, seen = market.origins[site] + path, []
    for _ in range(2):
        extraction = read(client.get(url).content, url, marketplace=cards[site])
        assert extraction.outcome is Outcome.RESULTS
        assert extraction.results
        assert all(card.title == same(goods[card.listing_id].title) for card in extraction.results)
        assert all(card.url == market.url(card.listing_id) for card in extraction.results)
        seen += [card.listing_id for card in extraction.results]
        if not extraction.next_pages:
            break
        (url,) = extraction.next_pages
    assert len(seen) == len(set(seen)) > 10


@pytest.mark.parametrize(("site", "path"), [("bazaar", "/search?q=qqqxyz"), ("hammer", "/find?keyword=qqqxyz")])
def test_a_search_without_hits_is_empty(market, cards, client, site, path):
    url = market.origins[site] + path
    assert read(client.get(url).content, url, marketplace=cards[site]).outcome is Outcome.EMPTY


@pytest.mark.parametrize(
    ("trouble", "outcome"),
    [
        ("block/challenge", Outcome.BLOCKED),
        ("block/interruption", Outcome.BLOCKED),
        ("block/captcha", Outcome.BLOCKED),
        ("login", Outcome.LOGIN),
        ("removed", Outcome.REMOVED),
    ],
)
def test_troubles_are_called_what_they_are(market, cards, client, trouble, outcome):
    body = client.get(f"{market.origins['bazaar']}/trouble/{trouble}").content
    url = market.url(next(good.number for good in market.goods if good.site == "bazaar"))
    assert read(body, url, marketplace=cards["bazaar"]).outcome is outcome


def test_decoys_are_not_results(market, cards, client):
    url = market.origins["bazaar"] + "/trouble/decoys"
    extraction = read(client.get(url).content, url, marketplace=cards["bazaar"])
    assert len(extraction.results) == 20
    assert not any("/promo/" in card.url for card in extraction.results)


@pytest.mark.parametrize("site", ["bazaar", "hammer"])
def test_a_redesign_is_noticed_and_no_field_is_borrowed(market, cards, client, site):
    good = next(good for good in market.goods if good.site == site and good.status == "live")
    market.trouble.add(Snag(kind="layout"))
    try:
        extraction = read(
            client.get(market.url(good.number)).content, market.url(good.number), marketplace=cards[site], captured_at=NOW
        )
    finally:
        market.trouble.clear()
    assert any("layout" in warning for warning in extraction.warnings)
    if extraction.listing is not None and extraction.listing.price is not None:
        assert extraction.listing.price.amount in (good.price, good.current)


def test_padding_changes_nothing_that_is_read(cards, client, tmp_path):
    with serve(now=NOW, pad=100_000) as heavy:
        for name, text in home_files(heavy.ports).items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        for site in ("bazaar", "hammer"):
            card = read_card(tmp_path / f"practice-{site}.yml")
            for good in [good for good in heavy.goods if good.site == site and good.open][:25]:
                url = heavy.url(good.number)
                listing = read(client.get(url).content, url, marketplace=card, captured_at=NOW).listing
                assert differences(good, listing, heavy.origins[site]) == []
